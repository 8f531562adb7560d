"""An invoice that has room again is paid by whoever has a rest, at once and without being asked.

The slow look at everything that waits comes only after ten minutes, so here it finds nothing.
"""

import pytest

from records import waking
from tests.support.roofer import Roofer

VOIDED = "2026-11-22T12:00:00+00:00"


def applied(roofer: Roofer) -> list[object]:
    """List what is applied of each payment, in the order they were made."""
    return [each["TotalAmt"] - each["UnappliedAmt"] for each in roofer.held("Payment")]


def test_money_that_names_its_invoice_takes_the_room_of_a_voided_payment(roofer: Roofer) -> None:
    """The second payment found no room; the first is voided, and gives it."""
    roofer.contact().project().invoice().payment("100.00", {"i1": "100.00"}, "y1").settle()
    roofer.payment("60.00", {"i1": "60.00"}, "y2").settle()
    assert applied(roofer) == [100, 0]

    roofer.payment("100.00", {"i1": "100.00"}, "y1", voided_at=VOIDED).settle()

    assert applied(roofer) == [0, 60]


def free_unnamed(roofer: Roofer) -> None:
    """Let a payment that names nothing find no room, then void the one that took it."""
    roofer.contact().project().invoice().payment("100.00", record_id="y1").settle()
    roofer.payment("60.00", record_id="y2").settle()
    assert applied(roofer) == [100, 0]
    roofer.payment("100.00", record_id="y1", voided_at=VOIDED).settle()


def test_money_that_names_no_invoice_takes_the_room_of_a_voided_payment(roofer: Roofer) -> None:
    """It hangs from the project alone, and hears of the project's invoices all the same."""
    free_unnamed(roofer)

    assert applied(roofer) == [0, 60]


def test_money_for_a_running_balance_takes_the_room_of_a_voided_payment(roofer: Roofer) -> None:
    """It names a member; what has room is the record that stands for the members."""
    roofer.contact().project().invoice(kind="running_balance")
    roofer.payment("100.00", {"i1": "100.00"}, "y1").settle()
    roofer.payment("60.00", {"i1": "60.00"}, "y2").settle()
    assert applied(roofer) == [100, 0]

    roofer.payment("100.00", {"i1": "100.00"}, "y1", voided_at=VOIDED).settle()

    assert applied(roofer) == [0, 60]


def test_money_takes_the_room_of_a_payment_that_became_smaller(roofer: Roofer) -> None:
    """Room comes not only from a payment that goes."""
    roofer.contact().project().invoice().payment("100.00", {"i1": "100.00"}, "y1").settle()
    roofer.payment("60.00", {"i1": "60.00"}, "y2").settle()

    roofer.payment("70.00", {"i1": "70.00"}, "y1").settle()

    assert applied(roofer) == [70, 30]


def test_a_payment_of_another_project_waits_for_a_running_balance_too(roofer: Roofer) -> None:
    """It names a member of that project, which is in QuickBooks only as the record for all."""
    roofer.contact().project("p1", stage="Inspection").project("p2")
    roofer.invoice(kind="running_balance")
    roofer.payment("60.00", {"i1": "60.00"}, project_id="p2").settle()
    assert roofer.record("payment", "y1").state == "waiting"

    roofer.project("p1", stage="Closed - Won").settle()

    assert applied(roofer) == [60]


def test_without_the_way_through_the_project_money_stays_unapplied(
    roofer: Roofer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard taken out: the rest lies there until the slow look."""
    assert waking._PAYING in waking._DEPENDANTS
    monkeypatch.setattr(waking, "_DEPENDANTS", waking._DEPENDANTS.replace(waking._PAYING, ""))

    free_unnamed(roofer)

    assert applied(roofer) == [0, 0]
