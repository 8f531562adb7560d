"""The ring of companies: one record a turn, so that nobody's backlog is another's delay.

It is kept in the leader's memory. A company stands there while it may have work to hand out. One
that had nothing eligible or in flight joins at the head, then takes its turns at the tail. What the
ring holds can be read from the records at any time, so a new term builds its own; as rows it was
written with every turn, and what died there stood in front of the next.

Invariant: whoever has eligible work stands in the ring. Who stands there without any costs a look
and leaves. So whoever joins may be entered before the transaction that made the work commits, and
after one that failed the ring is built anew.

Times are seconds of the database's clock, as the leader has last read it.
"""

import heapq
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

MADE_UP_MOST: Final = 4
"""How many late turns a company may make up at once: more, and threads would wait for slots."""
BACK_SECONDS: Final = 1.0
"""By how much a clock must have gone back for everybody's turn to be looked at anew."""
SPARE: Final = 100
"""Entries that no longer stand, before they are removed."""


class Newcomer(NamedTuple):
    """A company with eligible work that wants a turn; `idle` while nothing of it is in flight."""

    company_id: str
    idle: bool


class _Entry(NamedTuple):
    """A company's turn: it comes in the order of the positions, and not before its time."""

    position: int
    company_id: str
    not_before: float
    rests: bool = False


@dataclass
class Ring:
    """Whose turn it is.

    Attributes:
        now: the database's clock at the last `tell`, in seconds.
    """

    now: float = float("-inf")
    _entries: dict[str, _Entry] = field(default_factory=dict)
    _due: list[_Entry] = field(default_factory=list)
    _later: list[tuple[float, _Entry]] = field(default_factory=list)
    _head: int = 0
    _tail: int = 0

    def __contains__(self, company_id: str) -> bool:
        """Whether it stands in the ring."""
        return company_id in self._entries

    def forget(self) -> None:
        """Hold nobody."""
        self._entries.clear()
        self._due.clear()
        self._later.clear()

    def is_behind(self, now: float) -> bool:
        """Whether the clock has gone back since the last time was told."""
        return now < self.now - BACK_SECONDS

    def tell(self, now: float) -> bool:
        """Set the time; say whether it is anybody's turn.

        After a clock that went back everybody's is, for no turn lies where it was meant to.
        """
        if self.is_behind(now):
            self._put([each._replace(not_before=now) for each in self._entries.values()])
        self.now = now
        while self._later and self._later[0][0] <= now:
            _, entry = heapq.heappop(self._later)
            if self._stands(entry):
                heapq.heappush(self._due, entry)
        while self._due and not self._stands(self._due[0]):
            heapq.heappop(self._due)
        return bool(self._due)

    def take(self, most: int) -> list[str]:
        """Return whose turn it is, in order; each has to be told afterwards what becomes of it."""
        taken: list[str] = []
        while self._due and len(taken) < most:
            entry = heapq.heappop(self._due)
            if self._stands(entry):
                taken.append(entry.company_id)
        return taken

    def join(self, newcomers: Sequence[Newcomer]) -> None:
        """Give these a turn now, unless they have one: at the head who was idle, in this order."""
        fresh = [each for each in newcomers if each.company_id not in self._entries]
        idle = [each.company_id for each in fresh if each.idle]
        self._head -= len(idle)
        self._put(_Entry(self._head + at, each, self.now) for at, each in enumerate(idle))
        self._to_tail((each.company_id, self.now) for each in fresh if not each.idle)

    def pass_turn(self, company_ids: Iterable[str], pace: float) -> bool:
        """Move companies to the tail, in this order; their turns come `pace` seconds apart.

        A turn that came late, because the relay was busy, does not set back those after it:
        otherwise a tick of 50 ms would cost a company a third of its quota.

        Returns:
            Whether the next turn of any of them has come already.
        """
        earliest = self.now - MADE_UP_MOST * pace
        times = [
            (each, max(self._entries[each].not_before, earliest) + pace) for each in company_ids
        ]
        self._to_tail(times)
        return any(not_before <= self.now for _, not_before in times)

    def wait(self, company_ids: Iterable[str], until: float) -> None:
        """Pass companies over until then: they keep their place."""
        self._put(self._entries[each]._replace(not_before=until) for each in company_ids)

    def rest(self, company_id: str, until: float) -> None:
        """Let a paused company keep its place, but have no turn before its pause is over."""
        self._put([self._entries[company_id]._replace(not_before=until, rests=True)])

    def end_rests(self, company_ids: Collection[str]) -> None:
        """Let companies whose pause may have ended before its time be looked at now."""
        entries = (self._entries.get(each) for each in company_ids)
        self._put(
            each._replace(not_before=self.now, rests=False)
            for each in entries
            if each is not None and each.rests
        )

    def end_all_rests(self) -> None:
        """Let every paused company be looked at now."""
        self.end_rests(list(self._entries))

    def keep(self, company_ids: Iterable[str]) -> None:
        """Leave companies whose turn was not reached where they are."""
        for each in company_ids:
            heapq.heappush(self._due, self._entries[each])

    def leave(self, company_ids: Iterable[str]) -> None:
        """Take companies out that have nothing to hand out; what changes that lets them join."""
        for each in company_ids:
            self._entries.pop(each, None)

    def _stands(self, entry: _Entry) -> bool:
        return self._entries.get(entry.company_id) is entry

    def _to_tail(self, times: Iterable[tuple[str, float]]) -> None:
        for company_id, not_before in times:
            self._tail += 1
            self._put([_Entry(self._tail, company_id, not_before)])

    def _put(self, entries: Iterable[_Entry]) -> None:
        for entry in list(entries):
            self._entries[entry.company_id] = entry
            if entry.not_before <= self.now:
                heapq.heappush(self._due, entry)
            else:
                heapq.heappush(self._later, (entry.not_before, entry))
        if len(self._later) > 2 * len(self._entries) + SPARE:
            self._later = [each for each in self._later if self._stands(each[1])]
            heapq.heapify(self._later)
