"""Timing callables by name: how often each runs, and how long that takes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import quantiles
from time import perf_counter

WARM_UP_RUNS = 10


@dataclass(frozen=True)
class Measured:
    """How long the runs of one name took, in milliseconds, and what it may take at p99."""

    name: str
    p50_ms: float
    p99_ms: float
    most_ms: float
    limit_ms: float


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
