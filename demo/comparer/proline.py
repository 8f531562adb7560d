"""Reads what the comparer needs from ProLine's own tables, with plain SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, TypeVar

import psycopg
from psycopg.rows import class_row

T = TypeVar("T")
Mode = Literal["main", "sub"]


@dataclass(frozen=True, slots=True)
class Office:
    """One contractor as it is set up.

    Attributes:
        mode: `sub` gives each project a sub-customer, `main` does not.
        enabled_at: When the integration was first enabled; None means never.
        trigger_stages: Entering one of these transfers a project.
        modes: By project id, for those transferred while the office had chosen otherwise.
    """

    company_id: str
    name: str
    mode: Mode
    enabled_at: datetime | None
    trigger_stages: frozenset[str] = frozenset({"Closed - Won"})
    modes: Mapping[str, Mode] = field(default_factory=dict)

    def mode_of(self, project_id: str) -> Mode:
        """A project keeps the mode in which it was transferred."""
        return self.modes.get(project_id, self.mode)


@dataclass(frozen=True, slots=True)
class PostalRow:
    """The address columns of a row."""

    line1: str | None
    line2: str | None
    city: str | None
    state: str | None
    postal_code: str | None
    country: str | None


@dataclass(frozen=True, slots=True)
class ContactRow(PostalRow):
    """A contact."""

    id: str
    number: str
    display_name: str
    given_name: str | None
    family_name: str | None
    company_name: str | None
    email: str | None
    phone: str | None


@dataclass(frozen=True, slots=True)
class ProjectRow(PostalRow):
    """A project where it stands now."""

    id: str
    number: str
    contact_id: str
    stage: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class StageMoveRow:
    """That a project entered a stage."""

    project_id: str
    stage: str
    entered_at: datetime


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """An invoice without its lines."""

    id: str
    number: str
    kind: str
    project_id: str
    sent_at: datetime | None
    issued_on: date | None
    due_on: date | None
    discount: Decimal | None
    memo: str | None
    gone: bool


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line of an invoice, in its order."""

    invoice_id: str
    group_name: str | None
    name: str | None
    description: str | None
    amount: Decimal | None


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """A payment."""

    id: str
    number: str
    project_id: str
    status: str
    received_on: date | None
    amount: Decimal
    reference: str | None
    gone: bool
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class AllocationRow:
    """What a payment is meant to pay on an invoice."""

    payment_id: str
    invoice_id: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Ledger:
    """One company's records in ProLine."""

    contacts: Sequence[ContactRow] = ()
    projects: Sequence[ProjectRow] = ()
    moves: Sequence[StageMoveRow] = ()
    invoices: Sequence[InvoiceRow] = ()
    lines: Sequence[LineRow] = field(default=(), repr=False)
    payments: Sequence[PaymentRow] = ()
    allocations: Sequence[AllocationRow] = ()


_POSTAL = "r.line1, r.line2, r.city, r.state, r.postal_code, r.country"
_CONTACTS = f"""
SELECT {_POSTAL}, r.id, r.number, r.display_name, r.given_name, r.family_name, r.company_name,
    r.email, r.phone
FROM proline.contacts r WHERE r.company_id = %s ORDER BY r.number
"""
_PROJECTS = f"""
SELECT {_POSTAL}, r.id, r.number, r.contact_id, s.name AS stage, r.updated_at
FROM proline.projects r JOIN proline.stages s ON s.id = r.stage_id
WHERE r.company_id = %s ORDER BY r.number
"""
_MOVES = """
SELECT m.project_id, s.name AS stage, m.entered_at
FROM proline.project_stage_moves m JOIN proline.stages s ON s.id = m.stage_id
WHERE s.company_id = %s ORDER BY m.id
"""
_INVOICES = """
SELECT i.id, i.number, i.kind, i.project_id, i.sent_at, i.issued_on, i.due_on, i.discount, i.memo,
    i.voided_at IS NOT NULL OR i.deleted_at IS NOT NULL AS gone
FROM proline.invoices i WHERE i.company_id = %s ORDER BY i.number
"""
_LINES = """
SELECT l.invoice_id, l.group_name, l.name, l.description, l.amount
FROM proline.invoice_lines l JOIN proline.invoices i ON i.id = l.invoice_id
WHERE i.company_id = %s ORDER BY l.invoice_id, l.position, l.id
"""
_PAYMENTS = """
SELECT p.id, p.number, p.project_id, p.status, p.received_on, p.amount, p.reference,
    p.voided_at IS NOT NULL OR p.deleted_at IS NOT NULL AS gone, p.updated_at
FROM proline.payments p WHERE p.company_id = %s ORDER BY p.number
"""
_ALLOCATIONS = """
SELECT a.payment_id, a.invoice_id, a.amount
FROM proline.payment_allocations a JOIN proline.payments p ON p.id = a.payment_id
WHERE p.company_id = %s ORDER BY a.payment_id, a.invoice_id
"""


def read_ledger(connection: psycopg.Connection, company_id: str) -> Ledger:
    """Read one company's records as they are now."""

    def rows(kind: type[T], statement: str) -> list[T]:
        with connection.cursor(row_factory=class_row(kind)) as cursor:
            return cursor.execute(statement.encode(), (company_id,)).fetchall()

    return Ledger(
        contacts=rows(ContactRow, _CONTACTS),
        projects=rows(ProjectRow, _PROJECTS),
        moves=rows(StageMoveRow, _MOVES),
        invoices=rows(InvoiceRow, _INVOICES),
        lines=rows(LineRow, _LINES),
        payments=rows(PaymentRow, _PAYMENTS),
        allocations=rows(AllocationRow, _ALLOCATIONS),
    )
