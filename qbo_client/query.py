"""Select statements of QuickBooks' query language, with every value escaped.

The language has no JOIN and no OR; conditions are joined by AND
(https://developer.intuit.com/app/developer/qbo/docs/learn/explore-the-quickbooks-online-api/data-queries).
Its parser has failed with code 4000 on quotes and dashes outside ASCII, which phones type into
names: on that code ask again with `ascii_part_like` and compare the rows in our own process.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PAGE_LIMIT_ROWS: Final = 1000

# Name lists hide inactive rows unless both are asked for.
ACTIVE_OR_NOT: Final = "Active IN (true, false)"


def quote(text: str) -> str:
    r"""Write text as a literal: in apostrophes, with `\` and `'` escaped by a backslash."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def select(entity: str, where: Sequence[str] = (), *, start: int = 1, limit: int = 100) -> str:
    """Write a statement for all columns of an entity.

    Args:
        entity: such as `Customer`.
        where: conditions of this module, joined by AND.
        start: position of the first row, from 1.
        limit: rows in the reply, 1 to 1000; the reply's own `maxResults` counts what came.

    Raises:
        ValueError: for a start or limit QuickBooks would refuse (code 4001).
    """
    if start < 1 or not 1 <= limit <= PAGE_LIMIT_ROWS:
        raise ValueError(f"Rows start at 1 and a page holds 1 to {PAGE_LIMIT_ROWS} of them.")
    conditions = f" WHERE {' AND '.join(where)}" if where else ""
    return f"SELECT * FROM {_word(entity)}{conditions} STARTPOSITION {start} MAXRESULTS {limit}"


def equal(field: str, value: str) -> str:
    """Write `field = 'value'`; numbers and dates are quoted too."""
    return f"{_word(field)} = {quote(value)}"


def one_of(field: str, values: Iterable[str]) -> str:
    """Write `field IN ('a', 'b')`.

    Raises:
        ValueError: for no value at all.
    """
    quoted = ", ".join(quote(value) for value in values)
    if not quoted:
        raise ValueError("IN needs a value; with none there is nothing to ask.")
    return f"{_word(field)} IN ({quoted})"


def like(field: str, pattern: str) -> str:
    """Write `field LIKE 'pattern'`, where `%` in the pattern stands for anything."""
    return f"{_word(field)} LIKE {quote(pattern)}"


PLAIN: Final = r"[A-Za-z0-9 .,&#()/+:@*-]"


def ascii_part_like(name: str, field: str = "DisplayName") -> str | None:
    """Write a condition every row named `name` meets, in plain ASCII: the way round code 4000.

    The beginning of the name up to the first character that is not plain, or is a wildcard; where
    it begins with one, its longest plain part. It finds more than was asked for; the caller
    compares. None if the name has no plain character at all.
    """
    begins = re.match(f"{PLAIN}*", name)
    prefix = begins.group().rstrip() if begins else ""
    if prefix:
        return like(field, f"{prefix}%")
    part = max((part.strip() for part in re.findall(f"{PLAIN}+", name)), key=len, default="")
    return like(field, f"%{part}%") if part else None


def _word(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z.]{0,60}", name):
        raise ValueError("An entity or a field is a plain word, such as DisplayName.")
    return name
