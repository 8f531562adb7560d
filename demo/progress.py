"""The live display while the scenario plays: what was committed, what arrived, what waits."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Protocol

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

REFRESHES_PER_SECOND = 8
SECONDS_BETWEEN_LINES = 3.0


class Display(Protocol):
    """What shows the progress."""

    def show(self, committed: int, in_quickbooks: int, states: Mapping[str, int]) -> None:
        """Show how far it is."""
        ...


@dataclass(slots=True)
class Counter:
    """Counts commits from several writers."""

    value: int = 0
    _lock: Lock = field(default_factory=Lock)

    def add(self, _: object) -> None:
        """Count one."""
        with self._lock:
            self.value += 1


class Silent:
    """Shows nothing: for `--json`."""

    def show(self, committed: int, in_quickbooks: int, states: Mapping[str, int]) -> None:
        """Show nothing."""


@dataclass(slots=True)
class Lines:
    """Prints a line now and then, where nothing can be redrawn: a log, a pipe.

    `monotonic` is the process's clock, in seconds.
    """

    console: Console
    changes: int
    monotonic: Callable[[], float] = time.monotonic
    _printed_at: float = float("-inf")
    _last: str = ""

    def show(self, committed: int, in_quickbooks: int, states: Mapping[str, int]) -> None:
        """Print how far it is, at most every `SECONDS_BETWEEN_LINES`."""
        now = self.monotonic()
        self._last = (
            f"{committed} of {self.changes} changes committed, {in_quickbooks} objects in"
            f" QuickBooks; records: {_words(states)}"
        )
        if now - self._printed_at >= SECONDS_BETWEEN_LINES:
            self._printed_at = now
            self._print()

    def end(self) -> None:
        """Print where it ended, if that is not printed yet."""
        self._print()

    def _print(self) -> None:
        if self._last:
            self.console.print(self._last, highlight=False, soft_wrap=True)
        self._last = ""


@dataclass(frozen=True, slots=True)
class _LiveDisplay:
    live: Live
    changes: int

    def show(self, committed: int, in_quickbooks: int, states: Mapping[str, int]) -> None:
        self.live.update(progress_table(self.changes, committed, in_quickbooks, states))


@contextmanager
def live_display(console: Console, changes: int) -> Iterator[Display]:
    """Show progress on the console as long as the block lasts.

    Args:
        console: Where.
        changes: How many will be committed in all.
    """
    if not console.is_terminal:
        lines = Lines(console, changes)
        yield lines
        lines.end()
        return
    with Live(console=console, refresh_per_second=REFRESHES_PER_SECOND) as live:
        yield _LiveDisplay(live, changes)


def progress_table(
    changes: int, committed: int, in_quickbooks: int, states: Mapping[str, int]
) -> Table:
    """Draw one moment."""
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", style="bold")
    table.add_column()
    table.add_row("Committed in ProLine", f"{committed} of {changes} changes")
    table.add_row("", ProgressBar(total=max(changes, 1), completed=committed, width=48))
    table.add_row("In QuickBooks", f"{in_quickbooks} customers, invoices and payments")
    table.add_row("Waiting", str(sum(_under_way(states).values())))
    table.add_row("Records", _words(states) or "none")
    return table


def _under_way(states: Mapping[str, int]) -> dict[str, int]:
    return {state: count for state, count in states.items() if state not in {"done", "skipped"}}


def _words(states: Mapping[str, int]) -> str:
    return "  ".join(f"{state} {count}" for state, count in sorted(states.items()) if count)
