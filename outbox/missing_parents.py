"""What a child hangs from and ProLine never sent: asked of ProLine's views, after intake.

Kept in memory and bounded: what is forgotten, with a term of leadership or for want of room, the
slow look at the children that failed for it asks for again.
"""

import time
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

from coordination.database import Pool
from outbox.export import Group, read_exported
from records.keys import RecordKey
from schemas import Entity

KEYS_AT_ONCE = 100
KEYS_MOST = 10_000
REST_PER_READ = 9
"""After each read the views are left alone so many times as long as it took."""


class MissingParents:
    """The keys to ask for, in the order in which they were missed.

    Args:
        pool: sessions with our timeouts.
        monotonic: this process's own clock, in seconds.
    """

    def __init__(self, pool: Pool, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Begin with nothing missing."""
        self._pool = pool
        self._monotonic = monotonic
        self._keys: dict[RecordKey, None] = {}
        self._not_before = monotonic()

    def add(self, keys: Iterable[RecordKey]) -> None:
        """Ask for these as well, as long as there is room."""
        room = KEYS_MOST - len(self._keys)
        self._keys |= dict.fromkeys(islice(keys, max(room, 0)))

    def read_next(self) -> dict[RecordKey, dict[str, Any]] | None:
        """Read the next piece, whatever is found of it; None when there is nothing to ask now."""
        asked_at = self._monotonic()
        if not self._keys or asked_at < self._not_before:
            return None
        group = self._next_group()
        found = read_exported(self._pool, group)
        took_seconds = self._monotonic() - asked_at
        self._not_before = asked_at + took_seconds * (1 + REST_PER_READ)
        return found

    def _next_group(self) -> Group:
        first = next(iter(self._keys))
        alike = (
            key
            for key in self._keys
            if (key.company_id, key.entity) == (first.company_id, first.entity)
        )
        taken = list(islice(alike, KEYS_AT_ONCE))
        for key in taken:
            del self._keys[key]
        return Group(first.company_id, Entity(first.entity), tuple(key.record_id for key in taken))
