"""What a test puts into a relay to hear of it, or to freeze it at one point of its work.

Each function is a `prepare` of `Fleet.relay` or `Fleet.worker`: it runs in the forked process
alone, before anything else. No guard is out.
"""

import os
import signal
import threading
from collections.abc import Collection
from functools import partial
from types import FrameType
from typing import Any

from app.cli import relaying, working
from app.logs import configure
from coordination.database import Connection
from outbox import metrics
from outbox.leader import Leader
from outbox.roster import Roster

RESYNC_FOUND = "the resync found"
FREEZES = "freezes here"
GATE = 4_711
"""The advisory lock by which a test holds a leader inside a transaction."""


def tell_what_the_resync_finds() -> None:
    """Write into the log what each slice of the resync has counted, also when it is nothing."""
    counted = metrics.resync_finds.inc

    def told(amount: float = 1) -> None:
        counted(amount)
        os.write(1, f"{RESYNC_FOUND} {amount:g}\n".encode())

    metrics.resync_finds.inc = told  # type: ignore[method-assign,assignment]


def tell_what_is_fenced() -> None:
    """Write into the log what production leaves out: also each message that came to nothing."""
    for module in (relaying, working):
        module.configure = partial(configure, level="DEBUG")  # type: ignore[attr-defined]


def wait_for_the_gate_in_intake() -> None:
    """Let intake wait, when it has judged what it took in, for a lock that the test may hold."""
    tell_what_the_resync_finds()
    joins = Roster.let_join

    def let_join(roster: Roster, connection: Connection, company_ids: Collection[str]) -> None:
        connection.execute("SELECT pg_advisory_xact_lock_shared(%s)", [GATE])
        joins(roster, connection, company_ids)

    Roster.let_join = let_join  # type: ignore[method-assign,assignment]


def freeze_before_it_publishes() -> None:
    """Let SIGUSR1 freeze it the next time that what it has dispatched is not yet published."""
    armed = _armed_by_signal()
    publishes = Leader._publish

    def publish(leads: Leader) -> bool:
        if armed and leads._memory.unconfirmed:
            armed.clear()
            _freeze_here()
        return publishes(leads)

    Leader._publish = publish  # type: ignore[method-assign,assignment]


def freeze_before_it_dispatches() -> None:
    """Let SIGUSR1 freeze it the next time that it is about to dispatch, no transaction open."""
    armed = _armed_by_signal()
    carries_out = Leader._carry_out

    def carry_out(leads: Leader, *seen: Any) -> bool:  # noqa: ANN401  # handed on as it came
        if armed:
            armed.clear()
            _freeze_here()
        return carries_out(leads, *seen)

    Leader._carry_out = carry_out  # type: ignore[method-assign,assignment]


def _freeze_here() -> None:
    """Stop the process, and this thread before its next step; others may make one more."""
    os.write(1, f"{FREEZES}\n".encode())
    signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)


def _armed_by_signal() -> set[int]:
    """Give a set that holds something once SIGUSR1 has come."""
    armed: set[int] = set()

    def arm(number: int, _frame: FrameType | None) -> None:
        armed.add(number)

    signal.signal(signal.SIGUSR1, arm)
    return armed
