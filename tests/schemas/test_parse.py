"""Reading snapshots: optional values, unknown keys, and misfits in words without values."""

import json
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from schemas import (
    SNAPSHOT_MODELS,
    Entity,
    InvoiceKind,
    LineKind,
    PaymentMethod,
    SnapshotInvalid,
    parse_snapshot,
)

Examples = dict[Entity, dict[str, Any]]

REQUIRED: dict[Entity, set[str]] = {
    Entity.CONTACT: {"id", "updated_at"},
    Entity.PROJECT: {"id", "updated_at", "contact_id"},
    Entity.INVOICE: {"id", "updated_at", "kind", "project_id", "contact_id", "total"},
    Entity.PAYMENT: {"id", "updated_at", "project_id", "contact_id", "status", "amount"},
}
REQUIRED_KEYS = [(entity, key) for entity in Entity for key in sorted(REQUIRED[entity])]
CONTRACT: dict[Entity, str] = {
    Entity.CONTACT: "id number display_name given_name family_name company_name customer_type email"
    " phone address archived updated_at",
    Entity.PROJECT: "id number name contact_id pipeline stage status location address archived"
    " updated_at",
    Entity.INVOICE: "id number name kind project_id contact_id sent_at issued_on due_on currency"
    " lines discount tax total amount_due balance memo voided_at deleted_at updated_at",
    Entity.PAYMENT: "id number project_id contact_id status received_on amount currency method"
    " reference allocations returns voided_at deleted_at updated_at",
}


def problems(entity: Entity, raw: object) -> tuple[str, ...]:
    """Read a snapshot that must not fit and give what is wrong with it."""
    with pytest.raises(SnapshotInvalid) as caught:
        parse_snapshot(entity, raw)
    return caught.value.problems


@pytest.mark.parametrize("entity", Entity)
def test_the_models_have_exactly_the_contracts_fields(entity: Entity) -> None:
    """Others script against these names; cost and margin have no place among them."""
    assert list(SNAPSHOT_MODELS[entity].model_fields) == CONTRACT[entity].split()


@pytest.mark.parametrize("entity", Entity)
def test_a_full_snapshot_is_read_and_knows_every_key(entity: Entity, examples: Examples) -> None:
    """The contract's own example leaves nothing over."""
    parsed = parse_snapshot(entity, examples[entity])

    assert type(parsed.snapshot) is SNAPSHOT_MODELS[entity]
    assert parsed.unknown_keys == ()


def test_an_invoice_is_read_into_values(examples: Examples) -> None:
    """Amounts are Decimals, kinds are their enumerations, lines a tuple in ProLine's order."""
    invoice = parse_snapshot(Entity.INVOICE, examples[Entity.INVOICE]).snapshot

    assert invoice.kind is InvoiceKind.STANDALONE
    assert invoice.total == Decimal("3680.50")
    assert [line.kind for line in invoice.lines] == [LineKind.ITEM, LineKind.TEXT]
    assert invoice.tax is not None
    assert invoice.tax.rate == Decimal("8.25")


def test_a_payment_is_read_into_values(examples: Examples) -> None:
    """What it pays and what went back are frozen tuples."""
    payment = parse_snapshot(Entity.PAYMENT, examples[Entity.PAYMENT]).snapshot

    assert payment.method is PaymentMethod.CHECK
    assert payment.allocations[0].invoice_id == "invoice-1"
    assert payment.returns[0].amount == Decimal("10.00")


@pytest.mark.parametrize("entity", Entity)
def test_an_optional_value_may_be_null_or_absent(entity: Entity, examples: Examples) -> None:
    """Null and absent mean the same, everywhere the contract does not require a value."""
    required = {key: examples[entity][key] for key in REQUIRED[entity]}
    nulled = dict.fromkeys(examples[entity]) | required

    absent = parse_snapshot(entity, required).snapshot

    assert parse_snapshot(entity, nulled).snapshot == absent


@pytest.mark.parametrize(("entity", "key"), REQUIRED_KEYS)
def test_a_required_value_may_be_neither_null_nor_absent(
    entity: Entity, key: str, examples: Examples
) -> None:
    """Both are called missing."""
    nulled = examples[entity] | {key: None}
    absent = {name: value for name, value in examples[entity].items() if name != key}

    assert problems(entity, nulled) == (f"{key} is missing",)
    assert problems(entity, absent) == (f"{key} is missing",)


def test_an_empty_display_name_is_no_misfit(examples: Examples) -> None:
    """The mapping decides what a nameless contact is called."""
    contact = examples[Entity.CONTACT] | {"display_name": ""}

    assert parse_snapshot(Entity.CONTACT, contact).snapshot.display_name is None


def test_unknown_keys_are_named_once_by_path(examples: Examples) -> None:
    """They are ignored and reported, at every depth, never twice for a list."""
    invoice = examples[Entity.INVOICE] | {"margin": "9"}
    invoice["lines"] = [line | {"cost": "1"} for line in invoice["lines"]]
    invoice["tax"] = invoice["tax"] | {"code": "x"}

    unknown = parse_snapshot(Entity.INVOICE, invoice).unknown_keys

    assert unknown == ("margin", "lines[].cost", "tax.code")


def test_unknown_keys_of_an_address_and_of_payment_parts_are_named(examples: Examples) -> None:
    """Every nested part of the contract is looked into."""
    contact = examples[Entity.CONTACT] | {"address": {"county": "x"}}
    payment = examples[Entity.PAYMENT]
    payment["allocations"][0]["fee"] = "1"
    payment["returns"][0]["fee"] = "1"

    of_contact = parse_snapshot(Entity.CONTACT, contact).unknown_keys
    of_payment = parse_snapshot(Entity.PAYMENT, payment).unknown_keys

    assert of_contact == ("address.county",)
    assert of_payment == ("allocations[].fee", "returns[].fee")


def test_the_report_of_unknown_keys_is_bounded(examples: Examples) -> None:
    """A sender that puts data into keys fills neither our logs nor our rows."""
    contact = examples[Entity.CONTACT] | {f"{n:02}{'k' * 100}": n for n in range(50)}

    unknown = parse_snapshot(Entity.CONTACT, contact).unknown_keys

    assert len(unknown) == 20
    assert {len(key) for key in unknown} == {64}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"id": ""}, "id must not be empty"),
        ({"id": "x" * 65}, "id is over 64 characters"),
        ({"memo": 5}, "memo must be text"),
        ({"id": "\ud800"}, "id must be text"),
        ({"kind": "deposit"}, "kind must be 'standalone' or 'running_balance'"),
        ({"currency": "usd"}, "currency must be three capital letters such as USD"),
        ({"total": 1.5}, "total must be a decimal number written as text"),
        ({"lines": {}}, "lines must be a list"),
        ({"lines": [5]}, "lines[0] must be an object"),
        ({"tax": "8"}, "tax must be an object"),
        (
            {"due_on": "31/03/2026"},
            "due_on must be a date such as 2026-03-01",
        ),
        (
            {"sent_at": "2026-03-01T09:30:00"},
            "sent_at must be a time with its offset, such as 2026-03-01T09:30:00-05:00",
        ),
        (
            {"lines": [{"id": "1", "kind": "text"}, {"id": "2", "kind": "item", "amount": "x"}]},
            (
                "lines[1].amount must be a plain decimal number,"
                " at most 15 digits before the point and 5 after it"
            ),
        ),
    ],
)
def test_a_misfit_is_a_short_clause_with_its_path(
    change: dict[str, Any], problem: str, examples: Examples
) -> None:
    """A support admin reads which field and which rule."""
    assert problems(Entity.INVOICE, examples[Entity.INVOICE] | change) == (problem,)


def test_a_flag_that_is_no_flag_is_a_clause(examples: Examples) -> None:
    """Archived is true, false or null."""
    contact = examples[Entity.CONTACT] | {"archived": "yes"}

    assert problems(Entity.CONTACT, contact) == ("archived must be true or false",)


def test_an_unknown_payment_method_is_refused(examples: Examples) -> None:
    """Money is never booked under a guess."""
    payment = examples[Entity.PAYMENT] | {"method": "crypto"}

    assert problems(Entity.PAYMENT, payment) == (
        "method must be 'card', 'ach', 'cash', 'check' or 'other'",
    )


@pytest.mark.parametrize("raw", [None, [], "text", 5])
def test_a_snapshot_that_is_no_object_is_refused(raw: object) -> None:
    """The whole misfits, so no field is named."""
    assert problems(Entity.PROJECT, raw) == ("the snapshot is not a JSON object",)


def test_the_sentence_names_the_entity_and_at_most_five_problems() -> None:
    """One line on the page, however broken the snapshot is."""
    with pytest.raises(SnapshotInvalid) as caught:
        parse_snapshot(Entity.PAYMENT, {"memo": "x"})

    sentence = caught.value.sentence
    assert caught.value.entity is Entity.PAYMENT
    assert sentence.startswith("ProLine sent this payment in a form we cannot read: id is missing;")
    assert sentence.endswith("; and 1 more.")
    assert str(caught.value) == sentence


@pytest.mark.parametrize("entity", Entity)
def test_no_misfit_repeats_a_customers_value(entity: Entity) -> None:
    """Sentences reach logs and pages; customer data does not."""
    secret = "SECRET-555-0100"
    raw = {key: {secret: secret} for key in CONTRACT[entity].split()}

    with pytest.raises(SnapshotInvalid) as caught:
        parse_snapshot(entity, raw)

    assert secret not in json.dumps(caught.value.problems) + str(caught.value)
    assert caught.value.__suppress_context__
    assert caught.value.__cause__ is None


def test_a_snapshot_cannot_be_changed(examples: Examples) -> None:
    """What was checked stays what is mapped."""
    contact = parse_snapshot(Entity.CONTACT, examples[Entity.CONTACT]).snapshot

    with pytest.raises(ValidationError):
        contact.email = "x"  # type: ignore[misc] # the assignment is what must fail
