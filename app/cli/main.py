"""The commands and their groups; `main` is what `proline-qbo` runs.

Only the command that was asked for is imported: a relay that carries the page and the workers along
takes a third more memory, and whoever asks one question waits a second for it.
"""

import sys
from importlib import import_module
from typing import Any, Final

import typer

from app.cli.failures import sentences
from app.logs import configure

COMMANDS: Final = {
    "demo": "app.cli.demonstrating:demo",
    "migrate": "app.cli.migrating:migrate",
    "relay": "app.cli.relaying:relay",
    "worker": "app.cli.working:worker",
    "web": "app.cli.serving:web",
    "simulator": "app.cli.demonstrating:simulator",
    "status": "app.cli.status:status",
    "explain": "app.cli.records:explain",
    "doctor": "app.cli.doctor:doctor",
    "decide": "app.cli.deciding:decide",
}
GROUPS: Final = {
    "company": "app.cli.companies:app",
    "project": "app.cli.records:project",
    "failed": "app.cli.failing:failed",
    "findings": "app.cli.deciding:findings",
}


def command_line(named: str | None = None) -> typer.Typer:
    """Put the command line together: of one command or group if it is named, else of all."""
    app = typer.Typer(
        name="proline-qbo",
        help="Carries ProLine's contacts, projects, invoices and payments into QuickBooks Online.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )

    @app.callback()
    def _everything() -> None:
        """Keep a command line of one command from being that command itself."""

    is_one = named in COMMANDS or named in GROUPS
    for name, place in COMMANDS.items():
        if not is_one or name == named:
            app.command(name)(_found(place))
    for name, place in GROUPS.items():
        if not is_one or name == named:
            app.add_typer(_found(place), name=name)
    return app


def _found(place: str) -> Any:  # noqa: ANN401  # a function or a group, as typer takes them
    module, _, attribute = place.partition(":")
    return getattr(import_module(module), attribute)


def main() -> None:
    """Run the command line; what cannot be done is told in sentences, with exit code 2."""
    configure(level="ERROR")
    with sentences(sys.stderr):
        command_line(sys.argv[1] if len(sys.argv) > 1 else None)()
