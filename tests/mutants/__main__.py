"""`make mutants`: plants each defect and sees that a test catches it, which passes without it.

Some must be seen by the stateful model as well, which knows nothing of them.

Exit code 1 where one lives on: either its test proves nothing, or the defect is none. A test that
breaks on the plant itself, because the code has moved on, has caught nothing.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from tests.mutants.mutant import Mutant
from tests.mutants.table import MUTANTS
from tests.support.planted import VARIABLE

ROOT: Final = Path(__file__).parents[2]
OPTIONS: Final = ("-x", "-q", "--no-header", "-p", "no:cacheprovider")
FAILED: Final = 1
"""Pytest's exit code where tests failed; any other says that it could not run them."""
SHOWN: Final = 3_000
MODEL: Final = "tests/model"
_SEEN: Final = re.compile(r"assert |AssertionError|Failed: DID NOT RAISE")
"""How a failure begins in which a test has seen something; any other is one of the plant."""
_FAILED: Final = re.compile(r"^FAILED (.+?)(?: - (.*))?$", re.MULTILINE)


@dataclass(frozen=True)
class Fate:
    """What became of one: which test caught it, by what it saw, how soon; None: none did.

    `modelled` is how soon the model saw it; None: it did not, or need not.
    """

    mutant: Mutant
    caught_by: str | None
    saw: str
    seconds: float
    said: str
    modelled: float | None

    @property
    def lives(self) -> bool:
        """Whether something that must catch it does not."""
        return self.caught_by is None or (self.mutant.in_the_model and self.modelled is None)


@dataclass(frozen=True)
class Caught:
    """What tests said with a defect: which of them saw it, by what; None: none did."""

    by: str | None
    saw: str
    seconds: float
    said: str


def main() -> int:
    """Plant one after the other and report."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--only", choices=[each.name for each in MUTANTS], action="append")
    asked = parser.parse_args().only or [each.name for each in MUTANTS]
    console = Console(highlight=False)
    chosen = [each for each in MUTANTS if each.name in asked]
    console.print("  without any defect ...", style="dim")
    tests = [test for each in chosen for test in each.caught_by]
    sound = _pytest([*tests, MODEL], None)
    if sound.returncode != 0:
        console.print(sound.stdout[-SHOWN:], markup=False)
        console.print("These tests must pass without a defect first.")
        return 1
    fates = [_try(each, console) for each in chosen]
    console.print(_table(fates))
    living = [each for each in fates if each.lives]
    for each in living:
        console.print(each.said[-SHOWN:], markup=False)
    console.print(f"{len(fates) - len(living)} of {len(fates)} caught.")
    return 1 if living else 0


def _try(mutant: Mutant, console: Console) -> Fate:
    console.print(f"  {mutant.name}: {mutant.says} ...", style="dim")
    caught = _catch(mutant, list(mutant.caught_by))
    modelled, said = None, caught.said
    if mutant.in_the_model:
        seen = _catch(mutant, [MODEL])
        modelled, said = None if seen.by is None else seen.seconds, said + seen.said
    return Fate(mutant, caught.by, caught.saw, caught.seconds, said, modelled)


def _catch(mutant: Mutant, tests: list[str]) -> Caught:
    began = time.monotonic()
    ran = _pytest(tests, mutant.name)
    failed = _FAILED.search(ran.stdout)
    reason = (failed and failed.group(2)) or ""
    seen = _SEEN.match(reason) or (mutant.seen_as and reason.startswith(mutant.seen_as))
    caught = ran.returncode == FAILED and failed and seen
    by = failed.group(1) if caught and failed else None
    return Caught(by, reason, time.monotonic() - began, ran.stdout + ran.stderr)


def _pytest(tests: list[str], mutant: str | None) -> subprocess.CompletedProcess[str]:
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
        test = (each.caught_by or "nobody").replace("::", " ")
        model = "" if each.modelled is None else f"{each.modelled:.0f} s"
        table.add_row(each.mutant.says, f"{test}\n{each.saw}", f"{each.seconds:.0f}", model)
    return table


if __name__ == "__main__":
    sys.exit(main())
