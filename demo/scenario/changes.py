"""The small typed steps a scenario is made of: each is one transaction in ProLine."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import IntEnum

from demo.people import Address, Person


class Era(IntEnum):
    """When a step is played, seen from the integration."""

    BEFORE_OUTBOX = 0
    """Before changes were captured: only ProLine's views can still tell of it."""
    BEFORE_ENABLE = 1
    """Captured, before the office enabled the integration."""
    LIVE = 2
    """While it is on."""
    AFTER_REST = 3
    """Once all of that has arrived in QuickBooks, or what will not has been left."""


@dataclass(frozen=True, slots=True)
class LineSheet:
    """One line of an invoice or quote; a text line has no amount."""

    id: str
    kind: str
    name: str
    group: str | None = None
    description: str | None = None
    service: str | None = None
    quantity: Decimal | None = None
    unit: str | None = None
    unit_price: Decimal | None = None
    amount: Decimal | None = None
    cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """The part of a payment that pays one invoice."""

    invoice_id: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class AddContact:
    """A person is entered."""

    record_id: str
    number: str
    person: Person


@dataclass(frozen=True, slots=True)
class EditContact:
    """A person is renamed or has a new telephone number."""

    record_id: str
    display_name: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class AddProject:
    """A project is opened in its first stage."""

    record_id: str
    number: str
    name: str
    contact_id: str
    address: Address
    stage: str
    organization: str | None = None


@dataclass(frozen=True, slots=True)
class MoveProject:
    """A project enters a stage."""

    record_id: str
    stage: str


@dataclass(frozen=True, slots=True)
class EditProject:
    """A project's address gets a second line: a change that moves nothing on the board."""

    record_id: str
    line2: str


@dataclass(frozen=True, slots=True)
class SignQuote:
    """The customer signs a quote."""

    record_id: str
    project_id: str
    number: str
    lines: tuple[LineSheet, ...]


@dataclass(frozen=True, slots=True)
class DraftInvoice:
    """An invoice is written and not yet sent."""

    record_id: str
    number: str
    name: str
    kind: str
    project_id: str
    contact_id: str
    issued_on: date
    due_on: date
    lines: tuple[LineSheet, ...]
    discount: Decimal | None = None
    asked: Decimal | None = None
    memo: str | None = None


@dataclass(frozen=True, slots=True)
class SendInvoice:
    """An invoice is sent; `days_ago` lies in the past for what happened before the scenario."""

    record_id: str
    days_ago: int = 0


@dataclass(frozen=True, slots=True)
class EditInvoice:
    """An invoice is changed: its memo, lines added at its end, lines taken away."""

    record_id: str
    memo: str | None = None
    added: tuple[LineSheet, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VoidInvoice:
    """An invoice is voided."""

    record_id: str


@dataclass(frozen=True, slots=True)
class ReceivePayment:
    """Money is logged."""

    record_id: str
    number: str
    project_id: str
    contact_id: str
    status: str
    received_on: date
    amount: Decimal
    method: str
    reference: str | None
    shares: tuple[Share, ...] = ()


@dataclass(frozen=True, slots=True)
class SettlePayment:
    """A pending payment becomes complete or fails."""

    record_id: str
    status: str


@dataclass(frozen=True, slots=True)
class EditPayment:
    """A payment's reference is put right."""

    record_id: str
    reference: str


@dataclass(frozen=True, slots=True)
class VoidPayment:
    """A payment is voided."""

    record_id: str


Change = (
    AddContact
    | EditContact
    | AddProject
    | MoveProject
    | EditProject
    | SignQuote
    | DraftInvoice
    | SendInvoice
    | EditInvoice
    | VoidInvoice
    | ReceivePayment
    | SettlePayment
    | EditPayment
    | VoidPayment
)


@dataclass(frozen=True, slots=True)
class Step:
    """One change of one company at its time.

    Attributes:
        at_seconds: After the live part began; history has 0 and keeps the order of the plan.
        strand: Steps of one strand are played in order; here the id of the contact they belong to.
    """

    at_seconds: float
    era: Era
    company_id: str
    strand: str
    change: Change


def entity_of(change: Change) -> str | None:
    """Name the kind of record a change touches; a quote is ProLine's own and touches none."""
    match change:
        case AddContact() | EditContact():
            return "contact"
        case AddProject() | MoveProject() | EditProject():
            return "project"
        case DraftInvoice() | SendInvoice() | EditInvoice() | VoidInvoice():
            return "invoice"
        case ReceivePayment() | SettlePayment() | EditPayment() | VoidPayment():
            return "payment"
        case SignQuote():
            return None
