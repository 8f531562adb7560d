"""What reached QuickBooks, in one order: the judge of order, flights and parents.

Knows nothing of our tables: it reads only calls, each with the number of the edit that it carried,
what it hung from and what it made.
"""

import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count, pairwise


@dataclass(frozen=True)
class Call:
    """One write; `begun` and `ended` are places in the one order of all such moments.

    `edit` is None for an update that carries nothing of the record's own; `parents` are ids in
    QuickBooks, None for one that was not there; `made` is the id a create returned.
    """

    record: str
    edit: int | None
    parents: tuple[str | None, ...]
    made: str | None = None
    begun: int = 0
    ended: int = 0


class Recording:
    """Keeps calls as they end; threads share it."""

    def __init__(self) -> None:
        """Begin empty."""
        self.calls: list[Call] = []
        self._moments = count(1)
        self._lock = threading.Lock()

    @contextmanager
    def call(self, call: Call) -> Iterator[None]:
        """Keep a call from its first byte to its answer."""
        begun = self._moment()
        yield
        with self._lock:
            self.calls.append(replace(call, begun=begun, ended=next(self._moments)))

    def _moment(self) -> int:
        with self._lock:
            return next(self._moments)

    def newest_edits(self) -> dict[str, int]:
        """Return the edit of each record that came last."""
        with self._lock:
            in_order = sorted(self.calls, key=lambda call: call.begun)
        return {call.record: call.edit for call in in_order if call.edit is not None}

    def breaches(self) -> list[str]:
        """Say what must never happen and did."""
        with self._lock:
            calls = sorted(self.calls, key=lambda call: call.begun)
        by_record: dict[str, list[Call]] = defaultdict(list)
        for call in calls:
            by_record[call.record].append(call)
        found = [each for of_one in by_record.values() for each in _of_one_record(of_one)]
        return found + _children_before_parents(calls)


def _of_one_record(calls: Sequence[Call]) -> Iterator[str]:
    record = calls[0].record
    if any(earlier.ended > later.begun for earlier, later in pairwise(calls)):
        yield f"{record}: two in flight"
    edits = [call.edit for call in calls if call.edit is not None]
    if any(later < earlier for earlier, later in pairwise(edits)):
        yield f"{record}: versions do not ascend: {edits}"
    if sum(call.made is not None for call in calls) > 1:
        yield f"{record}: made twice"


def _children_before_parents(calls: Sequence[Call]) -> list[str]:
    there_since = {call.made: call.ended for call in calls if call.made is not None}
    return [
        f"{call.record}: before its parent {parent}"
        for call in calls
        for parent in call.parents
        if parent is None or call.begun < there_since.get(parent, call.begun + 1)
    ]
