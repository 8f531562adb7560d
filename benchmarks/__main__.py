"""`make bench`: every figure beside its control, in one table and in benchmarks/results.json.

Exit code 1 where a bar is missed, 2 where a benchmark broke.
"""

import argparse
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Final

from benchmarks import page
from benchmarks.figures import RESULTS, Figure, keep, show
from benchmarks.options import Options, progress

Run = Callable[[Options], Sequence[Figure]]

NAMES: Final = (
    "proline_cost",
    "latency",
    "throughput",
    "relay_alone",
    "backlogs",
    "quota",
    "fairness",
    "requests",
    "bloat",
    "memory",
    "pages",
    "writes",
)
"""Each is a module here with `run(options)`; they run in this order."""


def main() -> int:
    """Run those that were asked for, one after the other."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", choices=NAMES, action="append", help="one of them; repeatable")
    parser.add_argument("--long", action="store_true", help="the long form, where there is one")
    arguments = parser.parse_args()
    options = Options(long=arguments.long)
    if not arguments.only:
        RESULTS.unlink(missing_ok=True)
    figures: list[Figure] = []
    broke = []
    for name in arguments.only or NAMES:
        progress(f"{name} ...")
        began = time.monotonic()
        try:
            measured = _run_of(name)(options)
        except Exception:  # noqa: BLE001  # the others shall still be measured
            traceback.print_exc()
            broke.append(name)
            continue
        keep(measured)
        page.write()
        figures += measured
        progress(f"{name} took {time.monotonic() - began:.0f} s")
    show(figures)
    if broke:
        progress(f"These broke, see above: {', '.join(broke)}.")
        return 2
    return 1 if any(each.ok is False for each in figures) else 0


def _run_of(name: str) -> Run:
    run: Run = import_module(f"benchmarks.{name}").run
    return run


if __name__ == "__main__":
    sys.exit(main())
