"""What an office's switches do to its records, beside the rows: corners of the same decisions."""

import pytest

from app.onboarding import (
    disable_company,
    enable_company,
)
from connections.errors import WritesUnderWay
from connections.settings import CompanySettings
from records.changed_while_off import count_changed
from tests.behaviour.company_rows import (
    change_while_off,
    choose,
    held_up,
    move,
    moved,
    names,
    notes,
    other_realm,
    state,
    taken_in,
)
from tests.behaviour.row import NewRoofer
from tests.support.proline import OFFICE
from tests.support.roofer import COMPANY, Roofer


def test_turned_on_again_with_nothing_changed_asks_nothing(roofer: Roofer) -> None:
    """What waited already when it was turned off was to be sent, and is no question."""
    with held_up(roofer) as arrived:
        roofer.contact().project().invoice()
        arrived.wait(10)
        disable_company(roofer.system.pool, COMPANY, by=OFFICE)
    taken_in(roofer)

    enable_company(roofer.system.pool, COMPANY, by=OFFICE)
    roofer.settle()

    assert notes(roofer) == ["ProLine invoice 501"]


def test_books_are_not_left_while_a_record_is_being_written(roofer: Roofer) -> None:
    """It waits until nothing is claimed; a moment later it can be done."""
    second = other_realm(roofer)
    with held_up(roofer) as arrived:
        roofer.contact().project()
        arrived.wait(10)
        with pytest.raises(WritesUnderWay, match="1 record is being written now: try again"):
            move(roofer, second, second.settings.realm_id)

    moved(roofer, second)

    assert roofer.rows("SELECT realm_id FROM proline_qbo.companies")[0].realm_id == (
        second.settings.realm_id
    )


def test_what_was_asked_and_answered_in_other_books_stays_there(new_roofer: NewRoofer) -> None:
    """An open question goes with its books; an answer comes back with them, and acts nowhere else.

    The accounts and items chosen there are nothing here.
    """
    roofer = new_roofer(settings=CompanySettings(deposit_account_id="4"))
    first, second = roofer.realm, other_realm(roofer)
    roofer.contact().project().invoice().invoice("i2").settle()
    roofer.payment("30.00").payment("20.00", {"i2": "20.00"}, "y2").settle()
    roofer.decide("payment", "y1", "invoice", "i1").void("invoice", "i2").settle()
    asked = roofer.question("invoice", "i2").question

    moved(roofer, second)
    acting = roofer.rows("SELECT FROM proline_qbo.decisions WHERE spent_at IS NULL")
    (chosen,) = roofer.rows(
        "SELECT settings ->> 'deposit_account_id' AS account FROM proline_qbo.companies"
    )
    moved(roofer, first)

    assert (acting, chosen.account) == ([], None)
    assert roofer.question("invoice", "i2").question == asked == "void_paid_invoice"
    (kept,) = roofer.rows("SELECT answer, spent_at FROM proline_qbo.decisions WHERE answer > ''")
    assert tuple(kept) == ("invoice", None)
    assert len(roofer.held("Payment")) == 2
    assert state(roofer, "payment", "y1") == "done"


def test_what_a_worker_asked_in_other_books_holds_nothing_back(new_roofer: NewRoofer) -> None:
    """Who a contact is in the one books is no question of the other."""
    roofer = new_roofer(settings=CompanySettings(existing_customers="ask"))
    roofer.by_hand("customer", DisplayName="Ada Example")
    roofer.contact().project().settle()
    asked = roofer.question("contact", "c1").question

    moved(roofer, other_realm(roofer))

    assert asked == "existing_customer"
    assert names(roofer) == ["Ada Example - C#1001"]
    assert not roofer.rows("SELECT FROM proline_qbo.decisions")


def test_what_failed_for_want_of_a_setting_goes_on_once_it_is_chosen(
    new_roofer: NewRoofer,
) -> None:
    """Held records are looked at again at once when the settings change."""
    roofer = new_roofer(
        settings=CompanySettings(tax_mode="amount"), books={"using_sales_tax": True}
    )
    line = {"id": "l1", "kind": "item", "name": "Tear-off", "quantity": "1"}
    lines = [line | {"amount": "100.00", "unit_price": "100.00"}]
    tax = {"name": "Sales tax", "rate": "8", "amount": "8.00"}
    roofer.contact().project().invoice(total="108.00", lines=lines, tax=tax).settle()
    failed = roofer.record("invoice", "i1")

    choose(roofer, tax_mode="line")
    roofer.settle()

    assert failed.state == "failed"
    assert [each["TotalAmt"] for each in roofer.held("Invoice")] == [108]


def test_what_changed_is_counted_while_it_is_off(roofer: Roofer) -> None:
    """The page says how many before anybody is asked."""
    change_while_off(roofer)

    with roofer.system.pool.connection() as connection:
        assert count_changed(connection, COMPANY) == 3
