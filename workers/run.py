"""One claim, from the moment it is taken to its release.

A run is a loop: while QuickBooks teaches something new the next turn acts on it, and every other
end releases the claim. While an attempt's outcome is unknown, no turn does anything but resolve it.
"""

from dataclasses import replace

from psycopg.errors import UniqueViolation
from structlog import get_logger

from connections.errors import TokenUnreadable
from qbo_client import QuickBooksError
from schemas import SnapshotInvalid
from workers.answered import carry_out
from workers.closed import is_closed, look_again
from workers.learning import look_up, should_look_up
from workers.mapping import MappingRefused
from workers.meaning import Action, meaning_of
from workers.sending import resolve
from workers.session import Session, WindowFull
from workers.writing import write

log = get_logger()

TURNS_MOST = 8
"""Writes, repeats and reads of one claim; one that needs more goes on later."""


def run(session: Session) -> None:
    """Turn until the claim is released.

    Raises:
        one of `DATABASE_AWAY`: the database went away; the relay takes the claim back.
    """
    try:
        if not any(_turn(session) for _ in range(TURNS_MOST)):
            session.retry_later("It needs more steps than one turn takes.")
    except WindowFull as full:
        session.wait_for_window(full.until)
    except MappingRefused as refusal:
        session.refuse(refusal.code, refusal.sentence)
    except SnapshotInvalid as misfit:
        session.refuse("snapshot_invalid", misfit.sentence)
    except QuickBooksError as error:
        _end_without_write(session, error)
    except UniqueViolation:
        # One object of QuickBooks belongs to one record: the other was first, at this moment.
        session.retry_later("Another record was linked to the same object in QuickBooks.")
    except TokenUnreadable:
        # A key of ours is missing: no record is at fault, and all go on once it is back.
        log.error("token.unreadable", company_id=session.claim.company_id)  # noqa: TRY400  # told
        session.retry_later("We cannot read the connection's token: ask support.")


def _turn(session: Session) -> bool:
    """Do the next thing; True when the claim is released."""
    if session.claim.attempt is not None:
        return resolve(session, session.claim.attempt)
    if session.behind:
        # Eligible it was only to resolve that attempt: a payment may have failed since.
        session.judge_anew()
        return True
    carried_out = carry_out(session)
    if carried_out is not None:
        return carried_out
    if is_closed(session):
        # It was not when this was judged, or a person says that it is no more.
        return look_again(session) or write(session)
    if should_look_up(session):
        return look_up(session)
    return write(session)


def _end_without_write(session: Session, error: QuickBooksError) -> None:
    """A read or a token failed. An open attempt is never parked: it has to be resolved."""
    meaning = meaning_of(error)
    if meaning.answered and session.claim.attempt is not None:
        meaning = replace(meaning, action=Action.RETRY)
    session.closing.commit(lambda connection: session.leave_by(connection, meaning, session.basis))
