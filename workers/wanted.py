"""What QuickBooks shall hold for a claimed record: from snapshot, parents and books, pure."""

from dataclasses import dataclass
from typing import Literal

from records import basis
from records.allocation import Resolution
from records.claims import Claim
from records.facts import Parent
from schemas import Contact, Entity, Invoice, Payment, Project, Snapshot, parse_snapshot
from workers.mapping import (
    AppliedLine,
    BookContext,
    Fields,
    Mapped,
    MappingRefused,
    customer_fields,
    invoice_fields,
    job_fields,
    payment_fields,
)

Kind = Literal["Customer", "Invoice", "Payment"]


@dataclass(frozen=True)
class Wanted:
    """The whole wanted state of one QuickBooks object, or its void.

    `basis` names what was used beside the snapshot; `notes` are sentences on what was left out.
    """

    kind: Kind
    basis: str = ""
    fields: Fields | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Naming:
    """What QuickBooks' refusals have taught about names: a suffix each, added once."""

    distinguished: bool = False
    renumbered: bool = False


def wanted_of(
    claim: Claim, context: BookContext, naming: Naming, resolution: Resolution | None
) -> Wanted | None:
    """Say what QuickBooks shall hold for this record; None when it needs nothing there.

    Args:
        claim: the record with its parents.
        context: the books of its realm.
        naming: suffixes to add.
        resolution: of a payment, what it pays, decided under the invoices' locks.

    Raises:
        MappingRefused: it cannot be booked without inventing or losing money.
    """
    snapshot = parse_snapshot(Entity(claim.entity), claim.snapshot).snapshot
    if is_gone(snapshot):
        return _void(claim)
    match snapshot:
        case Contact():
            mapped = customer_fields(snapshot, context, distinguished=naming.distinguished)
            return _wanted("Customer", mapped)
        case Project():
            job = _job(snapshot, claim, context, naming)
            return _wanted("Customer", job, basis.of_job(claim.contact))
        case Invoice():
            return _wanted("Invoice", _invoice(snapshot, claim, context, naming))
        case Payment():
            return _payment(snapshot, claim, context, resolution)


def basis_of(claim: Claim) -> str:
    """What the wanted state rests on, as far as it is known before it is composed.

    A refusal on the way there has to name the basis that the relay will judge by.
    """
    if claim.entity == Entity.PROJECT:
        return basis.of_job(claim.contact)
    gone = claim.snapshot.get("voided_at") or claim.snapshot.get("deleted_at")
    return basis.VOID if gone else ""


def is_gone(snapshot: Snapshot) -> bool:
    """Voided or deleted in ProLine; only documents can be."""
    if not isinstance(snapshot, Invoice | Payment):
        return False
    return snapshot.voided_at is not None or snapshot.deleted_at is not None


def _void(claim: Claim) -> Wanted | None:
    if claim.link is None or claim.link.voided:
        return None
    return Wanted("Invoice" if claim.entity == Entity.INVOICE else "Payment", basis=basis.VOID)


def _wanted(kind: Kind, mapped: Mapped, its_basis: str = "") -> Wanted:
    return Wanted(kind, its_basis, mapped.fields, mapped.notes)


def _job(project: Project, claim: Claim, context: BookContext, naming: Naming) -> Mapped:
    contact = parse_snapshot(Entity.CONTACT, _snapshot(claim.contact, "contact")).snapshot
    parent_id = _qbo_id(claim.contact, "contact")
    return job_fields(project, contact, parent_id, context, distinguished=naming.distinguished)


def _invoice(invoice: Invoice, claim: Claim, context: BookContext, naming: Naming) -> Mapped:
    project = parse_snapshot(Entity.PROJECT, _snapshot(claim.project, "project")).snapshot
    # An invoice stays under the customer it was booked on, wherever ProLine moves it.
    customer_id = (claim.link and claim.link.customer_id) or _customer_id(claim)
    return invoice_fields(invoice, project, customer_id, context, renumbered=naming.renumbered)


def _payment(
    payment: Payment, claim: Claim, context: BookContext, resolution: Resolution | None
) -> Wanted:
    if resolution is None:
        raise ValueError("a payment is mapped only with its invoices resolved")
    lines = [AppliedLine(line.invoice_qbo_id, line.amount) for line in resolution.lines]
    known = claim.link.customer_id if claim.link else None
    customer_id = resolution.customer_id or known or _customer_id(claim)
    mapped = payment_fields(payment, customer_id, lines, context)
    return Wanted("Payment", resolution.basis, mapped.fields, mapped.notes)


def _customer_id(claim: Claim) -> str:
    """The customer the invoices of the project have: the job, or its contact's customer."""
    if claim.project is not None and claim.project.customer_mode == "sub":
        return _qbo_id(claim.project, "project")
    return _qbo_id(claim.contact, "contact")


def _snapshot(parent: Parent | None, entity: str) -> dict[str, object]:
    if parent is None or parent.snapshot is None:
        raise _not_there(parent, entity)
    return parent.snapshot


def _qbo_id(parent: Parent | None, entity: str) -> str:
    if parent is None or parent.qbo_id is None:
        raise _not_there(parent, entity)
    return parent.qbo_id


def _not_there(parent: Parent | None, entity: str) -> MappingRefused:
    name = parent.record_id if parent else ""
    return MappingRefused("parent_missing", f"{entity.capitalize()} {name} is not in QuickBooks.")
