"""QuickBooks has seen a request before (600, 630), or refuses what it booked (6000)."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.support.roofer import QUICK, Roofer

SEEN = [{"status": 400, "fault": code, "applied": True} for code in ("600", "630")]
CREATE_CUSTOMER = {"entity": "customer", "operation": "create"}
CREATE_INVOICE = {"entity": "invoice", "operation": "create"}
CREATE_PAYMENT = {"entity": "payment", "operation": "create"}


@pytest.mark.parametrize("then", SEEN, ids=["600", "630"])
def test_what_would_not_be_booked_twice_is_looked_for_at_once(
    roofer: Roofer, then: dict[str, object]
) -> None:
    """The customer is there, and was made by this attempt."""
    roofer.fault(CREATE_CUSTOMER, **then)

    roofer.contact().project().settle()

    assert roofer.record("contact", "c1").state == "done"
    assert len(roofer.held("Customer")) == 1
    (attempt,) = roofer.attempts("contact", "c1")
    assert attempt.answer == "applied"
    assert roofer.reads().count("look_up") == 1


@pytest.mark.parametrize("create", [CREATE_CUSTOMER, CREATE_INVOICE], ids=["customer", "invoice"])
def test_what_is_not_there_at_once_is_looked_for_when_it_must_be(
    roofer: Roofer, create: dict[str, object]
) -> None:
    """The first send may still be at work; only then is its id given up for a new one."""
    roofer.fault(create, status=400, fault="600")

    roofer.contact().project().invoice().settle()

    record = ("contact", "c1") if create is CREATE_CUSTOMER else ("invoice", "i1")
    first, second = roofer.attempts(*record)[:2]
    assert (first.answer, first.fault_code, second.answer) == ("refused", "600", "applied")
    assert first.request_id != second.request_id
    assert second.started_at - first.started_at >= QUICK.waits.look_up_after
    assert roofer.reads().count("look_up") == 2


@pytest.mark.parametrize("then", SEEN, ids=["600", "630"])
def test_a_payment_is_looked_up_and_found(roofer: Roofer, then: dict[str, object]) -> None:
    """It would be booked twice under a new id, so it is looked for, once its time is over."""
    roofer.contact().project().invoice().settle()
    roofer.fault(CREATE_PAYMENT, **then)

    roofer.payment("100.00", {"i1": "100.00"}).settle()

    assert len(roofer.held("Payment")) == 1
    assert roofer.record("payment", "y1").state == "done"
    assert roofer.reads().count("look_up") == 1


def test_a_payment_that_is_not_there_is_sent_once_more_under_a_new_id(roofer: Roofer) -> None:
    """Looked for and not found: a second write, and no third."""
    roofer.contact().project().invoice().settle()
    roofer.fault(CREATE_PAYMENT, status=400, fault="600")

    roofer.payment("100.00", {"i1": "100.00"}).settle()

    first, second = roofer.attempts("payment", "y1")
    assert (first.answer, second.answer) == ("refused", "applied")
    assert first.request_id != second.request_id
    assert len(roofer.held("Payment")) == 1


@pytest.mark.parametrize("create", [CREATE_CUSTOMER, CREATE_PAYMENT], ids=["customer", "payment"])
def test_one_that_is_refused_so_again_needs_attention(
    roofer: Roofer, create: dict[str, object]
) -> None:
    """Nothing loops: after the second time a person is told."""
    roofer.fault({**create, "times": 9}, status=400, fault="600")

    roofer.contact().project().invoice().payment("100.00", {"i1": "100.00"}).settle()

    entity = "contact" if create is CREATE_CUSTOMER else "payment"
    record = roofer.record(entity, "c1" if entity == "contact" else "y1")
    assert (record.state, record.code) == ("failed", "600")
    assert len(roofer.attempts(entity, record.record_id)) == 2


@pytest.mark.parametrize("then", SEEN, ids=["600", "630"])
def test_a_proved_id_that_is_called_a_duplicate_again_and_again_is_looked_up(
    new_roofer: Callable[..., Roofer], then: dict[str, object]
) -> None:
    """What was proved is not so: it neither loops for ever nor is it booked twice."""
    proved = replace(QUICK, waits=replace(QUICK.waits, requestid_proved=True))
    roofer = new_roofer(tuning=proved)
    roofer.contact().project().invoice().settle()
    roofer.fault({**CREATE_PAYMENT, "times": 50}, **then)

    roofer.payment("100.00", {"i1": "100.00"}).settle()

    assert len(roofer.held("Payment")) == 1
    assert roofer.record("payment", "y1").state == "done"
    assert roofer.reads().count("look_up") == 1


def test_a_payment_refused_and_booked_all_the_same_is_found(roofer: Roofer) -> None:
    """6000 with the payment booked: it is looked for before anything is sent again."""
    roofer.contact().project().invoice().settle()
    roofer.fault(CREATE_PAYMENT, status=400, fault="6000", applied=True)

    roofer.payment("100.00", {"i1": "100.00"}).settle()

    assert len(roofer.held("Payment")) == 1
    assert roofer.record("payment", "y1").state == "done"
