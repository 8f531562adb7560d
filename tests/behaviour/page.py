"""docs/behaviour.md, composed from the rows: `python -m tests.behaviour.page` writes it anew."""

from collections.abc import Iterator
from pathlib import Path

from tests.behaviour.row import Row
from tests.behaviour.table import ROWS

PAGE = Path(__file__).parents[2] / "docs" / "behaviour.md"
HEAD = """# What the product does, row by row

Each row is played by a test of its name, run by `tests/behaviour/test_rows.py`, the whole way:
ProLine's event through outbox, relay, broker and worker to QuickBooks (the simulator), and back.
Beside it a second test takes out the one decision the row rests on and holds that the play then
fails. This page is composed from the same table, and a test keeps it so.

Questions and their answers: [records/questions.py](../records/questions.py). What an error from
QuickBooks means: [faults.md](faults.md). What the simulator leaves out:
[simulator.md](simulator.md).
"""


def page() -> str:
    """Compose the page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield HEAD.rstrip()
    for section in dict.fromkeys(row.section for row in ROWS):
        yield f"\n## {section}\n"
        yield "| case | behaviour | decided in | test |"
        yield "|---|---|---|---|"
        for row in ROWS:
            if row.section == section:
                yield f"| {row.case} | {row.behaviour} | `{row.decided_in}` | {_link(row)} |"


def _link(row: Row) -> str:
    """Lead to the file that holds the play."""
    file = row.play.__module__.replace(".", "/")
    return f"[{row.name.replace('_', ' ')}](../{file}.py)"


if __name__ == "__main__":
    PAGE.write_text(page())
