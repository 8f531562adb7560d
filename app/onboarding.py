"""Setting a company up: known, connected, enabled. The page and the CLI both come here.

Nothing of QuickBooks is stored before its own token has proved which company it is, and no
transaction is open while QuickBooks is asked.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from app.quickbooks import QuickBooks
from connections import companies
from connections.books import Books
from connections.connecting import Consent, Obtained, keep, obtain
from connections.errors import ChangedWhileOff, NotTakenIn, OtherRealm
from connections.keys import TokenKeys
from connections.settings import CompanySettings
from connections.slots import RealmSlots
from coordination.database import Connection, Pool
from coordination.leadership import hold_still
from outbox.backlog import count_unread
from qbo_client import QuickBooksClient
from records.changed_while_off import count_changed, skip_changed
from records.holding import look_at_held
from records.other_books import change_books, refuse_while_writing
from records.places import return_unclaimed

Changed = Literal["send", "skip"]
"""What becomes of the records that changed while the integration was off."""


def connect_company(
    pool: Pool,
    quickbooks: QuickBooks,
    slots: RealmSlots,
    *,
    company_id: str,
    realm_id: str,
    code: str,
    other_books: str | None = None,
) -> Books:
    """Exchange a consent's code, read the books it opens, and tie the company to them.

    Args:
        pool: sessions with our timeouts.
        quickbooks: this process's access.
        slots: every call takes its slot, these too.
        company_id: a company whose page has been opened.
        realm_id: the QuickBooks company the person picked.
        code: of the redirect; good once.
        other_books: the realm as the person typed it, to confirm that these are other books than
            before; None: they are the same, or the first.

    Raises:
        ConnectionRefused: the realm is another company's, or not the one it was connected to and
            not confirmed, or the books it has now are being written to.
        QuickBooksError: the code or the realm was not accepted.
    """
    confirmed = _confirmed(other_books, realm_id)
    with pool.connection() as connection:
        before = companies.check_realm(
            connection, company_id, realm_id, other_realm_confirmed=confirmed
        )
        if companies.other_books_than(before, realm_id) is not None:
            refuse_while_writing(connection, company_id, realm_id)
    gate = slots.for_company(company_id, "connect")
    base_url = quickbooks.access.base_url
    obtained = obtain(
        Consent(company_id, realm_id, code, other_realm_confirmed=confirmed),
        pool=pool,
        oauth=quickbooks.oauth,
        client_with=lambda tokens: QuickBooksClient(quickbooks.http, base_url, tokens, gate),
    )
    with pool.connection() as connection:
        tie(connection, quickbooks.access.keys, obtained)
    return obtained.books


def _confirmed(other_books: str | None, realm_id: str) -> bool:
    if other_books is not None and other_books != realm_id:
        raise OtherRealm(
            f"The confirmation names {other_books}, and QuickBooks named {realm_id}: nothing was"
            " connected."
        )
    return other_books is not None


def tie(connection: Connection, keys: TokenKeys, obtained: Obtained) -> None:
    """Tie a company to the books of a consent, with all that has to happen in the same transaction.

    One function, so that no way of connecting leaves a part out: an attempt left open in other
    books would be in the way of every write of its record.

    Raises:
        ConnectionRefused: as `connections.companies.connect`, or the former books are being
            written to; nothing is stored.
    """
    company_id, realm_id = obtained.consent.company_id, obtained.consent.realm_id
    seen = companies.get(connection, company_id)
    if seen is not None and companies.other_books_than(seen, realm_id) is not None:
        # Handed out beside this, a record could be claimed for the former books and not be seen.
        hold_still(connection)
    before = companies.lock(connection, company_id)
    keep(connection, keys, obtained)
    return_unclaimed(connection, company_id)
    former = companies.other_books_than(before, realm_id)
    if former is not None:
        change_books(connection, company_id, former=former, realm_id=realm_id)
    look_at_held(connection, company_id)


def open_company(pool: Pool, company_id: str, name: str) -> None:
    """Make a company known: its contacts and projects are kept from then on, money is not yet."""
    with pool.connection() as connection:
        companies.open_company(connection, company_id, name)


def change_settings(pool: Pool, company_id: str, settings: CompanySettings) -> None:
    """Store what the office chose.

    Raises:
        UnknownCompany: its page was never opened.
    """
    with pool.connection() as connection:
        companies.change_settings(connection, company_id, settings)
        look_at_held(connection, company_id)


@dataclass(frozen=True)
class Enabled:
    """A company that is on: since when first, and how many records were left out just now."""

    first_enabled_at: datetime
    left_out: int = 0


def enable_company(
    pool: Pool, company_id: str, *, changed: Changed | None = None, by: str = "the office"
) -> Enabled:
    """Turn the integration on.

    Args:
        pool: sessions with our timeouts.
        company_id: a known company.
        changed: what becomes of the records that changed while it was off; needed only where there
            are any, which the first time there never are.
        by: who chose; kept with each record that is left out.

    Raises:
        NotConnected: there is no connection yet.
        ChangedWhileOff: records changed, and nothing was chosen.
        NotTakenIn: which records changed is not known yet, and they are not all to be sent.
    """
    with pool.connection() as connection:
        before = companies.lock(connection, company_id)
        companies.enable(connection, company_id)
        again = before.first_enabled_at is not None and not before.enabled
        left_out = _settle_changes(connection, company_id, changed, by) if again else 0
        look_at_held(connection, company_id)
        return Enabled(_first_enabled_at(connection, company_id), left_out)


def _settle_changes(
    connection: Connection, company_id: str, changed: Changed | None, by: str
) -> int:
    """Do what was chosen; what lies in the outbox is looked at before the records it becomes."""
    if changed == "send":
        return 0
    unread = count_unread(connection, company_id)
    if unread:
        raise NotTakenIn(unread)
    # What was handed out as it was turned off, and not taken, can be left out too.
    return_unclaimed(connection, company_id)
    if changed == "skip":
        return skip_changed(connection, company_id, by)
    records = count_changed(connection, company_id)
    if records:
        raise ChangedWhileOff(records)
    return 0


def disable_company(pool: Pool, company_id: str) -> None:
    """Turn the integration off: what nobody has claimed comes back in the same transaction.

    From now on changes are held, the newest version each; `enable_company` asks what becomes of
    them.
    """
    with pool.connection() as connection:
        companies.disable(connection, company_id)
        return_unclaimed(connection, company_id)


def _first_enabled_at(connection: Connection, company_id: str) -> datetime:
    company = companies.get(connection, company_id)
    if company is None or company.first_enabled_at is None:
        raise LookupError(f"company {company_id} was enabled and then not found")
    return company.first_enabled_at
