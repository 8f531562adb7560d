"""A worker killed in a call: what it wrote is never written twice, and goes on as its kind says.

The books here do not know a request id again, so nothing is owed to that promise of the vendor's.
"""

import pytest

from connections.settings import CompanySettings
from tests.support.database_clock import DatabaseClock
from tests.support.processes import Fleet, NewRoofer
from tests.support.roofer import Roofer, until

CREATE = CompanySettings(existing_customers="create")
FORGETFUL = {"requestid": "ignored"}
SETTLE_SECONDS = 20.0
LONG_MS = 30_000
LOOK_UP_SECONDS = 130.0
"""Intuit answers or gives up within 120 s, and a margin."""

DONE = {"delay_ms": LONG_MS}
LOST = {"delay_ms": LONG_MS, "answer": "drop"}
HOW = pytest.mark.parametrize("how", [DONE, LOST], ids=["done there", "never done"])


def kill_in_call(roofer: Roofer, fleet: Fleet, entity: str, how: dict[str, object]) -> None:
    """Kill the only worker while QuickBooks owes it the answer to a create; another stands by."""
    roofer.fault({"entity": entity, "operation": "create"}, **how)
    fleet.relay()
    worker = fleet.worker()
    roofer.contact().project().invoice().payment("40.00", on={"i1": "40.00"})
    until(lambda: roofer.writes(entity), SETTLE_SECONDS)
    worker.kill()
    fleet.worker()


@HOW
def test_a_customer_is_made_once(new_roofer: NewRoofer, how: dict[str, object]) -> None:
    """QuickBooks refuses a second one by its name, so the same bytes go again at once."""
    roofer, fleet = new_roofer(settings=CREATE, books=FORGETFUL)

    kill_in_call(roofer, fleet, "customer", how)
    roofer.settle(SETTLE_SECONDS)

    assert len(roofer.held("Customer")) == 1
    first, again = roofer.writes("customer")
    assert (first.target, first.body) == (again.target, again.body)
    assert roofer.record("payment", "y1").state == "done"


@HOW
def test_a_numbered_invoice_is_made_once(new_roofer: NewRoofer, how: dict[str, object]) -> None:
    """QuickBooks refuses a second one by its number, so the same bytes go again at once."""
    roofer, fleet = new_roofer(books=FORGETFUL)

    kill_in_call(roofer, fleet, "invoice", how)
    roofer.settle(SETTLE_SECONDS)

    assert len(roofer.held("Invoice")) == 1
    first, again = roofer.writes("invoice")
    assert (first.target, first.body) == (again.target, again.body)
    assert roofer.record("payment", "y1").state == "done"


@HOW
def test_a_payment_is_looked_up_before_anything_is_sent_again(
    new_roofer: NewRoofer, database_clock: DatabaseClock, how: dict[str, object]
) -> None:
    """Nothing would stop a second one: found there it is adopted, otherwise the same bytes go."""
    roofer, fleet = new_roofer(books=FORGETFUL)

    kill_in_call(roofer, fleet, "payment", how)
    until(lambda: roofer.record("payment", "y1").state == "retrying", SETTLE_SECONDS)
    assert len(roofer.writes("payment")) == 1
    database_clock.advance(LOOK_UP_SECONDS)
    roofer.settle(SETTLE_SECONDS)

    assert len(roofer.held("Payment")) == 1
    assert roofer.reads()[-1] == "look_up"
    assert {each.body for each in roofer.writes("payment")} == {roofer.writes("payment")[0].body}
    assert len(roofer.writes("payment")) == (1 if how is DONE else 2)
    assert roofer.record("payment", "y1").state == "done"
