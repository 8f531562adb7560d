"""docs/performance.md shows the last results, and says how each benchmark is taken."""

import json
import re

from benchmarks.__main__ import NAMES
from benchmarks.figures import RESULTS
from benchmarks.page import BEGIN, END, PAGE, table


def test_the_table_is_that_of_the_results() -> None:
    """So it cannot show other figures than were measured."""
    shown = PAGE.read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0].strip()

    assert shown == table(json.loads(RESULTS.read_text(encoding="utf-8")))


def test_every_benchmark_is_explained() -> None:
    """By its name, in bold."""
    page = PAGE.read_text(encoding="utf-8").partition("## How each is taken")[2]
    explained = set(re.findall(r"\*\*(\w+)\*\*", page.partition("\n## ")[0]))

    assert explained == set(NAMES)


def test_every_result_is_of_a_benchmark() -> None:
    """None is left over of one that is gone."""
    names = {str(each["name"]).partition(":")[0].replace(" ", "_") for each in _results()}

    assert names <= set(NAMES)


def test_every_result_has_its_seven_facts() -> None:
    """As those who script against it read them."""
    facts = {"name", "value", "unit", "control", "ratio", "bar", "ok"}

    assert all(set(each) == facts for each in _results())


def _results() -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return found
