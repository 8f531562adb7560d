"""The command line: `python -m qbo_simulator.check DIR [--json]`.

A line for each file and below it a line for each difference. Exit code 0 when nothing differs, 1
with differences, 2 when there is nothing to hold or the folder cannot be read.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from qbo_simulator.check.judging import Judgement, judge_folder, summary

DIFFERENT, USAGE = 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Check a folder; gives the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m qbo_simulator.check",
        description="Hold recorded QuickBooks traffic against the simulator and our client.",
    )
    parser.add_argument("folder", metavar="DIR", type=Path, help="a folder of recordings")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")
    asked = parser.parse_args(arguments)
    if not asked.folder.is_dir():
        sys.stderr.write(f"{asked.folder} is no folder.\n")
        return USAGE
    judgements = []
    for judgement in judge_folder(asked.folder):
        judgements.append(judgement)
        if not asked.json:
            _say(*_lines(judgement))
    return _end(judgements, as_json=asked.json)


def _end(judgements: Sequence[Judgement], *, as_json: bool) -> int:
    counted = summary(judgements)
    if as_json:
        files = [each.as_json() for each in judgements]
        _say(json.dumps({**counted, "recordings": files}, indent=2, ensure_ascii=False))
    else:
        counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counted.items())
        _say(counts)
    if not counted["exchanges"]:
        sys.stderr.write("There is no recording to hold against the simulator.\n")
        return USAGE
    return DIFFERENT if counted["differences"] else 0


def _say(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()


def _lines(judgement: Judgement) -> list[str]:
    if judgement.unread is not None:
        return [f"unread     {judgement.name}: {judgement.unread}"]
    word = "different " if judgement.differences else "agrees    "
    if not judgement.exchanges:
        word = "left out  "
    return [
        f"{word} {judgement.name} ({judgement.exchanges})",
        *(f"    differs: {each}" for each in judgement.differences),
        *(f"    known: {each}" for each in judgement.known),
        *(f"    left out: {each}" for each in judgement.left_out),
    ]


if __name__ == "__main__":
    sys.exit(main())
