"""The table of docs/performance.md, composed from the results file: the two cannot differ."""

import json
from pathlib import Path
from typing import Any, Final

from benchmarks.figures import RESULTS

PAGE: Final = Path("docs/performance.md")
BEGIN: Final = "<!-- from benchmarks/results.json, by make bench -->"
END: Final = "<!-- to here -->"
_HEAD: Final = "| figure | value | control | ratio | bar | |\n|---|---|---|---|---|---|"
_VERDICTS: Final = {None: "", True: "reached", False: "**missed**"}


def table(results: list[dict[str, Any]]) -> str:
    """Write the results as a table of Markdown."""
    return "\n".join([_HEAD, *map(_row, results)])


def write(page: Path = PAGE, results: Path = RESULTS) -> None:
    """Put the table of the last results between its two marks."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    rows = json.loads(results.read_text(encoding="utf-8"))
    page.write_text(f"{before}{BEGIN}\n{table(rows)}\n{END}{after}", encoding="utf-8")


def _row(each: dict[str, Any]) -> str:
    value, control = _with_unit(each["value"], each["unit"]), _with_unit(each["control"], "")
    ratio = "" if each["ratio"] is None else f"{each['ratio']:g}"
    bar = each["bar"] or ""
    return f"| {each['name']} | {value} | {control} | {ratio} | {bar} | {_VERDICTS[each['ok']]} |"


def _with_unit(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    number = f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:g}"  # noqa: PLR2004  # reads well
    return f"{number} {unit}".strip()
