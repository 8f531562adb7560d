"""ProLine's invoices and payments."""

from datetime import date

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from demo.proline.rows import Amount, Cents, Changed, Key, OfCompany, Row, Time


class Invoice(Changed, Row):
    """A bill: standalone, or running balance, which repeats the whole project sum each time."""

    __tablename__ = "invoices"
    __table_args__ = (UniqueConstraint("company_id", "number"),)

    id: Mapped[Key]
    company_id: Mapped[OfCompany]
    number: Mapped[str]
    name: Mapped[str | None]
    kind: Mapped[str]
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), index=True)
    contact_id: Mapped[str] = mapped_column(ForeignKey("contacts.id"))
    sent_at: Mapped[Time | None]
    issued_on: Mapped[date | None]
    due_on: Mapped[date | None]
    discount: Mapped[Cents | None]
    tax_name: Mapped[str | None]
    tax_rate: Mapped[Amount | None]
    tax_amount: Mapped[Cents | None]
    asked: Mapped[Cents | None]
    """What a deposit or progress invoice asks for now; absent means all that is open."""
    memo: Mapped[str | None]
    voided_at: Mapped[Time | None]
    deleted_at: Mapped[Time | None]


class InvoiceLine(Row):
    """One line of an invoice. Cost and margin are the contractor's own and never leave ProLine."""

    __tablename__ = "invoice_lines"

    id: Mapped[Key]
    invoice_id: Mapped[str] = mapped_column(ForeignKey("invoices.id"), index=True)
    position: Mapped[int]
    group_name: Mapped[str | None]
    kind: Mapped[str]
    name: Mapped[str | None]
    description: Mapped[str | None]
    service: Mapped[str | None]
    quantity: Mapped[Amount | None]
    unit: Mapped[str | None]
    unit_price: Mapped[Cents | None]
    amount: Mapped[Cents | None]
    cost: Mapped[Cents | None]
    margin: Mapped[Cents | None]


class Payment(Changed, Row):
    """Money received for a project."""

    __tablename__ = "payments"
    __table_args__ = (UniqueConstraint("company_id", "number"),)

    id: Mapped[Key]
    company_id: Mapped[OfCompany]
    number: Mapped[str]
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), index=True)
    contact_id: Mapped[str] = mapped_column(ForeignKey("contacts.id"))
    status: Mapped[str]
    received_on: Mapped[date | None]
    amount: Mapped[Cents]
    method: Mapped[str | None]
    reference: Mapped[str | None]
    voided_at: Mapped[Time | None]
    deleted_at: Mapped[Time | None]


class PaymentAllocation(Row):
    """The part of a payment that pays one invoice."""

    __tablename__ = "payment_allocations"

    payment_id: Mapped[str] = mapped_column(ForeignKey("payments.id"), primary_key=True)
    invoice_id: Mapped[str] = mapped_column(ForeignKey("invoices.id"), primary_key=True)
    amount: Mapped[Cents]


class PaymentReturn(Row):
    """Money that went back after a payment was complete."""

    __tablename__ = "payment_returns"

    id: Mapped[Key]
    payment_id: Mapped[str] = mapped_column(ForeignKey("payments.id"), index=True)
    kind: Mapped[str]
    amount: Mapped[Cents]
    returned_on: Mapped[date]
