"""The event envelope: which record of which company is now so.

It refuses only what could not be addressed or stored; whether the snapshot fits its entity is asked
when it is read, so that a bad snapshot never breaks ProLine's transaction.
"""

import json
import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any

from pydantic import ConfigDict, StringConstraints

from schemas.entity import Entity
from schemas.errors import EventInvalid
from schemas.values import ID_LENGTH_MAX, Id

EVENT_TYPE_LENGTH_MAX = 64
FIRST_SURROGATE, LAST_SURROGATE = "\ud800", "\udfff"
SNAPSHOT_BYTES_MAX = 1_048_576
_EXPONENT = re.compile(r"\de[+-]\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One record of one company as it is now.

    Raises:
        EventInvalid: An id is empty, over 64 characters or not text; the entity is unknown; the
            snapshot is no JSON object, is over 1 MB or names another record; the event type is over
            64 characters.
    """

    __pydantic_config__ = ConfigDict(use_attribute_docstrings=True)

    company_id: Id
    """ProLine's opaque id of the contractor's company."""
    entity: Entity
    record_id: Id
    """ProLine's opaque id of the record; the same as the snapshot's own id."""
    snapshot: dict[str, Any] = field(repr=False)
    """The whole record as it is now, in the form its entity's schema describes."""
    event_type: Annotated[str, StringConstraints(max_length=EVENT_TYPE_LENGTH_MAX)] = ""
    """What happened, in words for people; nothing depends on it."""

    def __post_init__(self) -> None:
        """Refuse an envelope that could not be addressed."""
        _check_id("company", self.company_id)
        _check_id("record", self.record_id)
        object.__setattr__(self, "entity", _entity(self.entity))
        _check_snapshot(self.snapshot, self.record_id)
        _check_event_type(self.event_type)


def _check_id(owner: str, value: object) -> None:
    if not isinstance(value, str) or not value:
        raise EventInvalid(f"The event names no {owner}: its {owner} id must be text, not empty.")
    if len(value) > ID_LENGTH_MAX:
        raise EventInvalid(f"The event's {owner} id is over {ID_LENGTH_MAX} characters.")
    _check_storable(f"{owner} id", value)


def _entity(value: str) -> Entity:
    try:
        return Entity(value)
    except ValueError as error:
        known = ", ".join(Entity)
        raise EventInvalid(f"The event's entity is none of: {known}.") from error


def _check_snapshot(snapshot: object, record_id: str) -> None:
    if not isinstance(snapshot, dict):
        raise EventInvalid("The event's snapshot is not a JSON object.")
    if _json_bytes(snapshot) > SNAPSHOT_BYTES_MAX:
        raise EventInvalid("The event's snapshot is over 1 MB.")
    if snapshot.get("id") not in (None, record_id):
        raise EventInvalid("The event's record id is not the id inside its snapshot.")


def _check_event_type(value: object) -> None:
    if not isinstance(value, str) or len(value) > EVENT_TYPE_LENGTH_MAX:
        raise EventInvalid(
            f"The event's type must be text of at most {EVENT_TYPE_LENGTH_MAX} characters."
        )
    _check_storable("type", value)


def _check_storable(name: str, value: str) -> None:
    if "\x00" in value:
        raise EventInvalid(f"The event's {name} contains a NUL character, which cannot be stored.")
    if any(FIRST_SURROGATE <= each <= LAST_SURROGATE for each in value):
        # UTF-16's halves of a character: no UTF-8 holds one alone.
        raise EventInvalid(f"The event's {name} contains half a character, which cannot be stored.")


def _json_bytes(snapshot: dict[str, Any]) -> int:
    """Measure the snapshot as PostgreSQL prints it, and refuse what its jsonb type refuses.

    jsonb has neither NaN nor NUL (https://www.postgresql.org/docs/15/datatype-json.html). Pairs of
    backslashes go first, because the text backslash-u0000 is written with two and is harmless.
    """
    try:
        text = json.dumps(snapshot, ensure_ascii=False, allow_nan=False)
        size_bytes = len(text.encode()) + _more_in_plain_digits(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise EventInvalid(
            "The event's snapshot is not plain JSON: write times and decimals as text."
        ) from error
    if "\\u0000" in text.replace("\\\\", ""):
        raise EventInvalid("The event's snapshot contains a NUL character, which cannot be stored.")
    return size_bytes


def _more_in_plain_digits(text: str) -> int:
    """Say by how much longer PostgreSQL prints a JSON text: it knows no exponents, Python does."""
    if _EXPONENT.search(text) is None:
        return 0
    more: list[int] = []
    json.loads(text, parse_float=lambda digits: more.append(_plain_digits(digits) - len(digits)))
    return sum(more)


def _plain_digits(digits: str) -> int:
    return len(format(Decimal(digits), "f"))
