"""`make mutants`: plants each defect and sees that a test catches it.

Exit code 1 where one lives on: either its test proves nothing, or the defect is none.
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
_FAILED: Final = re.compile(r"^FAILED (\S+)(?: - (.*))?", re.MULTILINE)


@dataclass(frozen=True)
class Fate:
    """What became of one: which test caught it, by what it saw, how soon; None: none did."""

    mutant: Mutant
    caught_by: str | None
    saw: str
    seconds: float
    said: str


def main() -> int:
    """Plant one after the other and report."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--only", choices=[each.name for each in MUTANTS], action="append")
    asked = parser.parse_args().only or [each.name for each in MUTANTS]
    console = Console(highlight=False)
    fates = [_try(each, console) for each in MUTANTS if each.name in asked]
    console.print(_table(fates))
    living = [each for each in fates if each.caught_by is None]
    for each in living:
        console.print(each.said[-3_000:], markup=False)
    console.print(f"{len(fates) - len(living)} of {len(fates)} caught.")
    return 1 if living else 0


def _try(mutant: Mutant, console: Console) -> Fate:
    console.print(f"  {mutant.name}: {mutant.says} ...", style="dim")
    began = time.monotonic()
    ran = subprocess.run(  # noqa: S603  # this Python, tests of ours
        [sys.executable, "-m", "pytest", *OPTIONS, *mutant.caught_by],
        cwd=ROOT,
        env=os.environ | {VARIABLE: mutant.name, "COLUMNS": "400"},
        capture_output=True,
        text=True,
        check=False,
    )
    failed = _FAILED.search(ran.stdout)
    caught_by = failed.group(1) if ran.returncode == FAILED and failed else None
    reason = (failed and failed.group(2)) or ""
    return Fate(mutant, caught_by, reason, time.monotonic() - began, ran.stdout + ran.stderr)


def _table(fates: Sequence[Fate]) -> Table:
    table = Table("defect", "caught by", "seconds")
    for each in fates:
        test = (each.caught_by or "nobody").replace("::", " ")
        table.add_row(each.mutant.says, f"{test}\n{each.saw}", f"{each.seconds:.0f}")
    return table


if __name__ == "__main__":
    sys.exit(main())
