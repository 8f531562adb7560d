"""One call to QuickBooks in the slot that was taken for it.

Invariant: no byte leaves before its slot, nor later than 50 ms behind it, nor from a process whose
last committed beat was begun two seconds ago: such a process may have been declared gone, and its
record given to another.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from coordination.database import DATABASE_AWAY, Connection, Pool
from coordination.limiter import (
    Call,
    Departure,
    Full,
    Limits,
    Slot,
    mark_unsent,
    move_slot,
    take_slot,
)
from coordination.limiter import Kind as CallKind
from qbo_client import ApiRequest, NotSent, QuickBooksError, Response
from records.attempts import Write, open_attempt
from records.claims import Claim, OpenAttempt
from workers import metrics

MOVES_MOST = 3
"""How often one call may move to a later slot before it is given up."""


class Exchange(Protocol):
    """One call without slot and repeat; `qbo_client.BareClient.exchange` is it."""

    def exchange(
        self,
        realm_id: str,
        request: ApiRequest,
        *,
        access_token: str,
        before_send: Callable[[], None] | None = None,
    ) -> Response:
        """Make one call."""


@dataclass(frozen=True)
class TimedSlot:
    """A slot, and when the thread asked for it and had it, by its own monotonic clock."""

    slot: Slot
    asked_at: float
    answered_at: float

    @property
    def departs_at(self) -> float:
        """When its bytes leave, unless the slot is moved."""
        return self.answered_at + self.slot.wait_seconds


@dataclass(frozen=True)
class Caller:
    """Takes slots and makes calls for one process.

    Args:
        client: one call.
        pool: for moving a slot that was missed.
        process_id: who ends the calls.
        limits: of every realm.
        alive: whether the last committed beat is fresh enough to send.
        monotonic: the process's own clock, in seconds.
        wait: waits so many seconds.
    """

    client: Exchange
    pool: Pool
    process_id: UUID
    limits: Limits
    alive: Callable[[], bool]
    monotonic: Callable[[], float] = time.monotonic
    wait: Callable[[float], None] = time.sleep

    def take(
        self,
        connection: Connection,
        claim: Claim,
        kind: CallKind,
        purpose: str,
        attempt_id: int | None = None,
    ) -> TimedSlot | Full:
        """Take the next slot of the claim's realm in the caller's transaction, as its last step."""
        asked_at = self.monotonic()
        call = self._call_for(claim, kind, purpose)
        slot = take_slot(connection, call, self.limits, attempt_id=attempt_id)
        if isinstance(slot, Full):
            return slot
        return TimedSlot(slot, asked_at, self.monotonic())

    def open(
        self, connection: Connection, claim: Claim, write: Write
    ) -> tuple[OpenAttempt, TimedSlot] | Full:
        """Open an attempt with its slot, as the last step of a transaction or as the only one.

        Raises:
            ClaimLost: the claim was taken back.
            ProcessGone: this process was declared gone.
        """
        asked_at = self.monotonic()
        call = self._call_for(claim, "write", write.operation)
        opened = open_attempt(connection, claim, write, call, self.limits)
        if isinstance(opened, Full):
            return opened
        attempt, slot = opened
        return attempt, TimedSlot(slot, asked_at, self.monotonic())

    def _call_for(self, claim: Claim, kind: CallKind, purpose: str) -> Call:
        return Call(
            realm_id=claim.realm_id,
            company_id=claim.company_id,
            process_id=self.process_id,
            kind=kind,
            purpose=purpose,
            record_pk=claim.pk,
        )

    def call(self, claim: Claim, timed: TimedSlot, request: ApiRequest, token: str) -> Response:
        """Wait for the slot and make the call.

        Raises:
            QuickBooksError: `NotSent` when no byte left; else as the client says.
        """
        gate = _Gate(self, timed)
        metrics.slot_wait_seconds.observe(timed.slot.wait_seconds)
        with self._counted(claim.entity, request, gate):
            return self.client.exchange(
                claim.realm_id, request, access_token=token, before_send=gate.before_send
            )

    @contextmanager
    def _counted(self, entity: str, request: ApiRequest, gate: "_Gate") -> Iterator[None]:
        """Count a call by what comes of it; the time it waits for its slot is not QuickBooks'."""
        kind = "write" if request.writes else "read"
        outcome = "broke"
        try:
            yield
            outcome = "ok"
        except QuickBooksError as error:
            outcome = type(error).__name__
            raise
        finally:
            metrics.calls.labels(entity, kind, outcome).inc()
            if gate.left_at is not None:
                metrics.call_seconds.labels(entity).observe(self.monotonic() - gate.left_at)


def give_up(connection: Connection, timed: TimedSlot) -> None:
    """Write down that this call's bytes never left: it counts nowhere."""
    mark_unsent(connection, timed.slot.call_id)


class _Gate:
    """Lets one call through at its slot, moving the slot when the thread woke too late.

    Attributes:
        left_at: when it did, by the thread's own clock; None: it has not.
    """

    def __init__(self, caller: Caller, timed: TimedSlot) -> None:
        self.left_at: float | None = None
        self._caller = caller
        self._call_id = timed.slot.call_id
        self._departure = timed.slot.departure(
            asked_at=timed.asked_at, answered_at=timed.answered_at, limits=caller.limits
        )

    def before_send(self) -> None:
        """Return at the moment the bytes may leave.

        Raises:
            NotSent: the process may be taken for dead, or no slot was to be had in time.
        """
        for _ in range(MOVES_MOST):
            wait_seconds = self._departure.not_before - self._caller.monotonic()
            if wait_seconds > 0:
                self._caller.wait(wait_seconds)
            if not self._caller.alive():
                raise NotSent(detail="This process has not beaten lately and may send nothing.")
            now = self._caller.monotonic()
            if now <= self._departure.not_after:
                self.left_at = now
                return
            self._departure = self._moved()
        raise NotSent(detail="The slot was missed several times.")

    def _moved(self) -> Departure:
        caller = self._caller
        asked_at = caller.monotonic()
        try:
            with caller.pool.connection() as connection:
                slot = move_slot(connection, self._call_id, caller.limits)
        except DATABASE_AWAY as error:
            raise NotSent(detail="The slot was missed, and the database is away.") from error
        if not isinstance(slot, Slot):
            raise NotSent(detail="No later slot was to be had.")
        return slot.departure(
            asked_at=asked_at, answered_at=caller.monotonic(), limits=caller.limits
        )
