"""The page about the simulator names what there is: entities, controls, settings, differences."""

import dataclasses
import re
from pathlib import Path

import pytest

from qbo_simulator.check.known import KNOWN
from qbo_simulator.entities import ENTITIES, SINGLE_NAMES
from qbo_simulator.settings import RealmSettings
from tests.qbo_simulator.driver import Company

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "simulator.md").read_text()
CONTROL = (ROOT / "qbo_simulator" / "control.py").read_text()
CONTROLS = re.findall(r"^\| `(GET|POST|DELETE) ([\w/<>]+)` \|", PAGE, re.MULTILINE)


def _section(title: str) -> str:
    return PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]


def test_the_page_names_every_entity_and_no_other() -> None:
    """What is served is listed; what is left out is not among it."""
    listed = re.findall(r"`([A-Z]\w+)`", _section("What it does").partition("- **Writes**")[0])

    assert set(listed) == {each.name for each in ENTITIES.values()} | set(SINGLE_NAMES.values())


def test_the_page_names_every_control() -> None:
    """Each route of the control interface has a row, and each row a route."""
    routes = set(re.findall(r'\("(GET|POST|DELETE)", "(\w+)"\)', CONTROL))

    assert {(method, path.rpartition("/")[2]) for method, path in CONTROLS} == routes


@pytest.mark.parametrize(("method", "path"), CONTROLS)
def test_every_control_of_the_page_answers(method: str, path: str) -> None:
    """With 200, or with 400 and a sentence where it needs a body; never as unknown."""
    company = Company()

    reply = company.control(method, path.replace("<realm>", company.realm_id))

    assert reply.status in {200, 400}


def test_the_page_names_every_setting() -> None:
    """A setting nobody can find is no setting."""
    settings = {each.name for each in dataclasses.fields(RealmSettings)}

    assert {name for name in settings if f"`{name}`" not in _section("Controls")} == set()


def test_the_page_lists_the_known_differences() -> None:
    """Each with its reason, as the check says it."""
    words = {"extra": "adds", "missing": "lacks"}

    rows = re.findall(r"^\| the simulator (\w+) `([^`]+)` \| (.+) \|$", PAGE, re.MULTILINE)

    assert rows == [(words[each.kind], each.pattern, each.why) for each in KNOWN]
