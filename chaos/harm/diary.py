"""What was done to the system, when, and how long it took to recover."""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from demo.comparer import Mode


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


class Measure(StrEnum):
    """What is measured of a recovery."""

    TAKEN_OVER = "a killed worker's records taken back"
    WENT_ON = "another worker goes on with each of them"
    OTHERS = "some call answered after a worker was killed"
    EACH_COMPANY = "a call answered of each company that has other work"
    AFTER_POSTGRES = "a change of after PostgreSQL's return answered"
    AFTER_RABBITMQ = "a change of after RabbitMQ's return answered"
    SENT_AGAIN = "what was handed out and lost claimed all the same"
    WELL = "a relay leads and two workers beat"


WITHIN_SECONDS: Final[Mapping[Measure, float]] = {
    Measure.TAKEN_OVER: 5.0,
    Measure.WENT_ON: 10.0,
    Measure.OTHERS: 2.0,
    Measure.EACH_COMPANY: 4.0,
    Measure.AFTER_POSTGRES: 10.0,
    Measure.AFTER_RABBITMQ: 10.0,
    Measure.SENT_AGAIN: 10.0,
    Measure.WELL: 20.0,
}
"""The promises."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """How long something took; `seconds` None: it did not come in the time that it was given."""

    measure: Measure
    at: datetime
    seconds: float | None
    of: str


@dataclass
class Diary:
    """Everything that was done; thread-safe.

    Attributes:
        modes: when the restless office chose which customer mode.
        done: how often each act was done.
        faults: of which kind each fault was that QuickBooks was ordered, the first first.
    """

    entries: list[Entry] = field(default_factory=list)
    recoveries: list[Recovery] = field(default_factory=list)
    modes: list[tuple[datetime, Mode]] = field(default_factory=list)
    not_done: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self, part: str, manner: Manner, what: str) -> None:
        """Note an act that was just done."""
        with self._lock:
            self.entries.append(Entry(datetime.now(UTC), part, manner, what))

    def recovered(self, measure: Measure, seconds: float | None, of: str = "") -> None:
        """Note how long something took; None: it did not come."""
        with self._lock:
            self.recoveries.append(Recovery(measure, datetime.now(UTC), seconds, of))

    def chose(self, mode: Mode) -> None:
        """Note that the restless office has just chosen a customer mode."""
        with self._lock:
            self.modes.append((datetime.now(UTC), mode))

    def did(self, act: str) -> None:
        """Note that an act was done to its end."""
        with self._lock:
            self.done[act] += 1

    def ordered(self, fault: str) -> None:
        """Note that QuickBooks was ordered a fault of this kind."""
        with self._lock:
            self.faults.append(fault)

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

    def took(self, measure: Measure) -> list[float]:
        """Give how long each recovery took that came, the shortest first."""
        with self._lock:
            found = [each.seconds for each in self.recoveries if each.measure is measure]
        return sorted(each for each in found if each is not None)

    @property
    def slow(self) -> list[str]:
        """Say what recovered too late, or not at all."""
        return [
            f"{each.measure}: {'not at all' if each.seconds is None else f'{each.seconds:.1f} s'}"
            f" at {each.at:%H:%M:%S} {each.of}, {WITHIN_SECONDS[each.measure]:.0f} s are allowed"
            for each in self.recoveries
            if each.seconds is None or each.seconds > WITHIN_SECONDS[each.measure]
        ]
