"""Flights: of one record no two different writes are on their way at the same time.

In flight means: received, and neither answered nor its connection closed by either side. Requests
with one requestid and one body are one write, sent again; where a requestid is known to be replayed
the first answer to one of them is the end of all.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Final

from chaos.checker.breaches import Breach, Kind
from chaos.checker.writes import NEVER, Understood, Write

OUTCOMES: Final = frozenset({HTTPStatus.OK, HTTPStatus.BAD_REQUEST})
"""It is done, or it is refused for what it says; any other answer leaves other sends open."""


def overlaps(seen: Understood) -> Iterator[Breach]:
    """Say which writes of one record overlap."""
    answered = _first_answers(seen) if seen.facts.proved else {}
    of_record: dict[object, list[Write]] = {}
    for write in seen.asked:
        for key in _keys(seen, write):
            of_record.setdefault(key, []).append(write)
    pairs = {
        (one.call.seq, other.call.seq): (one, other)
        for writes in of_record.values()
        for one, other in _overlapping(writes, answered)
    }
    for earlier, later in pairs.values():
        yield seen.breach(Kind.OVERLAPS, f"{later.name} arrived during {earlier.name}")


def _keys(seen: Understood, write: Write) -> list[tuple[str, str]]:
    """Name what is written by its object, and while there is none by what it says."""
    return [each for each in (write.thing, seen.subject(write)) if each is not None]


def _overlapping(
    writes: list[Write], answered: Mapping[str | None, datetime]
) -> Iterator[tuple[Write, Write]]:
    flying: list[Write] = []
    for write in writes:  # in the order of arrival
        flying = [each for each in flying if _end(each, answered) > write.call.received_at]
        for other in flying:
            if _is_another(other, write):
                yield other, write
        flying.append(write)


def _end(write: Write, answered: Mapping[str | None, datetime]) -> datetime:
    return min(write.call.ended_at or NEVER, answered.get(write.call.requestid, NEVER))


def _first_answers(seen: Understood) -> dict[str | None, datetime]:
    """Say when each requestid was answered first with an outcome."""
    first: dict[str | None, datetime] = {}
    for call in (write.call for write in seen.asked):
        says_it = call.status in OUTCOMES and call.requestid is not None
        if says_it and call.ended_at is not None:
            first[call.requestid] = min(call.ended_at, first.get(call.requestid, NEVER))
    return first


def _is_another(one: Write, other: Write) -> bool:
    return (one.call.requestid, one.call.body) != (other.call.requestid, other.call.body)
