"""Equality and storage of fields: what QuickBooks says and what we say, compared by meaning.

Stored in jsonb a Decimal is a plain string, because a JSON number would come back as a float; so
`Decimal("100.00")`, `100` and the stored "100" are the same, while two texts are compared as texts.
That is why a stored amount has one form only: without zeros at its end.
Absent, null and empty are the same too: QuickBooks leaves out what is empty.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation


def same(one: object, other: object) -> bool:
    """Say whether two values mean the same."""
    if is_blank(one) or is_blank(other):
        return is_blank(one) and is_blank(other)
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return all(same(one.get(key), other.get(key)) for key in one.keys() | other.keys())
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if _is_number(one) or _is_number(other):
        return _same_number(one, other)
    return one == other


def is_blank(value: object) -> bool:
    """Say whether a value says nothing: null, empty, or made of nothing else. False and 0 do."""
    if isinstance(value, Mapping):
        return all(map(is_blank, value.values()))
    return value is None or (isinstance(value, str | Sequence) and len(value) == 0)


def number(value: object) -> Decimal | None:
    """Read a number as QuickBooks or our storage gives it; None for anything else.

    Raises:
        TypeError: It is a float, which has lost the cents already.
    """
    if isinstance(value, float):
        raise TypeError("Money is never a float; parse JSON with parse_float=Decimal.")
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        return None
    try:
        return Decimal(value)
    except InvalidOperation:
        return None


def stored(value: object) -> object:
    """Return the value as jsonb can keep it, each Decimal as a plain string of one form.

    Raises:
        TypeError: It holds a float.
    """
    if isinstance(value, float):
        raise TypeError("Money is never a float; parse JSON with parse_float=Decimal.")
    if isinstance(value, Decimal):
        return _plain(value)
    if isinstance(value, Mapping):
        return {key: stored(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [stored(part) for part in value]
    return value


NUMBERS = frozenset({"Amount", "Qty", "UnitPrice", "DiscountPercent"})
"""Fields of a line that are numbers: stored as text, they are sent as numbers again."""


def with_numbers(value: object) -> object:
    """Bring what was stored of a field back to the form in which it is sent."""
    if isinstance(value, Mapping):
        return {
            key: Decimal(part) if key in NUMBERS and isinstance(part, str) else with_numbers(part)
            for key, part in value.items()
        }
    if isinstance(value, list | tuple):
        return [with_numbers(part) for part in value]
    return value


def _plain(value: Decimal) -> str:
    """Write 120, 120.0 and 120.00 alike, to any number of digits."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _is_number(value: object) -> bool:
    return isinstance(value, Decimal | int | float) and not isinstance(value, bool)


def _same_number(one: object, other: object) -> bool:
    first, second = number(one), number(other)
    return first is not None and first == second
