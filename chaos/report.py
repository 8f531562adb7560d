"""What is printed at the end: what was done, what the checker says, and one line of JSON."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from chaos.checker import Kind
from chaos.harm.diary import WITHIN_SECONDS, Manner
from chaos.outcome import Outcome

SHOWN_MOST: Final = 25


def show(outcome: Outcome, console: Console) -> None:
    """Print the whole of it; the JSON line is left to `line`."""
    tally, diary = outcome.tally, outcome.diary
    console.print(
        f"Seed {outcome.seed}, {outcome.seconds:.0f} s: {tally.changes} changes committed,"
        f" {tally.rolled_back} transactions taken back, {tally.unanswered} without an answer;"
        f" {outcome.verdict.writes} writes in QuickBooks."
    )
    console.print(_harm(outcome))
    for measure, within in WITHIN_SECONDS.items():
        took = diary.took(measure)
        longest = f", at most {took[-1]:.1f} of {within:.0f} s" if took else ""
        console.print(f"{measure}: {len(took)} times{longest}")
    settled = outcome.settled_seconds
    console.print(
        "It did not settle in time."
        if settled is None
        else f"Settled {settled:.1f} s after the load."
    )
    for what, sentences in found_in(outcome).items():
        _list(console, f"{what}: {len(sentences)}", sentences)
    _list(console, f"not done: {len(diary.not_done)}", diary.not_done)
    _list(console, "acts, how often each was done", [_counted(diary.done)])
    _list(console, "calls struck by faults", [_counted(outcome.struck)])
    exits = (
        f"{name}: {_counted(Counter(end.code for end in ends))}"
        for name, ends in outcome.ends.items()
    )
    _list(console, "exit codes of processes, how often each", exits)


def found_in(outcome: Outcome) -> dict[str, list[str]]:
    """Say what was found, a sentence each, by the word of the JSON line."""
    breaches: dict[str, list[str]] = {kind.value: [] for kind in Kind}
    for each in outcome.verdict.breaches:
        breaches[each.kind.value].append(f"{each.company_id}: {each.sentence}")
    return breaches | {
        "parked": list(outcome.parked),
        "slow": outcome.diary.slow,
        "broken": outcome.broken,
        "unproved": outcome.unproved,
    }


def line(outcome: Outcome) -> str:
    """Give the line of JSON that a run ends with."""
    return json.dumps(
        {
            "seed": outcome.seed,
            "seconds": round(outcome.seconds),
            "changes": outcome.tally.changes,
            "kills": outcome.diary.kills,
            **{what: len(sentences) for what, sentences in found_in(outcome).items()},
            "settled": outcome.settled_seconds is not None,
        }
    )


def _harm(outcome: Outcome) -> Table:
    parts = sorted({each.part for each in outcome.diary.entries})
    table = Table("harm", *(manner.value for manner in Manner))
    for part in parts:
        counts = (outcome.diary.by_part(manner)[part] for manner in Manner)
        table.add_row(part, *(str(count or "") for count in counts))
    return table


def _counted(counts: Mapping[Any, int]) -> str:
    return ", ".join(f"{what} {count}" for what, count in counts.items())


def _list(console: Console, title: str, sentences: Iterable[str]) -> None:
    told = list(sentences)
    console.print(title)
    for each in told[:SHOWN_MOST]:
        console.print(f"  {each}", markup=False, highlight=False)
    if len(told) > SHOWN_MOST:
        console.print(f"  and {len(told) - SHOWN_MOST} more")
