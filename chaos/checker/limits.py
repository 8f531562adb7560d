"""Limits: the ceiling in any 60 seconds, 10 in any second, 10 in flight, counted from the log.

https://developer.intuit.com/app/developer/qbo/docs/learn/limits-and-throttles
"""

from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from chaos.checker.breaches import Breach, Kind
from chaos.checker.facts import Call, Realm

MINUTE: Final = timedelta(seconds=60)
SECOND: Final = timedelta(seconds=1)
IN_A_SECOND: Final = 10
IN_FLIGHT: Final = 10


def limit_breaches(realm: Realm) -> Iterator[Breach]:
    """Say at which call each limit was passed."""
    yield from _too_many(realm, MINUTE, realm.ceiling)
    yield from _too_many(realm, SECOND, IN_A_SECOND)
    yield from _too_many_at_once(realm)


def _in_window(calls: "deque[datetime]", now: datetime, window: timedelta) -> int:
    """Count a call that arrives now, and those of the window before it."""
    calls.append(now)
    while calls[0] <= now - window:
        calls.popleft()
    return len(calls)


def _too_many(realm: Realm, window: timedelta, limit: int) -> Iterator[Breach]:
    recent: deque[datetime] = deque()
    for call in realm.calls:
        count = _in_window(recent, call.received_at, window)
        if count > limit:
            yield _breach(realm, call, f"{count} calls in {window.total_seconds():.0f} s")


def _too_many_at_once(realm: Realm) -> Iterator[Breach]:
    flying: list[Call] = []
    for call in realm.calls:
        now = call.received_at
        flying = [each for each in flying if each.ended_at is None or each.ended_at > now]
        flying.append(call)
        if len(flying) > IN_FLIGHT:
            yield _breach(realm, call, f"{len(flying)} calls in flight")


def _breach(realm: Realm, call: Call, what: str) -> Breach:
    sentence = f"{what} at call {call.seq}, {call.received_at:%H:%M:%S.%f}"
    return Breach(Kind.LIMIT_BREACHES, realm.company_id, sentence)
