"""The plan of the demonstration: three companies, their people, and which stories happen to them.

It is pure: the same seed and day give the same steps. The numbers it promises (40 contacts, 60
projects, 80 invoices, 90 payments) are sums of the tables below, and a test adds them up.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import cycle
from typing import Final, Literal

from demo.people import Person, people
from demo.scenario.changes import AddContact, EditContact, Era, Step
from demo.scenario.job import Desk, Job
from demo.scenario.stories import (
    Story,
    ach_in_all_ends,
    billed_and_never_won,
    billed_before_won,
    deposit_first,
    draft_left_unsent,
    draft_voided,
    edited_after_payment,
    never_won,
    paid_half,
    paid_in_full,
    paid_in_parts,
    paid_too_much,
    passed_through,
    running_balance,
    running_balance_voided_member,
    two_invoices_one_payment,
    voided_invoice,
    voided_payment,
    voided_payment_then_invoice,
    won_before_enable,
    won_before_enable_and_touched,
)

Mode = Literal["main", "sub"]

BOARDS: Final = {
    "Sales": (
        ("Lead", "Lead"),
        ("Inspection", "Inspection"),
        ("Estimate sent", "Open"),
        ("Closed - Won", "Won"),
        ("Closed - Lost", "Lost"),
    ),
    "Production": (("Production", "Won"), ("Completed", "Complete")),
}
"""Each board with its stages and the status a stage gives."""

CONTACTS_WITHIN_SECONDS: Final = 1.2
LAST_STORY_SECONDS: Final = 14.0
_EDITS_AT_SECONDS: Final = (6.0, 8.5, 11.0, 13.5)


@dataclass(frozen=True, slots=True)
class Office:
    """One contractor: `mode` is its customer object type, `enabled` whether it switches on."""

    id: str
    name: str
    mode: Mode
    enabled: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """What will happen, in the order in which it happens."""

    offices: tuple[Office, ...]
    steps: tuple[Step, ...]

    def of(self, *eras: Era) -> tuple[Step, ...]:
        """Pick the steps of these eras, in order."""
        return tuple(step for step in self.steps if step.era in eras)


@dataclass(frozen=True, slots=True)
class _Cast:
    """How many contacts a company has, which are old, who never buys, and what happens.

    `unseen` are older than the outbox, `seen` older than the enable. The `lead` has only the
    `quiet` stories; the last contact has none at all.
    """

    office: Office
    contacts: int
    seen: tuple[int, ...]
    unseen: tuple[int, ...]
    lead: int
    stories: tuple[Story, ...]
    quiet: tuple[Story, ...]


_BUSY: Final[tuple[Story, ...]] = (
    voided_payment_then_invoice,
    running_balance,
    voided_payment,
    deposit_first,
    passed_through,
    edited_after_payment,
    voided_invoice,
    running_balance_voided_member,
    ach_in_all_ends,
    paid_in_parts,
    billed_before_won,
    won_before_enable_and_touched,
    two_invoices_one_payment,
    draft_left_unsent,
    running_balance,
    paid_too_much,
    deposit_first,
    paid_in_parts,
    paid_half,
    passed_through,
    paid_in_full,
)
_CASTS: Final = (
    _Cast(
        office=Office(
            "1726503941127x481205937716402195", "Ridgeline Roofing", "main", enabled=True
        ),
        contacts=16,
        seen=(0, 13),
        unseen=(2, 3),
        lead=13,
        stories=_BUSY,
        quiet=(won_before_enable, won_before_enable, never_won, billed_and_never_won),
    ),
    _Cast(
        office=Office(
            "1726503941127x902761548330174826", "Blue Heron Exteriors", "sub", enabled=True
        ),
        contacts=16,
        seen=(0, 13),
        unseen=(2, 3),
        lead=13,
        stories=(*_BUSY, draft_voided),
        quiet=(won_before_enable, never_won, billed_and_never_won),
    ),
    _Cast(
        office=Office(
            "1726503941127x665190284417735062", "Cedar & Slate Co.", "main", enabled=False
        ),
        contacts=8,
        seen=(0,),
        unseen=(2,),
        lead=5,
        stories=(
            paid_in_full,
            paid_in_parts,
            running_balance,
            two_invoices_one_payment,
            deposit_first,
            edited_after_payment,
            draft_left_unsent,
            voided_payment,
            draft_voided,
        ),
        quiet=(voided_invoice,),
    ),
)


def plan(seed: int, today: date) -> Plan:
    """Lay out everything that happens in the demonstration.

    Args:
        seed: The only source of chance.
        today: The day the documents are dated around.
    """
    crowd = iter(people(seed, sum(cast.contacts for cast in _CASTS)))
    steps = [
        step
        for index, cast in enumerate(_CASTS)
        for step in _steps_of(cast, Desk.opened(cast.office.id, seed + index, today), crowd)
    ]
    steps.sort(key=lambda step: (step.era, step.at_seconds))
    return Plan(tuple(cast.office for cast in _CASTS), tuple(steps))


def _steps_of(cast: _Cast, desk: Desk, crowd: Iterator[Person]) -> list[Step]:
    contacts = [_add_contact(cast, desk, index, next(crowd)) for index in range(cast.contacts)]
    _tell_stories(cast, desk, contacts)
    _edit_contacts(desk, _buyers(cast, contacts))
    return desk.steps


def _add_contact(cast: _Cast, desk: Desk, index: int, person: Person) -> str:
    era = _era(cast, index)
    at_seconds = CONTACTS_WITHIN_SECONDS * index / cast.contacts if era is Era.LIVE else 0.0
    contact_id = desk.new_id()
    number = str(next(desk.contact_numbers))
    desk.add(at_seconds, era, contact_id, AddContact(contact_id, number, person))
    return contact_id


def _era(cast: _Cast, index: int) -> Era:
    if index in cast.unseen:
        return Era.BEFORE_OUTBOX
    return Era.BEFORE_ENABLE if index in cast.seen else Era.LIVE


def _tell_stories(cast: _Cast, desk: Desk, contacts: Sequence[str]) -> None:
    """Spread the stories over time; the longest stand first, so that all end together."""
    buyers = cycle(_buyers(cast, contacts))
    gap_seconds = (LAST_STORY_SECONDS - CONTACTS_WITHIN_SECONDS) / len(cast.stories)
    for position, story in enumerate(cast.stories):
        # A company's old project belongs to its first contact, who is as old as the project.
        contact = contacts[0] if story is won_before_enable_and_touched else next(buyers)
        story(Job(desk, contact, CONTACTS_WITHIN_SECONDS + position * gap_seconds))
    for position, story in enumerate(cast.quiet):
        story(Job(desk, contacts[cast.lead], CONTACTS_WITHIN_SECONDS + 2.0 * position))


def _buyers(cast: _Cast, contacts: Sequence[str]) -> list[str]:
    idle = {cast.lead, len(contacts) - 1}
    return [contact for index, contact in enumerate(contacts) if index not in idle]


def _edit_contacts(desk: Desk, buyers: Sequence[str]) -> None:
    """Rename two customers and give two others a new telephone number."""
    renamed = (f"Renamed {desk.faker.last_name()}", f"{desk.faker.name()} née O'Hara")
    phones = ("(303) 555-0190", "(303) 555-0191")
    edits = (
        EditContact(buyers[1], display_name=renamed[0]),
        EditContact(buyers[2], phone=phones[0]),
        EditContact(buyers[4], display_name=renamed[1]),
        EditContact(buyers[5], phone=phones[1]),
    )
    for at_seconds, edit in zip(_EDITS_AT_SECONDS, edits, strict=True):
        desk.add(at_seconds, Era.LIVE, edit.record_id, edit)
