"""Which properties an entity has, of what type and how long, and the reading of a request by them.

QuickBooks refuses a property it does not know (2010), text that is too long (2050) or holds
forbidden characters (2040), and values of the wrong type. Reading returns a clean copy: numbers as
Decimal, flags as bool, everything else as text. Lengths are counted in characters.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from qbo_simulator.faults import FaultError, missing
from qbo_simulator.wire import Json

INTEGER_DIGITS = 10
MOST_LINES = 750
SCALARS = (str, int, Decimal)


@dataclass(frozen=True, slots=True)
class Text:
    """Text up to a length, without certain characters; `email` asks for `@` and `.`."""

    longest: int = 4000
    forbidden: str = ""
    email: bool = False
    several: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Number:
    """An amount or quantity: at most ten digits before the point."""


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""


@dataclass(frozen=True, slots=True)
class Day:
    """A date, `YYYY-MM-DD`."""


@dataclass(frozen=True, slots=True)
class Anything:
    """A property that is accepted and kept as it is."""


@dataclass(frozen=True, slots=True)
class Group:
    """An object with properties of its own."""

    properties: "Mapping[str, Property]"


@dataclass(frozen=True, slots=True)
class Many:
    """A list of objects."""

    of: Group


Property = Text | Choice | Number | Flag | Day | Anything | Group | Many
Properties = Mapping[str, Property]

REFERENCE = Group({"value": Text(100), "name": Text(500), "type": Text(100)})
EMAIL = Group({"Address": Text(100, email=True)})
EMAILS = Group({"Address": Text(100, email=True, several=True)})
PHONE = Group({"FreeFormNumber": Text(30)})
MEMO = Group({"value": Text(1000)})
ADDRESS = Group(
    {
        **{f"Line{number}": Text(500) for number in range(1, 6)},
        "City": Text(255),
        "Country": Text(255),
        "CountryCode": Text(255),
        "CountrySubDivisionCode": Text(255),
        "County": Text(255),
        "PostalCode": Text(30),
        "PostalCodeSuffix": Text(30),
        "Note": Text(1000),
        **{name: Anything() for name in ("Id", "Lat", "Long", "Tag")},
    }
)
EVERY_ENTITY: Properties = {
    "Id": Text(40),
    "SyncToken": Text(40),
    "sparse": Flag(),
    "domain": Text(20),
    "MetaData": Anything(),
    "CustomField": Anything(),
    "status": Anything(),
}


def read_fields(properties: Properties, body: Json) -> Json:
    """Read a request's fields by an entity's properties.

    Raises:
        FaultError: 2010, 2040, 2050, 2060, 2090, 2170 or 2210, naming the element.
    """
    return {name: _read_named(properties, name, value) for name, value in body.items()}


def require(fields: Json, *names: str) -> None:
    """Refuse with 2020 when one of the named fields is missing or null."""
    for name in names:
        if fields.get(name) is None:
            raise missing(name)


def reference(fields: Json, name: str) -> str | None:
    """The id a reference names, or None when there is no such reference or it is empty."""
    return (fields.get(name) or {}).get("value") or None


def _read_named(properties: Properties, name: str, value: Any) -> Any:  # noqa: ANN401  # any JSON
    if name not in properties:
        raise FaultError(
            "2010",
            f'Property Name:Unrecognized field "{name}", not marked as ignorable '
            f"({len(properties)} known properties) specified is unsupported or invalid",
        )
    kind = properties[name]
    # Public client libraries send an empty text for a date, a choice or a number they have not.
    empty = value is None or (value == "" and isinstance(kind, Choice | Number | Flag | Day))
    return None if empty else _read(kind, name, value)


def _read(kind: Property, name: str, value: Any) -> Any:  # noqa: ANN401  # any JSON
    return value if isinstance(kind, Anything) else READERS[type(kind)](kind, name, value)


def _read_text(kind: Text, name: str, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, SCALARS):
        raise _wrong_type(name)
    text = str(value)
    if len(text) > kind.longest:
        raise FaultError(
            "2050",
            f"String length specified does not match the supported length. "
            f"Min:0 Max:{kind.longest} supported. Supplied length:{len(text)}",
            element=name,
        )
    if any(character in text for character in kind.forbidden):
        raise FaultError(
            "2040", f"{name} holds a character that is not supported: {text}", element=name
        )
    if kind.email:
        _check_email(kind, name, text)
    return text


def _check_email(kind: Text, name: str, text: str) -> None:
    for address in text.split(",") if kind.several else [text]:
        local, at, domain = address.strip().rpartition("@")
        if not (local and at and "." in domain.strip(".")) or " " in address.strip():
            raise FaultError(
                "2210", "Email Address does not conform to the RFC 822 format.", element=name
            )


def _read_choice(kind: Choice, name: str, value: object) -> str:
    if not isinstance(value, str) or value not in kind.words:
        raise FaultError("2170", f"Invalid Enumeration : {value}", element=name)
    return value


def _read_number(kind: Number, name: str, value: object) -> Decimal:
    del kind
    try:
        if isinstance(value, bool) or not isinstance(value, SCALARS):
            raise _wrong_type(name)
        number = Decimal(value)
    except InvalidOperation as error:
        raise FaultError("2090", f"Invalid Number : {value}", element=name) from error
    if not number.is_finite() or number.adjusted() >= INTEGER_DIGITS:
        raise FaultError("2090", f"Invalid Number : {value}", element=name)
    return number


def _read_flag(kind: Flag, name: str, value: object) -> bool:
    del kind
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in {"true", "false"}:
        return value == "true"
    raise _wrong_type(name)


def _read_day(kind: Day, name: str, value: object) -> str:
    del kind
    try:
        return date.fromisoformat(str(value)[:10]).isoformat()
    except ValueError as error:
        raise FaultError("2060", f"Invalid Date : {value}", element=name) from error


def _read_group(kind: Group, name: str, value: object) -> Json:
    if not isinstance(value, dict):
        raise _wrong_type(name)
    return read_fields(kind.properties, value)


def _read_many(kind: Many, name: str, value: object) -> list[Json]:
    if not isinstance(value, list):
        raise _wrong_type(name)
    if len(value) > MOST_LINES:
        raise FaultError(
            "6000", f"Business Validation Error: {name} holds over {MOST_LINES}.", element=name
        )
    return [_read_group(kind.of, name, element) for element in value if element]


def _wrong_type(name: str) -> FaultError:
    return FaultError("2010", f"Property Name:failed to parse json object; {name} is invalid")


READERS: Mapping[type, Callable[[Any, str, Any], Any]] = {
    Text: _read_text,
    Choice: _read_choice,
    Number: _read_number,
    Flag: _read_flag,
    Day: _read_day,
    Group: _read_group,
    Many: _read_many,
}
