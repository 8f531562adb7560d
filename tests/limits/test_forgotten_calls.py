"""A write of unknown outcome whose company was off for longer than calls are kept.

What happens: the log of calls is tidied after 35 days, but not of an attempt without an answer. So
when the company is on again it is still known that something was sent, and it is looked up first.
"""

from collections.abc import Callable
from dataclasses import replace

from app.onboarding import disable_company, enable_company
from connections.settings import CompanySettings
from tests.support.database_clock import DatabaseClock
from tests.support.proline import OFFICE
from tests.support.roofer import QUICK, Roofer, until

NewRoofer = Callable[..., Roofer]
CREATE = CompanySettings(existing_customers="create")
FORGETFUL = {"requestid": "ignored", "custom_txn_numbers": False}
TIDY = replace(QUICK, relay=replace(QUICK.relay, tidy_seconds=0.05))
DAYS_OFF = 36


def test_a_payment_of_unknown_outcome_is_looked_up_however_late(
    new_roofer: NewRoofer, database_clock: DatabaseClock
) -> None:
    """Its answer was lost, and QuickBooks would book it twice: nothing but its call tells."""
    roofer = new_roofer(settings=CREATE, books=FORGETFUL, tuning=TIDY)
    roofer.contact().project().invoice().settle()
    roofer.fault({"entity": "payment", "operation": "create"}, answer="lost")
    roofer.payment("40.00", on={"i1": "40.00"})
    until(lambda: roofer.held("Payment"))
    disable_company(roofer.system.pool, roofer.company_id, by=OFFICE)
    until(lambda: not roofer.rows("SELECT FROM proline_qbo.records WHERE state = 'dispatched'"))

    database_clock.advance(DAYS_OFF * 86_400)
    until(lambda: calls_of(roofer, "invoice") == 0)
    kept = calls_of(roofer, "payment")
    enable_company(roofer.system.pool, roofer.company_id, changed="send", by=OFFICE)
    roofer.settle()

    assert kept == 1
    assert len(roofer.held("Payment")) == 1


def calls_of(roofer: Roofer, entity: str) -> int:
    """Count the writes of records of this kind that are still in the log."""
    return len(
        roofer.rows(
            "SELECT FROM proline_qbo.calls c JOIN proline_qbo.records r ON r.pk = c.record_pk"
            " WHERE r.entity = %s AND c.kind = 'write'",
            entity,
        )
    )
