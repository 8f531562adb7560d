"""Each defect can still be planted: `make mutants` is not played with every change."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import ModuleType

import pytest

from tests.mutants.hands import put
from tests.mutants.mutant import Mutant
from tests.mutants.planting import ROOT, amiss_in_database, amiss_in_process
from tests.mutants.table import MUTANTS

CHILD_SECONDS = 60
MIGRATIONS = """
CREATE FUNCTION proline_qbo.clock() RETURNS timestamptz
CREATE TABLE proline_qbo.roofs (
    id bigint,
    slope numeric
);
"""


@pytest.fixture(scope="module")
def amiss() -> Mapping[str, Sequence[str]]:
    """Plant each in a process of its own kind; say by name what is amiss."""
    child = subprocess.run(
        [sys.executable, "-m", "tests.mutants.planting"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        timeout=CHILD_SECONDS,
        check=True,
    )
    said: dict[str, list[str]] = json.loads(child.stdout)
    return said


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_defect_can_be_planted(mutant: Mutant, amiss: Mapping[str, Sequence[str]]) -> None:
    """What it replaces is there and is called in the same way; what it rewrites stands there."""
    assert amiss[mutant.name] == []


def roof() -> ModuleType:
    """Give a module of one function and one class."""

    class Roof:
        def steep(self, slope: int, least: int = 4) -> bool:
            return slope >= least

    module = ModuleType("roof")
    Roof.__module__ = module.__name__
    vars(module).update(Roof=Roof, area=lambda width, length: width * length, TILES=({},))
    vars(module)["COLOURS"] = {"tile": "red"}
    return module


def planted(plant: Callable[[ModuleType], None]) -> list[str]:
    """Plant something in a roof and say what is amiss; see that nothing is left of it."""
    module = roof()
    of_class = dict(vars(module.Roof))
    before = dict(vars(module)), dict(module.COLOURS)
    said = amiss_in_process(Mutant("x", "x", (), "x", partial(plant, module)), [module])
    assert (dict(vars(module)), dict(module.COLOURS)) == before
    assert dict(vars(module.Roof)) == of_class
    return said


def test_what_is_called_alike_is_in_its_place() -> None:
    """Annotations and what it returns are no matter."""

    def area(width: int, length: int) -> int:
        return width + length

    def steep(self: object, slope: int, least: int = 4) -> bool:
        return True

    assert planted(lambda module: put(module, "area", area)) == []
    assert planted(lambda module: put(module.Roof, "steep", steep)) == []
    assert planted(lambda module: module.COLOURS.update(tile="grey")) == []


def test_a_plant_that_changes_nothing_is_none() -> None:
    """It would be caught by nobody, or by a test that fails for another reason."""
    assert planted(lambda module: put(module, "area", module.area)) == ["nothing has changed"]


def test_what_is_not_there_any_more_is_told() -> None:
    """Whether the plant looks for it, or puts its own beside the new name."""
    (sought,) = planted(lambda module: put(module, "size", len))
    (beside,) = planted(lambda module: setattr(module.Roof, "flat", len))

    assert sought == "AssertionError(\"<module 'roof'> has no size\")"
    assert beside == "Roof.flat was not there"


@pytest.mark.parametrize(
    "replacing",
    [
        lambda width: width,
        lambda width, length, height: width * length * height,
        lambda length, width: width * length,
        lambda width, *length: width * length[0],
        lambda width, length=1: width * length,
    ],
)
def test_what_is_called_otherwise_is_told(replacing: Callable[..., int]) -> None:
    """It would break where it is called, and the test's failure would show nothing."""
    (told,) = planted(lambda module: put(module, "area", replacing))

    assert told.startswith("roof.area is called as (width, length), the plant (")


def test_another_kind_of_thing_is_told() -> None:
    """A text is no statement, and a class no function."""
    assert planted(lambda module: put(module, "area", "")) == ["roof.area is of another kind"]


@pytest.mark.parametrize(
    ("plant", "told"),
    [
        ("CREATE OR REPLACE FUNCTION proline_qbo.clock() RETURNS timestamptz\nAS ''", []),
        (
            "CREATE OR REPLACE FUNCTION proline_qbo.hour() RETURNS timestamptz\nAS ''",
            ["no migration has FUNCTION proline_qbo.hour() RETURNS timestamptz"],
        ),
        ("ALTER TABLE proline_qbo.roofs ALTER slope SET DEFAULT 4", []),
        (
            "ALTER TABLE proline_qbo.roofs ALTER height SET DEFAULT 4",
            ["no migration has proline_qbo.roofs height"],
        ),
        ("DROP TABLE proline_qbo.roofs", ["it changes nothing that is known here"]),
    ],
)
def test_what_no_migration_makes_is_told(plant: str, told: list[str]) -> None:
    """A function of a name that nobody calls would be made, and change nothing."""
    assert amiss_in_database(plant, MIGRATIONS) == told
