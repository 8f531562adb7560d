"""Seven realms take every call and answer none, and an eighth has an invoice to send.

What happens: a hanging call holds its thread until its deadline, and where the same bytes may go
again at once, twice as long. Each of the seven has ten places, so together they hold all threads of
a worker, and of each entity two messages a thread stand before the eighth's. That one's turn comes
at the head of the ring, and its message is taken when those before it have had their deadlines.
So it starts after at most nine rounds: one that is under way, and two for each of four queues.
Nothing is lost meanwhile: an attempt that hung stays open, and goes on when its realm answers.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from broker.routing import QUEUES
from connections.settings import CompanySettings
from outbox.dispatch import QUEUE_PER_THREAD
from qbo_simulator.wire import Request
from tests.support.roofer import QUICK, Roofer, until
from workers import backoff

NewRoofer = Callable[..., Roofer]
CREATE = CompanySettings(existing_customers="create")
HANGING = 7
THREADS = 8
INVOICES = 12
DEADLINE_SECONDS = 0.4
A_ROUND_SECONDS = 2 * DEADLINE_SECONDS
ROUNDS_MOST = 1 + QUEUE_PER_THREAD * len(QUEUES)
# What a busy machine may add to each round.
SLACK_SECONDS = 5.0
SHORT = replace(
    QUICK,
    threads=THREADS,
    deadline_seconds=DEADLINE_SECONDS,
    waits=replace(QUICK.waits, look_up_after=timedelta(seconds=1)),
)


@pytest.fixture(autouse=True)
def short_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the backoff as the deadline is: what hung comes again as often beside it."""
    monkeypatch.setattr(backoff, "FIRST_SECONDS", 0.02)
    monkeypatch.setattr(backoff, "LONGEST_SECONDS", 5.0)


def let_hang(roofer: Roofer, others: list[Roofer]) -> None:
    """Take whatever these realms are asked, and answer long after every deadline."""
    for each in others:
        match = {"realm": each.realm.settings.realm_id, "times": None}
        roofer.fault(match, delay_ms=int(10_000 * DEADLINE_SECONDS), answer="drop")


def open_calls(roofer: Roofer) -> int:
    """Count the calls that have no answer yet."""
    (row,) = roofer.rows("SELECT count(*) AS n FROM proline_qbo.calls WHERE ended_at IS NULL")
    return int(row.n)


def start_hanging(new_roofer: NewRoofer) -> tuple[Roofer, list[Roofer]]:
    """Give a contractor beside seven whose calls hold every thread there is."""
    roofer = new_roofer(settings=CREATE, tuning=SHORT)
    others = [roofer.another(f"hanging{number}", CREATE) for number in range(HANGING)]
    for each in (roofer, *others):
        each.contact().project()
    roofer.settle()
    let_hang(roofer, others)
    for number in range(INVOICES):
        for each in others:
            each.invoice(f"i{number}")
    until(lambda: open_calls(roofer) >= THREADS)
    return roofer, others


def test_the_eighths_invoice_starts_within_the_deadlines_before_it(new_roofer: NewRoofer) -> None:
    """All threads are taken and all queues are full, and still it has its turn; again and again."""
    roofer, _ = start_hanging(new_roofer)

    for number in range(2):
        roofer.invoice(f"i{number}")
        until(
            lambda number=number: len(roofer.held("Invoice")) > number,  # type: ignore[misc]  # mypy sees no default there
            ROUNDS_MOST * A_ROUND_SECONDS + SLACK_SECONDS,
        )


def test_when_they_answer_again_everything_is_booked_once(new_roofer: NewRoofer) -> None:
    """What hung was never lost, nor failed; its attempts are resolved, not begun anew."""
    roofer, others = start_hanging(new_roofer)
    failed = roofer.rows("SELECT FROM proline_qbo.records WHERE state = 'failed'")

    roofer.quickbooks.handle(Request("DELETE", "/_simulator/faults", {}, b""))
    roofer.settle(60.0)

    assert failed == []
    for each in others:
        assert len(each.held("Invoice")) == INVOICES
    left = roofer.rows("SELECT DISTINCT state FROM proline_qbo.records")
    assert [row.state for row in left] == ["done"]
