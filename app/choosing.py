"""What an office chooses from in its books: the lists read anew, and the account of our item.

QuickBooks is asked first, with no transaction open, each call in a slot; what it answered is stored
after, with a row in the audit.
"""

from dataclasses import replace

from app.quickbooks import QuickBooks
from connections import audit, books, companies, lists
from connections.audit import Actor
from connections.books import Books
from connections.errors import NotConnected, ShownChanged
from connections.lists import Lists
from connections.slots import RealmSlots
from coordination.database import Pool


def refresh_lists(
    pool: Pool, quickbooks: QuickBooks, slots: RealmSlots, *, company_id: str, by: Actor
) -> Lists:
    """Read the drop-downs' lists anew: four reads.

    Raises:
        NotConnected: there are no books to read.
        QuickBooksError: as the client says.
    """
    realm_id = _books_of(pool, company_id).realm_id
    client = quickbooks.client_of(company_id, slots, "lists")
    read = lists.read_lists(client, realm_id)
    with pool.connection() as connection:
        lists.store_lists(connection, realm_id, read)
        audit.note(connection, company_id, by, "lists.refresh")
    return read


def change_income_account(
    pool: Pool,
    quickbooks: QuickBooks,
    slots: RealmSlots,
    *,
    company_id: str,
    realm_id: str,
    account_id: str,
    by: Actor,
) -> Books:
    """Have the item "ProLine Sales" book to another income account, in QuickBooks.

    Args:
        pool: sessions with our timeouts.
        quickbooks: this process's access.
        slots: both calls take theirs.
        company_id: a known company.
        realm_id: the books whose accounts the person saw: the same id is another account elsewhere.
        account_id: among these.
        by: who chose.

    Raises:
        NotConnected: there are no books.
        ShownChanged: they are others by now.
        BooksUnusable: they have no item of ours.
        QuickBooksError: as the client says; an account that takes no income is refused there.
    """
    before = _books_of(pool, company_id)
    if before.realm_id != realm_id:
        raise ShownChanged
    client = quickbooks.client_of(company_id, slots, "income_account")
    books.book_income_to(client, before, account_id)
    with pool.connection() as connection:
        books.note_income_account(connection, before.realm_id, account_id)
        audit.note(
            connection,
            company_id,
            by,
            "income_account.change",
            before={"income_account_id": before.income_account_id},
            after={"income_account_id": account_id},
        )
    return replace(before, income_account_id=account_id)


def _books_of(pool: Pool, company_id: str) -> Books:
    with pool.connection() as connection:
        company = companies.get(connection, company_id)
        realm_id = company.realm_id if company is not None else None
        known = books.get(connection, realm_id) if realm_id is not None else None
    if known is None:
        raise NotConnected(f"Connect company {company_id} to QuickBooks first.")
    return known
