"""From where on the leader looks: what lies before is dead, or nearly all of it.

While an old snapshot is held open anywhere in the database, what was removed still stands in the
indexes, and a look from the beginning passes over all of it. Ids and times rise, but a row may be
committed long after either was drawn. So a floor stays behind what was seen; events and nudges are
looked for from the beginning now and then, and a company before it leaves the ring.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

LATE_SECONDS: Final = 10.0
"""How long after its time a record may have become eligible: several times the longest transaction
of ours."""


@dataclass
class Floor:
    """The highest id seen a while ago.

    Args:
        age_seconds: how long ago.
    """

    age_seconds: float
    _value: int = 0
    _highest: int = 0
    _marks: deque[tuple[float, int]] = field(default_factory=deque)

    def saw(self, highest: int, *, now: float) -> None:
        """Note the highest id that was just taken; `now` is monotonic, in seconds."""
        if highest > self._highest:
            self._highest = highest
            self._marks.append((now, highest))

    def at(self, now: float) -> int:
        """Return the id above which to look."""
        while self._marks and now - self._marks[0][0] >= self.age_seconds:
            self._value = self._marks.popleft()[1]
        return self._value


@dataclass
class Oldest:
    """Since when the oldest eligible record of each company has waited, or it has none.

    Times are seconds of the database's clock.
    """

    _since: dict[str, float] = field(default_factory=dict)

    def __contains__(self, company_id: str) -> bool:
        """Whether anything is known of it."""
        return company_id in self._since

    def of(self, company_ids: Iterable[str]) -> list[float]:
        """Say from when on to look for each; minus infinity where nothing is known."""
        return [self._since.get(each, float("-inf")) - LATE_SECONDS for each in company_ids]

    def saw(self, company_id: str, since: float) -> None:
        """Note what a look at records of all entities found: nothing is older than this."""
        self._since[company_id] = since

    def forget(self, company_ids: Sequence[str] | None = None) -> None:
        """Know nothing of these companies, or of any."""
        for each in self._since.copy() if company_ids is None else company_ids:
            self._since.pop(each, None)
