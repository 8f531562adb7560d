"""What a payment pays: never more than an invoice's total, never more than itself, nothing lost."""

import threading
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest

from records import applications
from records.allocation import Resolution, resolve
from tests.support.roofer import Roofer, until


def test_an_over_payment_leaves_the_rest_as_credit(roofer: Roofer) -> None:
    """The line is capped to the invoice's total; the rest is unapplied on the customer."""
    roofer.contact().project().invoice(total="100.00")

    roofer.payment("150.00", {"i1": "150.00"}).settle()

    payment = roofer.the("Payment")
    assert payment["TotalAmt"] == 150
    assert payment["UnappliedAmt"] == 50
    assert roofer.the("Invoice")["Balance"] == 0


def test_one_payment_pays_two_invoices_with_a_line_each(roofer: Roofer) -> None:
    """When all its invoices are there, a payment is one object with a line for each."""
    roofer.contact().project().invoice("i1", "100.00").invoice("i2", "40.00")

    roofer.payment("140.00", {"i1": "100.00", "i2": "40.00"}).settle()

    lines = roofer.the("Payment")["Line"]
    assert [line["Amount"] for line in lines] == [100, 40]
    assert [invoice["Balance"] for invoice in roofer.held("Invoice")] == [0, 0]


def test_a_deposit_is_applied_by_an_update_when_its_invoice_arrives(roofer: Roofer) -> None:
    """Money before the invoice is credit on the customer; the invoice wakes it, nobody asks."""
    roofer.contact().project().payment("75.00").settle()
    assert roofer.the("Payment")["UnappliedAmt"] == 75

    roofer.invoice(total="100.00").settle()

    create, update = roofer.bodies("payment")
    assert not create.get("Line")
    assert update["sparse"] is True
    assert roofer.the("Payment")["UnappliedAmt"] == 0
    assert roofer.the("Invoice")["Balance"] == 25


def test_a_payment_waits_for_an_invoice_that_was_not_sent(roofer: Roofer) -> None:
    """Money for an unsent invoice waits, and goes by itself once the invoice is sent."""
    roofer.contact().project().invoice(sent_at=None).payment("100.00", {"i1": "100.00"}).settle()
    record = roofer.record("payment", "y1")
    assert (record.state, record.reason) == ("waiting", "unsent")

    roofer.invoice(sent_at=roofer.now.isoformat()).settle()

    assert roofer.the("Invoice")["Balance"] == 0
    assert roofer.record("payment", "y1").state == "done"


def sent_to(roofer: Roofer, invoice_id: str) -> Decimal:
    """Add up what the newest write of each payment applies to an invoice."""
    newest = {body["PrivateNote"]: body for body in roofer.bodies("payment") if "Id" not in body}
    return sum(
        (
            line["Amount"]
            for body in newest.values()
            for line in body.get("Line", [])
            if line["LinkedTxn"][0]["TxnId"] == invoice_id
        ),
        Decimal(0),
    )


def race(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold the first two decisions on what to pay until both are made, or the lock forbids it."""
    both = threading.Barrier(2)

    def resolve_together(*arguments: Any) -> Resolution:  # noqa: ANN401  # passed on as they are
        resolution = resolve(*arguments)
        with suppress(threading.BrokenBarrierError):
            both.wait(0.5)
        return resolution

    monkeypatch.setattr(applications, "resolve", resolve_together)


def pay_twice(roofer: Roofer, ready: Callable[[], object]) -> None:
    """Pay one invoice of a hundred by two payments of eighty at the same moment."""
    roofer.contact().project().invoice(total="100.00").settle()
    ready()
    roofer.payment("80.00", {"i1": "80.00"}, record_id="y1")
    roofer.payment("80.00", {"i1": "80.00"}, record_id="y2")
    until(lambda: len(roofer.writes("payment")) >= 2)


def test_two_payments_at_once_never_apply_more_than_the_invoice_has(
    roofer: Roofer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock of the invoice's link lets one payment decide after the other, in the books too."""
    pay_twice(roofer, lambda: race(monkeypatch))

    roofer.settle()

    assert sent_to(roofer, "1") == 100
    assert roofer.the("Invoice")["Balance"] == 0
    assert sorted(each["UnappliedAmt"] for each in roofer.held("Payment")) == [0, 60]


def test_without_the_lock_two_payments_at_once_apply_too_much(
    roofer: Roofer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard taken out: both payments see the same room, and both take it."""
    monkeypatch.setattr(applications, "lock_links", lambda _connection, _realm, pks: set(pks))

    pay_twice(roofer, lambda: race(monkeypatch))

    assert sent_to(roofer, "1") == 160
