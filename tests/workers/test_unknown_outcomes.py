"""A write whose answer is lost is never done twice: the same bytes again, or a look-up first.

The books here do not know a repeated request id again, so nothing is owed to that promise of the
vendor's alone.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest

from connections.settings import CompanySettings
from qbo_client import ApiRequest
from records import claims
from tests.support.roofer import QUICK, Roofer, until
from workers.drafting import request_of

NewRoofer = Callable[..., Roofer]
LATE_SECONDS = 2
CREATE = CompanySettings(existing_customers="create")
FORGETFUL = {"requestid": "ignored"}
UNNUMBERED = {"requestid": "ignored", "custom_txn_numbers": False}

LOST = {"answer": "lost"}
BROKEN = {"status": 500, "applied": True}
PAGE = {"status": 502, "html": True, "applied": True}
NOTHING = {"status": 503, "empty": True, "applied": True}
DROPPED = {"answer": "drop"}
DONE = pytest.mark.parametrize("how", [LOST, BROKEN, PAGE, NOTHING], ids=str)


@DONE
def test_a_customer_is_made_once(new_roofer: NewRoofer, how: dict[str, object]) -> None:
    """QuickBooks refuses a second one by its name, so the same bytes go again at once."""
    roofer = new_roofer(settings=CREATE, books=FORGETFUL)
    roofer.fault({"entity": "customer", "operation": "create"}, **how)

    roofer.contact().project().settle()

    assert len(roofer.held("Customer")) == 1
    first, again = roofer.writes("customer")
    assert (first.target, first.body) == (again.target, again.body)
    assert roofer.record("contact", "c1").state == "done"


@DONE
def test_a_numbered_invoice_is_made_once(new_roofer: NewRoofer, how: dict[str, object]) -> None:
    """QuickBooks refuses a second one by its number, so the same bytes go again at once."""
    roofer = new_roofer(books=FORGETFUL)
    roofer.fault({"entity": "invoice", "operation": "create"}, **how)

    roofer.contact().project().invoice().settle()

    assert len(roofer.held("Invoice")) == 1
    first, again = roofer.writes("invoice")
    assert (first.target, first.body) == (again.target, again.body)


@DONE
def test_an_unnumbered_invoice_is_looked_up_before_anything_else(
    new_roofer: NewRoofer, how: dict[str, object]
) -> None:
    """Nothing would stop a second one, so it is found by customer, day, note and total."""
    roofer = new_roofer(books=UNNUMBERED)
    roofer.fault({"entity": "invoice", "operation": "create"}, **how)

    roofer.contact().project().invoice().settle()

    assert len(roofer.held("Invoice")) == 1
    assert len(roofer.writes("invoice")) == 1
    assert roofer.reads() == ["existing_customer", "look_up"]
    assert roofer.record("invoice", "i1").state == "done"


@DONE
def test_a_payment_is_looked_up_before_anything_else(
    new_roofer: NewRoofer, how: dict[str, object]
) -> None:
    """Money is never booked twice: the payment is found, linked, and not sent again."""
    roofer = new_roofer(books=FORGETFUL)
    roofer.fault({"entity": "payment", "operation": "create"}, **how)

    roofer.contact().project().invoice().payment("100.00", {"i1": "100.00"}).settle()

    assert len(roofer.held("Payment")) == 1
    assert len(roofer.writes("payment")) == 1
    assert roofer.reads() == ["existing_customer", "look_up"]
    assert roofer.the("Invoice")["Balance"] == 0


def test_a_payment_that_is_not_found_is_sent_again_as_the_same_bytes(
    new_roofer: NewRoofer,
) -> None:
    """The connection broke before anything was done: a look-up, then the very same request."""
    roofer = new_roofer(books=FORGETFUL)
    roofer.fault({"entity": "payment", "operation": "create"}, **DROPPED)

    roofer.contact().project().invoice().payment("100.00", {"i1": "100.00"}).settle()

    first, again = roofer.writes("payment")
    assert (first.target, first.body) == (again.target, again.body)
    assert roofer.reads() == ["existing_customer", "look_up"]
    assert len(roofer.held("Payment")) == 1


def test_a_payment_is_not_looked_up_before_quickbooks_must_have_an_answer(
    new_roofer: NewRoofer,
) -> None:
    """A write may still be on its way: what is not there yet is no proof that it will not be."""
    roofer = new_roofer(books=FORGETFUL)
    roofer.fault({"entity": "payment", "operation": "create"}, **LOST)

    roofer.contact().project().invoice().payment("100.00", {"i1": "100.00"}).settle()

    (attempt,) = roofer.attempts("payment", "y1")
    (look_up,) = roofer.rows("SELECT slot_at FROM proline_qbo.calls WHERE purpose = 'look_up'")
    assert look_up.slot_at >= attempt.started_at + QUICK.waits.look_up_after


def test_each_send_without_an_answer_has_its_own_time_before_it_is_looked_up(
    new_roofer: NewRoofer,
) -> None:
    """The first was never done, which a look-up has shown; of the second nobody knows yet."""
    patient = replace(QUICK, waits=replace(QUICK.waits, look_up_after=timedelta(seconds=3)))
    roofer = new_roofer(books=FORGETFUL, tuning=patient)
    roofer.fault({"entity": "payment", "operation": "create", "times": 2}, **DROPPED)

    roofer.contact().project().invoice().payment("100.00", {"i1": "100.00"}).settle()

    sends = roofer.rows(
        "SELECT slot_at FROM proline_qbo.calls WHERE purpose = 'create' ORDER BY id"
    )
    look_ups = roofer.rows(
        "SELECT slot_at FROM proline_qbo.calls WHERE purpose = 'look_up' ORDER BY id"
    )
    waits = [
        look_up.slot_at - send.slot_at for send, look_up in zip(sends[-3:], look_ups, strict=False)
    ]
    assert len(look_ups) == 2
    assert min(waits) >= patient.waits.look_up_after
    assert len(roofer.held("Payment")) == 1


def test_a_claim_that_comes_too_early_waits_on(new_roofer: NewRoofer) -> None:
    """A record taken back from a lost worker comes at once; its look-up keeps its time."""
    patient = replace(QUICK, waits=replace(QUICK.waits, look_up_after=timedelta(seconds=2)))
    roofer = new_roofer(books=FORGETFUL, tuning=patient)
    roofer.fault({"entity": "payment", "operation": "create"}, **LOST)
    roofer.contact().project().invoice().payment("100.00", {"i1": "100.00"})
    until(lambda: roofer.rows("SELECT FROM proline_qbo.records WHERE state = 'retrying'"))

    roofer.rows(
        "UPDATE proline_qbo.records SET retry_at = proline_qbo.clock() WHERE entity = 'payment' "
        "RETURNING pk"
    )
    roofer.settle()

    (attempt,) = roofer.attempts("payment", "y1")
    (look_up,) = roofer.rows("SELECT slot_at FROM proline_qbo.calls WHERE purpose = 'look_up'")
    assert look_up.slot_at >= attempt.started_at + patient.waits.look_up_after
    assert len(roofer.writes("payment")) == 1


def test_with_a_proved_request_id_a_payment_is_repeated_at_once(new_roofer: NewRoofer) -> None:
    """One setting says that a sandbox has shown the replay: then no look-up is paid for."""
    proved = replace(QUICK, waits=replace(QUICK.waits, requestid_proved=True))
    roofer = new_roofer(tuning=proved)
    roofer.fault({"entity": "payment", "operation": "create"}, **LOST)

    roofer.contact().project().invoice().payment("100.00", {"i1": "100.00"}).settle()

    assert len(roofer.held("Payment")) == 1
    assert roofer.reads() == ["existing_customer"]


def test_an_answer_that_comes_too_late_counts_as_none(new_roofer: NewRoofer) -> None:
    """A call has a hard deadline: past it the outcome is unknown, and the bytes go again."""
    roofer = new_roofer(settings=CREATE, tuning=replace(QUICK, deadline_seconds=0.3))
    roofer.fault({"entity": "customer", "operation": "create"}, delay_ms=5_000)

    roofer.contact().project().settle()

    first, again = roofer.writes("customer")
    assert (first.target, first.body) == (again.target, again.body)
    assert len(roofer.held("Customer")) == 1


def create_done_late(new_roofer: NewRoofer, entity: str) -> Roofer:
    """Let QuickBooks carry a create out after its client gave up, and the repeat at once."""
    waits = replace(QUICK.waits, look_up_after=timedelta(seconds=LATE_SECONDS + 1))
    tuning = replace(QUICK, deadline_seconds=0.3, waits=waits)
    roofer = new_roofer(settings=CREATE, books=FORGETFUL, tuning=tuning)
    roofer.fault({"entity": entity, "operation": "create"}, before_ms=1_000 * LATE_SECONDS)
    roofer.contact().project().invoice()
    until(lambda: roofer.record("invoice", "i1") and roofer.record("invoice", "i1").state == "done")
    return roofer


def waited(roofer: Roofer, entity: str, record_id: str) -> bool:
    """Say whether the last write came after the first was done with certainty."""
    first, *_, last = roofer.attempts(entity, record_id)
    return bool(last.started_at - first.started_at > timedelta(seconds=LATE_SECONDS + 0.9))


def test_no_number_is_freed_while_a_send_under_it_may_still_be_done(new_roofer: NewRoofer) -> None:
    """Were it renumbered at once, its first send would book it a second time."""
    roofer = create_done_late(new_roofer, "invoice")

    roofer.invoice(number="777").settle()

    assert [each["DocNumber"] for each in roofer.bodies("invoice")] == ["501", "501", "777"]
    assert waited(roofer, "invoice", "i1")
    assert [each["DocNumber"] for each in roofer.held("Invoice")] == ["777"]


def test_without_that_wait_it_is_booked_under_both_numbers(
    new_roofer: NewRoofer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard taken out: what was given up is done once its number is free."""
    monkeypatch.setattr("workers.writing.on_its_way_until", lambda *_: None)
    roofer = create_done_late(new_roofer, "invoice")

    roofer.invoice(number="777").settle()

    until(lambda: len(roofer.held("Invoice")) == 2)
    assert [each["DocNumber"] for each in roofer.held("Invoice")] == ["777", "501"]


def test_no_name_is_freed_while_a_send_under_it_may_still_be_done(new_roofer: NewRoofer) -> None:
    """Were it renamed at once, its first send would make a second customer."""
    roofer = create_done_late(new_roofer, "customer")

    roofer.contact(display_name="Ada Other").settle()

    assert waited(roofer, "contact", "c1")
    assert len(roofer.held("Customer")) == 1


def test_no_invoice_is_voided_while_its_first_send_may_still_be_done(
    new_roofer: NewRoofer,
) -> None:
    """Whether a void frees its number is QuickBooks' own affair."""
    roofer = create_done_late(new_roofer, "invoice")

    roofer.void("invoice", "i1").settle()

    assert waited(roofer, "invoice", "i1")
    assert roofer.the("Invoice")["TotalAmt"] == 0


def test_what_leaves_the_number_alone_need_not_wait(new_roofer: NewRoofer) -> None:
    """The number is still taken: whatever comes late is refused for it."""
    roofer = create_done_late(new_roofer, "invoice")

    roofer.invoice(total="120.00").settle()

    assert not waited(roofer, "invoice", "i1")
    assert roofer.the("Invoice")["TotalAmt"] == 120
    time.sleep(LATE_SECONDS)  # what comes late has come
    assert roofer.the("Invoice")["TotalAmt"] == 120


def test_a_void_whose_answer_is_lost_is_repeated(new_roofer: NewRoofer) -> None:
    """A void is refused a second time by its SyncToken; read again, there is nothing left to do."""
    roofer = new_roofer(books=FORGETFUL)
    roofer.contact().project().invoice().settle()
    roofer.fault({"entity": "invoice", "operation": "void"}, **LOST)

    roofer.void("invoice", "i1").settle()

    assert roofer.record("invoice", "i1").state == "done"
    assert roofer.the("Invoice")["TotalAmt"] == 0


def test_a_void_of_a_payment_whose_answer_is_lost_frees_its_invoice(new_roofer: NewRoofer) -> None:
    """What the payment held is free all the same: another payment is applied in its place."""
    roofer = new_roofer(books=FORGETFUL)
    roofer.contact().project().invoice().payment("100.00", {"i1": "100.00"}).settle()
    roofer.payment("100.00", {"i1": "100.00"}, record_id="y2").settle()
    roofer.fault({"entity": "payment", "operation": "void"}, **LOST)

    roofer.void("payment", "y1").settle()

    assert roofer.record("payment", "y1").state == "done"
    assert roofer.held("Payment")[1]["UnappliedAmt"] == 0
    assert roofer.the("Invoice")["Balance"] == 0


def test_an_update_whose_answer_is_lost_is_repeated(new_roofer: NewRoofer) -> None:
    """The repeat meets a newer SyncToken, the reading shows our own values, and all agree."""
    roofer = new_roofer(books=FORGETFUL)
    roofer.contact().project().invoice(total="100.00").settle()
    roofer.fault({"entity": "invoice", "operation": "update"}, **LOST)

    roofer.invoice(total="120.00").settle()

    assert roofer.record("invoice", "i1").state == "done"
    assert roofer.the("Invoice")["TotalAmt"] == 120
    assert roofer.reads() == ["existing_customer", "look_up"]


def edit_while_unknown(roofer: Roofer) -> None:
    """Lose the answer of an unnumbered invoice, and let ProLine change it before it is found."""
    roofer.fault({"entity": "invoice", "operation": "create"}, **LOST)
    roofer.contact().project().invoice(total="100.00")
    until(lambda: roofer.record("invoice", "i1") is not None)
    until(lambda: roofer.record("invoice", "i1").state == "retrying")
    roofer.invoice(total="120.00")


def test_a_newer_snapshot_while_the_outcome_is_unknown_makes_no_second_object(
    new_roofer: NewRoofer,
) -> None:
    """The newer snapshot waits until the first write is resolved, and follows as an update."""
    roofer = new_roofer(books=UNNUMBERED)

    edit_while_unknown(roofer)
    roofer.settle()

    assert len(roofer.held("Invoice")) == 1
    assert roofer.the("Invoice")["TotalAmt"] == 120
    create, update = roofer.bodies("invoice")
    assert "Id" not in create
    assert update["Id"] == roofer.the("Invoice")["Id"]
    assert roofer.record("invoice", "i1").state == "done"


def test_without_the_open_attempt_a_newer_snapshot_makes_a_second_object(
    new_roofer: NewRoofer, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard taken out, in code and in the schema: the invoice is booked twice."""
    with psycopg.connect(database_url) as connection:
        connection.execute("DROP INDEX proline_qbo.attempts_one_open")
    monkeypatch.setattr(claims, "_open_attempt", lambda *_: None)
    roofer = new_roofer(books=UNNUMBERED)

    edit_while_unknown(roofer)
    until(lambda: len(roofer.held("Invoice")) > 1)

    assert len(roofer.held("Invoice")) == 2


def test_the_schema_refuses_a_second_open_attempt(roofer: Roofer) -> None:
    """The invariant stands in the table too: one attempt without an answer at most."""
    roofer.contact().project().settle()
    roofer.rows("UPDATE proline_qbo.attempts SET answer = NULL, answered_at = NULL RETURNING id")

    with pytest.raises(psycopg.errors.UniqueViolation):
        roofer.rows(
            "INSERT INTO proline_qbo.attempts (record_pk, realm_id, generation, version, basis,"
            " operation, kind, path, params, body, request_id)"
            " SELECT record_pk, realm_id, generation, version, basis, operation, kind, path,"
            " params, body, request_id FROM proline_qbo.attempts RETURNING id"
        )


def test_a_429_on_the_repeat_says_nothing_of_the_first_send(new_roofer: NewRoofer) -> None:
    """The second send was throttled, the first may be booked: the attempt stays, edits wait."""
    rests = replace(QUICK, limits=replace(QUICK.limits, foreign_pause_seconds=1.0))
    roofer = new_roofer(books=FORGETFUL, tuning=rests)
    roofer.fault({"entity": "invoice", "operation": "create"}, **LOST)
    roofer.fault({"entity": "invoice", "operation": "create"}, status=429, xml=True)

    roofer.contact().project().invoice(total="100.00")
    until(lambda: len(roofer.writes("invoice")) == 2)
    until(lambda: roofer.record("invoice", "i1").state == "pending")
    roofer.invoice(total="120.00").settle()

    invoice = roofer.the("Invoice")
    assert (invoice["DocNumber"], invoice["TotalAmt"]) == ("501", 120)


@pytest.mark.parametrize("status", [400, 404, 413])
def test_a_page_without_a_code_says_nothing_of_an_earlier_send(
    new_roofer: NewRoofer, status: int
) -> None:
    """It comes from something on the way: QuickBooks has not looked at the second send."""
    proved = replace(QUICK, waits=replace(QUICK.waits, requestid_proved=True))
    roofer = new_roofer(tuning=proved)
    roofer.contact().project().invoice().settle()
    roofer.fault({"entity": "payment", "operation": "create"}, **LOST)
    roofer.fault({"entity": "payment", "operation": "create"}, status=status, html=True)
    roofer.payment("100.00", {"i1": "100.00"})
    until(lambda: len(roofer.writes("payment")) == 2)
    until(lambda: roofer.record("payment", "y1").state != "dispatched")
    assert roofer.record("payment", "y1").state == "retrying"

    roofer.payment("90.00", {"i1": "90.00"}).settle()

    assert roofer.the("Payment")["TotalAmt"] == 90
    assert roofer.record("payment", "y1").state == "done"


def test_a_page_without_a_code_is_a_refusal_where_nothing_was_sent_before(
    roofer: Roofer,
) -> None:
    """Nothing can have been done: a person is told at once."""
    roofer.contact().project().invoice().settle()
    roofer.fault({"entity": "payment", "operation": "create"}, status=404, html=True)

    roofer.payment("100.00", {"i1": "100.00"}).settle()

    assert roofer.record("payment", "y1").code == "http_404"
    assert roofer.held("Payment") == []


def test_a_page_without_a_code_is_a_refusal_after_a_look_up(new_roofer: NewRoofer) -> None:
    """What was sent before is not there, and nothing of it comes any more: a person is told."""
    roofer = new_roofer(books=FORGETFUL)
    roofer.contact().project().invoice().settle()
    roofer.fault({"entity": "payment", "operation": "create"}, **DROPPED)
    roofer.fault({"entity": "payment", "operation": "create"}, status=404, html=True)

    roofer.payment("100.00", {"i1": "100.00"}).settle()

    assert roofer.record("payment", "y1").code == "http_404"
    assert roofer.held("Payment") == []


def test_a_look_up_that_is_refused_is_asked_again(new_roofer: NewRoofer) -> None:
    """An attempt whose outcome is unknown is never parked, whatever its look-up meets."""
    roofer = new_roofer(settings=CREATE, books=FORGETFUL)
    roofer.fault({"entity": "payment", "operation": "create"}, **LOST)
    roofer.fault({"operation": "query"}, status=400, fault="6000")

    roofer.contact().project().invoice().payment("100.00", {"i1": "100.00"})
    until(lambda: roofer.reads() == ["look_up"])
    until(lambda: roofer.record("payment", "y1").state != "dispatched")
    assert roofer.record("payment", "y1").state == "retrying"
    roofer.settle()

    assert roofer.reads() == ["look_up", "look_up"]
    assert len(roofer.held("Payment")) == 1
    assert len(roofer.writes("payment")) == 1


def test_without_the_same_request_id_a_repeat_makes_a_second_object(
    new_roofer: NewRoofer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard taken out: under a request id of its own the repeat is another payment."""
    proved = replace(QUICK, waits=replace(QUICK.waits, requestid_proved=True))
    roofer = new_roofer(tuning=proved)
    monkeypatch.setattr("workers.sending.request_of", under_a_new_id)
    roofer.fault({"entity": "payment", "operation": "create"}, **LOST)

    roofer.contact().project().invoice().payment("50.00", {"i1": "50.00"}).settle()

    assert len(roofer.held("Payment")) == 2


def under_a_new_id(attempt: claims.OpenAttempt) -> ApiRequest:
    """Bring the stored request back with an id that QuickBooks has never seen."""
    request = request_of(attempt)
    changed = tuple(
        (name, str(uuid4()) if name == "requestid" else value) for name, value in request.params
    )
    return replace(request, params=changed)


@pytest.mark.parametrize(("entity", "record_id"), [("invoice", "i1"), ("payment", "y1")])
def test_what_lives_again_while_its_void_was_unknown_is_a_decision(
    roofer: Roofer, entity: str, record_id: str
) -> None:
    """The void turns out to be there: nothing is left to write, and it does not agree either."""
    roofer.contact().project().invoice()
    if entity == "payment":
        roofer.payment("100.00", {"i1": "100.00"})
    roofer.settle()
    for _ in range(2):
        roofer.fault({"entity": entity, "operation": "void"}, status=500, applied=True)

    roofer.void(entity, record_id)
    until(lambda: roofer.record(entity, record_id).state == "retrying")
    roofer.unvoid(entity, record_id).settle()

    assert roofer.the(entity.capitalize())["TotalAmt"] == 0
    assert roofer.record(entity, record_id).reason == "decision"
    assert not roofer.rows("SELECT FROM proline_qbo.applications")
