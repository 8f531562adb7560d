"""Slots for calls outside the worker's own transaction: connecting, probes, `doctor`.

Each call takes its slot in a transaction of its own, waits for it, leaves within its few
milliseconds or moves, and is ended whatever became of it. The worker, which takes its slot in the
transaction that commits its attempt, does not come through here.
"""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from structlog import get_logger

from connections.metrics import calls_besides
from coordination import limiter
from coordination.database import DATABASE_AWAY, Pool
from coordination.limiter import Departure, Full, Limits, Slot
from qbo_client.errors import NotSent, QuickBooksError
from qbo_client.protocols import SlotGate, SlotTicket
from qbo_client.requests import ApiRequest

MOVES_MOST: Final = 5
ASK_AGAIN_SECONDS: Final = 0.25
ENDS_MOST: Final = 5
END_AGAIN_SECONDS: Final = 0.5

log = get_logger()


@dataclass(frozen=True)
class RealmSlots:
    """Gives each company its gate.

    Attributes:
        pool: of the process; a slot holds a session only while it is asked for.
        process_id: a living process; its calls end with it.
        limits: of every realm.
        fresh: whether this process may still send (`LifeBeat.fresh_within`).
        patience_seconds: how long a caller waits for a place in the window.
        begun_by: on the process's clock, when the last call may begin; None: whenever. Whoever has
            a person waiting gives all their calls together so long.
        wait: waits so many seconds.
        monotonic: the process's clock.
    """

    pool: Pool
    process_id: UUID
    limits: Limits
    fresh: Callable[[], bool]
    patience_seconds: float = 10.0
    begun_by: float | None = None
    wait: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic

    def for_company(self, company_id: str, purpose: str) -> SlotGate:
        """Give the gate for one company's calls; `purpose` is for people, to 64 characters."""
        return _CompanySlots(self, company_id, purpose)


@dataclass(frozen=True)
class _CompanySlots:
    realm: RealmSlots
    company_id: str
    purpose: str

    @contextmanager
    def slot(self, realm_id: str, request: ApiRequest) -> Generator[SlotTicket]:
        ticket = self._ticket(realm_id, request)
        outcome = "broke"
        try:
            yield ticket
            outcome = "ok"
        except NotSent as error:
            outcome = type(error).__name__
            ticket.give_up()
            raise
        except QuickBooksError as error:
            outcome = type(error).__name__
            ticket.fault_code = error.code
            raise
        finally:
            calls_besides.labels(self.purpose, outcome).inc()
            ticket.end()

    def _ticket(self, realm_id: str, request: ApiRequest) -> "_Ticket":
        own = self.realm
        given_up_at = own.monotonic() + own.patience_seconds
        if own.begun_by is not None and own.monotonic() > own.begun_by:
            raise _not_sent(realm_id, "QuickBooks took too long over the calls before this one")
        while True:
            asked_at = own.monotonic()
            taken = self._take(realm_id, request)
            if isinstance(taken, Slot):
                return _Ticket(own, realm_id, taken.call_id, _departure(own, taken, asked_at))
            if own.monotonic() + ASK_AGAIN_SECONDS > given_up_at:
                raise _not_sent(realm_id, f"no call may leave before {taken.until:%H:%M:%S} UTC")
            own.wait(ASK_AGAIN_SECONDS)

    def _take(self, realm_id: str, request: ApiRequest) -> Slot | Full:
        call = limiter.Call(
            realm_id=realm_id,
            company_id=self.company_id,
            process_id=self.realm.process_id,
            kind="write" if request.writes else "read",
            purpose=self.purpose,
        )
        with self.realm.pool.connection() as c:
            return limiter.take_slot(c, call, self.realm.limits)


@dataclass
class _Ticket:
    """One call's slot; not shared between threads."""

    own: RealmSlots
    realm_id: str
    call_id: int
    departure: Departure
    status: int | None = None
    intuit_tid: str | None = None
    fault_code: str | None = None
    unsent: bool = False

    def before_send(self) -> None:
        for _ in range(MOVES_MOST):
            self.own.wait(max(0.0, self.departure.not_before - self.own.monotonic()))
            if not self.own.fresh():
                raise _not_sent(self.realm_id, "this process's life beat is too old to send")
            if self.own.monotonic() <= self.departure.not_after:
                return
            self._move()
        raise _not_sent(self.realm_id, f"missed its slot {MOVES_MOST} times")

    def answered(self, status: int, intuit_tid: str | None) -> None:
        self.status, self.intuit_tid = status, intuit_tid

    def give_up(self) -> None:
        self.unsent = True

    def end(self) -> None:
        """End the call's row; a short outage of the database must not leave it open."""
        for tries_left in reversed(range(ENDS_MOST)):
            try:
                self._end()
            except DATABASE_AWAY as error:
                log.warning("call.end_failed", call_id=self.call_id, error=type(error).__name__)
                if tries_left == 0:
                    raise
                self.own.wait(END_AGAIN_SECONDS)
            else:
                return

    def _end(self) -> None:
        with self.own.pool.connection() as c:
            if self.unsent:
                limiter.mark_unsent(c, self.call_id)
                return
            limiter.end_call(c, self.call_id, self.status, self.fault_code, self.intuit_tid)
            if self.status == _TOO_MANY or self.fault_code in _THROTTLE_CODES:
                verdict = limiter.throttled(c, self.realm_id, self.own.limits)
                log.warning("realm.throttled", realm_id=self.realm_id, verdict=verdict)

    def _move(self) -> None:
        asked_at = self.own.monotonic()
        with self.own.pool.connection() as c:
            moved = limiter.move_slot(c, self.call_id, self.own.limits)
        if not isinstance(moved, Slot):
            raise _not_sent(self.realm_id, "missed its slot and got no other")
        self.departure = _departure(self.own, moved, asked_at)


_TOO_MANY: Final = 429
_THROTTLE_CODES: Final = frozenset({"3001", "003001"})


def _departure(own: RealmSlots, slot: Slot, asked_at: float) -> Departure:
    return slot.departure(asked_at=asked_at, answered_at=own.monotonic(), limits=own.limits)


def _not_sent(realm_id: str, why: str) -> NotSent:
    return NotSent(operation="slot", entity="call", realm_id=realm_id, detail=why)
