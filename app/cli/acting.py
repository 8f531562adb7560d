"""Who gives a command, as the audit keeps it."""

from typing import Annotated, Final

import typer

from connections.audit import Actor

BY: Final = "the command line"

Why = Annotated[str, typer.Option(help="Why, in a sentence; kept with it.")]
By = Annotated[str, typer.Option(help="Who does it; kept with what it changes.")]


def actor(by: str) -> Actor:
    """Name whoever typed it."""
    return Actor(by, "command_line")
