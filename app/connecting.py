"""Connecting a company: Connect, QuickBooks' own page, and a person's word on which books it is.

`begin`, `receive` and `confirm` are three requests of one session. Until the last one nothing is
stored of the company and nothing made in QuickBooks; `connections.consents` holds what lies
between. The command line does all three at once. No transaction is open while QuickBooks is asked.
"""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from app.quickbooks import QuickBooks
from app.revoking import end_expired_consents, revoke
from app.tying import checked, tie
from connections import companies, consents
from connections.audit import Actor
from connections.books import Books, CompanyInfo
from connections.connecting import GrantedTokens, Obtained, prove, read
from connections.consents import Pending
from connections.errors import (
    ConnectionRefused,
    ConsentStale,
    ConsentUnproved,
    NothingToConfirm,
    UnknownCompany,
)
from connections.slots import RealmSlots
from coordination.database import DATABASE_AWAY, Pool
from qbo_client import QuickBooksClient, QuickBooksError, TokenReply

PURPOSE: Final = "connect"
REALM_ID: Final = re.compile(r"[0-9]{1,30}", re.ASCII)
# What the vendor's redirect may carry; it goes into a request of ours.
CODE: Final = re.compile(r"[\x21-\x7e]{1,1024}", re.ASCII)
SESSION_HASH_BYTES: Final = 32


def begin(pool: Pool, quickbooks: QuickBooks, *, company_id: str, session_hash: bytes) -> str:
    """Give the address of QuickBooks' consent page, good for a quarter of an hour.

    Args:
        pool: sessions with our timeouts.
        quickbooks: this process's access.
        company_id: a known company.
        session_hash: SHA-256 of the session's cookie: only that session may come back.

    Raises:
        UnknownCompany: its page was never opened.
    """
    with_pkce = quickbooks.oauth.offers_pkce()
    asked = _ask(pool, quickbooks, company_id, session_hash, with_pkce=with_pkce)
    return quickbooks.oauth.authorize_url(asked.state, asked.code_verifier)


def receive(
    pool: Pool,
    quickbooks: QuickBooks,
    slots: RealmSlots,
    *,
    session_hash: bytes,
    state: str,
    realm_id: str,
    code: str,
) -> Pending:
    """Take what the redirect brought, prove its realm, and keep it until a person confirms.

    The state is used up before the code is exchanged, and its end committed: a redirect that comes
    twice never asks QuickBooks twice.

    Args:
        pool: sessions with our timeouts.
        quickbooks: this process's access.
        slots: the one read takes its slot.
        session_hash: of the session the redirect came in.
        state: of the redirect, whoever wrote it.
        realm_id: likewise.
        code: likewise.

    Raises:
        ConsentStale: the state is not this session's, was used, or is too old.
        ConsentUnproved: the token does not open that realm.
        QuickBooksError: the code was not accepted, or QuickBooks could not be asked.
    """
    keys = quickbooks.access.keys
    realm = realm_id if REALM_ID.fullmatch(realm_id) else None
    with pool.connection() as connection:
        returned = consents.take_back(
            connection, keys, state=state, session_hash=session_hash, realm_id=realm
        )
    if returned is None:
        raise ConsentStale
    if realm is None or not CODE.fullmatch(code):
        raise ConsentUnproved
    reply = quickbooks.oauth.exchange_code(code, returned.code_verifier)
    with _revoked_on_failure(pool, quickbooks, realm_id, reply, returned.state_hash):
        client = _client(quickbooks, slots, returned.company_id, reply)
        info = prove(client, realm_id)
        pending = Pending(returned.company_id, realm_id, info.company_name, info.country)
        with pool.connection() as connection:
            if not consents.obtained(connection, keys, returned, pending, reply):
                raise ConsentStale
    return pending


def confirm(
    pool: Pool,
    quickbooks: QuickBooks,
    slots: RealmSlots,
    *,
    session_hash: bytes,
    shown: str | None = None,
    other_books: str | None = None,
    income_account_id: str | None = None,
    by: Actor,
) -> Books:
    """Tie the company to the books its person has just confirmed.

    Of two at once one ties. What fails on the way to QuickBooks can be confirmed again.

    Args:
        pool: sessions with our timeouts.
        quickbooks: this process's access.
        slots: every call takes its slot, these too.
        session_hash: of the session that consented.
        shown: the realm the person was shown, since another window may bring another consent at
            any moment; None: whichever it is.
        other_books: the realm as the person typed it, to confirm that these are other books than
            before; None: they are the same, or the first.
        income_account_id: where "ProLine Sales" books to, if it must be made.
        by: who confirms.

    Raises:
        NothingToConfirm: no consent of this session waits, or it is another than was shown.
        ConnectionRefused: the realm is another company's, or not the one it was connected to and
            not confirmed, or the books it has now are being written to, or these are unusable.
        QuickBooksError: as the client says.
    """
    keys = quickbooks.access.keys
    with pool.connection() as connection:
        granted = consents.granted(connection, keys, session_hash)
        if granted is None or shown not in {None, granted.pending.realm_id}:
            raise NothingToConfirm
        pending = granted.pending
        consent = checked(connection, pending.company_id, pending.realm_id, other_books)
    client = _client(quickbooks, slots, pending.company_id, granted.reply)
    info = CompanyInfo(pending.realm_id, pending.company_name, pending.country)
    books, lists = read(client, info, income_account_id=income_account_id)
    with pool.connection() as connection:
        taken = consents.take(connection, keys, session_hash, granted.state_hash)
        if taken is None:
            raise NothingToConfirm
        tie(connection, keys, Obtained(consent, taken.reply, books, lists), by=by)
    return books


def cancel(pool: Pool, quickbooks: QuickBooks, *, session_hash: bytes) -> bool:
    """Give up what this session could confirm, and revoke it; False: there was nothing."""
    with pool.connection() as connection:
        given_up = consents.give_up(connection, session_hash)
    if given_up:
        end_expired_consents(pool, quickbooks)
    return given_up > 0


def connect_company(  # noqa: PLR0913  # its caller names each
    pool: Pool,
    quickbooks: QuickBooks,
    slots: RealmSlots,
    *,
    company_id: str,
    realm_id: str,
    code: str,
    other_books: str | None = None,
    income_account_id: str | None = None,
    by: Actor,
) -> Books:
    """Connect in one go with a code that was asked for elsewhere; the command's words are the word.

    The realm is checked first, so that a refusal does not use the code up. What was obtained and
    not tied is revoked.

    Args:
        pool: sessions with our timeouts.
        quickbooks: this process's access.
        slots: every call takes its slot, these too.
        company_id: a company whose page has been opened.
        realm_id: the QuickBooks company the person picked.
        code: of the redirect; good once.
        other_books: as for `confirm`.
        income_account_id: as for `confirm`.
        by: who connects.

    Raises:
        ConnectionRefused: as for `receive` and `confirm`.
        QuickBooksError: likewise.
    """
    with pool.connection() as connection:
        checked(connection, company_id, realm_id, other_books)
    session_hash = secrets.token_bytes(SESSION_HASH_BYTES)
    # Whoever asked for the code had no challenge of ours.
    asked = _ask(pool, quickbooks, company_id, session_hash, with_pkce=False)
    try:
        receive(
            pool,
            quickbooks,
            slots,
            session_hash=session_hash,
            state=asked.state,
            realm_id=realm_id,
            code=code,
        )
        return confirm(
            pool,
            quickbooks,
            slots,
            session_hash=session_hash,
            other_books=other_books,
            income_account_id=income_account_id,
            by=by,
        )
    except (ConnectionRefused, QuickBooksError):
        cancel(pool, quickbooks, session_hash=session_hash)
        raise


def _ask(
    pool: Pool, quickbooks: QuickBooks, company_id: str, session_hash: bytes, *, with_pkce: bool
) -> consents.Asked:
    with pool.connection() as connection:
        if companies.get(connection, company_id) is None:
            raise UnknownCompany(f"Company {company_id} is not known: open its page first.")
        return consents.ask(
            connection,
            quickbooks.access.keys,
            session_hash=session_hash,
            company_id=company_id,
            with_pkce=with_pkce,
        )


def _client(
    quickbooks: QuickBooks, slots: RealmSlots, company_id: str, reply: TokenReply
) -> QuickBooksClient:
    gate = slots.for_company(company_id, PURPOSE)
    return quickbooks.client(GrantedTokens(reply.access_token), gate)


@contextmanager
def _revoked_on_failure(
    pool: Pool, quickbooks: QuickBooks, realm_id: str, reply: TokenReply, state_hash: bytes
) -> Iterator[None]:
    """Leave no living token behind that nobody has stored."""
    try:
        yield
    except (ConnectionRefused, QuickBooksError, *DATABASE_AWAY):
        revoke(pool, quickbooks, realm_id, reply.refresh_token, but=state_hash)
        raise
