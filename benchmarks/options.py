"""What a benchmark is told by its command, and how it says how far it is."""

from dataclasses import dataclass

from rich.console import Console

_console = Console(stderr=True, highlight=False)


@dataclass(frozen=True)
class Options:
    """How it is run; `long` asks for the form that takes more than four minutes."""

    long: bool = False


def progress(text: str) -> None:
    """Tell what is being measured now, on standard error."""
    _console.print(f"  {text}", style="dim")
