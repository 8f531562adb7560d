"""What is printed at the end: what was done, what the checker says, and one line of JSON."""

import json
from collections.abc import Iterable
from typing import Final

from rich.console import Console
from rich.table import Table

from chaos.checker import Kind
from chaos.harm.diary import Manner, Recovery
from chaos.run import Outcome

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
    if outcome.settled_seconds is None:
        console.print("It did not settle in time.")
    else:
        console.print(f"Settled {outcome.settled_seconds:.1f} s after the load.")
    _recoveries(console, "taken over", diary.take_overs)
    _recoveries(console, "others went on", diary.goings_on)
    _recoveries(console, "at work again", diary.resumptions)
    for kind in Kind:
        found = [each for each in outcome.verdict.breaches if each.kind is kind]
        sentences = [f"{each.company_id}: {each.sentence}" for each in found]
        _list(console, f"{kind}: {len(found)}", sentences)
    _list(console, f"parked: {len(outcome.parked)}", outcome.parked)
    _list(console, f"slow: {len(diary.slow)}", diary.slow)
    _list(console, f"not done: {len(diary.not_done)}", diary.not_done)
    _list(console, "ended by themselves", [f"{k}: {n}" for k, n in outcome.ended.items()])


def line(outcome: Outcome) -> str:
    """Give the line of JSON that a run ends with."""
    verdict = outcome.verdict
    return json.dumps(
        {
            "seed": outcome.seed,
            "seconds": round(outcome.seconds),
            "changes": outcome.tally.changes,
            "kills": outcome.diary.kills,
            **{kind.value: verdict.count(kind) for kind in Kind},
            "parked": len(outcome.parked),
            "slow": len(outcome.diary.slow),
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


def _recoveries(console: Console, what: str, recoveries: Iterable[Recovery]) -> None:
    took = sorted(each.seconds for each in recoveries if each.seconds is not None)
    if took:
        console.print(f"{what}: {len(took)} times, at most after {took[-1]:.1f} s")


def _list(console: Console, title: str, sentences: Iterable[str]) -> None:
    told = list(sentences)
    console.print(title)
    for each in told[:SHOWN_MOST]:
        console.print(f"  {each}", markup=False, highlight=False)
    if len(told) > SHOWN_MOST:
        console.print(f"  and {len(told) - SHOWN_MOST} more")
