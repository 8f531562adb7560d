"""How commands show what they read: words for people, one JSON value with --json.

What is read is data: it is shown whole at any width, no word of it is taken for markup, and a
character that steers a terminal is shown as a replacement. JSON is plain ASCII on any terminal.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

Json = Annotated[bool, typer.Option("--json", help="One JSON value instead of a table.")]
Row = Mapping[str, object]

# Where no terminal sets a width nothing may be folded: whoever reads it there may be a program.
WIDTH_OF_A_FILE: Final = 10_000


def show_rows(rows: Sequence[Row], *, as_json: bool, nothing: str) -> None:
    """Show rows that share their keys; `nothing` is the sentence for none."""
    if as_json:
        print_json([dict(row) for row in rows])
    elif not rows:
        typer.echo(_visible(nothing))
    else:
        _print(_table(rows))


def show_one(row: Row, *, as_json: bool) -> None:
    """Show one thing, a line for each thing known of it; what is nested comes without its nest."""
    if as_json:
        print_json(dict(row))
    else:
        _print(_lines(row))


def print_json(value: object) -> None:
    """Print one JSON value and nothing else."""
    typer.echo(json.dumps(value, default=_plain, indent=2))


def print_sentence(sentence: str) -> None:
    """Print what a person is told."""
    typer.echo(_visible(sentence))


def _print(table: Table) -> None:
    console = Console()
    if not console.is_terminal:
        console.width = WIDTH_OF_A_FILE
    console.print(table)


def _table(rows: Sequence[Row]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in rows[0]:
        table.add_column(_words(name), overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    return table


def _lines(row: Row) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in _flat(row).items():
        table.add_row(_words(name), _cell(value))
    return table


def _flat(row: Row) -> Row:
    flat: dict[str, object] = {}
    for name, value in row.items():
        flat |= _flat(value) if isinstance(value, Mapping) and value else {name: value}
    return flat


def _words(name: str) -> str:
    return name.replace("_", " ")


def _cell(value: object) -> Text:
    match value:
        case None:
            return Text("")
        case bool():
            return Text("yes" if value else "no")
        case list() | tuple():
            return Text(", ".join(_visible(str(each)) for each in value))
        case Mapping():
            return Text("")
        case _:
            return Text(_visible(str(_plain(value))))


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return value if isinstance(value, str | int | float | bool) else str(value)


def _visible(text: str) -> str:
    """Show what a terminal would obey; a name is what ProLine's users typed."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)
