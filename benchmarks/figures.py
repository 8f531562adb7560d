"""Figures, the bars they must reach, and the two ways they are told: a table and a JSON file."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final, Literal, TypeAlias

from rich.console import Console
from rich.table import Table

RESULTS: Final = Path("benchmarks/results.json")
WIDTH: Final = 132

Number: TypeAlias = float | int


@dataclass(frozen=True)
class Bar:
    """A limit on one side, of the figure itself or of its ratio to the control."""

    of: Literal["value", "ratio"]
    side: Literal["least", "most"]
    limit: float

    def __str__(self) -> str:
        """Say it as the results file does: `ratio >= 0.95`."""
        return f"{self.of} {'>=' if self.side == 'least' else '<='} {self.limit:g}"


def at_least(limit: float, of: Literal["value", "ratio"] = "value") -> Bar:
    """Require so much or more."""
    return Bar(of, "least", limit)


def at_most(limit: float, of: Literal["value", "ratio"] = "value") -> Bar:
    """Require so much or less."""
    return Bar(of, "most", limit)


@dataclass(frozen=True)
class Figure:
    """What was measured, beside its control of the same run.

    Attributes:
        name: `benchmark: what`; unique in the results file.
        value: in `unit`.
        unit: such as ms, records/s or MB; "" of a bare number.
        control: the same of what it is compared with, in the same unit.
        ratio: value to control; of interleaved pairs the median of their ratios.
        bar: what it must reach; None where it is printed for information.
    """

    name: str
    value: float
    unit: str
    control: float | None = None
    ratio: float | None = None
    bar: Bar | None = None

    @property
    def ok(self) -> bool | None:
        """Whether the bar is reached; None without one."""
        if self.bar is None:
            return None
        judged = self.value if self.bar.of == "value" else self.ratio
        if judged is None:
            return False
        least = self.bar.side == "least"
        return judged >= self.bar.limit if least else judged <= self.bar.limit

    def as_json(self) -> dict[str, object]:
        """Give the object of the results file."""
        return {
            "name": self.name,
            "value": _rounded(self.value),
            "unit": self.unit,
            "control": _rounded(self.control),
            "ratio": _rounded(self.ratio),
            "bar": None if self.bar is None else str(self.bar),
            "ok": self.ok,
        }


def beside(name: str, value: float, unit: str, *, control: float, bar: Bar | None = None) -> Figure:
    """Make a figure of one measurement and its control."""
    return Figure(name, value, unit, control, value / control if control else None, bar)


def of_pairs(
    name: str, pairs: Sequence[tuple[float, float]], unit: str, bar: Bar | None = None
) -> Figure:
    """Make a figure of interleaved pairs (ours, control): medians, and the median of the ratios.

    Args:
        name: see `Figure`.
        pairs: measured turn and turn about, so that what disturbs one disturbs its control.
        unit: of both.
        bar: of the ratio.
    """
    ratio = median(ours / control for ours, control in pairs)
    ours, control = (median(side) for side in zip(*pairs, strict=True))
    return Figure(name, ours, unit, control, ratio, bar)


def show(figures: Sequence[Figure]) -> None:
    """Print the table."""
    table = Table("figure", "value", "control", "ratio", "bar", "verdict")
    for column in table.columns[1:4]:
        column.justify = "right"
    for each in figures:
        control = "" if each.control is None else _text(each.control, each.unit)
        ratio = "" if each.ratio is None else f"{each.ratio:.3f}"
        verdict = {None: "", True: "ok", False: "MISSED"}[each.ok]
        bar = "" if each.bar is None else str(each.bar)
        table.add_row(each.name, _text(each.value, each.unit), control, ratio, bar, verdict)
    Console(width=WIDTH).print(table)


def keep(figures: Sequence[Figure], path: Path = RESULTS) -> None:
    """Write the figures into the results file; those of other benchmarks stay as they were."""
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    fresh = {each.name: each.as_json() for each in figures}
    measured = {_benchmark(name) for name in fresh}
    others = {each["name"]: each for each in kept if _benchmark(each["name"]) not in measured}
    merged = others | fresh
    ordered = [merged[name] for name in sorted(merged)]
    path.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _benchmark(name: str) -> str:
    return name.partition(":")[0]


def _text(value: float, unit: str) -> str:
    number = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.4g}"  # noqa: PLR2004  # reads well
    return f"{number} {unit}".strip()


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")
