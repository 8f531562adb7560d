"""Timing callables by name: how often each runs, and the table of what was measured."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import quantiles
from time import perf_counter

from rich.console import Console
from rich.table import Table

WARM_UP_RUNS = 10
WIDTH = 100


@dataclass(frozen=True)
class Measured:
    """How long the runs of one name took, in milliseconds, and what it may take at p99."""

    name: str
    p50_ms: float
    p99_ms: float
    most_ms: float
    limit_ms: float

    @property
    def holds(self) -> bool:
        """Whether it is as fast as it has to be."""
        return self.p99_ms < self.limit_ms


def measure(name: str, run: Callable[[], object], *, runs: int, limit_ms: float) -> Measured:
    """Run something `runs` times, after some that do not count, and say how long it took.

    Args:
        name: what the table calls it.
        run: what is timed; its result is thrown away.
        runs: at least a hundred, or p99 says nothing.
        limit_ms: what p99 has to stay under.
    """
    for _ in range(WARM_UP_RUNS):
        run()
    taken_ms = []
    for _ in range(runs):
        began = perf_counter()
        run()
        taken_ms.append((perf_counter() - began) * 1_000)
    cuts = quantiles(taken_ms, n=100)
    return Measured(name, cuts[49], cuts[98], max(taken_ms), limit_ms)


def measure_all(
    named: Mapping[str, Callable[[], object]], *, runs: int, limit_ms: float
) -> list[Measured]:
    """Measure each callable under its name."""
    return [measure(name, run, runs=runs, limit_ms=limit_ms) for name, run in named.items()]


def show(title: str, measured: Sequence[Measured]) -> None:
    """Print the table."""
    table = Table("what", "p50 ms", "p99 ms", "most ms", "limit ms", "verdict", title=title)
    for each in measured:
        numbers = (each.p50_ms, each.p99_ms, each.most_ms)
        verdict = "" if each.holds else "too slow"
        cells = [f"{number:.1f}" for number in numbers]
        table.add_row(each.name, *cells, f"{each.limit_ms:.0f}", verdict)
    Console(width=WIDTH).print(table)
