"""An attempt stays open until every send of it is known: a later send says nothing of an earlier.

The first send was applied and its answer lost; the repeat meets a throttle, a refused token or a
closed door. Whoever then forgot the first would let a newer snapshot create a second object.
"""

from collections.abc import Callable

import pytest

from connections.settings import CompanySettings
from tests.support.roofer import Roofer, until
from workers import sending
from workers.session import Session
from workers.writing import write

NewRoofer = Callable[..., Roofer]
CREATE = CompanySettings(existing_customers="create")
# Their own numbers off and request ids ignored: nothing in these books refuses a second invoice.
FORGETFUL = {"requestid": "ignored", "custom_txn_numbers": False}

UNAVAILABLE = {"status": 400, "fault": "150"}
THROTTLED = {"status": 429, "fault": "3001"}


def lose_then(roofer: Roofer, **then: object) -> None:
    """Lose the answer of an invoice's create, and let its repeat meet `then`."""
    create = {"entity": "invoice", "operation": "create"}
    roofer.fault(create, answer="lost")
    roofer.fault(create, **then)


@pytest.mark.parametrize("then", [UNAVAILABLE, THROTTLED], ids=str)
def test_a_repeat_that_is_turned_away_leaves_the_first_send_open(
    new_roofer: NewRoofer, monkeypatch: pytest.MonkeyPatch, then: dict[str, object]
) -> None:
    """The repeat is turned away, ProLine changes the invoice: still one invoice, updated."""
    monkeypatch.setattr(sending, "_may_repeat", lambda *_: True)
    roofer = new_roofer(settings=CREATE, books=FORGETFUL)
    lose_then(roofer, **then)

    roofer.contact().project().invoice(total="100.00")
    until(lambda: len(roofer.writes("invoice")) == 2)
    monkeypatch.undo()
    roofer.invoice(total="120.00").settle()

    assert roofer.the("Invoice")["TotalAmt"] == 120
    assert roofer.record("invoice", "i1").state == "done"


def test_without_the_look_at_earlier_sends_the_invoice_is_booked_twice(
    new_roofer: NewRoofer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard taken out: the turned-away repeat closes the attempt, and a second one is made."""
    monkeypatch.setattr(sending, "_may_repeat", lambda *_: True)
    monkeypatch.setattr(sending, "may_be_applied", lambda *_, **__: False)
    roofer = new_roofer(settings=CREATE, books=FORGETFUL)
    lose_then(roofer, **UNAVAILABLE)

    roofer.contact().project().invoice(total="100.00")
    until(lambda: len(roofer.writes("invoice")) == 2)
    roofer.invoice(total="120.00").settle()

    assert len(roofer.held("Invoice")) == 2


def fail_while_unknown(roofer: Roofer) -> None:
    """Lose the answer of a payment, and let ProLine learn that the money never came."""
    roofer.fault({"entity": "payment", "operation": "create"}, answer="lost")
    roofer.contact().project().payment("80.00")
    until(lambda: roofer.record("payment", "y1") is not None)
    until(lambda: roofer.record("payment", "y1").state == "retrying")
    roofer.payment("80.00", status="failed").settle()


def test_what_became_of_a_payment_meanwhile_is_judged_after_its_attempt(roofer: Roofer) -> None:
    """It was eligible only to resolve the attempt; the newer version is a question for a person."""
    fail_while_unknown(roofer)

    payment = roofer.record("payment", "y1")
    assert (payment.state, payment.reason) == ("waiting", "decision")
    assert [each.operation for each in roofer.attempts("payment", "y1")] == ["create"]


def test_without_that_judgement_a_failed_payment_counts_as_booked(
    roofer: Roofer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard taken out: the claim goes on with the newer version, and settles it as done."""
    monkeypatch.setattr(Session, "judge_anew", write)

    fail_while_unknown(roofer)

    assert roofer.record("payment", "y1").settled_basis == ""
