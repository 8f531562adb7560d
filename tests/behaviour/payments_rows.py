"""The rows of the table "Payments"."""

import pytest

from connections.settings import CompanySettings
from coordination.statements import Statement
from records.allocation import Resolution
from records.applied import _STATEMENTS
from records.candidates import Candidates
from records.verdicts import done, eligible
from tests.behaviour.row import NewRoofer, Row, replaced
from tests.support.roofer import Roofer

SECTION = "Payments"


def _two_customers(roofer: Roofer) -> None:
    """One invoice on each of two customers."""
    roofer.contact().project().invoice("i1", "60.00")
    roofer.contact("c2", number="1002", display_name="Bo Example")
    roofer.project("p2", number="2002", contact_id="c2")
    roofer.invoice("i2", "40.00", project_id="p2", contact_id="c2")


def names_no_invoice_and_there_is_one(new_roofer: NewRoofer) -> None:
    """It pays the project's only open invoice."""
    roofer = new_roofer()
    roofer.contact().project().invoice().payment("100.00").settle()

    assert roofer.the("Invoice")["Balance"] == 0


def names_no_invoice_and_equals_one(new_roofer: NewRoofer) -> None:
    """Of several open ones it pays the one whose balance it equals."""
    roofer = new_roofer()
    roofer.contact().project().invoice("i1", "60.00").invoice("i2", "80.00").settle()

    roofer.payment("80.00").settle()

    assert roofer.balances() == {"501": 60, "502": 0}


def names_no_invoice_and_there_are_several(new_roofer: NewRoofer) -> None:
    """None of which it equals: a decision."""
    roofer = new_roofer()
    roofer.contact().project().invoice("i1", "60.00").invoice("i2", "80.00")
    roofer.payment("50.00").settle()

    roofer.decide("payment", "y1", "invoice", "i2")

    assert roofer.balances() == {"501": 60, "502": 30}


def deposit_is_applied_when_its_invoice_arrives(new_roofer: NewRoofer) -> None:
    """Unapplied on the customer, then applied by an update."""
    roofer = new_roofer()
    roofer.contact().project().payment("75.00").settle()
    assert roofer.the("Payment")["UnappliedAmt"] == 75

    roofer.invoice().settle()

    assert roofer.the("Payment")["UnappliedAmt"] == 0
    assert roofer.the("Invoice")["Balance"] == 25


def deposit_on_another_customer_is_moved(new_roofer: NewRoofer) -> None:
    """Its invoice is on another customer: a decision; moved, it is void on the first."""
    roofer = new_roofer(settings=CompanySettings(customer_mode="sub"))
    roofer.contact().project().payment("75.00").settle()
    roofer.project("p2", number="2002").settle()
    roofer.payment("75.00", project_id="p2").invoice(project_id="p2").settle()

    roofer.decide("payment", "y1", "move")

    old, new = roofer.held("Payment")
    assert (old["TotalAmt"], new["TotalAmt"], new["UnappliedAmt"]) == (0, 75, 0)


def allocated_to_an_unsent_invoice(new_roofer: NewRoofer) -> None:
    """Money waiting; the office may book it as credit now, and it is applied when sent."""
    roofer = new_roofer()
    roofer.contact().project().invoice(sent_at=None).payment("100.00", {"i1": "100.00"}).settle()
    record = roofer.record("payment", "y1")
    assert (record.state, record.reason) == ("waiting", "unsent")

    roofer.decide("payment", "y1", "credit")
    assert roofer.the("Payment")["UnappliedAmt"] == 100
    roofer.invoice(sent_at=roofer.now.isoformat()).settle()

    assert roofer.the("Payment")["UnappliedAmt"] == 0


def several_invoices_are_one_payment(new_roofer: NewRoofer) -> None:
    """A line each, when all are there."""
    roofer = new_roofer()
    roofer.contact().project().invoice("i1", "60.00").invoice("i2", "40.00")
    roofer.payment("100.00", {"i1": "60.00", "i2": "40.00"}).settle()

    assert [line["Amount"] for line in roofer.the("Payment")["Line"]] == [60, 40]


def invoices_of_several_customers_are_a_payment_each(new_roofer: NewRoofer) -> None:
    """One payment per customer, same reference; what shrinks is written first; a void voids all."""
    roofer = new_roofer()
    _two_customers(roofer)
    roofer.payment("100.00", {"i1": "60.00", "i2": "40.00"}, reference="check 7").settle()
    assert [each["TotalAmt"] for each in roofer.held("Payment")] == [60, 40]
    assert {each["PaymentRefNum"] for each in roofer.held("Payment")} == {"check 7"}

    roofer.payment("100.00", {"i1": "70.00", "i2": "30.00"}).settle()
    assert [body["TotalAmt"] for body in roofer.bodies("payment")[-2:]] == [30, 70]

    roofer.void("payment", "y1").settle()
    assert [each["TotalAmt"] for each in roofer.held("Payment")] == [0, 0]


def over_payment_leaves_credit(new_roofer: NewRoofer) -> None:
    """The line is capped to the total; the rest stays as credit."""
    roofer = new_roofer()
    roofer.contact().project().invoice().payment("150.00", {"i1": "150.00"}).settle()

    assert roofer.the("Payment")["UnappliedAmt"] == 50
    assert roofer.the("Invoice")["Balance"] == 0


def nobody_hears_of_room(patch: pytest.MonkeyPatch) -> None:
    """Leave the nudges out of an invoice that has room again."""
    named, unnamed = "FROM released r, freed f", "FROM released r, freed f WHERE false"
    assert any(named in each.text for each in _STATEMENTS.values())
    deaf = {
        case: Statement(each.text.replace(named, unnamed)) for case, each in _STATEMENTS.items()
    }
    patch.setattr("records.applied._STATEMENTS", deaf)


def freed_room_is_filled(new_roofer: NewRoofer) -> None:
    """A void of one payment leaves room for the rest of another."""
    roofer = new_roofer()
    roofer.contact().project().invoice().payment("70.00", {"i1": "70.00"}).settle()
    roofer.payment("70.00", {"i1": "70.00"}, "y2").settle()
    assert roofer.held("Payment")[1]["UnappliedAmt"] == 40

    roofer.void("payment", "y1").settle()

    assert roofer.held("Payment")[1]["UnappliedAmt"] == 0


def quickbooks_disputes_the_balance(new_roofer: NewRoofer) -> None:
    """A bookkeeper's own payment is there: the invoice is read once, the line capped."""
    roofer = new_roofer()
    roofer.contact().project().invoice().settle()
    customer = {"value": roofer.the("Customer")["Id"]}
    linked = [{"TxnId": roofer.the("Invoice")["Id"], "TxnType": "Invoice"}]
    line = {"Amount": 80, "LinkedTxn": linked}
    roofer.hand("create", "Payment", CustomerRef=customer, TotalAmt=80, Line=[line])

    roofer.payment("100.00", {"i1": "100.00"}).settle()

    ours = roofer.held("Payment")[-1]
    assert (ours["TotalAmt"], ours["UnappliedAmt"]) == (100, 80)
    assert roofer.reads().count("reference") <= 2


def pending_waits_and_failed_writes_nothing(new_roofer: NewRoofer) -> None:
    """Not complete: waits. Failed: done without a write."""
    roofer = new_roofer()
    roofer.contact().project().invoice()
    roofer.payment("100.00", {"i1": "100.00"}, status="pending").settle()
    assert roofer.record("payment", "y1").reason == "unsent"

    roofer.payment("100.00", {"i1": "100.00"}, status="failed").settle()

    assert roofer.record("payment", "y1").state == "done"
    assert roofer.held("Payment") == []


def failed_after_it_was_booked(new_roofer: NewRoofer) -> None:
    """A decision: void it there."""
    roofer = new_roofer()
    roofer.contact().project().invoice().payment("100.00", {"i1": "100.00"}).settle()
    roofer.payment("100.00", {"i1": "100.00"}, status="failed").settle()

    roofer.decide("payment", "y1", "void")

    assert roofer.the("Payment")["TotalAmt"] == 0
    assert roofer.the("Invoice")["Balance"] == 100


def refund_is_a_finding(new_roofer: NewRoofer) -> None:
    """The payment is left alone; what to book is said, cumulative, once per event."""
    roofer = new_roofer()
    roofer.contact().project().invoice()
    refund = {"id": "r1", "kind": "refund", "amount": "20.00", "on": "2026-11-22"}
    returned = {"id": "r2", "kind": "ach_return", "amount": "30.00", "on": "2026-11-23"}
    roofer.payment("100.00", {"i1": "100.00"}, returns=[refund]).settle()
    roofer.payment("100.00", {"i1": "100.00"}, returns=[refund, returned]).settle()

    told = roofer.findings("money_returned")
    assert [each.key for each in told] == ["r1", "r2"]
    assert "50.00 of 100.00" in told[1].sentence
    assert roofer.the("Payment")["TotalAmt"] == 100


def deposited_payment_cannot_be_voided(new_roofer: NewRoofer) -> None:
    """6540: failed with that sentence, and the invoice that waits for it names it."""
    roofer = new_roofer()
    roofer.contact().project().invoice().payment("100.00", {"i1": "100.00"}).settle()
    payment = roofer.the("Payment")
    line = {
        "Amount": 100,
        "LinkedTxn": [{"TxnId": payment["Id"], "TxnType": "Payment", "TxnLineId": "0"}],
    }
    bank = next(each for each in roofer.held("Account") if each["AccountType"] == "Bank")
    roofer.hand("create", "Deposit", DepositToAccountRef={"value": bank["Id"]}, Line=[line])

    roofer.void("payment", "y1").void("invoice", "i1").settle()

    record = roofer.record("payment", "y1")
    assert (record.state, record.code) == ("failed", "6540")
    assert "Payment y1: The payment is part of a deposit" in roofer.record("invoice", "i1").sentence


ROWS = (
    Row(
        SECTION,
        "names no invoice: its only open one",
        "To the project's running-balance invoice, else its only open one, else the equal one.",
        names_no_invoice_and_there_is_one,
        replaced("records.allocation._is_booked", lambda _: False),
        "records.allocation",
    ),
    Row(
        SECTION,
        "names no invoice: the equal one",
        "Of several open ones the one whose balance it equals.",
        names_no_invoice_and_equals_one,
        replaced("records.allocation._resolve_unnamed", lambda *_: Resolution()),
        "records.allocation.resolve",
    ),
    Row(
        SECTION,
        "names no invoice: several",
        "A decision: which, or credit.",
        names_no_invoice_and_there_are_several,
        replaced("records.allocation._which", lambda candidates, _: candidates[0]),
        "records.allocation",
    ),
    Row(
        SECTION,
        "names no invoice: a deposit",
        "Unapplied, and applied by an update when the invoice arrives.",
        deposit_is_applied_when_its_invoice_arrives,
        replaced("records.allocation._resolve_unnamed", lambda *_: Resolution()),
        "records.allocation.resolve",
    ),
    Row(
        SECTION,
        "deposit, its invoice on another customer",
        "A decision: move it, or leave it as credit.",
        deposit_on_another_customer_is_moved,
        replaced("records.allocation._on_its_customer", lambda resolution, *_: resolution),
        "records.allocation",
    ),
    Row(
        SECTION,
        "allocated to an unsent invoice",
        'Waits, shown as money waiting, with "book as credit now".',
        allocated_to_an_unsent_invoice,
        replaced("records.allocation._unsent", lambda *_: None),
        "records.allocation",
    ),
    Row(
        SECTION,
        "several invoices",
        "One payment with a line each.",
        several_invoices_are_one_payment,
        replaced("records.candidates._candidates", lambda *_: Candidates()),
        "records.allocation.resolve",
    ),
    Row(
        SECTION,
        "invoices of several customers",
        "One payment per customer, same reference; what shrinks first; a void voids all.",
        invoices_of_several_customers_are_a_payment_each,
        replaced("workers.wanted._grows", lambda *_: False),
        "workers.wanted",
    ),
    Row(
        SECTION,
        "over-payment",
        "Capped to the total; the rest is credit.",
        over_payment_leaves_credit,
        lambda patch: patch.setattr(
            "records.allocation.Candidate.room", property(lambda each: each.total * 2)
        ),
        "records.allocation.Candidate",
    ),
    Row(
        SECTION,
        "several payments of one invoice",
        "A void leaves room, and the rest of another fills it.",
        freed_room_is_filled,
        nobody_hears_of_room,
        "records.applications",
    ),
    Row(
        SECTION,
        "QuickBooks refuses the amount",
        "The invoice is read once, and the line capped to its balance.",
        quickbooks_disputes_the_balance,
        replaced("workers.references.note_balance", lambda *_, **__: None),
        "workers.references.look_at_reference",
    ),
    Row(
        SECTION,
        "pending, failed",
        "Waits; failed: done without a write.",
        pending_waits_and_failed_writes_nothing,
        replaced("records.eligibility._judge_failed_payment", lambda _: eligible()),
        "records.eligibility",
        goes_round=True,
    ),
    Row(
        SECTION,
        "failed after it was booked",
        "A decision: void it, or leave it.",
        failed_after_it_was_booked,
        replaced("records.eligibility._judge_failed_payment", lambda _: done()),
        "records.eligibility",
    ),
    Row(
        SECTION,
        "refund, chargeback, ACH return",
        "The payment is left alone; a finding, cumulative, once per event.",
        refund_is_a_finding,
        replaced("workers.closing.tell_returns", lambda *_: None),
        "workers.returns.tell_returns",
    ),
    Row(
        SECTION,
        "deposited or settled (6540, 6450)",
        "Failed with that sentence; the invoice names it.",
        deposited_payment_cannot_be_voided,
        replaced("records.holders.LOCKED_IN_QUICKBOOKS", ()),
        "records.holders.LOCKED_IN_QUICKBOOKS",
    ),
)
