"""Plants one of the seeded defects of tests/mutants, where the environment names it.

Every process of a test run asks here: the one that runs the tests, and the one that forks the
product's processes. Without `MUTANT` nothing happens.
"""

import os
from importlib import import_module
from typing import Any, Final

import psycopg

VARIABLE: Final = "MUTANT"


def plant() -> None:
    """Plant the defect in this process, before anything of the product runs in it."""
    mutant = _named()
    if mutant is not None and mutant.plant is not None:
        mutant.plant()


def plant_in(database_url: str) -> None:
    """Plant the defect in a database that was just migrated."""
    mutant = _named()
    if mutant is not None and mutant.in_database is not None:
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(mutant.in_database)


def _named() -> Any:  # noqa: ANN401  # a Mutant; the table is imported only where one is named
    name = os.environ.get(VARIABLE)
    if not name:
        return None
    by_name = {each.name: each for each in import_module("tests.mutants.table").MUTANTS}
    return by_name[name]
