"""What QuickBooks shall hold for a claimed record: from snapshot, parents and books, pure.

A record is one object there, but for a payment whose invoices are on several customers: that one
has a part for each, with its share of the money.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from records import basis
from records.allocation import Application, Resolution
from records.claims import Claim
from records.closed_books import dated_basis, dated_instead, own_day
from records.facts import Link, Parent
from schemas import (
    Contact,
    Entity,
    Invoice,
    Payment,
    PaymentStatus,
    Project,
    Snapshot,
    SnapshotInvalid,
    parse_snapshot,
)
from workers.mapping import (
    AppliedLine,
    BookContext,
    Fields,
    Mapped,
    MappingRefused,
    amount_due_fields,
    check_customer_currency,
    customer_fields,
    invoice_fields,
    job_fields,
    payment_fields,
)

Kind = Literal["Customer", "Invoice", "Payment"]


@dataclass(frozen=True)
class Wanted:
    """The whole wanted state of one QuickBooks object, or its void.

    `basis` names what was used beside the snapshot; `notes` are sentences on what was left out;
    `part` says which object of a payment it is, and `lines` what that one pays.
    """

    kind: Kind
    basis: str = ""
    fields: Fields | None = None
    notes: tuple[str, ...] = ()
    part: str = ""
    lines: tuple[Application, ...] = ()


def unique_name(wanted: Wanted) -> str | None:
    """Give the name or number for which QuickBooks refuses a second one; None: there is none."""
    field = {"Customer": "DisplayName", "Invoice": "DocNumber", "Payment": ""}[wanted.kind]
    name = (wanted.fields or {}).get(field)
    return None if name is None else str(name)


@dataclass(frozen=True)
class Naming:
    """What QuickBooks' refusals have taught about names: a suffix each, added once."""

    distinguished: bool = False
    renumbered: bool = False


def wanted_of(  # one arm a kind of record
    claim: Claim, context: BookContext, naming: Naming, resolution: Resolution | None
) -> tuple[Wanted, ...]:
    """Say what QuickBooks shall hold for this record; nothing when it needs nothing there.

    Args:
        claim: the record with its parents.
        context: the books of its realm.
        naming: suffixes to add.
        resolution: of a payment, what it pays, decided under the invoices' locks.

    Raises:
        MappingRefused: it cannot be booked without inventing or losing money.
    """
    snapshot = claim.document
    if is_gone(snapshot):
        return _voids(claim)
    match snapshot:
        case Contact():
            mapped = customer_fields(
                snapshot,
                context,
                distinguished=naming.distinguished,
                booked_as=_booked_as(claim),
            )
            return (_wanted("Customer", mapped),)
        case Project():
            job = _job(snapshot, claim, context, naming)
            return (_wanted("Customer", job, basis.of_job(claim.contact)),)
        case Invoice():
            invoice = _wanted("Invoice", _invoice(snapshot, claim, context, naming))
            return (_dated(invoice, claim, snapshot),)
        case Payment():
            parts = _payment(snapshot, claim, context, resolution)
            return tuple(_dated(part, claim, snapshot) for part in parts)


def basis_of(claim: Claim, resolution: Resolution | None = None) -> str:
    """What the wanted state rests on, as far as it is known before it is composed.

    A refusal on the way there has to name the basis that the relay will judge by.
    """
    gone = basis.of_gone(claim.link, claim.answers)
    if gone is not None:
        return gone
    if claim.entity == Entity.PROJECT:
        return basis.of_job(claim.contact)
    return _basis_of_document(claim, resolution)


def _basis_of_document(claim: Claim, resolution: Resolution | None) -> str:
    try:
        snapshot = claim.document
    except SnapshotInvalid:
        return ""  # it came while an older version was under way, and the relay judges it
    if not isinstance(snapshot, Invoice | Payment):
        return ""
    if is_gone(snapshot):
        return basis.VOID
    chosen = dated_instead(claim.answers, own_day(snapshot))
    return dated_basis(resolution.basis if resolution else "", chosen)


def is_gone(snapshot: Snapshot) -> bool:
    """Voided or deleted in ProLine, or money that is not there; only documents can be.

    Of the latter a worker hears only where a person has said that it shall be voided.
    """
    if isinstance(snapshot, Payment) and snapshot.status is not PaymentStatus.COMPLETE:
        return True
    if not isinstance(snapshot, Invoice | Payment):
        return False
    return snapshot.voided_at is not None or snapshot.deleted_at is not None


def _voids(claim: Claim) -> tuple[Wanted, ...]:
    kind: Kind = "Invoice" if claim.entity == Entity.INVOICE else "Payment"
    return tuple(
        Wanted(kind, basis=basis.VOID, part=part)
        for part, link in sorted(claim.parts.items())
        if not link.voided
    )


def _wanted(kind: Kind, mapped: Mapped, its_basis: str = "") -> Wanted:
    return Wanted(kind, its_basis, mapped.fields, mapped.notes)


def _dated(wanted: Wanted, claim: Claim, document: Invoice | Payment) -> Wanted:
    """Date a document as a person chose where its own day is closed."""
    chosen = dated_instead(claim.answers, own_day(document))
    its_basis = dated_basis(wanted.basis, chosen)
    if chosen is None or wanted.fields is None:
        return replace(wanted, basis=its_basis)
    return replace(wanted, basis=its_basis, fields=wanted.fields | {"TxnDate": chosen.isoformat()})


def _booked_as(claim: Claim) -> str | None:
    """The name we gave it; one that was there before us has no number of ours."""
    link = claim.link
    return str(link.owned.get("DisplayName") or "") if link and not link.adopted else None


def _job(project: Project, claim: Claim, context: BookContext, naming: Naming) -> Mapped:
    contact = parse_snapshot(Entity.CONTACT, _snapshot(claim.contact, "contact")).snapshot
    return job_fields(
        project,
        contact,
        _qbo_id(claim.contact, "contact"),
        context,
        distinguished=naming.distinguished,
        booked_as=_booked_as(claim),
    )


def _invoice(invoice: Invoice, claim: Claim, context: BookContext, naming: Naming) -> Mapped:
    project = parse_snapshot(Entity.PROJECT, _snapshot(claim.project, "project")).snapshot
    check_customer_currency(_customer_currency(claim), context, "invoice")
    # An invoice stays under the customer it was booked on, wherever ProLine moves it.
    customer_id = (claim.link and claim.link.customer_id) or _customer_id(claim)
    renumbered = naming.renumbered
    if claim.booked_itself:
        due = claim.amount_due
        return amount_due_fields(invoice, due, project, customer_id, context, renumbered=renumbered)
    return invoice_fields(invoice, project, customer_id, context, renumbered=renumbered)


def _payment(
    payment: Payment, claim: Claim, context: BookContext, resolution: Resolution | None
) -> tuple[Wanted, ...]:
    if resolution is None:
        raise ValueError("a payment is mapped only with its invoices resolved")
    check_customer_currency(_customer_currency(claim), context, "payment")
    shares = _shares(payment, resolution, _payer(claim, resolution))
    names = _names(claim.parts, list(shares))
    parts = [
        _part(payment, context, resolution, names[customer_id], customer_id, share)
        for customer_id, share in shares.items()
    ]
    left = [
        Wanted("Payment", resolution.basis, part=part)
        for part, link in claim.parts.items()
        if part not in names.values() and not link.voided
    ]
    # What shrinks is written before what grows: never more money there than ProLine has.
    parts.sort(key=lambda part: _grows(part, claim.parts.get(part.part)))
    return (*left, *parts)


@dataclass(frozen=True)
class _Share:
    """What of a payment is on one customer."""

    amount: Decimal
    lines: tuple[Application, ...]


def _payer(claim: Claim, resolution: Resolution) -> str:
    """The customer that what pays no invoice is credit of."""
    known = claim.link.customer_id if claim.link and not claim.link.voided else None
    return resolution.customer_id or known or _customer_id(claim)


def _shares(payment: Payment, resolution: Resolution, payer: str) -> dict[str, _Share]:
    """Divide a payment among the customers of its invoices; what is left is the first one's."""
    lines: dict[str, list[Application]] = {payer: []}
    for line in resolution.lines:
        lines.setdefault(line.customer_id or payer, []).append(line)
    sums = {each: sum((line.amount for line in of), Decimal(0)) for each, of in lines.items()}
    sums[payer] += payment.amount - sum(sums.values(), Decimal(0))
    several = len(lines) > 1
    return {
        each: _Share(sums[each], tuple(of))
        for each, of in lines.items()
        if of or sums[each] > 0 or not several
    }


def _names(parts: Mapping[str, Link], customers: list[str]) -> dict[str, str]:
    """Name the part of each customer: the one it has, else the empty one, else after it."""
    has = {link.customer_id: part for part, link in parts.items() if not link.voided}
    names = {each: has[each] for each in customers if each in has}
    for each in customers:
        if each not in names:
            taken = {*names.values(), *has.values()}
            names[each] = each if "" in taken else ""
    return names


def _part(  # what a part is of, and which
    payment: Payment,
    context: BookContext,
    resolution: Resolution,
    part: str,
    customer_id: str,
    share: _Share,
) -> Wanted:
    lines = [AppliedLine(line.invoice_qbo_id, line.amount) for line in share.lines]
    mapped = payment_fields(payment, customer_id, lines, context, share.amount)
    return Wanted(
        "Payment", resolution.basis, mapped.fields, mapped.notes, part=part, lines=share.lines
    )


def _grows(wanted: Wanted, link: Link | None) -> bool:
    amount = (wanted.fields or {}).get("TotalAmt")
    return link is None or link.total is None or (amount is not None and amount > link.total)


def _customer_id(claim: Claim) -> str:
    """The customer the invoices of the project have: the job, or its contact's customer."""
    if claim.project is not None and claim.project.customer_mode == "sub":
        return _qbo_id(claim.project, "project")
    return _qbo_id(claim.contact, "contact")


def _customer_currency(claim: Claim) -> str | None:
    if claim.project is not None and claim.project.customer_mode == "sub":
        return claim.project.currency
    return claim.contact.currency if claim.contact else None


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
