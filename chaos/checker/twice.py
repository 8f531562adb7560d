"""Twice: a record that was made a second time, or revenue that was booked a second time."""

from collections.abc import Iterator

from chaos.checker.breaches import Breach, Kind
from chaos.checker.writes import Understood, Write


def twice(seen: Understood) -> Iterator[Breach]:
    """Say which creates made again what was there."""
    made: dict[tuple[str, str], Write] = {}
    for write in seen.writes:
        subject = seen.subject(write)
        if write.call.operation != "create" or subject is None:
            continue
        if subject in made:
            yield seen.breach(Kind.DUPLICATES, f"{write.name} made again {made[subject].name}")
        made.setdefault(subject, write)
