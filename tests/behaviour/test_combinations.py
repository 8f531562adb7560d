"""Rows that meet: what one case leaves behind when another comes, and that nothing goes round."""

from collections.abc import Callable

import pytest

from connections.settings import CompanySettings
from records.explaining import explain
from records.orders import Order, order
from tests.behaviour.row import NewRoofer
from tests.support.roofer import Roofer

CALLS_MOST = 8
"""Writes and reads of one change at the worst: whatever needs more goes round in circles."""
ALWAYS_CREATE = CompanySettings(existing_customers="create")


def inactive(roofer: Roofer) -> Roofer:
    """Give one booked invoice, whose customer somebody then makes inactive."""
    roofer.contact().project().invoice().settle()
    roofer.hand("update", "Customer", Active=False)
    roofer.quickbooks.received.clear()
    return roofer


def split(roofer: Roofer) -> Roofer:
    """Give a payment of the invoices of two customers: it is two payments there."""
    roofer.contact().project().invoice("i1", "60.00")
    roofer.contact("c2", number="1002", display_name="Bo Example")
    roofer.project("p2", number="2002", contact_id="c2")
    roofer.invoice("i2", "40.00", project_id="p2", contact_id="c2")
    return roofer.payment("100.00", {"i1": "60.00", "i2": "40.00"}).settle()


def open_questions(roofer: Roofer) -> list[tuple[str, str]]:
    """Name the records that are asked about, and what."""
    rows = roofer.rows(
        "SELECT r.record_id, d.question FROM proline_qbo.decisions d"
        " JOIN proline_qbo.records r ON r.pk = d.record_pk WHERE answer IS NULL ORDER BY 1"
    )
    return [(row.record_id, row.question) for row in rows]


# A customer that is gone.


@pytest.mark.parametrize(
    "say",
    [
        lambda roofer: roofer.payment("100.00", {"i1": "100.00"}),
        lambda roofer: roofer.invoice(memo="Changed"),
        lambda roofer: roofer.payment("70.00", record_id="y2"),
    ],
    ids=["payment", "edit", "deposit"],
)
def test_what_is_booked_on_a_customer_that_is_gone_waits_for_one_decision(
    new_roofer: NewRoofer, say: Callable[[Roofer], Roofer]
) -> None:
    """Not only what is new: it is refused once, and then nothing is sent until it is decided."""
    roofer = inactive(new_roofer())

    say(roofer).settle()
    assert len(roofer.quickbooks.received) <= CALLS_MOST
    assert open_questions(roofer) == [("c1", "customer_gone")]
    roofer.decide("contact", "c1", "reactivate")

    assert {each.state for each in roofer.rows("SELECT state FROM proline_qbo.records")} == {"done"}


def test_one_made_active_again_by_hand_first_is_not_forgotten(new_roofer: NewRoofer) -> None:
    """The answer finds it active already; what waited goes."""
    roofer = inactive(new_roofer())
    roofer.invoice("i2", "40.00").settle()
    roofer.hand("update", "Customer", Active=True)

    roofer.decide("contact", "c1", "reactivate")

    assert len(roofer.held("Invoice")) == 2


def test_a_reactivation_that_is_refused_needs_attention(new_roofer: NewRoofer) -> None:
    """It is not tried every minute for ever."""
    roofer = inactive(new_roofer())
    roofer.invoice("i2", "40.00").settle()
    match = {"entity": "customer", "operation": "update", "times": None}
    roofer.fault(match, status=400, fault="5020")

    roofer.decide("contact", "c1", "reactivate")

    assert roofer.record("contact", "c1").state == "failed"


def test_what_was_booked_before_a_merge_goes_on_with_the_one_that_is_left(
    new_roofer: NewRoofer,
) -> None:
    """QuickBooks has moved the documents, and so have we."""
    roofer = new_roofer()
    roofer.contact().project().invoice("i1", "60.00").settle()
    gone = roofer.the("Customer")["Id"]
    left = roofer.hand("create", "Customer", DisplayName="Ada the Other")["Id"]
    roofer.operator("merge", **{"from": gone, "into": left})

    roofer.payment("60.00", {"i1": "60.00"}).settle()
    assert open_questions(roofer) == [("c1", "customer_gone")]
    roofer.decide("contact", "c1", "link", left)
    roofer.invoice("i1", "70.00").settle()

    assert roofer.the("Payment")["CustomerRef"]["value"] == left
    assert roofer.the("Invoice")["Balance"] == 10


def test_a_rename_takes_nobody_over(new_roofer: NewRoofer) -> None:
    """The new name is another customer's: ours stays ours, under the suffix."""
    roofer = new_roofer(settings=ALWAYS_CREATE)
    roofer.contact(email=None).project().invoice().settle()
    ours = roofer.the("Customer")["Id"]
    roofer.by_hand("customer", DisplayName="Ada New - C#1001")

    roofer.contact(display_name="Ada New").settle()

    (link,) = roofer.rows("SELECT qbo_id FROM proline_qbo.links WHERE kind = 'Customer'")
    assert link.qbo_id == ours
    assert roofer.held("Customer")[0]["DisplayName"] == "Ada New - C#1001 (Customer)"


# A payment in parts.


def test_a_part_that_was_voided_there_is_asked_about(new_roofer: NewRoofer) -> None:
    """The other part is left alone; sent as new, only the void one is made again."""
    roofer = split(new_roofer())
    kept = roofer.held("Payment")[1]["Id"]
    roofer.hand("void", "Payment", Id=roofer.held("Payment")[0]["Id"])

    roofer.payment("100.00", {"i1": "60.00", "i2": "40.00"}, reference="check 8").settle()
    assert open_questions(roofer) == [("y1", "send_as_new")]
    roofer.decide("payment", "y1", "new")

    assert [each["TotalAmt"] for each in roofer.held("Payment")] == [0, 40, 60]
    alive = roofer.rows("SELECT qbo_id FROM proline_qbo.links WHERE kind = 'Payment'")
    assert kept in {row.qbo_id for row in alive}
    assert set(roofer.balances().values()) == {0}


def test_what_was_left_on_one_part_is_left(new_roofer: NewRoofer) -> None:
    """Nothing is written for it, and the rest of the payment goes on."""
    roofer = split(new_roofer())
    second = roofer.held("Payment")[1]["Id"]
    roofer.hand("update", "Payment", Id=second, PaymentRefNum="theirs")
    roofer.payment("100.00", {"i1": "60.00", "i2": "40.00"}, reference="ours").settle()

    roofer.decide("payment", "y1", "theirs")

    assert roofer.record("payment", "y1").state == "done"
    references = [each["PaymentRefNum"] for each in roofer.held("Payment")]
    assert references == ["ours", "theirs"]
    assert set(roofer.balances().values()) == {0}


# Money on documents that are void.


@pytest.mark.parametrize("kind", ["standalone", "running_balance"])
def test_money_that_names_no_invoice_is_not_taken_off_a_void_one_silently(
    new_roofer: NewRoofer, kind: str
) -> None:
    """Void in ProLine, its payment alive: a decision, whether the payment names it or not."""
    roofer = new_roofer()
    roofer.contact().project().invoice(kind=kind).payment("100.00").settle()

    roofer.void("invoice", "i1").settle()

    (asked,) = open_questions(roofer)
    assert asked[1] == "void_paid_invoice"
    assert roofer.the("Invoice")["TotalAmt"] == 100
    roofer.decide("invoice", asked[0], "void")
    assert roofer.the("Invoice")["TotalAmt"] == 0
    assert roofer.the("Payment")["UnappliedAmt"] == 100


def test_a_payment_voided_there_holds_no_money(new_roofer: NewRoofer) -> None:
    """Its invoice has room again for another."""
    roofer = new_roofer()
    roofer.contact().project().invoice().payment("100.00", {"i1": "100.00"}).settle()
    roofer.hand("void", "Payment")
    roofer.payment("100.00", {"i1": "100.00"}, reference="check 8").settle()
    roofer.decide("payment", "y1", "leave")

    roofer.payment("100.00", {"i1": "100.00"}, "y2").settle()

    assert roofer.the("Invoice")["Balance"] == 0


def test_an_invoice_paid_by_hand_is_not_voided_without_a_word(new_roofer: NewRoofer) -> None:
    """A bookkeeper's own payment stands on it: void and leave the money as credit, or wait."""
    roofer = new_roofer()
    roofer.contact().project().invoice().settle()
    linked = [{"TxnId": roofer.the("Invoice")["Id"], "TxnType": "Invoice"}]
    customer = {"value": roofer.the("Customer")["Id"]}
    line = {"Amount": 80, "LinkedTxn": linked}
    roofer.hand("create", "Payment", CustomerRef=customer, TotalAmt=80, Line=[line])

    roofer.void("invoice", "i1").settle()
    assert roofer.the("Invoice")["TotalAmt"] == 100
    roofer.decide("invoice", "i1", "void")

    assert roofer.the("Invoice")["TotalAmt"] == 0


def test_money_that_is_taken_back_after_it_was_booked_is_asked_about(
    new_roofer: NewRoofer,
) -> None:
    """Complete, then pending again: what is in the books is a person's to void."""
    roofer = new_roofer()
    roofer.contact().project().invoice().payment("100.00", {"i1": "100.00"}).settle()

    roofer.payment("100.00", {"i1": "100.00"}, status="pending").settle()
    assert open_questions(roofer) == [("y1", "failed_after_booking")]
    roofer.decide("payment", "y1", "void")

    assert roofer.the("Payment")["TotalAmt"] == 0


# A person's word, taken back.


def closed(roofer: Roofer) -> tuple[str, str]:
    """Skip an invoice of a closed day; the books are open by now."""
    roofer.prefer(book_close_date="2026-11-30")
    roofer.contact().project().invoice().settle()
    roofer.decide("invoice", "i1", "skip").prefer(book_close_date=None)
    return "invoice", "i1"


def void(roofer: Roofer) -> tuple[str, str]:
    """Skip a payment of an invoice that was void before it was sent."""
    roofer.contact().project().invoice(voided_at=roofer.now.isoformat())
    roofer.payment("100.00", {"i1": "100.00"}).settle()
    roofer.decide("payment", "y1", "skip")
    return "payment", "y1"


def parent(roofer: Roofer) -> tuple[str, str]:
    """Skip an invoice because its contact was skipped."""
    roofer.contact().project(stage="Lead").settle()
    roofer.order("contact", "c1", "skip")
    roofer.project(stage="Closed - Won").invoice().settle()
    roofer.decide("invoice", "i1", "skip")
    return "invoice", "i1"


@pytest.mark.parametrize("skipped", [closed, void, parent], ids=["closed", "void", "parent"])
def test_what_an_answer_left_out_comes_back_by_a_persons_word(
    new_roofer: NewRoofer, skipped: Callable[[Roofer], tuple[str, str]]
) -> None:
    """A skip is reversible: it is looked at as if nothing had been said."""
    roofer = new_roofer()
    entity, record_id = skipped(roofer)
    assert roofer.record(entity, record_id).state == "skipped"

    roofer.order(entity, record_id, "send")

    assert roofer.record(entity, record_id).state == "waiting"
    assert [each for each, _ in open_questions(roofer)] == [record_id]


def test_a_skip_leaves_no_question_open(new_roofer: NewRoofer) -> None:
    """Whoever skipped it has answered."""
    roofer = new_roofer()
    roofer.contact().project().invoice("i1", "60.00").invoice("i2", "80.00")
    roofer.payment("50.00").settle()

    roofer.order("payment", "y1", "skip")

    assert open_questions(roofer) == []


def test_money_for_a_sum_that_is_booked_by_hand_is_asked_about(new_roofer: NewRoofer) -> None:
    """It would wait for ever for an invoice that never comes."""
    roofer = new_roofer()
    earlier = roofer.now.replace(year=roofer.now.year - 1).isoformat()
    roofer.contact().project()
    roofer.invoice("i1", "40.00", kind="running_balance", sent_at=earlier)
    roofer.invoice("i2", "100.00", kind="running_balance").settle()
    roofer.decide("invoice", "running:p1", "by_hand")

    roofer.payment("100.00", {"i2": "100.00"}).settle()

    assert ("y1", "older_invoice") in open_questions(roofer)


def test_an_invoice_skipped_with_many_others_is_sent_when_money_needs_it(
    new_roofer: NewRoofer,
) -> None:
    """As a contact is that was left out so: nobody has decided about this one."""
    roofer = new_roofer()
    roofer.contact().project().settle()
    roofer.prefer(book_close_date="2026-11-30")
    roofer.invoice().settle()
    with roofer.system.pool.connection() as connection:
        pk = roofer.record("invoice", "i1").pk
        order(connection, [Order(pk, "skip", "the office", in_bulk=True)])
    roofer.settle().prefer(book_close_date=None)

    roofer.payment("100.00", {"i1": "100.00"}, received_on="2026-12-02").settle()

    assert roofer.record("invoice", "i1").state == "waiting"
    assert roofer.record("payment", "y1").reason == "parent"


def test_a_linked_customer_is_not_asked_about_what_is_never_overwritten(
    new_roofer: NewRoofer,
) -> None:
    """Its own values stay; what was blank is filled."""
    roofer = new_roofer()
    email = {"Address": "ada@example.com"}
    roofer.by_hand(
        "customer", DisplayName="Ada Example", PrimaryEmailAddr=email, CompanyName="Theirs Inc"
    )
    roofer.contact(company_name="Ours Inc").project().settle()
    roofer.hand("update", "Customer", CompanyName="New Inc")

    roofer.contact(phone="555-0100").settle()

    assert open_questions(roofer) == []
    assert roofer.the("Customer")["PrimaryPhone"]["FreeFormNumber"] == "555-0100"
    assert roofer.the("Customer")["CompanyName"] == "New Inc"


def test_what_of_a_payment_is_credit_is_shown(new_roofer: NewRoofer) -> None:
    """It is in QuickBooks, and not all of it pays something."""
    roofer = new_roofer()
    roofer.contact().project().invoice().payment("150.00", {"i1": "150.00"}).settle()

    with roofer.system.pool.connection() as connection:
        (explained,) = explain(connection, "y1")

    assert explained.because(None, ()).endswith("50.00 of it is credit.")


def test_a_lost_answer_about_one_part_does_not_end_the_payment(new_roofer: NewRoofer) -> None:
    """It is found there, and the other customer's part is written all the same."""
    roofer = new_roofer()
    roofer.fault({"entity": "payment", "operation": "create"}, answer="lost")

    split(roofer)

    assert sorted(each["TotalAmt"] for each in roofer.held("Payment")) == [40, 60]
    assert set(roofer.balances().values()) == {0}


def test_a_customer_that_is_active_again_has_its_own_name(new_roofer: NewRoofer) -> None:
    """What QuickBooks puts behind the name of an inactive one is no part of ours."""
    roofer = inactive(new_roofer())
    roofer.contact(display_name="Zoe Example").settle()

    roofer.decide("contact", "c1", "reactivate")

    assert roofer.the("Customer")["DisplayName"] == "Zoe Example - C#1001"
