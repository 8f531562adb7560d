"""The simulator's own time: it runs, can be put forward, or stands still in tests.

Tokens expire and throttle windows pass by this clock alone, so a test moves an hour in no time.
"""

import threading
import time
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def _pacific() -> tzinfo:
    try:
        return ZoneInfo("America/Los_Angeles")
    except ZoneInfoNotFoundError:  # a machine without time zones still shows a Pacific offset
        return timezone(timedelta(hours=-8))


PACIFIC = _pacific()


class Clock:
    """A clock that can be put forward; given a start it stands still until it is."""

    def __init__(self, start: datetime | None = None) -> None:
        """Follow the machine's clock, or stand at `start` (aware) and move only by `advance`."""
        self._start = start
        self._lock = threading.Lock()
        self._ahead_seconds = 0.0

    def now(self) -> datetime:
        """The time now, aware, in UTC."""
        base = self._start or datetime.now(UTC)
        return base + timedelta(seconds=self._ahead_seconds)

    def ticks_seconds(self) -> float:
        """Seconds on a count that never goes back, for windows and expiries."""
        return (0.0 if self._start else time.monotonic()) + self._ahead_seconds

    def advance(self, seconds: float) -> None:
        """Put the clock forward."""
        with self._lock:
            self._ahead_seconds += seconds

    def today(self) -> date:
        """The date in Pacific time, which is what a transaction without TxnDate gets."""
        return self.now().astimezone(PACIFIC).date()


def stamp(moment: datetime) -> str:
    """Write a time as in MetaData: `2020-09-29T05:58:16-07:00`."""
    return moment.astimezone(PACIFIC).isoformat(timespec="seconds")


def stamp_with_milliseconds(moment: datetime) -> str:
    """Write a time as at the end of a reply: `2020-09-29T05:58:16.187-07:00`."""
    return moment.astimezone(PACIFIC).isoformat(timespec="milliseconds")
