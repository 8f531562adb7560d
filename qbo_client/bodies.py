"""Bodies as bytes and back: canonical JSON out, bounded and suspicious JSON in.

Out: the bytes of a request are stored and sent again as they are, so equal input gives equal
bytes, and a Decimal keeps every digit. In: whatever a gateway sends, the answer is an object or
None, never an exception.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final, NoReturn, TypeAlias

# What stands on the wire; only its readers know the shape.
JsonObject: TypeAlias = dict[str, Any]

# The largest reply read or looked into. A page of 1000 invoices stays below it.
BODY_LIMIT_BYTES: Final = 4 * 1024 * 1024

# QuickBooks' amounts have 15 digits (10.5); beyond this a number is a mistake or an attack.
NUMBER_DIGITS_LIMIT: Final = 30

# QuickBooks' own objects nest to about eight levels; whoever walks a deeper body could run out of
# stack, so none is handed on.
DEPTH_LIMIT: Final = 64

# Characters no database column or UTF-8 encoder takes: halves of surrogate pairs, and NUL.
_UNSTORABLE: Final = re.compile("[\ud800-\udfff\x00]")


def encode_body(fields: Mapping[str, Any]) -> bytes:
    """Write an object as canonical JSON: keys sorted, no blanks, UTF-8, amounts exact.

    Args:
        fields: str, int, bool, None, Decimal, and mappings and sequences of them.

    Raises:
        TypeError: for a float (money is never one) or any other type.
        ValueError: for a number that is not finite or has over 30 digits, or for text that is
            not valid Unicode.
    """
    return _written(fields).encode("utf-8")


def decode_body(body: bytes) -> JsonObject | None:
    """Read a JSON object with fractions as Decimal; None for anything else, however hostile."""
    if len(body) > BODY_LIMIT_BYTES:
        return None
    try:
        document = json.loads(
            body.decode("utf-8-sig"),
            parse_float=_decimal,
            parse_int=_integer,
            parse_constant=_no_number,
        )
        if not isinstance(document, dict) or _is_too_deep(document):
            return None
        return _storable(document) if b"\\u" in body else document
    except (ValueError, ArithmeticError, RecursionError):
        return None


def clean_text(text: str) -> str:
    """Replace what neither UTF-8 nor PostgreSQL stores (lone surrogates, NUL) by U+FFFD."""
    return _UNSTORABLE.sub("\ufffd", text)


def _written(value: object) -> str:
    match value:
        case None | bool() | str():
            return json.dumps(value, ensure_ascii=False)
        case int():
            return str(value)
        case Decimal():
            return _plain(value)
        case Mapping():
            pairs = (f"{_key(key)}:{_written(value[key])}" for key in sorted(value))
            return "{" + ",".join(pairs) + "}"
        case list() | tuple():
            return "[" + ",".join(map(_written, value)) + "]"
        case _:
            raise TypeError(
                f"A request body cannot hold {type(value).__name__}; use Decimal or str."
            )


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError(f"A key of a request body is a str, not {type(key).__name__}.")
    return json.dumps(key, ensure_ascii=False)


def _plain(number: Decimal) -> str:
    if _is_too_long(number):
        raise ValueError(f"A number of at most {NUMBER_DIGITS_LIMIT} digits is needed.")
    return format(abs(number) if number.is_zero() else number, "f")


def _decimal(text: str) -> Decimal:
    number = Decimal(text)
    if _is_too_long(number):
        raise ValueError("A number beyond every amount.")
    return number


def _integer(text: str) -> int:
    if len(text) > NUMBER_DIGITS_LIMIT + 1:
        raise ValueError("A number beyond every amount.")
    return int(text)


def _is_too_deep(document: JsonObject) -> bool:
    level: list[Any] = [document]
    for _ in range(DEPTH_LIMIT):
        level = [part for each in level for part in _parts(each) if isinstance(part, dict | list)]
        if not level:
            return False
    return True


def _parts(container: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return container.values() if isinstance(container, dict) else container


def _is_too_long(number: Decimal) -> bool:
    # What is not finite has a letter for its exponent.
    exponent = number.as_tuple().exponent
    return (
        not isinstance(exponent, int)
        or number.adjusted() >= NUMBER_DIGITS_LIMIT
        or exponent < -NUMBER_DIGITS_LIMIT
    )


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON number.")


def _storable(value: Any) -> Any:  # noqa: ANN401 - a JSON value has any shape
    match value:
        case str():
            return clean_text(value)
        case list():
            return [_storable(item) for item in value]
        case dict():
            return {clean_text(key): _storable(item) for key, item in value.items()}
        case _:
            return value
