"""Closed books, as the worker meets them: it reads the books again before it believes either side.

Read on the fault, when a person says that they were reopened, and once a day while anything waits
(principle 9): what is found is kept for all documents of the company.
"""

from dataclasses import replace
from datetime import date

from connections import books
from coordination.clock import clock
from qbo_client.requests import preferences
from records.answers import Answer, spend
from records.closed_books import about, day_there
from records.eligibility import BOOKS_READ_AGAIN_AFTER
from records.holding import wake_closed
from records.questions import Question
from schemas import Entity, Invoice, Payment, SnapshotInvalid
from workers.reads import Read
from workers.session import Session


def is_closed(session: Session) -> bool:
    """Whether the record's day is closed, as far as we know the books."""
    close_date = session.claim.close_date
    if close_date is None:
        return False
    day = _day(session, close_date)
    return day is not None and day <= close_date


def look_again(session: Session, *, disputed: bool = False) -> bool:
    """Read the books again where that is due; True: they are closed, and the claim was given back.

    Args:
        session: of a document.
        disputed: QuickBooks has just said that its day is closed, and we thought otherwise.
    """
    with session.pool.connection() as connection:
        known = books.get(connection, session.claim.realm_id)
        now = clock(connection)
    close_date = known.book_close_date if known else None
    session.claim = replace(session.claim, close_date=close_date)
    said = _reopened(session, close_date)
    is_old = known is None or known.read_at is None or known.read_at + BOOKS_READ_AGAIN_AFTER <= now
    if disputed or (is_closed(session) and (said or is_old)):
        read_books(session)
    if not is_closed(session):
        return False
    if said is not None:
        with session.pool.connection() as connection:
            spend(connection, said)
    session.judge_anew()
    return True


def read_books(session: Session) -> None:
    """Read the close date, and look at all that wait for it if it has moved."""
    response = session.read(preferences(), Read.BOOKS_CLOSED)
    found = books.book_close_date(response.body.get("Preferences"))
    with session.pool.connection() as connection:
        if books.note_close_date(connection, session.claim.realm_id, found):
            wake_closed(connection, session.claim.company_id)
    session.claim = replace(session.claim, close_date=found)


def _reopened(session: Session, close_date: date | None) -> Answer | None:
    """Return a person's word that the books were reopened, about this very day."""
    day = _day(session, close_date)
    if day is None or close_date is None:
        return None
    for question in (Question.BOOKS_CLOSED, Question.BOOKED_DAY_CLOSED):
        said = session.claim.answers.to(question, about(close_date, day))
        if said is not None and said.answer == "reopened":
            return said
    return None


def _day(session: Session, close_date: date | None) -> date | None:
    claim = session.claim
    if claim.entity not in {Entity.INVOICE, Entity.PAYMENT}:
        return None
    try:
        document = claim.document
    except SnapshotInvalid:
        return None
    if not isinstance(document, Invoice | Payment):
        return None
    return day_there(document, claim.link, claim.answers, close_date)[0]
