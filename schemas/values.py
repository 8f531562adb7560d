"""The values of the contract: decimal strings, UTC times, ISO dates, opaque ids, optional text.

Each reads the wire form and the Python form, refuses everything else in words that repeat no value,
and carries its own JSON Schema. Money and quantities are never floats: a float has lost the cents
before we see it.
"""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import (
    AfterValidator,
    BeforeValidator,
    PlainSerializer,
    PlainValidator,
    StrictBool,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

ID_LENGTH_MAX = 64

_DIGITS_BEFORE_POINT_MAX = 15
# The classes are spelt [0-9]: in Python the short form means every script's digits.
# Trailing zeros past the fifth place say nothing, and PostgreSQL's numeric likes to print them.
_DECIMAL_PATTERN = r"^-?[0-9]{1,15}(\.[0-9]{1,5}0{0,15})?$"
_TIME_PATTERN = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})$"
)
_DATE_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_DECIMAL = re.compile(_DECIMAL_PATTERN)
_TIME = re.compile(_TIME_PATTERN)
_DATE = re.compile(_DATE_PATTERN)


def read_decimal(value: object) -> Decimal:
    """Read a decimal string, an int or a Decimal exactly; refuse a float.

    The contract says string. An int is accepted although the JSON Schema does not promise it:
    nothing is lost in it. At most 15 digits stand before the point and 5 after it.
    """
    text = _decimal_text(value)
    if not _DECIMAL.fullmatch(text):
        raise PydanticCustomError(
            "decimal",
            "must be a plain decimal number, at most 15 digits before the point and 5 after it",
        )
    return Decimal(text)


def read_time(value: object) -> datetime:
    """Read an ISO 8601 time with offset as UTC; refuse one without offset."""
    try:
        time = _parsed_time(value)
        if time.utcoffset() is not None:
            return time.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        # OverflowError: the first and last hours of the calendar have no UTC form everywhere.
        raise _time_misfit() from error
    raise _time_misfit()


def read_date(value: object) -> date:
    """Read an ISO 8601 calendar date; refuse a time."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise _date_misfit() from error
    raise _date_misfit()


def write_decimal(value: Decimal) -> str:
    """Write a decimal as the contract does: plain digits, never an exponent."""
    return format(value, "f")


def none_to_empty(value: object) -> object:
    """Read an absent list as an empty one."""
    return () if value is None else value


def _none_to_false(value: object) -> object:
    return False if value is None else value


def _none_if_blank(value: str) -> str | None:
    return value if value.strip() else None


def _decimal_text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        # Asked before formatting: an exponent of twelve digits would be a terabyte of zeros.
        return format(value, "f") if abs(value.adjusted()) <= _DIGITS_BEFORE_POINT_MAX else ""
    if isinstance(value, int):
        return str(value)
    raise PydanticCustomError("decimal_type", "must be a decimal number written as text")


def _parsed_time(value: object) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, str) and _TIME.fullmatch(value):
        return datetime.fromisoformat(value)
    raise _time_misfit()


def _time_misfit() -> PydanticCustomError:
    return PydanticCustomError(
        "time", "must be a time with its offset, such as 2026-03-01T09:30:00-05:00"
    )


def _date_misfit() -> PydanticCustomError:
    return PydanticCustomError("date", "must be a date such as 2026-03-01")


Id = Annotated[str, StringConstraints(min_length=1, max_length=ID_LENGTH_MAX)]
"""An opaque id of ProLine's."""

Text = Annotated[str, AfterValidator(_none_if_blank)] | None
"""Optional text; a blank one is none, so that nobody downstream has to ask twice."""

Flag = Annotated[
    StrictBool, BeforeValidator(_none_to_false, json_schema_input_type=StrictBool | None)
]
"""True or false; null is false."""

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""An ISO 4217 code."""

Money = Annotated[
    Decimal,
    PlainValidator(read_decimal),
    PlainSerializer(write_decimal, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": _DECIMAL_PATTERN, "examples": ["1234.50"]}),
]
"""An amount of the record's currency, as a decimal string on the wire."""

Quantity = Annotated[
    Decimal,
    PlainValidator(read_decimal),
    PlainSerializer(write_decimal, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": _DECIMAL_PATTERN, "examples": ["12.5"]}),
]
"""A number that is no money (a quantity, a rate in percent), as a decimal string on the wire."""

UtcTime = Annotated[
    datetime,
    PlainValidator(read_time),
    PlainSerializer(datetime.isoformat, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": _TIME_PATTERN}),
]
"""A moment: ISO 8601 with offset on the wire, aware UTC in Python."""

IsoDate = Annotated[
    date,
    PlainValidator(read_date),
    PlainSerializer(date.isoformat, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date", "pattern": _DATE_PATTERN}),
]
"""A calendar date without a time zone."""
