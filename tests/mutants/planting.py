"""Whether each defect can still be planted: without a server, in the time it takes to import all.

Whatever a plant puts in another's place must have been there, and be called in the same way. Run as
a module, it plants one after the other, takes each out again, and prints what is amiss by name: a
process that is not used for anything else afterwards.
"""

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from inspect import Parameter, isfunction, signature
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from tests.mutants.mutant import Mutant
from tests.mutants.table import MUTANTS

ROOT: Final = Path(__file__).parents[2]
PRODUCT: Final = frozenset(
    {"broker", "connections", "coordination", "outbox", "records", "workers"}
)
_FUNCTION: Final = re.compile(r"^CREATE OR REPLACE (FUNCTION .+)$", re.MULTILINE)
_COLUMN: Final = re.compile(r"^ALTER TABLE (\S+) ALTER (\S+) ", re.MULTILINE)

Place = tuple[Any, str]
"""A module or class, and the name of one of its attributes."""


def main() -> None:
    """Say of each defect what is amiss with it."""
    migrations = [each.read_text() for each in (ROOT / "migrations" / "versions").glob("*.py")]
    print(json.dumps({each.name: amiss(each, migrations) for each in MUTANTS}))  # noqa: T201  # what the test reads


def amiss(mutant: Mutant, migrations: Iterable[str]) -> list[str]:
    """Say why one is not what it was meant to be; nothing, where it is."""
    said = []
    if mutant.plant is not None:
        said += amiss_in_process(mutant, _product())
    if mutant.in_database is not None:
        said += amiss_in_database(mutant.in_database, "\n".join(migrations))
    return said


def amiss_in_process(mutant: Mutant, modules: Sequence[ModuleType]) -> list[str]:
    """Plant it in these modules, see what has changed there, and take it out again."""
    assert mutant.plant is not None
    before = _attributes(modules)
    said = []
    try:
        mutant.plant()
    except Exception as error:  # noqa: BLE001  # whatever it is: it is what is told
        said.append(repr(error))
    after = _attributes(modules)
    changed = [each for each in after if each not in before or _differs(before[each], after[each])]
    said += [told for each in changed if (told := _told(each, before, after[each])) is not None]
    _take_out(changed, before)
    return said if said or changed else ["nothing has changed"]


def amiss_in_database(plant: str, migrations: str) -> list[str]:
    """Say what SQL changes that no migration makes."""
    functions = [each for each in _FUNCTION.findall(plant) if f"CREATE {each}" not in migrations]
    columns = [each for each in _COLUMN.findall(plant) if not _has_column(migrations, *each)]
    known = _FUNCTION.search(plant) or _COLUMN.search(plant)
    return [
        *(f"no migration has {each}" for each in functions),
        *(f"no migration has {table} {column}" for table, column in columns),
        *([] if known else ["it changes nothing that is known here"]),
    ]


def _product() -> list[ModuleType]:
    return [each for name, each in sys.modules.items() if name.partition(".")[0] in PRODUCT]


def _attributes(modules: Sequence[ModuleType]) -> dict[Place, Any]:
    ours = {each.__name__ for each in modules}
    classes = {
        each
        for module in modules
        for each in vars(module).values()
        if isinstance(each, type) and each.__module__ in ours
    }
    # A copy of what is changed in its place.
    return {
        (owner, name): dict(value) if type(value) is dict else value
        for owner in (*modules, *classes)
        for name, value in vars(owner).items()
    }


def _differs(before: object, after: object) -> bool:
    return before != after if type(after) is dict else before is not after


def _told(place: Place, before: Mapping[Place, Any], after: object) -> str | None:
    owner, name = place
    named = f"{owner.__name__}.{name}"
    if place not in before:
        return f"{named} was not there"
    if type(before[place]) is not type(after):
        return f"{named} is of another kind"
    if isfunction(after) and _called(before[place]) != _called(after):
        return f"{named} is called as {signature(before[place])}, the plant {signature(after)}"
    return None


def _called(function: Any) -> list[Parameter]:  # noqa: ANN401  # any function
    given = signature(function).parameters.values()
    return [each.replace(annotation=Parameter.empty) for each in given]


def _take_out(changed: Iterable[Place], before: Mapping[Place, Any]) -> None:
    for owner, name in changed:
        if (owner, name) not in before:
            delattr(owner, name)
        elif type(before[owner, name]) is dict:
            vars(owner)[name].update(before[owner, name])
        else:
            setattr(owner, name, before[owner, name])


def _has_column(migrations: str, table: str, column: str) -> bool:
    made = re.search(rf"(?ms)CREATE TABLE {re.escape(table)} \((.*?)^\)", migrations)
    return made is not None and re.search(rf"^ +{column} ", made[1], re.MULTILINE) is not None


if __name__ == "__main__":
    main()
