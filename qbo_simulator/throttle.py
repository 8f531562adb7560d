"""The accounting of one realm's calls: 500 in a minute, 10 in a second, 10 at once, 40 batches.

https://developer.intuit.com/app/developer/qbo/docs/learn/limits-and-throttles
A call counts when it is received. A call that was refused for its rate does not count towards the
limits (a client that keeps asking is not locked out for ever), but does count in what the report
shows, so that a client which passes the limits is seen. In flight means: received, and neither
answered nor its connection closed by the client. Not thread-safe: the realm's own short lock
guards it.
"""

from collections import deque

from qbo_simulator.settings import Limits

MINUTE_SECONDS = 60.0
SECOND_SECONDS = 1.0


class Throttle:
    """One realm's counts, and the highest they have been."""

    def __init__(self) -> None:
        """Start with nothing in flight."""
        self.in_flight = 0
        self.throttled = 0
        self.most_in_flight = 0
        self.most_in_1s = 0
        self.most_in_60s = 0
        self._second = _Window(SECOND_SECONDS)
        self._minute = _Window(MINUTE_SECONDS)
        self._batches = _Window(MINUTE_SECONDS)
        self._received_second = _Window(SECOND_SECONDS)
        self._received_minute = _Window(MINUTE_SECONDS)

    def arrive(self, limits: Limits, now_seconds: float, *, batch: bool = False) -> bool:
        """Count a call that was received; True when it may go on, False when it is one too many.

        A batch counts as one call, and towards a limit of its own besides.
        """
        may_go_on = self._fits(limits, now_seconds, batch=batch)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        self.most_in_1s = max(self.most_in_1s, self._received_second.add(now_seconds))
        self.most_in_60s = max(self.most_in_60s, self._received_minute.add(now_seconds))
        if may_go_on:
            self._second.add(now_seconds)
            self._minute.add(now_seconds)
            if batch:
                self._batches.add(now_seconds)
        else:
            self.throttled += 1
        return may_go_on

    def leave(self) -> None:
        """Count a call as answered, or its connection as closed by the client."""
        self.in_flight -= 1

    def _fits(self, limits: Limits, now_seconds: float, *, batch: bool) -> bool:
        counts = (
            (limits.per_minute, self._minute.count(now_seconds)),
            (limits.per_second, self._second.count(now_seconds)),
            (limits.in_flight, self.in_flight),
            (limits.batches_per_minute if batch else None, self._batches.count(now_seconds)),
        )
        return all(limit is None or count < limit for limit, count in counts)


class _Window:
    """The times within the last so many seconds; holds no more than came in that time."""

    def __init__(self, length_seconds: float) -> None:
        self._length_seconds = length_seconds
        self._times: deque[float] = deque()

    def add(self, now_seconds: float) -> int:
        self._times.append(now_seconds)
        return self.count(now_seconds)

    def count(self, now_seconds: float) -> int:
        while self._times and self._times[0] <= now_seconds - self._length_seconds:
            self._times.popleft()
        return len(self._times)
