"""Money is taken off an invoice while a payment of it is just being opened: each sees the other.

The relay has judged the invoice by what was committed; the payment's transaction is under way.
"""

import threading
from itertools import pairwise

import pytest

from coordination.database import Connection
from qbo_simulator.wire import Request, parse_json
from records import applications
from tests.support.roofer import Roofer, until
from workers import writing

OPENING_SECONDS = 1.5
"""Below the 2 s after which the server ends a transaction that idles."""
ORDERED = ["dispatched", "retrying", "done"]


@pytest.fixture
def go(roofer: Roofer, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Hold a payment's transaction, with its invoice looked at, until this is set."""
    opening, go, holds = threading.Event(), threading.Event(), applications.hold

    def held(connection: Connection, *arguments: object) -> None:
        holds(connection, *arguments)  # type: ignore[arg-type]  # handed on
        if not opening.is_set():
            opening.set()
            go.wait(OPENING_SECONDS)

    monkeypatch.setattr(writing, "hold", held)
    roofer.contact().project().invoice().settle()
    roofer.fault({"entity": "payment", "operation": "create"}, delay_ms=500)
    roofer.payment("100.00", {"i1": "100.00"})
    assert opening.wait(10)
    return go


def written(roofer: Roofer) -> list[tuple[str, str]]:
    """Return what was written after the invoice; a stale version may be met on the way, once."""
    done = [(each.path.rpartition("/")[2], operation(each)) for each in roofer.writes()]
    return [now for before, now in pairwise(done[1:]) if now != before]


def operation(request: Request) -> str:
    """Say what a write does."""
    if "void" in request.parameters.values():
        return "void"
    return "update" if "Id" in parse_json(request.body) else "create"


def judged(roofer: Roofer) -> bool:
    """Say whether the relay has handed the invoice's change out."""
    record = roofer.record("invoice", "i1")
    return record.version > (record.settled_version or 0) and record.state in ORDERED


def test_an_invoice_is_voided_after_the_payment_that_was_being_opened(
    roofer: Roofer, go: threading.Event
) -> None:
    """Void at once, it would leave money on a void invoice, or meet a payment and ask about it."""
    roofer.void("payment", "y1").void("invoice", "i1")
    until(lambda: judged(roofer))
    go.set()
    roofer.settle()

    assert written(roofer) == [("payment", "create"), ("payment", "void"), ("invoice", "void")]
    assert roofer.rows("SELECT FROM proline_qbo.decisions") == []
    assert roofer.record("invoice", "i1").state == "done"


def test_an_invoice_is_lowered_after_the_payment_that_was_being_opened(
    roofer: Roofer, go: threading.Event
) -> None:
    """Lowered at once, QuickBooks would take money off a payment of its choice."""
    roofer.invoice(total="60.00")
    until(lambda: judged(roofer))
    go.set()
    roofer.settle()

    assert written(roofer) == [("payment", "create"), ("payment", "update"), ("invoice", "update")]
    assert roofer.the("Payment")["UnappliedAmt"] == 40
    assert roofer.the("Invoice")["TotalAmt"] == 60
