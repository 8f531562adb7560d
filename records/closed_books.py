"""Closed books: is a document's own day closed, and on which day is it dated instead; pure.

The first open day is a person's choice for one document and its day. Once booked it stays on the
day it was booked, whatever is closed afterwards.
"""

from datetime import date, timedelta

from records.answers import Answers
from records.facts import Link
from records.questions import Question
from schemas import Invoice, Payment


def own_day(document: Invoice | Payment) -> date | None:
    """Return the day a document counts on; None: ProLine has not said one."""
    if isinstance(document, Payment):
        return document.received_on
    if document.issued_on is None and document.sent_at is not None:
        return document.sent_at.date()
    return document.issued_on


def about(close_date: date, day: date) -> str:
    """Name what the question of a closed day rests on."""
    return f"{close_date.isoformat()}:{day.isoformat()}"


def dated_instead(answers: Answers, day: date | None) -> date | None:
    """Return the day a person chose for a document of `day`, if one did."""
    said = answers.latest(Question.BOOKS_CLOSED)
    if said is None or day is None or said.answer != "first_open_day":
        return None
    closed, _, for_day = said.basis.partition(":")
    if for_day != day.isoformat():
        return None
    return date.fromisoformat(closed) + timedelta(days=1)


def dated_basis(basis: str, day: date | None) -> str:
    """Add to a basis that the document is dated otherwise."""
    return basis if day is None else f"{basis}|dated:{day.isoformat()}"


def day_there(
    document: Invoice | Payment, link: Link | None, answers: Answers, close_date: date | None
) -> tuple[date | None, Question]:
    """Say by which day QuickBooks judges a document, and which question a closed one raises.

    Of a document that is booked, the day it is booked on counts too.
    """
    day = own_day(document)
    chosen = dated_instead(answers, day)
    if link is None:
        # Dated the first open day, and closed further since: asked anew about its own day.
        still_open = chosen is not None and (close_date is None or chosen > close_date)
        return (chosen if still_open else day), Question.BOOKS_CLOSED
    booked = link.owned.get("TxnDate")
    days = [chosen or day, date.fromisoformat(booked) if isinstance(booked, str) else None]
    return min((each for each in days if each), default=None), Question.BOOKED_DAY_CLOSED
