"""Threads of a worker that claim and then never settle, while their process beats and names them.

`stick` and `stick_until_noticed` are each a `prepare` of `Fleet.worker`; `sticking` does the same
to workers in this process.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from records.claims import Claim
from workers import running
from workers.body import SyncBody

STUCK = "sticks here"
"""A record whose snapshot says so, anywhere, holds its thread for ever."""
_NEVER = threading.Event()


def stick() -> None:
    """Let every thread of this process stick that claims such a record."""
    _stick_until(_NEVER)


def stick_until_noticed() -> None:
    """The same, and what is stuck for a second has been so for too long."""
    running.STUCK_AFTER_SECONDS = 1.0  # type: ignore[misc]  # the test's own
    stick()


@contextmanager
def sticking() -> Iterator[None]:
    """Let threads of workers in this process stick until the block ends; then they go on."""
    runs, let_go = SyncBody._run, threading.Event()
    _stick_until(let_go)
    try:
        yield
    finally:
        SyncBody._run = runs  # type: ignore[method-assign]
        let_go.set()


def _stick_until(let_go: threading.Event) -> None:
    runs = SyncBody._run

    def run(body: SyncBody, claimed: Claim) -> None:
        if STUCK in str(claimed.snapshot):
            let_go.wait()
        runs(body, claimed)

    SyncBody._run = run  # type: ignore[method-assign,assignment]
