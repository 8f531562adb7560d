"""The rows of the table "Day one and settings" that are about single records."""

from datetime import timedelta

from records.verdicts import done
from tests.behaviour.row import NewRoofer, Row, replaced
from tests.support.roofer import Roofer

SECTION = "Day one and settings"


def _long_ago(roofer: Roofer) -> str:
    return (roofer.now - timedelta(days=30)).isoformat()


def invoice_sent_before_the_enable_is_left_out(new_roofer: NewRoofer) -> None:
    """By rule, however it becomes known; a person sends it all the same."""
    roofer = new_roofer()
    roofer.contact().project().invoice(sent_at=_long_ago(roofer)).settle()
    record = roofer.record("invoice", "i1")
    assert (record.state, record.skipped_by) == ("skipped", "rule")
    assert roofer.held("Invoice") == []

    roofer.decide("invoice", "i1", "send")

    assert roofer.the("Invoice")["TotalAmt"] == 100


def running_balance_that_began_before_the_enable(new_roofer: NewRoofer) -> None:
    """One decision for the project: here its whole sum is booked."""
    roofer = new_roofer()
    roofer.contact().project()
    roofer.invoice("i1", "40.00", kind="running_balance", sent_at=_long_ago(roofer))
    roofer.invoice("i2", "100.00", kind="running_balance").settle()
    assert roofer.held("Invoice") == []

    roofer.decide("invoice", "running:p1", "whole")

    assert roofer.the("Invoice")["TotalAmt"] == 100


def running_balance_linked_to_the_invoice_that_is_there(new_roofer: NewRoofer) -> None:
    """The office names the invoice it had booked by hand: it is linked, and none is made."""
    roofer = new_roofer()
    roofer.contact().project().settle()
    line = {
        "Amount": 100,
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {"ItemRef": {"value": "1"}},
    }
    customer = {"value": roofer.the("Customer")["Id"]}
    by_hand = roofer.by_hand("invoice", CustomerRef=customer, Line=[line])
    roofer.invoice("i1", "40.00", kind="running_balance", sent_at=_long_ago(roofer))
    roofer.invoice("i2", "100.00", kind="running_balance").settle()

    roofer.decide("invoice", "running:p1", "link", by_hand["Id"])

    assert roofer.record("invoice", "running:p1").state == "done"
    assert roofer.the("Invoice")["Id"] == by_hand["Id"]
    assert roofer.writes("invoice") == []


def parent_that_was_never_seen(new_roofer: NewRoofer) -> None:
    """Without ProLine's views the child needs attention at once, by name."""
    roofer = new_roofer()
    roofer.project().settle()

    record = roofer.record("project", "p1")
    if record.state == "done":  # in main-customer mode only what is billed needs the contact
        roofer.invoice().settle()
        record = roofer.record("invoice", "i1")
    assert (record.state, record.sentence) == ("failed", "ProLine has not sent contact c1.")


def payment_of_an_invoice_sent_before_the_enable(new_roofer: NewRoofer) -> None:
    """Send both: the invoice goes first, the payment pays it."""
    roofer = new_roofer()
    roofer.contact().project().invoice(sent_at=_long_ago(roofer))
    roofer.payment("100.00", {"i1": "100.00"}).settle()
    assert roofer.held("Payment") == []

    roofer.decide("payment", "y1", "send")

    assert roofer.the("Invoice")["Balance"] == 0


def payment_booked_by_hand(new_roofer: NewRoofer) -> None:
    """Booked by hand: nothing is sent, and nothing is asked again."""
    roofer = new_roofer()
    roofer.contact().project().invoice(sent_at=_long_ago(roofer))
    roofer.payment("100.00", {"i1": "100.00"}).settle()

    roofer.decide("payment", "y1", "by_hand")

    assert roofer.record("payment", "y1").state == "done"
    assert roofer.held("Payment") == roofer.held("Invoice") == []


def skip_without_a_link_stays_out(new_roofer: NewRoofer) -> None:
    """Newer versions too, until a person undoes it."""
    roofer = new_roofer()
    roofer.contact().project().invoice(issued_on=None, lines=[]).settle()
    roofer.order("invoice", "i1", "skip")

    roofer.invoice(issued_on="2026-11-20").settle()
    assert roofer.record("invoice", "i1").state == "skipped"
    roofer.invoice(
        lines=[{"id": "l", "kind": "item", "name": "Tear-off", "amount": "100.00"}]
    ).settle()
    assert roofer.held("Invoice") == []
    roofer.order("invoice", "i1", "send")

    assert roofer.the("Invoice")["TotalAmt"] == 100


def skip_with_a_link_is_of_one_version(new_roofer: NewRoofer) -> None:
    """The version skipped is left out; the next one is sent."""
    roofer = new_roofer()
    roofer.contact().project().invoice().settle()
    roofer.invoice(lines=[], total="0.00").settle()
    assert roofer.record("invoice", "i1").state == "failed"
    roofer.order("invoice", "i1", "skip")
    assert roofer.record("invoice", "i1").state == "skipped"

    roofer.invoice(
        total="70.00",
        lines=[{"id": "l", "kind": "item", "name": "Tear-off", "amount": "70.00"}],
    ).settle()

    assert roofer.the("Invoice")["TotalAmt"] == 70


def child_of_a_parent_a_person_skipped(new_roofer: NewRoofer) -> None:
    """A decision at once: send both."""
    roofer = new_roofer()
    roofer.contact().project(stage="Lead", status="Open").settle()
    roofer.order("contact", "c1", "skip")
    roofer.project(stage="Closed - Won").invoice().settle()
    record = roofer.record("invoice", "i1")
    assert (record.state, record.reason) == ("waiting", "decision")

    roofer.decide("invoice", "i1", "send")

    assert roofer.the("Invoice")["CustomerRef"]["value"] == roofer.the("Customer")["Id"]


def newer_snapshot_answers_a_question_by_itself(new_roofer: NewRoofer) -> None:
    """ProLine now names the invoice: the question no longer arises, and the payment goes."""
    roofer = new_roofer()
    roofer.contact().project().invoice("i1", "60.00").invoice("i2", "80.00")
    roofer.payment("50.00").settle()
    assert roofer.question("payment", "y1").question == "which_invoice"

    roofer.payment("50.00", {"i2": "50.00"}).settle()

    assert roofer.balances() == {"501": 60, "502": 30}
    assert roofer.rows("SELECT FROM proline_qbo.decisions WHERE answer IS NULL") == []


def answer_to_a_question_that_has_changed_is_refused(new_roofer: NewRoofer) -> None:
    """What it rested on has changed: nothing is decided, and it is asked anew."""
    roofer = new_roofer()
    roofer.contact().project().invoice("i1", "60.00").invoice("i2", "80.00")
    roofer.payment("50.00").settle()
    shown = roofer.question("payment", "y1")

    roofer.invoice("i3", "90.00").settle()

    assert roofer.question("payment", "y1").basis == "i1,i2,i3"
    assert roofer.answer_as_shown(shown, "invoice", "i1") is False
    assert roofer.held("Payment") == []


ROWS = (
    Row(
        SECTION,
        "invoice sent before the first enable",
        "Never sent by itself: skipped by rule; a person undoes it.",
        invoice_sent_before_the_enable_is_left_out,
        replaced("records.eligibility._sent_before_enable", lambda *_: False),
        "records.eligibility",
    ),
    Row(
        SECTION,
        "running balance begun before the enable",
        "One decision: book the whole sum, link the invoice that is there, or booked by hand.",
        running_balance_that_began_before_the_enable,
        replaced("records.loading.began_before_enable", lambda *_: set()),
        "records.running_balance.began_before_enable",
    ),
    Row(
        SECTION,
        "running balance begun before the enable: link",
        "The invoice the office booked is linked, and left until the project's sum changes.",
        running_balance_linked_to_the_invoice_that_is_there,
        replaced("workers.run.carry_out", lambda _: None),
        "workers.answered.carry_out",
    ),
    Row(
        SECTION,
        "parent never seen",
        "Read from ProLine's views; without them the child needs attention at once.",
        parent_that_was_never_seen,
        replaced("records.eligibility._missing_parent", lambda *_: None),
        "records.eligibility",
    ),
    Row(
        SECTION,
        "payment of an invoice sent before the enable",
        "A decision: send both, or booked by hand.",
        payment_of_an_invoice_sent_before_the_enable,
        replaced("records.deciding._order_along", lambda *_: None),
        "records.deciding",
    ),
    Row(
        SECTION,
        "payment of an invoice sent before the enable: by hand",
        "Nothing is sent, and nothing is asked again.",
        payment_booked_by_hand,
        replaced("records.answers.Answers.to", lambda *_: None),
        "records.answers",
    ),
    Row(
        SECTION,
        "skip without a link",
        "Stays out, newer versions too, until a person undoes it.",
        skip_without_a_link_stays_out,
        replaced("records.eligibility._skip_holds", lambda _: False),
        "records.eligibility",
        goes_round=True,
    ),
    Row(
        SECTION,
        "skip with a link",
        "Only this version is left out.",
        skip_with_a_link_is_of_one_version,
        replaced("records.eligibility._skip_holds", lambda _: True),
        "records.eligibility",
    ),
    Row(
        SECTION,
        "child of a parent a person skipped",
        "A decision at once: send both, or skip this too.",
        child_of_a_parent_a_person_skipped,
        replaced(
            "records.eligibility._parent_was_skipped",
            lambda *_: done(),
        ),
        "records.eligibility",
    ),
    Row(
        SECTION,
        "newer snapshot",
        "A question is looked at again; where it no longer arises the record goes on.",
        newer_snapshot_answers_a_question_by_itself,
        replaced("records.eligibility._worker_asks", lambda facts: facts.asked is not None),
        "records.eligibility",
    ),
    Row(
        SECTION,
        "answers",
        "An answer names what it was shown, and is refused if that has changed.",
        answer_to_a_question_that_has_changed_is_refused,
        replaced(
            "records.deciding._ANSWER",
            "UPDATE proline_qbo.decisions SET answer = %(answer)s, argument = %(argument)s,"
            " answered_by = %(by)s, answered_at = proline_qbo.clock()"
            " WHERE record_pk = (SELECT pk FROM proline_qbo.records WHERE record_id = 'y1')"
            " AND %(id)s::bigint > 0 AND %(basis)s::text <> '' AND answer IS NULL",
        ),
        "records.deciding.answer",
    ),
)
