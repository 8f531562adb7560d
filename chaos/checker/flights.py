"""Flights: of one record no two different writes are on their way at the same time.

In flight means: received, and neither answered nor its connection closed by the client. Requests
with one requestid and one body are one write, sent again.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from chaos.checker.breaches import Breach, Kind
from chaos.checker.writes import Understood, Write

_NEVER = datetime.max.replace(tzinfo=UTC)


def overlaps(seen: Understood) -> Iterator[Breach]:
    """Say which writes of one record overlap."""
    of_record: dict[object, list[Write]] = {}
    for write in seen.asked:
        for key in _keys(seen, write):
            of_record.setdefault(key, []).append(write)
    pairs = {
        (one.call.seq, other.call.seq): (one, other)
        for writes in of_record.values()
        for one, other in _overlapping(writes)
    }
    for earlier, later in pairs.values():
        yield seen.breach(Kind.OVERLAPS, f"{later.name} arrived during {earlier.name}")


def _keys(seen: Understood, write: Write) -> list[tuple[str, str]]:
    """Name what is written by its object, and while there is none by what it says."""
    return [each for each in (write.thing, seen.subject(write)) if each is not None]


def _overlapping(writes: list[Write]) -> Iterator[tuple[Write, Write]]:
    flying: list[Write] = []
    for write in writes:  # in the order of arrival
        flying = [each for each in flying if _end(each) > write.call.received_at]
        for other in flying:
            if _is_another(other, write):
                yield other, write
        flying.append(write)


def _end(write: Write) -> datetime:
    return write.call.ended_at or _NEVER


def _is_another(one: Write, other: Write) -> bool:
    return (one.call.requestid, one.call.body) != (other.call.requestid, other.call.body)
