"""Renders a snapshot's Python values as the contract writes them.

Money and quantities become plain decimal strings, times ISO 8601 in UTC, dates ISO. What ProLine's
tables hold beyond that is made storable (PostgreSQL's jsonb has no NUL character) or refused with a
sentence. Whether the snapshot fits its entity's schema is not asked here.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from schemas import EventInvalid

DEPTH_MOST = 32
# Decimal("1E+999999999") is a few bytes in memory and a gigabyte in plain digits.
DECIMAL_EXPONENT_MOST = 100


def plain_json(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """Return the snapshot as JSON values alone; what is JSON already stays as it is.

    Raises:
        EventInvalid: A time has no offset, a decimal is no number, or a value has no JSON form.
    """
    return {_text(key): _plain(value, (_text(key),)) for key, value in snapshot.items()}


def _plain(value: object, path: tuple[str, ...]) -> object:
    if len(path) > DEPTH_MOST:
        raise EventInvalid(f"The event's snapshot is nested over {DEPTH_MOST} levels deep.")
    match value:
        case Enum():  # before str and int: an enum may be one of them
            return _plain(value.value, path)
        case str():
            return _text(value)
        case None | bool() | int() | float():
            return value
        case Mapping():
            return {_text(key): _plain(item, (*path, _text(key))) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item, (*path, str(index))) for index, item in enumerate(value)]
        case _:
            return _scalar(value, path)


def _scalar(value: object, path: tuple[str, ...]) -> str:
    match value:
        case Decimal():
            return _decimal(value, path)
        case datetime():  # before date: a datetime is one
            return _time(value, path)
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
        case _:
            raise EventInvalid(f"{_at(path)} has no form in JSON: it is a {type(value).__name__}.")


def _text(value: object) -> str:
    return str(value).replace("\x00", "")


def _decimal(value: Decimal, path: tuple[str, ...]) -> str:
    if not value.is_finite() or abs(value.adjusted()) > DECIMAL_EXPONENT_MOST:
        raise EventInvalid(f"{_at(path)} is no number that can be written in plain digits.")
    return format(value, "f")


def _time(value: datetime, path: tuple[str, ...]) -> str:
    if value.utcoffset() is None:
        raise EventInvalid(f"{_at(path)} is a time without an offset: make it an aware one.")
    return value.astimezone(UTC).isoformat()


def _at(path: tuple[str, ...]) -> str:
    return f"The event's snapshot cannot be stored: {'.'.join(path)}"
