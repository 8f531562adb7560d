"""Slots outside the worker's transaction: no byte without one, and every row ends."""

from collections.abc import Callable
from uuid import UUID

import pytest

from connections.slots import RealmSlots
from coordination import limiter, processes
from coordination.database import Connection, Pool
from coordination.limiter import Limits
from qbo_client import requests
from qbo_client.errors import NotSent, OutcomeUnknown, Throttled
from qbo_client.protocols import SlotGate

REALM = "9130350000000001"
ASKED = requests.company_info()


class Seconds:
    """A monotonic clock that moves only when somebody waits."""

    def __init__(self) -> None:
        """Begin at a moment."""
        self.now = 100.0

    def __call__(self) -> float:
        """Return the moment."""
        return self.now

    def wait(self, seconds: float) -> None:
        """Let so many seconds pass."""
        self.now += seconds


@pytest.fixture
def clock() -> Seconds:
    """Give the clock of the thread."""
    return Seconds()


@pytest.fixture
def process_id(pool: Pool) -> UUID:
    """Give a living process."""
    with pool.connection() as c:
        return processes.register(c, "web")


def slots(
    pool: Pool, process_id: UUID, clock: Seconds, fresh: Callable[[], bool] = lambda: True
) -> RealmSlots:
    """Give the gates of a process."""
    return RealmSlots(pool, process_id, Limits(), fresh=fresh, wait=clock.wait, monotonic=clock)


def call_row(c: Connection) -> tuple[object, ...]:
    """Return whether the only call ended, was unsent, and what its answer was."""
    (row,) = c.execute(
        "SELECT ended_at IS NOT NULL, unsent, status, fault_code, intuit_tid FROM proline_qbo.calls"
    ).fetchall()
    c.commit()
    return row


def test_an_answered_call_ends_with_its_answer(
    pool: Pool, connection: Connection, process_id: UUID, clock: Seconds
) -> None:
    """Status and the vendor's id stay with the row."""
    with slots(pool, process_id, clock).for_company("a", "probe").slot(REALM, ASKED) as ticket:
        ticket.before_send()
        while_open = call_row(connection)
        ticket.answered(200, "1-tid")

    assert while_open[0] is False
    assert call_row(connection) == (True, False, 200, None, "1-tid")


def test_a_call_that_never_left_counts_nowhere(
    pool: Pool, connection: Connection, process_id: UUID, clock: Seconds
) -> None:
    """The client says so by `NotSent`."""
    gate = slots(pool, process_id, clock).for_company("a", "probe")

    with pytest.raises(NotSent), gate.slot(REALM, ASKED):
        raise NotSent(operation="read")

    assert call_row(connection)[:2] == (True, True)


def test_a_call_without_an_answer_keeps_its_place_in_the_window(
    pool: Pool, connection: Connection, process_id: UUID, clock: Seconds
) -> None:
    """QuickBooks may have counted it."""
    gate = slots(pool, process_id, clock).for_company("a", "probe")

    with pytest.raises(OutcomeUnknown), gate.slot(REALM, ASKED):
        raise OutcomeUnknown(operation="read")

    assert call_row(connection) == (True, False, None, None, None)


def test_a_429_pauses_the_realm(
    pool: Pool, connection: Connection, process_id: UUID, clock: Seconds
) -> None:
    """Whoever meets it, every caller of the realm waits; this one gives up in time."""
    gate = slots(pool, process_id, clock).for_company("a", "probe")
    with pytest.raises(Throttled):
        _meet_a_429(gate)

    began = clock.now
    with pytest.raises(NotSent), gate.slot(REALM, ASKED):
        pass

    assert clock.now - began <= 10.0
    assert connection.execute("SELECT count(*) FROM proline_qbo.calls").fetchone() == (1,)


def test_a_late_thread_moves_its_slot_and_sends_within_the_new_one(
    pool: Pool, connection: Connection, process_id: UUID, clock: Seconds
) -> None:
    """Ten a second holds only if calls leave near their slots."""
    with slots(pool, process_id, clock).for_company("a", "probe").slot(REALM, ASKED) as ticket:
        first = connection.execute("SELECT slot_at FROM proline_qbo.calls").fetchone()
        connection.commit()
        clock.now += 5.0
        ticket.before_send()
        second = connection.execute("SELECT slot_at FROM proline_qbo.calls").fetchone()
        ticket.answered(200, None)

    assert first is not None
    assert second is not None
    assert second[0] > first[0]


def test_a_process_that_does_not_beat_sends_nothing(
    pool: Pool, connection: Connection, process_id: UUID, clock: Seconds
) -> None:
    """Its calls may have been ended, and counted as ended, by then."""
    gate = slots(pool, process_id, clock, fresh=lambda: False).for_company("a", "probe")

    with pytest.raises(NotSent, match="slot"), gate.slot(REALM, ASKED) as ticket:
        ticket.before_send()

    assert call_row(connection)[:2] == (True, True)


def test_a_call_ended_for_its_process_does_not_leave(
    pool: Pool, process_id: UUID, clock: Seconds
) -> None:
    """A process declared gone while it waited gets no other slot."""

    def fall_silent_until_gone() -> bool:
        with pool.connection() as c:
            processes.declare_gone(c, {process_id: 0})
        clock.now += 5.0
        return True

    gate = slots(pool, process_id, clock, fall_silent_until_gone).for_company("a", "probe")

    with pytest.raises(NotSent), gate.slot(REALM, ASKED) as ticket:
        ticket.before_send()


def _meet_a_429(gate: SlotGate) -> None:
    with gate.slot(REALM, ASKED) as ticket:
        ticket.answered(429, None)
        raise Throttled(code="3001", status=429)


def test_reads_and_writes_are_told_apart(
    pool: Pool, connection: Connection, process_id: UUID, clock: Seconds
) -> None:
    """Reads are metered by the vendor: they are counted per company."""
    gate = slots(pool, process_id, clock).for_company("a", "probe")
    for request in (ASKED, requests.create("item", {"Name": "x"}, "request-1")):
        with gate.slot(REALM, request) as ticket:
            ticket.answered(200, None)

    rows = connection.execute("SELECT kind FROM proline_qbo.calls ORDER BY id").fetchall()

    assert rows == [("read",), ("write",)]
    assert limiter.forget_calls(connection) == 0
