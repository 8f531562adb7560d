"""What was done to the system, when, and how long it took to recover."""

import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final


class Manner(StrEnum):
    """How a part was harmed."""

    KILLED = "killed"
    FROZEN = "frozen"
    STOPPED = "stopped"
    """Asked to stop, in order."""
    CUT = "cut"
    """Its connections were cut, its queues emptied, or its alarms set."""
    FAULTY = "faulty"
    """QuickBooks answered wrongly, late, or not at all."""
    CHANGED = "changed"
    """Somebody in the office changed a setting, or turned the integration off and on."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One act."""

    at: datetime
    part: str
    manner: Manner
    what: str


@dataclass(frozen=True, slots=True)
class Recovery:
    """How long something took; `seconds` None: it did not come in the time that it was given."""

    what: str
    at: datetime
    seconds: float | None


TAKE_OVER_SECONDS: Final = 5.0
"""Within which the records of a killed worker must be taken over."""
GO_ON_SECONDS: Final = 2.0
"""Within which others must have made a call and been answered, when one worker is killed."""
RESUME_SECONDS: Final = 10.0
"""Within which work must go on once a server is back."""


@dataclass
class Diary:
    """Everything that was done; thread-safe."""

    entries: list[Entry] = field(default_factory=list)
    take_overs: list[Recovery] = field(default_factory=list)
    goings_on: list[Recovery] = field(default_factory=list)
    resumptions: list[Recovery] = field(default_factory=list)
    not_done: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self, part: str, manner: Manner, what: str) -> None:
        """Note an act that was just done."""
        with self._lock:
            self.entries.append(Entry(datetime.now(UTC), part, manner, what))

    def taken_over(self, what: str, seconds: float | None) -> None:
        """Note how long a killed worker's records stayed its own."""
        with self._lock:
            self.take_overs.append(Recovery(what, datetime.now(UTC), seconds))

    def went_on(self, what: str, seconds: float | None) -> None:
        """Note how long after a kill the others' next call was answered."""
        with self._lock:
            self.goings_on.append(Recovery(what, datetime.now(UTC), seconds))

    def resumed(self, what: str, seconds: float | None) -> None:
        """Note how long after its return a server's work went on."""
        with self._lock:
            self.resumptions.append(Recovery(what, datetime.now(UTC), seconds))

    def gave_up(self, what: str) -> None:
        """Note an act that could not be done, such as a settings change while all was down."""
        with self._lock:
            self.not_done.append(what)

    def by_part(self, manner: Manner) -> Counter[str]:
        """Count the acts of one manner by part."""
        with self._lock:
            return Counter(each.part for each in self.entries if each.manner is manner)

    @property
    def kills(self) -> int:
        """Count what was killed with SIGKILL, or crashed."""
        return self.by_part(Manner.KILLED).total()

    @property
    def slow(self) -> list[str]:
        """Say what recovered too late, or not at all."""
        limits = (
            (self.take_overs, TAKE_OVER_SECONDS),
            (self.goings_on, GO_ON_SECONDS),
            (self.resumptions, RESUME_SECONDS),
        )
        return [
            f"{each.what}: {'not at all' if each.seconds is None else f'{each.seconds:.1f} s'}"
            f" at {each.at:%H:%M:%S}, {limit:.0f} s are allowed"
            for recoveries, limit in limits
            for each in recoveries
            if each.seconds is None or each.seconds > limit
        ]
