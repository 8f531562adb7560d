"""A realm with endless work before the real limiter, in a time that the test makes pass.

Ten threads call as often as they may, on a database's clock that may jump; what they do is told by
a clock that never does, as QuickBooks has one.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from coordination import limiter, processes
from coordination.database import Connection
from coordination.limiter import Full, Limits
from tests.support.database_clock import DatabaseClock

BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)
REALM = "9130350000000001"
STEP_SECONDS = 0.005
STEPS_MOST = 10_000


@dataclass
class EndlessWork:
    """A realm, its threads, and when their calls left; `run` lets time pass.

    A thread that finds no slot makes all wait for as long as it was told, in true time.

    Attributes:
        connection: takes and ends the slots.
        clock: the database's.
        limits: of the realm.
        latency_seconds: how long each call takes.
        left: when calls left, in seconds of true time, ascending.
    """

    connection: Connection
    clock: DatabaseClock
    limits: Limits = field(default_factory=Limits)
    ceiling: int = 450
    latency_seconds: float = 0.3
    left: list[float] = field(default_factory=list)
    now: float = 0.0
    ahead: float = 0.0
    _open: list[tuple[float, int]] = field(default_factory=list)
    _waits_until: float = 0.0

    def __post_init__(self) -> None:
        """Register a process and make the realm known."""
        self._process_id = processes.register(self.connection, "worker", threads=10)
        limiter.set_ceiling(self.connection, REALM, self.ceiling)
        self.connection.commit()

    def jump(self, seconds: float) -> None:
        """Let the database's clock jump, and no other."""
        self.ahead += seconds

    def run(self, until: float) -> None:
        """Call as often as the limiter allows, until that second of true time."""
        for _ in range(STEPS_MOST):
            self.clock.freeze(self._database_now())
            self._end_calls()
            took = self._waits_until <= self.now and self._take()
            self.now = min(until, *self._next_moments(took=took))
            if self.now >= until:
                return
        raise AssertionError(f"{STEPS_MOST} steps were not enough")

    def most_within(self, seconds: float) -> int:
        """Count the most calls that left within so many seconds."""
        return max(
            sum(first <= each < first + seconds for each in self.left[index : index + 1_000])
            for index, first in enumerate(self.left)
        )

    def longest_silence(self) -> float:
        """Say for how long nothing left at most, up to now."""
        return max(b - a for a, b in pairwise([0.0, *self.left, self.now]))

    def _database_now(self) -> datetime:
        return BEGIN + timedelta(seconds=self.now + self.ahead)

    def _end_calls(self) -> None:
        while self._open and self._open[0][0] <= self.now:
            limiter.end_call(self.connection, heapq.heappop(self._open)[1], 200)
        self.connection.commit()

    def _take(self) -> bool:
        slot = limiter.take_slot(
            self.connection,
            limiter.Call(REALM, "acme", self._process_id, "write", "test"),
            self.limits,
        )
        self.connection.commit()
        if isinstance(slot, Full):
            self._waits_until = self.now + (slot.until - self._database_now()).total_seconds()
            return False
        leaves_at = self.now + slot.wait_seconds
        self.left.append(leaves_at)
        self.left.sort()
        heapq.heappush(self._open, (leaves_at + self.latency_seconds, slot.call_id))
        return True

    def _next_moments(self, *, took: bool) -> Iterator[float]:
        if took:
            yield self.now + STEP_SECONDS
            return
        yield max(self._waits_until, self.now + STEP_SECONDS)
        if self._open:
            yield max(self._open[0][0], self.now + STEP_SECONDS)
