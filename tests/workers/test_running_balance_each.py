"""Running-balance invoices booked each with what it first asked for, the whole way."""

from decimal import Decimal
from typing import Any

import pytest

from connections.settings import CompanySettings
from records.explaining import explain
from tests.support.roofer import COMPANY, Roofer
from tests.workers.conftest import NewRoofer
from workers import closing

EACH = CompanySettings(running_balance="each", tax_mode="line")


@pytest.fixture
def roofer(new_roofer: NewRoofer) -> Roofer:
    """Give a contractor that books each invoice, with a project that is transferred."""
    return new_roofer(settings=EACH).contact().project()


def asks(roofer: Roofer, record_id: str, amount: str | None, **changes: object) -> Roofer:
    """Say that a running-balance invoice asks for so much of a sum with discount and tax."""
    lines = [
        {"id": "l1", "kind": "item", "name": "Tear-off", "amount": "600.00"},
        {"id": "l2", "kind": "item", "name": "Shingles", "amount": "400.00"},
    ]
    said: dict[str, object] = {
        "kind": "running_balance",
        "name": "Deposit",
        "lines": lines,
        "discount": "50.00",
        "tax": {"name": "Denver", "amount": "80.00"},
        "amount_due": amount,
    }
    return roofer.invoice(record_id, "1030.00", **(said | changes))


def test_a_member_is_one_line_of_what_it_asked_for(roofer: Roofer) -> None:
    """Discount and tax are in the running sum, and not booked a second time."""
    asks(roofer, "i1", "300.00").settle()

    invoice = roofer.the("Invoice")
    sold = [each for each in invoice["Line"] if each["DetailType"] == "SalesItemLineDetail"]
    assert [(each["Description"], each["Amount"]) for each in sold] == [
        ("Deposit: Amount due", Decimal(300))
    ]
    assert (invoice["TotalAmt"], invoice["DocNumber"]) == (300, "501")
    assert not [each for each in invoice["Line"] if each["DetailType"] == "DiscountLineDetail"]
    assert roofer.record("invoice", "i1").state == "done"
    assert roofer.record("invoice", "running:p1") is None


def test_the_total_there_is_compared_with_what_it_asked_for(
    roofer: Roofer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compared with the project's total every such invoice would be a finding."""
    asks(roofer, "i1", "300.00").settle()
    assert roofer.findings() == []

    monkeypatch.setattr(closing, "_total", lambda _claim, invoice: invoice.total)
    asks(roofer, "i2", "700.00").settle()

    assert [each.kind for each in roofer.findings()] == ["total_differs"]


@pytest.mark.parametrize(
    "change",
    [
        {"amount_due": "0.00"},
        {"amount_due": "550.00", "total": "1200.00"},
        {"lines": [], "discount": None, "tax": None},
        {"balance": "12.00"},
    ],
)
def test_a_change_of_what_is_not_booked_writes_nothing(
    roofer: Roofer, change: dict[str, Any]
) -> None:
    """The sum moves on with every invoice of the project, and this one stays what it was."""
    asks(roofer, "i1", "300.00").settle()

    roofer.invoice("i1", **change).settle()

    assert len(roofer.writes("invoice")) == 1
    assert roofer.the("Invoice")["TotalAmt"] == 300
    assert roofer.record("invoice", "i1").state == "done"


def test_a_change_of_what_is_booked_is_carried_over(roofer: Roofer) -> None:
    """Its memo, its days and its name are its own."""
    asks(roofer, "i1", "300.00").settle()

    asks(roofer, "i1", "120.00", memo="Thank you", name="First payment").settle()

    invoice = roofer.the("Invoice")
    assert invoice["CustomerMemo"] == {"value": "Thank you"}
    assert invoice["Line"][0]["Description"] == "First payment: Amount due"
    assert invoice["TotalAmt"] == 300


def test_money_pays_the_member_it_names_and_a_void_voids_it_alone(roofer: Roofer) -> None:
    """Each is an invoice like any other."""
    asks(roofer, "i1", "300.00").payment("300.00", {"i1": "300.00"}, "y1").settle()
    asks(roofer, "i2", "730.00").settle()
    assert [each["Balance"] for each in roofer.held("Invoice")] == [0, 730]

    roofer.payment("700.00", record_id="y2").settle()
    assert [each["Balance"] for each in roofer.held("Invoice")] == [0, 30]

    roofer.void("payment", "y2").void("invoice", "i2").settle()

    assert [each["TotalAmt"] for each in roofer.held("Invoice")] == [300, 0]
    assert roofer.record("invoice", "i2").state == "done"


@pytest.mark.parametrize(
    ("amount", "state", "code"),
    [
        (None, "failed", "amount_due_missing"),
        ("300.005", "failed", "fraction_of_cent"),
        ("0.00", "skipped", None),
        ("-20.00", "skipped", None),
    ],
)
def test_an_amount_that_cannot_be_booked_is_a_state_with_a_sentence(
    roofer: Roofer, amount: str | None, state: str, code: str | None
) -> None:
    """It comes to rest, is said in words, and nothing is sent."""
    asks(roofer, "i1", amount).settle()

    record = roofer.record("invoice", "i1")
    assert (record.state, record.code) == (state, code)
    assert because(roofer) == record.sentence
    assert len(record.sentence) > len("It asked for 0")
    assert roofer.writes("invoice") == []


def because(roofer: Roofer) -> str:
    """Say what `explain` says of the first invoice."""
    with roofer.system.pool.connection() as connection:
        (found,) = explain(connection, "i1", entity="invoice", company_id=COMPANY)
    return found.because(None, {"invoice"})


@pytest.mark.parametrize("first", [None, "300.005"])
def test_what_could_not_be_booked_is_put_right_by_proline(
    roofer: Roofer, first: str | None
) -> None:
    """Nothing was said that could be kept to; a refused record is tried again within a minute."""
    asks(roofer, "i1", first).settle()
    forgive = "UPDATE proline_qbo.records SET since = since - interval '1 hour'"
    with roofer.system.pool.connection() as connection:
        connection.execute(forgive)

    asks(roofer, "i1", "300.00").settle()
    asks(roofer, "i1", "10.00").settle()

    assert roofer.the("Invoice")["TotalAmt"] == 300


@pytest.mark.parametrize(("amount", "state"), [("0.00", "done"), ("-20.00", "failed")])
def test_what_asks_for_nothing_may_be_sent_by_a_person(
    roofer: Roofer, amount: str, state: str
) -> None:
    """QuickBooks takes an invoice of zero; of one below zero it says what to do instead."""
    asks(roofer, "i1", amount).settle()

    roofer.decide("invoice", "i1", "send")

    assert roofer.record("invoice", "i1").state == state
    assert [each["TotalAmt"] for each in roofer.held("Invoice")] == [0] * (state == "done")


def test_a_standalone_invoice_of_the_same_company_is_booked_as_it_is(roofer: Roofer) -> None:
    """What it asks for now is less than it is."""
    roofer.invoice("i1", "500.00", amount_due="100.00").settle()

    assert roofer.the("Invoice")["TotalAmt"] == 500
