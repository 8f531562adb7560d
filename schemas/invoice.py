"""The invoice snapshot with its lines and its one tax."""

from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator

from schemas.snapshot_model import SnapshotModel
from schemas.values import (
    Currency,
    Id,
    IsoDate,
    Money,
    Quantity,
    Text,
    UtcTime,
    none_to_empty,
)


class InvoiceKind(StrEnum):
    """Whether an invoice counts only its own payments or repeats the whole project sum."""

    STANDALONE = "standalone"
    RUNNING_BALANCE = "running_balance"


class LineKind(StrEnum):
    """Whether a line sells something or only says something."""

    ITEM = "item"
    TEXT = "text"


class Line(SnapshotModel):
    """One line of an invoice, in ProLine's order."""

    id: Id
    """ProLine's opaque id."""
    group: Text = None
    """The header of the section the line stands in."""
    kind: LineKind
    name: Text = None
    description: Text = None
    service: Text = None
    """The ProLine service (trade) the line belongs to."""
    quantity: Quantity | None = None
    unit: Text = None
    unit_price: Money | None = None
    amount: Money | None = None
    """What the line adds to the invoice; a text line has none."""


class Tax(SnapshotModel):
    """The one named tax of an invoice, computed by ProLine over the whole job."""

    name: Text = None
    rate: Quantity | None = None
    """In percent: 8.25 is eight and a quarter percent."""
    amount: Money


class Invoice(SnapshotModel):
    """A ProLine invoice; it goes to QuickBooks once it has been sent."""

    id: Id
    """ProLine's opaque id."""
    number: Text = None
    """The number people see."""
    name: Text = None
    kind: InvoiceKind
    project_id: Id
    contact_id: Id
    sent_at: UtcTime | None = None
    """When it was first sent; absent while it is a draft."""
    issued_on: IsoDate | None = None
    due_on: IsoDate | None = None
    currency: Currency | None = None
    """ISO 4217; absent means the company's own."""
    lines: Annotated[
        tuple[Line, ...],
        BeforeValidator(none_to_empty, json_schema_input_type=tuple[Line, ...] | None),
    ] = ()
    discount: Money | None = None
    """An amount taken off the lines, as a positive number."""
    tax: Tax | None = None
    total: Money
    """Lines less discount plus tax."""
    amount_due: Money | None = None
    """What this invoice asks for now: a deposit invoice asks for less than its total."""
    balance: Money | None = None
    """What is still unpaid."""
    memo: Text = None
    """The note the customer reads."""
    voided_at: UtcTime | None = None
    deleted_at: UtcTime | None = None
    updated_at: UtcTime
    """When ProLine last changed the invoice."""
