"""Judges files: each one's exchanges, their differences, and what is known or left out of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from qbo_simulator.check.known import reason
from qbo_simulator.check.parser import hold_parser
from qbo_simulator.check.recordings import Exchange, NoRecording, read_recordings
from qbo_simulator.check.replay import LeftOut, replay
from qbo_simulator.wire import Json

MOST_FILES = 10_000
UNREADABLE = (AttributeError, LookupError, TypeError, ValueError, ArithmeticError)
"""What a recording of a form nobody thought of runs into; the others are judged all the same."""


@dataclass(slots=True)
class Judgement:
    """What came of one file. `unread` says why it is no recording, if it is none."""

    name: str
    exchanges: int = 0
    differences: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    unread: str | None = None

    def as_json(self) -> Json:
        """The judgement for machines."""
        return {
            "file": self.name,
            "exchanges": self.exchanges,
            "differences": self.differences,
            "known": self.known,
            "left_out": self.left_out,
            "unread": self.unread,
        }


def judge_folder(folder: Path) -> Iterator[Judgement]:
    """Judge every file below a folder, by name; at most ten thousand."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in files[:MOST_FILES]:
        if not any(part.startswith(".") for part in path.relative_to(folder).parts):
            yield judge_file(path, str(path.relative_to(folder)))


def judge_file(path: Path, name: str) -> Judgement:
    """Judge one file."""
    judgement = Judgement(name)
    try:
        exchanges = read_recordings(path)
    except (NoRecording, OSError) as error:
        judgement.unread = str(error)
        return judgement
    for exchange in exchanges:
        _judge_exchange(exchange, judgement, numbered=len(exchanges) > 1)
    if not judgement.exchanges and not judgement.left_out:
        judgement.unread = "none of its exchanges is one with QuickBooks"
    return judgement


def _judge_exchange(exchange: Exchange, judgement: Judgement, *, numbered: bool) -> None:
    at = f"{exchange.name}: " if numbered else ""
    try:
        found = replay(exchange)
    except LeftOut as left_out:
        judgement.left_out.append(f"{at}{left_out}")
        return
    except NoRecording as error:
        judgement.left_out.append(f"{at}{error}")
        return
    except UNREADABLE as error:
        judgement.exchanges += 1
        judgement.differences.append(f"{at}it cannot be replayed: {type(error).__name__}: {error}")
        return
    judgement.exchanges += 1
    for difference in found:
        why = reason(difference)
        if why is None:
            judgement.differences.append(at + difference.sentence())
        else:
            judgement.known.append(f"{at}{difference.sentence()}: {why}")
    judgement.differences += [at + sentence for sentence in hold_parser(exchange)]


def summary(judgements: Iterable[Judgement]) -> Json:
    """Count what came of all files."""
    listed = list(judgements)
    return {
        "files": len(listed),
        "exchanges": sum(each.exchanges for each in listed),
        "differences": sum(len(each.differences) for each in listed),
        "known": sum(len(each.known) for each in listed),
        "left_out": sum(len(each.left_out) for each in listed),
        "unread": sum(each.unread is not None for each in listed),
    }
