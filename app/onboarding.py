"""Setting a company up: known, connected, enabled. The page and the CLI both come here.

Nothing of QuickBooks is stored before its own token has proved which company it is, and no
transaction is open while QuickBooks is asked.
"""

from datetime import datetime

from app.quickbooks import QuickBooks
from connections import companies
from connections.books import Books
from connections.connecting import Consent, Obtained, keep, obtain
from connections.keys import TokenKeys
from connections.settings import CompanySettings
from connections.slots import RealmSlots
from coordination.database import Connection, Pool
from qbo_client import QuickBooksClient
from records.holding import archive_unknown, look_at_held
from records.places import return_unclaimed


def connect_company(
    pool: Pool,
    quickbooks: QuickBooks,
    slots: RealmSlots,
    *,
    company_id: str,
    realm_id: str,
    code: str,
) -> Books:
    """Exchange a consent's code, read the books it opens, and tie the company to them.

    Args:
        pool: sessions with our timeouts.
        quickbooks: this process's access.
        slots: every call takes its slot, these too.
        company_id: a company whose page has been opened.
        realm_id: the QuickBooks company the person picked.
        code: of the redirect; good once.

    Raises:
        ConnectionRefused: the realm is another company's, or not the one it was connected to.
        QuickBooksError: the code or the realm was not accepted.
    """
    gate = slots.for_company(company_id, "connect")
    base_url = quickbooks.access.base_url
    obtained = obtain(
        Consent(company_id, realm_id, code),
        pool=pool,
        oauth=quickbooks.oauth,
        client_with=lambda tokens: QuickBooksClient(quickbooks.http, base_url, tokens, gate),
    )
    with pool.connection() as connection:
        tie(connection, quickbooks.access.keys, obtained)
    return obtained.books


def tie(connection: Connection, keys: TokenKeys, obtained: Obtained) -> None:
    """Tie a company to the books of a consent, with all that has to happen in the same transaction.

    One function, so that no way of connecting leaves a part out: an attempt left open in other
    books would be in the way of every write of its record.

    Raises:
        ConnectionRefused: as `connections.companies.connect`; nothing is stored.
    """
    company = keep(connection, keys, obtained)
    return_unclaimed(connection, company.id)
    archive_unknown(connection, company.id, obtained.books.realm_id)
    look_at_held(connection, company.id)


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


def enable_company(pool: Pool, company_id: str) -> datetime:
    """Turn the integration on; return when it was turned on first.

    Raises:
        NotConnected: there is no connection yet.
    """
    with pool.connection() as connection:
        companies.enable(connection, company_id)
        look_at_held(connection, company_id)
        return _first_enabled_at(connection, company_id)


def disable_company(pool: Pool, company_id: str) -> None:
    """Turn the integration off: what nobody has claimed comes back in the same transaction."""
    with pool.connection() as connection:
        companies.disable(connection, company_id)
        return_unclaimed(connection, company_id)


def _first_enabled_at(connection: Connection, company_id: str) -> datetime:
    company = companies.get(connection, company_id)
    if company is None or company.first_enabled_at is None:
        raise LookupError(f"company {company_id} was enabled and then not found")
    return company.first_enabled_at
