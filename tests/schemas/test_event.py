"""The envelope refuses what could not be addressed or stored, and nothing else."""

import json
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from decimal import Decimal
from functools import partial
from traceback import format_exception
from typing import Any, TypeVar

import pytest
from hypothesis import given

from schemas import (
    Entity,
    Event,
    EventInvalid,
    SchemaError,
    decode_snapshot,
    parse_snapshot,
)
from tests.schemas.hostile import SECRET, Envelope, always, envelopes

T = TypeVar("T")


def event(**changes: Any) -> Event:  # noqa: ANN401 - wrong types are what these tests pass
    """Build a good event but for the changes."""
    fields: dict[str, Any] = {
        "company_id": "company-1",
        "entity": Entity.CONTACT,
        "record_id": "contact-1",
        "snapshot": {"id": "contact-1"},
    }
    return Event(**(fields | changes))


def test_a_good_envelope_is_kept_as_it_is() -> None:
    """Both limits may be reached, and an entity may come as its word."""
    made = event(company_id="c" * 64, entity="invoice", event_type="t" * 64)

    assert made.entity is Entity.INVOICE
    assert (len(made.company_id), len(made.event_type)) == (64, 64)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"company_id": ""}, "company"),
        ({"company_id": "c" * 65}, "company"),
        ({"company_id": 7}, "company"),
        ({"company_id": "a\x00"}, "NUL"),
        ({"record_id": "", "snapshot": {}}, "record"),
        ({"record_id": "r" * 65, "snapshot": {}}, "record"),
        ({"record_id": None}, "record"),
        ({"record_id": "a\x00", "snapshot": {}}, "NUL"),
        ({"company_id": "a\ud800"}, "half a character"),
        ({"record_id": "a\udfff", "snapshot": {}}, "half a character"),
        ({"event_type": "a\ud800"}, "half a character"),
        ({"entity": "quote"}, "contact, project, invoice, payment"),
        ({"entity": None}, "entity"),
        ({"snapshot": []}, "object"),
        ({"snapshot": "{}"}, "object"),
        ({"snapshot": {"memo": "x" * 1_048_576}}, "1 MB"),
        ({"snapshot": {"memo": "\u00e9" * 600_000}}, "1 MB"),
        ({"snapshot": {"id": "contact-2"}}, "inside its snapshot"),
        ({"snapshot": {"total": Decimal(1)}}, "plain JSON"),
        ({"snapshot": {"total": float("nan")}}, "plain JSON"),
        ({"snapshot": {"memo": "\ud800"}}, "plain JSON"),
        ({"snapshot": {"memo": "a\x00"}}, "NUL"),
        ({"snapshot": {"memo": "\\\x00"}}, "NUL"),
        ({"event_type": "t" * 65}, "64"),
        ({"event_type": None}, "type"),
        ({"event_type": "a\x00"}, "NUL"),
    ],
)
def test_what_cannot_be_addressed_is_refused_with_a_sentence(
    changes: dict[str, Any], word: str
) -> None:
    """Each rule of the envelope has its own sentence."""
    with pytest.raises(EventInvalid) as caught:
        event(**changes)

    assert word in caught.value.sentence
    assert caught.value.sentence.endswith(".")


def test_a_snapshot_nested_past_all_reason_is_refused() -> None:
    """A document no parser could follow is no record."""
    deep: dict[str, Any] = {}
    for _ in range(100_000):
        deep = {"a": deep}

    with pytest.raises(EventInvalid, match="plain JSON"):
        event(snapshot=deep)


@pytest.mark.parametrize("snapshot", [{}, {"id": None}, {"total": 1.5}, {"memo": "\\u0000"}])
def test_a_snapshot_that_only_misfits_its_entity_passes(snapshot: dict[str, Any]) -> None:
    """It must not break ProLine's transaction; it becomes a failed record when it is read."""
    assert event(snapshot=snapshot).snapshot == snapshot


def test_a_snapshot_of_exactly_one_megabyte_passes() -> None:
    """The limit itself is allowed, as in the table's own check."""
    filler = "x" * (1_048_576 - len('{"m": ""}'))

    assert event(snapshot={"m": filler}).snapshot["m"] == filler


def test_an_event_cannot_be_changed() -> None:
    """What was checked stays what is written."""
    made = event()

    with pytest.raises(FrozenInstanceError):
        made.record_id = ""  # type: ignore[misc] # the assignment is what must fail


def test_customer_data_stays_out_of_an_events_printed_form() -> None:
    """An event that reaches a log line says which record, never what is in it."""
    assert "555-0100" not in repr(event(snapshot={"phone": "555-0100"}))


@given(envelopes())
@always
def test_any_arguments_are_an_event_or_a_refusal_that_repeats_no_value(envelope: Envelope) -> None:
    """ProLine meets one error alone, whatever it passes; all that a log may print of it is ours."""
    made = outcome(envelope.event)

    assert SECRET not in printed(made)
    if isinstance(made, Event):
        assert made.entity in Entity
        for word in (made.company_id, made.record_id, made.event_type):
            assert len(word) <= 64
            assert "\x00" not in word


@given(envelopes())
@always
def test_what_is_taken_is_read_whatever_it_holds(envelope: Envelope) -> None:
    """The relay's reader gives the record or its misfits, and neither repeats a value."""
    made = outcome(envelope.event)
    if not isinstance(made, Event):
        return

    raw = decode_snapshot(json.dumps(made.snapshot))
    read = outcome(partial(parse_snapshot, made.entity, raw))

    if isinstance(read, SchemaError):
        assert SECRET not in printed(read)
        assert read.sentence.endswith(".")
    else:
        assert read.snapshot.id == made.record_id


def outcome(call: Callable[[], T]) -> T | SchemaError:
    """Give what a call gives, or how it is refused; any other error is none of the contract."""
    try:
        return call()
    except SchemaError as refused:
        return refused


def printed(outcome_: object) -> str:
    """Give all that a log may print: of an error its causes too."""
    if isinstance(outcome_, Exception):
        return "".join(format_exception(outcome_))
    return repr(outcome_)
