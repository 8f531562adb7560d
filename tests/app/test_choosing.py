"""Choosing: what the books offer is read, counted and kept; our item books where it is told."""

import pytest

from app import choosing
from connections import books, companies, lists
from connections.audit import list_entries
from connections.errors import BooksUnusable, NotConnected, ShownChanged
from coordination.database import Pool
from qbo_client import BusinessFault
from tests.connections.intuit import COMPANY
from tests.support.desk import JANE, Desk

SERVICES, PRODUCTS, CHECKING, UNDEPOSITED = "45", "79", "35", "4"
INVENTORY_ASSET, DISCOUNTS_GIVEN = "81", "86"


@pytest.fixture
def desk(pool: Pool) -> Desk:
    """Give an office whose company is connected."""
    return Desk(pool).connected()


def offered(desk: Desk) -> lists.Lists:
    """Return what the drop-downs offer."""
    with desk.pool.connection() as connection:
        return lists.lists_of(connection, desk.intuit.realm_id)


def add(desk: Desk, entity: str, fields: dict[str, object]) -> None:
    """Put a row into the books, by their bookkeeper's hand."""
    realm = desk.intuit.simulator.realms.find(desk.intuit.realm_id)
    assert realm is not None
    realm.add(entity, {"Active": True, **fields}, f"{entity}-{len(realm.objects[entity])}")


def refresh(desk: Desk) -> lists.Lists:
    """Ask for the lists anew."""
    return choosing.refresh_lists(
        desk.pool, desk.quickbooks, desk.slots, company_id=COMPANY, by=JANE
    )


def change_account(desk: Desk, account_id: str, realm_id: str | None = None) -> books.Books:
    """Choose another income account, of the books as they are or of others."""
    return choosing.change_income_account(
        desk.pool,
        desk.quickbooks,
        desk.slots,
        company_id=COMPANY,
        realm_id=realm_id or desk.intuit.realm_id,
        account_id=account_id,
        by=JANE,
    )


def test_connecting_reads_what_can_be_chosen(desk: Desk) -> None:
    """Each drop-down holds what fits it, by name."""
    found = offered(desk)

    assert {SERVICES, PRODUCTS} <= {each.qbo_id for each in found.income_accounts}
    assert {CHECKING, UNDEPOSITED} <= {each.qbo_id for each in found.deposit_accounts}
    assert {"ProLine Sales", "Services"} == {each.name for each in found.items}
    assert "TAX" in {each.qbo_id for each in found.tax_codes}
    names = [each.name.lower() for each in found.income_accounts]
    assert names == sorted(names)


def test_accounts_that_cannot_be_meant_are_not_offered(desk: Desk) -> None:
    """Stock takes no payment, and what is given away is no income, whatever its account's type."""
    found = offered(desk)

    assert INVENTORY_ASSET not in {each.qbo_id for each in found.deposit_accounts}
    assert DISCOUNTS_GIVEN not in {each.qbo_id for each in found.income_accounts}


def test_asked_for_anew_they_show_what_was_added_and_lose_what_has_gone(desk: Desk) -> None:
    """Four reads, under a purpose of their own, and a row in the audit."""
    before = offered(desk)
    add(desk, "Item", {"Name": "Gutters", "Type": "Service"})
    add(desk, "Item", {"Name": "Bundle", "Type": "Group"})
    add(desk, "Item", {"Name": "Old", "Type": "Service", "Active": False})
    with desk.pool.connection() as connection:
        connection.execute(
            "INSERT INTO proline_qbo.book_lists VALUES (%s, 'item', 'gone', 'Gone')",
            [desk.intuit.realm_id],
        )

    read = refresh(desk)

    added = {each.name for each in read.items} - {each.name for each in before.items}
    assert added == {"Gutters"}
    assert offered(desk) == lists.Lists(
        *(
            tuple(sorted(each, key=lambda c: (c.name.lower(), c.qbo_id)))
            for each in (read.income_accounts, read.deposit_accounts, read.items, read.tax_codes)
        )
    )
    counted = desk.rows("SELECT kind FROM proline_qbo.calls WHERE purpose = 'lists'")
    assert counted == [{"kind": "read"}] * 4
    with desk.pool.connection() as connection:
        assert list_entries(connection, COMPANY)[0].action == "lists.refresh"
        known = books.get(connection, desk.intuit.realm_id)
    assert known is not None
    assert known.lists_read_at is not None


def test_a_list_of_thousands_is_read_to_the_first_thousand(desk: Desk) -> None:
    """One page each: reads are metered."""
    for number in range(1_005):
        add(desk, "Item", {"Name": f"Item {number:04}", "Type": "Service"})

    assert len(refresh(desk).items) == 1_000


def test_the_income_account_of_our_item_is_changed_in_the_books(desk: Desk) -> None:
    """What is invoiced from now on is booked there."""
    with desk.pool.connection() as connection:
        first = books.get(connection, desk.intuit.realm_id)
    assert first is not None

    changed = change_account(desk, SERVICES)

    realm = desk.intuit.simulator.realms.find(desk.intuit.realm_id)
    assert realm is not None
    item = realm.find("Item", str(first.income_item_id))
    assert item is not None
    assert item["IncomeAccountRef"]["value"] == SERVICES
    assert (item["Name"], item["Type"]) == ("ProLine Sales", "Service")
    with desk.pool.connection() as connection:
        stored = books.get(connection, desk.intuit.realm_id)
        entry = list_entries(connection, COMPANY)[0]
    assert (first.income_account_id, changed.income_account_id) == (PRODUCTS, SERVICES)
    assert stored == changed
    assert (entry.action, entry.before, entry.after) == (
        "income_account.change",
        {"income_account_id": PRODUCTS},
        {"income_account_id": SERVICES},
    )


@pytest.mark.parametrize("account_id", ["no-such", CHECKING])
def test_an_account_that_takes_no_income_is_refused_by_quickbooks(
    desk: Desk, account_id: str
) -> None:
    """Nothing is stored of it."""
    with pytest.raises(BusinessFault):
        change_account(desk, account_id)

    with desk.pool.connection() as connection:
        known = books.get(connection, desk.intuit.realm_id)
    assert known is not None
    assert known.income_account_id == PRODUCTS


def test_an_account_of_other_books_is_not_looked_for_in_these(desk: Desk) -> None:
    """The same id is another account there: nothing is asked, and nothing changed."""
    calls = desk.rows("SELECT count(*) AS n FROM proline_qbo.calls")

    with pytest.raises(ShownChanged):
        change_account(desk, SERVICES, realm_id="9130350000000000000")

    assert desk.rows("SELECT count(*) AS n FROM proline_qbo.calls") == calls


def test_reconnecting_reads_where_our_item_books_to(desk: Desk) -> None:
    """Also where somebody changed it in QuickBooks."""
    change_account(desk, SERVICES)
    desk.connected()

    with desk.pool.connection() as connection:
        known = books.get(connection, desk.intuit.realm_id)
    assert known is not None
    assert known.income_account_id == SERVICES


def test_without_books_there_is_nothing_to_choose_from(desk: Desk) -> None:
    """A sentence, and no call."""
    with desk.pool.connection() as connection:
        connection.execute("UPDATE proline_qbo.books SET income_item_id = NULL")
    with pytest.raises(BooksUnusable):
        change_account(desk, SERVICES)
    with desk.pool.connection() as connection:
        companies.disconnect(connection, COMPANY)

    with pytest.raises(NotConnected):
        refresh(desk)
