"""A page of a list: one row more than is shown is asked for, and says whether the list goes on."""

from collections.abc import Sequence
from typing import TypeVar

Row = TypeVar("Row")


def first_of(rows: Sequence[Row], most: int) -> tuple[Sequence[Row], bool]:
    """Return what is shown of `most` + 1 rows that were asked for, and whether there are more."""
    return rows[:most], len(rows) > most
