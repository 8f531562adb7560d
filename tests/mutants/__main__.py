"""`make mutants`: plants each defect and sees that a test catches it, which passes without it.

Some must be seen by the stateful model as well, which knows nothing of them; `--harness` has those
that it must see played by the chaos harness instead.

Exit code 1 where one lives on: either its test proves nothing, or the defect is none. A test that
says anything else than what it must say of that defect has caught nothing: the code has moved on
from under the plant, or something was merely not in time.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests.mutants import harness
from tests.mutants.mutant import Mutant
from tests.mutants.seeing import failure_in, has_seen
from tests.mutants.table import MUTANTS
from tests.support.planted import VARIABLE

ROOT: Final = Path(__file__).parents[2]
OPTIONS: Final = ("-x", "-q", "--no-header", "-p", "no:cacheprovider")
FAILED: Final = 1
"""Pytest's exit code where tests failed; any other says that it could not run them."""
SHOWN: Final = 3_000
MODEL: Final = "tests/model"


@dataclass(frozen=True)
class Caught:
    """What tests said with a defect.

    Attributes:
        by: the test that saw it; None: none did.
        saw: how that test failed, or what failed instead.
        seconds: how long it took.
        said: all that was printed.
    """

    by: str | None
    saw: str
    seconds: float
    said: str


@dataclass(frozen=True)
class Fate:
    """What became of one: what its tests saw, and the model; None: that need not see it."""

    mutant: Mutant
    tests: Caught
    model: Caught | None

    @property
    def lives(self) -> bool:
        """Whether something that must catch it does not."""
        return self.tests.by is None or (self.model is not None and self.model.by is None)


def main() -> int:
    """Plant one after the other and report."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--only", choices=[each.name for each in MUTANTS], action="append")
    parser.add_argument(
        "--harness", action="store_true", help="play the chaos harness with each that it must see"
    )
    arguments = parser.parse_args()
    asked = arguments.only or [each.name for each in MUTANTS]
    console = Console(highlight=False)
    chosen = [each for each in MUTANTS if each.name in asked]
    return _harness(chosen, console) if arguments.harness else _tests(chosen, console)


def _tests(chosen: Sequence[Mutant], console: Console) -> int:
    console.print("  without any defect ...", style="dim")
    model = [MODEL] if any(each.in_the_model for each in chosen) else []
    sound = _pytest([*(test for each in chosen for test in each.caught_by), *model], None)
    if sound.returncode != 0:
        console.print(sound.stdout[-SHOWN:], markup=False)
        console.print("These tests must pass without a defect first.")
        return 1
    fates = [_try(each, console) for each in chosen]
    console.print(_table(fates))
    living = [each for each in fates if each.lives]
    for each in living:
        said = each.tests.said if each.tests.by is None or not each.model else each.model.said
        console.print(said[-SHOWN:], markup=False)
    console.print(f"{len(fates) - len(living)} of {len(fates)} caught.")
    return 1 if living else 0


def _harness(chosen: Sequence[Mutant], console: Console) -> int:
    runs = []
    for each in chosen:
        if each.in_the_harness:
            console.print(f"  {each.name}: {each.says} ...", style="dim")
            runs.append(harness.run_with(each))
    console.print(harness.table_of(runs))
    unseen = [each for each in runs if not each.counted]
    for run in unseen:
        console.print(run.said[-SHOWN:], markup=False)
    console.print(f"{len(runs) - len(unseen)} of {len(runs)} seen by the chaos harness.")
    return 1 if unseen else 0


def _try(mutant: Mutant, console: Console) -> Fate:
    console.print(f"  {mutant.name}: {mutant.says} ...", style="dim")
    tests = _catch(mutant, mutant.caught_by, mutant.seen_as)
    model = _catch(mutant, [MODEL], mutant.in_the_model) if mutant.in_the_model else None
    return Fate(mutant, tests, model)


def _catch(mutant: Mutant, tests: Sequence[str], seen_as: str) -> Caught:
    began = time.monotonic()
    ran = _pytest(tests, mutant.name)
    seconds = time.monotonic() - began
    failure = failure_in(ran.stdout) if ran.returncode == FAILED else None
    if failure is None:
        return Caught(
            None, f"pytest's exit code {ran.returncode}", seconds, ran.stdout + ran.stderr
        )
    by = failure.test if has_seen(failure, seen_as) else None
    return Caught(by, str(failure), seconds, ran.stdout + ran.stderr)


def _pytest(tests: Sequence[str], mutant: str | None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  # this Python, tests of ours
        [sys.executable, "-m", "pytest", *OPTIONS, *dict.fromkeys(tests)],
        cwd=ROOT,
        env=os.environ | {VARIABLE: mutant or "", "COLUMNS": "400"},
        capture_output=True,
        text=True,
        check=False,
    )


def _table(fates: Sequence[Fate]) -> Table:
    table = Table("defect", "caught by", "seconds", "the model")
    for each in fates:
        by = (each.tests.by or "nobody").replace("::", " ")
        table.add_row(
            each.mutant.says,
            escape(f"{by}\n{each.tests.saw}"),
            f"{each.tests.seconds:.0f}",
            escape(_modelled(each.model)),
        )
    return table


def _modelled(model: Caught | None) -> str:
    if model is None:
        return ""
    return f"{model.seconds:.0f} s{'' if model.by else ': not seen'}\n{model.saw}"


if __name__ == "__main__":
    sys.exit(main())
