"""Compares two JSON documents by keys and types, and by value where the value is the point.

Pure. Rows of a list are matched by `bId`, `Id`, `Name` or `DetailType` where they have one, else
by their place. Numbers are of one type, whole or not. Values count only in faults (`code`, `type`)
and for the words that say what a row is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

BY_VALUE = frozenset({"code", "type", "domain", "envelope", "status", "DetailType", "TxnType"})
NAMES_OF_ROWS = ("bId", "Id", "Name", "DetailType")
SHOWN = 60


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference at a path such as `Invoice.Line[].Id`.

    `kind` is `missing` (the simulator does not have it), `extra` (the recording does not), `type`,
    `value` or `status`.
    """

    path: str
    kind: str
    detail: str

    def sentence(self) -> str:
        """The difference in one line."""
        match self.kind:
            case "missing":
                return f"{self.path} is missing in the simulator's reply ({self.detail})"
            case "extra":
                return f"{self.path} is in the simulator's reply alone ({self.detail})"
            case _:
                return f"{self.path}: {self.detail}"


def compare(recorded: object, replayed: object, path: str = "") -> Iterator[Difference]:
    """Give every difference of a replayed document from the recorded one."""
    was, now = _type(recorded), _type(replayed)
    if was != now:
        yield Difference(path, "type", f"recorded is {was}, the simulator gives {now}")
    elif isinstance(recorded, Mapping) and isinstance(replayed, Mapping):
        yield from _compare_objects(recorded, replayed, path)
    elif isinstance(recorded, list) and isinstance(replayed, list):
        yield from _compare_lists(recorded, replayed, path)
    elif recorded != replayed and path.rpartition(".")[2] in BY_VALUE:
        detail = f"recorded is {_short(recorded)}, the simulator gives {_short(replayed)}"
        yield Difference(path, "value", detail)


def _compare_objects(
    recorded: Mapping[str, object], replayed: Mapping[str, object], path: str
) -> Iterator[Difference]:
    for name, value in recorded.items():
        below = f"{path}.{name}" if path else name
        if name not in replayed:
            yield Difference(below, "missing", f"recorded {_short(value)}")
        else:
            yield from compare(value, replayed[name], below)
    for name, value in replayed.items():
        if name not in recorded:
            yield Difference(f"{path}.{name}" if path else name, "extra", _short(value))


def _compare_lists(
    recorded: list[object], replayed: list[object], path: str
) -> Iterator[Difference]:
    for place, each in enumerate(recorded):
        fitting = _fitting(each, place, replayed)
        if fitting is None:
            yield Difference(f"{path}[]", "missing", f"recorded {_short(each)}")
        else:
            yield from compare(each, fitting, f"{path}[]")
    if replayed and not recorded:
        yield Difference(f"{path}[]", "extra", _short(replayed[0]))


def _fitting(row: object, place: int, rows: list[object]) -> object | None:
    """The row to compare one with: the one named alike, else the one in the same place."""
    if row == {}:  # says nothing: an entity without changes
        return row
    names = row if isinstance(row, Mapping) else {}
    for name in NAMES_OF_ROWS:
        if name in names:
            alike = [
                each for each in rows if isinstance(each, Mapping) and each.get(name) == names[name]
            ]
            if alike:
                return alike[0]
    return rows[min(place, len(rows) - 1)] if rows else None


def _type(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float() | Decimal():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "an object"


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
