"""Twice: what was made, booked or written a second time."""

from collections.abc import Iterator

from chaos.checker.breaches import Breach, Kind
from chaos.checker.writes import Thing, Understood, Write


def twice(seen: Understood) -> Iterator[Breach]:
    """Say what was done again that was done."""
    yield from _made_again(seen)
    yield from _written_again(seen)


def _written_again(seen: Understood) -> Iterator[Breach]:
    """The same words of the same revision, one after the other: one version is one write.

    A running balance may come back to a member's words when a newer member is void.
    """
    last: dict[Thing, tuple[object, Write]] = {}
    for write in seen.writes:
        if write.thing is None or write.number is None:
            continue
        said = sorted(
            (name, repr(value)) for name, value in write.call.body.items() if name != "SyncToken"
        )
        before = last.get(write.thing)
        last[write.thing] = (write.number, said), write
        if before is not None and before[0] == (write.number, said):
            name = before[1].name
            yield seen.breach(Kind.DUPLICATES, f"{write.name} says again what {name} said")


def _made_again(seen: Understood) -> Iterator[Breach]:
    made: dict[tuple[str, str], Write] = {}
    for write in seen.writes:
        subject = seen.subject(write)
        if write.call.operation != "create" or subject is None:
            continue
        if subject in made:
            yield seen.breach(Kind.DUPLICATES, f"{write.name} made again {made[subject].name}")
        made.setdefault(subject, write)
