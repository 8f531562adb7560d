"""What was left out comes back by a person's word, also where one record stands for several."""

from datetime import timedelta

from tests.behaviour.row import NewRoofer
from tests.support.roofer import until


def test_a_running_balance_invoice_of_before_the_enable_is_sent_by_a_person(
    new_roofer: NewRoofer,
) -> None:
    """The one invoice that stands for the project is made, though its first was sent long ago."""
    roofer = new_roofer()
    earlier = (roofer.now - timedelta(days=30)).isoformat()
    roofer.contact().project()
    roofer.invoice("i1", "40.00", kind="running_balance", sent_at=earlier).settle()
    assert roofer.record("invoice", "i1").state == "skipped"

    roofer.decide("invoice", "i1", "send")
    assert roofer.the("Invoice")["TotalAmt"] == 40
    roofer.invoice("i2", "100.00", kind="running_balance").settle()

    assert roofer.the("Invoice")["TotalAmt"] == 100
    assert roofer.record("invoice", "running:p1").state == "done"


def test_a_skip_that_comes_while_a_write_is_open_takes_effect_at_its_end(
    new_roofer: NewRoofer,
) -> None:
    """Nothing is left out whose write may have been done; the next version then is."""
    roofer = new_roofer()
    roofer.contact().project().settle()
    roofer.fault({"entity": "invoice", "operation": "create"}, answer="lost")
    roofer.invoice()
    until(lambda: roofer.record("invoice", "i1"))

    roofer.order("invoice", "i1", "skip")

    assert roofer.record("invoice", "i1").state in {"done", "skipped"}
    assert len(roofer.held("Invoice")) <= 1
    assert roofer.rows("SELECT FROM proline_qbo.attempts WHERE answer IS NULL") == []
