"""The plan: pure, seeded, with the numbers it promises and nothing that needs a person."""

from collections import Counter
from datetime import date
from typing import TypeVar

import pytest

from demo.people import AWKWARD, MALFORMED_EMAIL, people
from demo.scenario import Era, Plan, plan
from demo.scenario.changes import (
    AddContact,
    AddProject,
    Change,
    DraftInvoice,
    EditContact,
    MoveProject,
    ReceivePayment,
    SendInvoice,
    SettlePayment,
    VoidInvoice,
    VoidPayment,
)
from demo.scenario.job import WON, Desk, Job
from demo.scenario.stories import STORIES, Story

T = TypeVar("T")
TODAY = date(2026, 11, 22)
ENTITY_RANK = {AddContact: 0, AddProject: 1, DraftInvoice: 2, ReceivePayment: 3}


@pytest.fixture(scope="module")
def scenario() -> Plan:
    """Give the plan of one seed."""
    return plan(7, TODAY)


def of_kind(scenario: Plan, kind: type[T], *eras: Era) -> list[T]:
    """Pick the changes of one kind, of some eras or all."""
    chosen = scenario.of(*eras) if eras else scenario.steps
    return [step.change for step in chosen if isinstance(step.change, kind)]


def test_the_plan_holds_the_promised_numbers(scenario: Plan) -> None:
    """Three companies, 40 contacts, 60 projects, 80 invoices and 90 payments: no more, no fewer."""
    counted = Counter(type(step.change) for step in scenario.steps)

    assert len(scenario.offices) == 3
    assert counted[AddContact] == 40
    assert counted[AddProject] == 60
    assert counted[DraftInvoice] == 80
    assert counted[ReceivePayment] == 90


def test_ten_contacts_and_five_won_projects_are_older_than_the_enable(scenario: Plan) -> None:
    """History is part of the demonstration: some of it even older than the outbox."""
    history = Era.BEFORE_OUTBOX, Era.BEFORE_ENABLE

    won = [move for move in of_kind(scenario, MoveProject, *history) if move.stage == WON]

    assert len(of_kind(scenario, AddContact, *history)) == 10
    assert of_kind(scenario, AddContact, Era.BEFORE_OUTBOX)
    assert len(won) == 5


def test_the_same_seed_plays_the_same_and_another_does_not() -> None:
    """The seed is the only source of chance."""
    assert plan(7, TODAY) == plan(7, TODAY)
    assert plan(7, TODAY) != plan(8, TODAY)


def test_the_live_part_lasts_about_as_long_as_it_is_watched(scenario: Plan) -> None:
    """The whole plays in fifteen to eighteen seconds."""
    last = max(step.at_seconds for step in scenario.steps)

    assert 13 < last < 18


def test_ids_and_numbers_are_unique_per_company(scenario: Plan) -> None:
    """Two records of one kind never share an id, or a number within a company."""
    made = [
        (step.company_id, step.change)
        for step in scenario.steps
        if isinstance(step.change, AddContact | AddProject | DraftInvoice | ReceivePayment)
    ]

    ids = {change.record_id for _, change in made}
    numbers = {(company, type(change), change.number) for company, change in made}

    assert len(ids) == len(made) == len(numbers)


def test_records_come_after_what_they_hang_from_and_on_its_strand(scenario: Plan) -> None:
    """A strand is played in order, so a child's first step follows its parent's there."""
    seen: dict[str, str] = {}
    for step in scenario.steps:
        for parent in parents(step.change):
            assert seen[parent] == step.strand
        if type(step.change) in ENTITY_RANK:
            seen[record_of(step.change)] = step.strand

    assert seen


def test_every_flow_without_a_person_occurs(scenario: Plan) -> None:
    """Both kinds of invoice, unsent and voided ones, every end of a payment, renamed people."""
    payments = of_kind(scenario, ReceivePayment)
    drafted = {draft.record_id for draft in of_kind(scenario, DraftInvoice)}
    sent = {send.record_id for send in of_kind(scenario, SendInvoice)}

    assert {draft.kind for draft in of_kind(scenario, DraftInvoice)} == {
        "standalone",
        "running_balance",
    }
    assert any(draft.discount for draft in of_kind(scenario, DraftInvoice))
    assert drafted - sent
    assert len(of_kind(scenario, VoidInvoice)) >= 4
    assert len(of_kind(scenario, VoidPayment)) >= 2
    assert {settled.status for settled in of_kind(scenario, SettlePayment)} == {
        "failed",
        "complete",
    }
    assert any(len(payment.shares) == 2 for payment in payments)
    assert any(not payment.shares for payment in payments)
    assert any(edit.display_name for edit in of_kind(scenario, EditContact))
    assert any(edit.phone for edit in of_kind(scenario, EditContact))


def test_a_live_payment_never_names_an_invoice_sent_before_the_enable(scenario: Plan) -> None:
    """Such a payment would be a person's decision, and the demonstration needs no person."""
    old = {send.record_id for send in of_kind(scenario, SendInvoice, Era.BEFORE_ENABLE)}

    named = {
        share.invoice_id
        for payment in of_kind(scenario, ReceivePayment, Era.LIVE)
        for share in payment.shares
    }

    assert old
    assert not old & named


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_a_story_draws_the_invoices_and_payments_it_states(story: Story) -> None:
    """The table of stories is what the plan's numbers are added up from."""
    desk = Desk.opened("company", 3, TODAY)

    story(Job(desk, "contact", 0.0))

    counted = Counter(type(step.change) for step in desk.steps)
    assert (counted[DraftInvoice], counted[ReceivePayment]) == STORIES[story]
    assert counted[AddProject] == 1


def test_every_awkward_name_occurs_and_nobody_real_can_be_reached() -> None:
    """Apostrophes, accents, a colon, an emoji, 120 characters; example.com and 555 throughout."""
    crowd = people(1, 40)

    names = {person.display_name for person in crowd}
    emails = {person.email for person in crowd if person.email != MALFORMED_EMAIL}

    assert {name.display for name in AWKWARD} <= names
    assert any(len(name) == 120 for name in names)
    assert any(":" in name for name in names)
    assert any("\N{HOUSE BUILDING}" in name for name in names)
    assert all(email is None or email.endswith("@example.com") for email in emails)
    assert all(" 555-" in person.phone for person in crowd)


def parents(change: Change) -> list[str]:
    """List the records a change hangs from, its own record included when it is no creation."""
    match change:
        case AddContact():
            return []
        case AddProject():
            return [change.contact_id]
        case DraftInvoice():
            return [change.project_id, change.contact_id]
        case ReceivePayment():
            return [change.project_id, *(share.invoice_id for share in change.shares)]
        case _:
            return [record_of(change)] if not hasattr(change, "project_id") else []


def record_of(change: Change) -> str:
    """Give the id of the record a change touches."""
    return change.record_id
