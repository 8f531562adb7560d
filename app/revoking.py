"""Ending at QuickBooks what nobody needs any more: consents not confirmed, books given up.

What is to be ended is in the database before QuickBooks is told, and forgotten after: a process
that dies between leaves it to the next sweep. No transaction is open while QuickBooks is asked.
A consent for books that a company of ours is connected to is forgotten without a word, and nothing
is revoked while another consent for those books is on its way or waits for its person: whether
Intuit ends the one consent or the app's whole connection to those books is not known, and somebody
else's must not be lost by it (docs/sandbox-checklist.md).
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from structlog import get_logger

from app.quickbooks import QuickBooks
from connections import audit, consents, revocations, token_rows
from connections.audit import Actor
from connections.errors import TokenUnreadable, WritesUnderWay
from connections.token_rows import LeftOver
from connections.tokens import opened_refresh_token
from coordination.database import Pool
from qbo_client import QuickBooksError
from records.other_books import refuse_while_writing

DEADLINE_SECONDS: Final = 10.0
KEEPING_HOUSE: Final = Actor("keeping house", "program")

log = get_logger()


@dataclass(frozen=True)
class Revocation:
    """Whether tokens are dead now, or need not be, and Intuit's id of the call that did it."""

    ended: bool
    intuit_tid: str | None = None


def revoke(
    pool: Pool, quickbooks: QuickBooks, realm_id: str, token: str, *, but: bytes | None = None
) -> Revocation:
    """Tell QuickBooks that a token's connection ends; a token already dead has ended.

    Args:
        pool: sessions with our timeouts.
        quickbooks: this process's access.
        realm_id: the books it is of.
        token: what ends.
        but: the hash of the state of the consent that it came by, if that is still there.
    """
    with pool.connection() as connection:
        judged = revocations.begin(connection, realm_id, but=but)
    if judged == "connected":
        log.info("token.dropped", realm_id=realm_id)
        return Revocation(ended=True)
    if judged == "later":
        log.info("token.revoked_later", realm_id=realm_id)
        return Revocation(ended=False)
    try:
        return _told(quickbooks, realm_id, token)
    finally:
        with pool.connection() as connection:
            revocations.end(connection, realm_id)


def _told(quickbooks: QuickBooks, realm_id: str, token: str) -> Revocation:
    try:
        told = quickbooks.oauth.revoke(token, deadline_seconds=DEADLINE_SECONDS)
    except QuickBooksError as error:
        # https://developer.intuit.com/app/developer/qbo/docs/develop/authentication-and-authorization/oauth-2.0
        if error.status == HTTPStatus.BAD_REQUEST:
            return Revocation(ended=True, intuit_tid=error.intuit_tid)
        log.warning("token.revoke_failed", realm_id=realm_id, error=str(error))
        return Revocation(ended=False, intuit_tid=error.intuit_tid)
    return Revocation(ended=True, intuit_tid=told)


def end_expired_consents(pool: Pool, quickbooks: QuickBooks) -> int:
    """Revoke and forget what was obtained and never confirmed; return how many are gone."""
    with pool.connection() as connection:
        consents.forget_unused(connection)
        expired = consents.expired(connection, quickbooks.access.keys)
    return sum(_end_consent(pool, quickbooks, each) for each in expired)


def _end_consent(pool: Pool, quickbooks: QuickBooks, granted: consents.Granted) -> bool:
    token = granted.reply.refresh_token
    if not revoke(pool, quickbooks, granted.pending.realm_id, token).ended:
        return False
    with pool.connection() as connection:
        consents.forget(connection, granted.state_hash)
    return True


def revoke_left_over(
    pool: Pool,
    quickbooks: QuickBooks,
    *,
    company_id: str | None = None,
    by: Actor = KEEPING_HOUSE,
) -> bool:
    """Revoke and forget the tokens of books given up; True: none are left.

    What is claimed or unknown in books just disconnected is brought to its end first: until then
    its tokens stay.

    Args:
        pool: sessions with our timeouts.
        quickbooks: this process's access.
        company_id: of this company alone; None: of every one.
        by: who gave them up, for the audit.
    """
    with pool.connection() as connection:
        left_over = token_rows.left_over(connection, company_id)
    ended = [_end_left_over(pool, quickbooks, each, by) for each in left_over]
    return all(ended)


def _end_left_over(pool: Pool, quickbooks: QuickBooks, left: LeftOver, by: Actor) -> bool:
    if left.disconnected and _writes_under_way(pool, left.company_id):
        return False
    try:
        token = opened_refresh_token(
            quickbooks.access.keys, left.company_id, left.realm_id, left.refresh_token
        )
    except TokenUnreadable as error:
        # Else such rows would fill the sweep; what nobody can open dies unused.
        log.warning("token.unreadable", company_id=left.company_id, error=str(error))
        with pool.connection() as connection:
            token_rows.forget(connection, left.company_id, left.realm_id, left.version)
        return False
    revocation = revoke(pool, quickbooks, left.realm_id, token)
    if revocation.ended:
        _forget(pool, left, by, revocation)
    return revocation.ended


def _writes_under_way(pool: Pool, company_id: str) -> bool:
    try:
        with pool.connection() as connection:
            refuse_while_writing(connection, company_id, realm_id="")
    except WritesUnderWay:
        return True
    return False


def _forget(pool: Pool, left: LeftOver, by: Actor, revocation: Revocation) -> None:
    with pool.connection() as connection:
        if token_rows.forget(connection, left.company_id, left.realm_id, left.version):
            audit.note(
                connection,
                left.company_id,
                by,
                "connection.revoke",
                before={"realm_id": left.realm_id},
                intuit_tid=revocation.intuit_tid,
            )
