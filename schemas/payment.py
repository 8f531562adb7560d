"""The payment snapshot with what it pays and what went back."""

from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator

from schemas.snapshot_model import SnapshotModel
from schemas.values import Currency, Id, IsoDate, Money, Text, UtcTime, none_to_empty


class PaymentStatus(StrEnum):
    """How far the payment itself has come."""

    PENDING = "pending"
    COMPLETE = "complete"
    FAILED = "failed"


class PaymentMethod(StrEnum):
    """How the customer paid."""

    CARD = "card"
    ACH = "ach"
    CASH = "cash"
    CHECK = "check"
    OTHER = "other"


class ReturnKind(StrEnum):
    """Why money went back."""

    REFUND = "refund"
    CHARGEBACK = "chargeback"
    ACH_RETURN = "ach_return"


class Allocation(SnapshotModel):
    """The part of a payment that pays one invoice."""

    invoice_id: Id
    amount: Money


class PaymentReturn(SnapshotModel):
    """Money that went back after the payment was complete."""

    id: Id
    """ProLine's opaque id: each return is reported once."""
    kind: ReturnKind
    amount: Money
    on: IsoDate | None = None
    """The day the money went back."""


class Payment(SnapshotModel):
    """A ProLine payment; it goes to QuickBooks once it is complete."""

    id: Id
    """ProLine's opaque id."""
    number: Text = None
    """The number people see."""
    project_id: Id
    contact_id: Id
    status: PaymentStatus
    received_on: IsoDate | None = None
    amount: Money
    currency: Currency | None = None
    """ISO 4217; absent means the company's own."""
    method: PaymentMethod | None = None
    reference: Text = None
    """The check number or the processor's reference."""
    allocations: Annotated[
        tuple[Allocation, ...],
        BeforeValidator(none_to_empty, json_schema_input_type=tuple[Allocation, ...] | None),
    ] = ()
    """Empty when the payment names no invoice."""
    returns: Annotated[
        tuple[PaymentReturn, ...],
        BeforeValidator(none_to_empty, json_schema_input_type=tuple[PaymentReturn, ...] | None),
    ] = ()
    voided_at: UtcTime | None = None
    deleted_at: UtcTime | None = None
    updated_at: UtcTime
    """When ProLine last changed the payment."""
