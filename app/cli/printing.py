"""How commands show what they read: a table for people, one JSON value with --json."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

Json = Annotated[bool, typer.Option("--json", help="JSON instead of a table.")]
Row = Mapping[str, object]


def show(rows: Sequence[Row], *, as_json: bool, nothing: str) -> None:
    """Show rows that share their keys; `nothing` is the sentence for none."""
    console = Console()
    if as_json:
        console.print_json(json.dumps([dict(row) for row in rows], default=_plain))
    elif not rows:
        console.print(nothing)
    else:
        console.print(_table(rows))


def _table(rows: Sequence[Row]) -> Table:
    table = Table(box=None, header_style="bold")
    for name in rows[0]:
        table.add_column(name.replace("_", " "))
    for row in rows:
        table.add_row(*("" if value is None else str(_plain(value)) for value in row.values()))
    return table


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return value if isinstance(value, str | int | float | bool) else str(value)
