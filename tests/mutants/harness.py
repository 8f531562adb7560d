"""Whether the chaos harness sees a defect: one run of `make chaos` with it, and what it counted.

Any one of its words would do for a run to fail; here it must be the word for what is wrong.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.table import Table

from tests.mutants.mutant import Mutant
from tests.support.planted import VARIABLE

ROOT: Final = Path(__file__).parents[2]
SEED: Final = 11
ABOUT: Final = frozenset({"seed", "seconds", "changes", "kills", "settled"})
"""What its line of JSON says of the run; all else in it is how often a promise was broken."""
BROKEN: Final = 1
"""Its exit code where a promise was broken; any other says that it could not run, or saw none."""


@dataclass(frozen=True)
class Run:
    """One run with a defect.

    Attributes:
        mutant: the defect.
        line: what it ended with, as JSON; empty: it did not come to that.
        seconds: how long it took.
        said: all that it has printed.
    """

    mutant: Mutant
    line: dict[str, object]
    seconds: float
    said: str

    @property
    def counted(self) -> int:
        """How often it saw what the defect must lead to."""
        found = self.line.get(self.mutant.in_the_harness or "", 0)
        return found if isinstance(found, int) else 0


def run_with(mutant: Mutant) -> Run:
    """Play it; it takes two to four minutes."""
    began = time.monotonic()
    ran = subprocess.run(  # noqa: S603  # this Python, a package of ours
        [sys.executable, "-m", "chaos", "--seed", str(SEED)],
        cwd=ROOT,
        env=os.environ | {VARIABLE: mutant.name, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    last = ran.stdout.splitlines()[-1:]
    line = json.loads(last[0]) if last and ran.returncode == BROKEN else {}
    return Run(mutant, line, time.monotonic() - began, ran.stderr + ran.stdout)


def table_of(runs: Sequence[Run]) -> Table:
    """Say of each run whether the harness saw the defect, and what else it saw."""
    table = Table("defect", "must count", "counted", "seconds", "counted besides")
    for each in runs:
        word = each.mutant.in_the_harness or ""
        besides = {
            other: count for other, count in each.line.items() if other not in ABOUT | {word}
        }
        told = ", ".join(f"{other} {count}" for other, count in besides.items() if count)
        table.add_row(each.mutant.says, word, str(each.counted), f"{each.seconds:.0f}", told)
    return table
