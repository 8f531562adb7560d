"""A few ProLine tables, and the roots that capture knows them by."""

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, ForeignKey, Numeric, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from outbox import Part, Root, Snapshots


class Base(DeclarativeBase):
    """The tables of this test's ProLine."""


class Project(Base):
    """A job; its invoices tell of its contact."""

    __tablename__ = "projects"
    id: Mapped[str] = mapped_column(primary_key=True)
    company_id: Mapped[str]
    contact_id: Mapped[str] = mapped_column(default="con-1")


class Invoice(Base):
    """A root with lines, and with columns that different people edit."""

    __tablename__ = "invoices"
    id: Mapped[str] = mapped_column(primary_key=True)
    company_id: Mapped[str]
    project_id: Mapped[str | None] = mapped_column(ForeignKey("projects.id"))
    memo: Mapped[str] = mapped_column(default="")
    name: Mapped[str] = mapped_column(default="")
    lines: Mapped[list["InvoiceLine"]] = relationship(
        back_populates="invoice", cascade="all, delete-orphan", order_by="InvoiceLine.id"
    )


class InvoiceLine(Base):
    """A part of an invoice."""

    __tablename__ = "invoice_lines"
    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[str | None] = mapped_column(ForeignKey("invoices.id"))
    amount: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    invoice: Mapped[Invoice | None] = relationship(back_populates="lines")


class Payment(Base):
    """A root whose part has a primary key of two columns."""

    __tablename__ = "payments"
    id: Mapped[str] = mapped_column(primary_key=True)
    company_id: Mapped[str]


class Allocation(Base):
    """A part of a payment."""

    __tablename__ = "allocations"
    payment_id: Mapped[str] = mapped_column(ForeignKey("payments.id"), primary_key=True)
    invoice_id: Mapped[str] = mapped_column(ForeignKey("invoices.id"), primary_key=True)
    amount: Mapped[Decimal] = mapped_column(Numeric(12, 2))


class Note(Base):
    """A table that no record is made of."""

    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[str]


INVOICE_SNAPSHOTS = """
SELECT i.id, i.company_id, jsonb_build_object(
    'id', i.id, 'memo', i.memo, 'name', i.name, 'contact_id', p.contact_id,
    'lines', coalesce((SELECT jsonb_agg(jsonb_build_object(
                           'id', l.id::text, 'amount', l.amount::text) ORDER BY l.id)
                       FROM invoice_lines l WHERE l.invoice_id = i.id), '[]')) AS snapshot
FROM invoices i LEFT JOIN projects p ON p.id = i.project_id WHERE i.id = ANY(:ids)
"""
PAYMENT_SNAPSHOTS = """
SELECT p.id, p.company_id, jsonb_build_object(
    'id', p.id,
    'allocations', coalesce((SELECT jsonb_agg(jsonb_build_object(
                                 'invoice_id', a.invoice_id, 'amount', a.amount::text)
                                 ORDER BY a.invoice_id)
                             FROM allocations a WHERE a.payment_id = p.id), '[]')) AS snapshot
FROM payments p WHERE p.id = ANY(:ids)
"""
PROJECT_SNAPSHOTS = """
SELECT p.id, p.company_id, jsonb_build_object('id', p.id, 'contact_id', p.contact_id) AS snapshot
FROM projects p WHERE p.id = ANY(:ids)
"""


def invoice_snapshots(connection: Connection, ids: Collection[Any]) -> Snapshots:
    """Read invoices with their lines."""
    return _read(connection, INVOICE_SNAPSHOTS, ids)


def payment_snapshots(connection: Connection, ids: Collection[Any]) -> Snapshots:
    """Read payments with their allocations."""
    return _read(connection, PAYMENT_SNAPSHOTS, ids)


def project_snapshots(connection: Connection, ids: Collection[Any]) -> Snapshots:
    """Read projects."""
    return _read(connection, PROJECT_SNAPSHOTS, ids)


def invoices_of_projects(connection: Connection, ids: Collection[Any]) -> list[str]:
    """Read which invoices tell of these projects."""
    return list(connection.scalars(select(Invoice.id).where(Invoice.project_id.in_(ids))))


ROOTS = (
    Root(
        Payment,
        entity="payment",
        snapshots=payment_snapshots,
        parts=(Part(Allocation, owner="payment_id"),),
    ),
    Root(
        Invoice,
        entity="invoice",
        snapshots=invoice_snapshots,
        parts=(
            Part(InvoiceLine, owner="invoice_id"),
            Part(Project, owner=invoices_of_projects),
        ),
    ),
    Root(Project, entity="project", snapshots=project_snapshots),
)


def _read(connection: Connection, sql: str, ids: Collection[Any]) -> Snapshots:
    rows = connection.execute(text(sql), {"ids": list(ids)})
    return {row.id: (row.company_id, row.snapshot) for row in rows}
