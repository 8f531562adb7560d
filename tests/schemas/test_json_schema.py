"""The JSON Schema files say the same as the models, and are what the models generate."""

import json
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from schemas import Entity, SnapshotInvalid, parse_snapshot
from schemas.json_schema import DIRECTORY, json_schemas, rendered, write_files

Examples = dict[Entity, dict[str, Any]]

FORMATS = FormatChecker(formats=["date"])
ID = st.text(st.characters(codec="utf-8"), min_size=1, max_size=64)
WORDS = st.none() | st.text(st.characters(codec="utf-8"), max_size=80)
DECIMAL = st.decimals(places=5, min_value=-(10**15) + 1, max_value=10**15 - 1).map(
    lambda value: format(value, "f")
)
OFFSET = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIME = st.datetimes(
    min_value=datetime(2, 1, 1),  # noqa: DTZ001 - Hypothesis wants its bounds naive
    max_value=datetime(9998, 12, 31),  # noqa: DTZ001 - the same
    timezones=OFFSET,
).map(lambda value: value.isoformat())
DATE = st.dates().map(lambda value: value.isoformat())
JUNK: st.SearchStrategy[object] = st.sampled_from(
    [None, True, 1.5, "", "x", "x" * 65, "1e5", "2026-02-30", "2026-03-01T09:30:00", [], [5], {}]
)


@FORMATS.checks("date-time", raises=ValueError)
def is_date_time(value: object) -> bool:
    """Judge the calendar of a date-time, which jsonschema leaves out without a further package."""
    return not isinstance(value, str) or bool(datetime.fromisoformat(value))


@cache
def validator(entity: Entity) -> Draft202012Validator:
    """Give the checked-in schema's validator, formats asserted."""
    text = (DIRECTORY / f"{entity}.schema.json").read_text(encoding="utf-8")
    return Draft202012Validator(json.loads(text), format_checker=FORMATS)


def fits_model(entity: Entity, raw: object) -> bool:
    """Ask the model."""
    try:
        parse_snapshot(entity, raw)
    except SnapshotInvalid:
        return False
    return True


def record(
    required: dict[str, st.SearchStrategy[Any]], optional: dict[str, st.SearchStrategy[Any]]
) -> st.SearchStrategy[dict[str, Any]]:
    """Build objects with every required key and some of the others, null or not."""
    nullable = {key: st.none() | values for key, values in optional.items()}
    return st.fixed_dictionaries(required, optional=nullable)


def words(*keys: str) -> dict[str, st.SearchStrategy[Any]]:
    """Give each key free text."""
    return dict.fromkeys(keys, WORDS)


ADDRESS = record({}, words("line1", "line2", "city", "state", "postal_code", "country"))
LINE = record(
    {"id": ID, "kind": st.sampled_from(["item", "text"])},
    words("group", "name", "description", "service", "unit")
    | {"quantity": DECIMAL, "unit_price": DECIMAL, "amount": DECIMAL},
)
TAX = record({"amount": DECIMAL}, words("name") | {"rate": DECIMAL})
ALLOCATION = record({"invoice_id": ID, "amount": DECIMAL}, {})
RETURN = record(
    {
        "id": ID,
        "kind": st.sampled_from(["refund", "chargeback", "ach_return"]),
        "amount": DECIMAL,
    },
    {"on": DATE},
)
SNAPSHOTS: dict[Entity, st.SearchStrategy[dict[str, Any]]] = {
    Entity.CONTACT: record(
        {"id": ID, "updated_at": TIME},
        words("number", "display_name", "given_name", "family_name", "company_name")
        | words("customer_type", "email", "phone")
        | {"address": ADDRESS, "archived": st.booleans()},
    ),
    Entity.PROJECT: record(
        {"id": ID, "updated_at": TIME, "contact_id": ID},
        words("number", "name", "pipeline", "stage", "status", "location")
        | {"address": ADDRESS, "archived": st.booleans()},
    ),
    Entity.INVOICE: record(
        {
            "id": ID,
            "updated_at": TIME,
            "kind": st.sampled_from(["standalone", "running_balance"]),
            "project_id": ID,
            "contact_id": ID,
            "total": DECIMAL,
        },
        words("number", "name", "memo")
        | {"sent_at": TIME, "issued_on": DATE, "due_on": DATE, "currency": st.just("USD")}
        | {"lines": st.lists(LINE, max_size=3), "discount": DECIMAL, "tax": TAX}
        | {"amount_due": DECIMAL, "balance": DECIMAL, "voided_at": TIME, "deleted_at": TIME},
    ),
    Entity.PAYMENT: record(
        {
            "id": ID,
            "updated_at": TIME,
            "project_id": ID,
            "contact_id": ID,
            "status": st.sampled_from(["pending", "complete", "failed"]),
            "amount": DECIMAL,
        },
        words("number", "reference")
        | {"received_on": DATE, "currency": st.just("USD"), "voided_at": TIME, "deleted_at": TIME}
        | {"method": st.sampled_from(["card", "ach", "cash", "check", "other"])}
        | {
            "allocations": st.lists(ALLOCATION, max_size=3),
            "returns": st.lists(RETURN, max_size=3),
        },
    ),
}
ANY_SNAPSHOT = st.sampled_from(list(Entity)).flatmap(
    lambda entity: st.tuples(st.just(entity), SNAPSHOTS[entity])
)


def test_the_checked_in_files_are_what_the_models_generate() -> None:
    """After a changed model `python -m schemas.json_schema` is owed."""
    files = {path.name: path.read_text(encoding="utf-8") for path in DIRECTORY.iterdir()}

    assert files == {name: rendered(schema) for name, schema in json_schemas().items()}


def test_the_files_are_written_where_asked(tmp_path: Path) -> None:
    """The command's one function writes all five."""
    write_files(tmp_path / "json")

    assert sorted(path.name for path in (tmp_path / "json").iterdir()) == [
        "contact.schema.json",
        "event.schema.json",
        "invoice.schema.json",
        "payment.schema.json",
        "project.schema.json",
    ]


@pytest.mark.parametrize("name", sorted(json_schemas()))
def test_each_file_is_a_draft_2020_12_schema_with_a_name(name: str) -> None:
    """It is valid by its own dialect, carries an id of its own, and forbids no further keys."""
    schema = json_schemas()[name]

    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"].endswith(f":{name.removesuffix('.schema.json')}")
    assert {"title", "description"} <= schema.keys()
    assert '"additionalProperties": false' not in rendered(schema)


@pytest.mark.parametrize("entity", Entity)
def test_the_example_of_each_entity_fits_its_file(entity: Entity, examples: Examples) -> None:
    """The same example fits the model in the tests of the parser."""
    assert list(validator(entity).iter_errors(examples[entity])) == []


@given(ANY_SNAPSHOT)
def test_what_fits_the_file_is_read_and_written_back_fitting(
    case: tuple[Entity, dict[str, Any]],
) -> None:
    """File and model accept the same; a model's own JSON fits its file and reads as the same."""
    entity, raw = case

    snapshot = parse_snapshot(entity, raw).snapshot
    written = snapshot.model_dump(mode="json")

    assert validator(entity).is_valid(raw)
    assert validator(entity).is_valid(written)
    assert parse_snapshot(entity, written).snapshot == snapshot


@given(ANY_SNAPSHOT, st.data())
def test_file_and_model_judge_a_damaged_snapshot_alike(
    case: tuple[Entity, dict[str, Any]], data: st.DataObject
) -> None:
    """A sender that checks against the file is not surprised by the reader."""
    entity, raw = case
    key = data.draw(st.sampled_from(sorted(raw)))
    damaged = raw | {key: data.draw(JUNK)}

    assert validator(entity).is_valid(damaged) == fits_model(entity, damaged)


def test_a_whole_number_is_read_though_the_file_asks_for_text(examples: Examples) -> None:
    """The one place where the reader is milder than the contract: nothing is lost in an int."""
    payment = examples[Entity.PAYMENT] | {"amount": 1000}

    assert not validator(Entity.PAYMENT).is_valid(payment)
    assert fits_model(Entity.PAYMENT, payment)


def test_the_envelopes_file_refuses_what_cannot_be_addressed() -> None:
    """Other languages see the limits of the SQL function."""
    envelope = Draft202012Validator(json_schemas()["event.schema.json"])
    good = {"company_id": "c", "entity": "contact", "record_id": "r", "snapshot": {}}

    assert envelope.is_valid(good | {"event_type": "t" * 64})
    assert not envelope.is_valid(good | {"company_id": ""})
    assert not envelope.is_valid(good | {"record_id": "r" * 65})
    assert not envelope.is_valid(good | {"entity": "quote"})
    assert not envelope.is_valid(good | {"snapshot": []})
    assert not envelope.is_valid(good | {"event_type": "t" * 65})
