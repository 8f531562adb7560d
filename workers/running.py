"""Which claims this process is running now, and since when: what its life beat names."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

STUCK_AFTER_SECONDS: Final = 900.0
"""Longer than any run: 8 turns of two calls of 25 s at most, and five minutes each for a claim and
a settle while the database is away."""


@dataclass(frozen=True, eq=False)
class Running:
    """A claim under way: which, whose, and since when by this process's own clock."""

    token: UUID
    record_pk: int
    since: float


class RunningClaims:
    """The dispatch tokens of the claims under way; threads share it.

    One may be there twice: a message whose claim is running comes again, to this very process, when
    the broker's connection breaks. The second is fenced and soon over, and the first still runs.

    Args:
        monotonic: this process's own clock, in seconds.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Begin with none."""
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._running: set[Running] = set()

    def tokens(self) -> tuple[UUID, ...]:
        """Name them, for a beat."""
        with self._lock:
            return tuple({each.token for each in self._running})

    def stuck(self) -> int | None:
        """Name the record, by its pk, whose claim has run longest, if for too long."""
        with self._lock:
            oldest = min(self._running, key=lambda each: each.since, default=None)
        if oldest is None or self._monotonic() - oldest.since < STUCK_AFTER_SECONDS:
            return None
        return oldest.record_pk

    @contextmanager
    def naming(self, token: UUID, record_pk: int) -> Iterator[None]:
        """Name a claim from before it is taken until after it is settled."""
        running = Running(token, record_pk, self._monotonic())
        with self._lock:
            self._running.add(running)
        try:
            yield
        finally:
            with self._lock:
                self._running.remove(running)
