"""How each step of the scenario is made in ProLine's tables, as ProLine's own code would make it.

`perform` changes the session's objects and leaves the commit to its caller; the capture attached to
the session's maker does the rest.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import singledispatch
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from demo.boards import key_of
from demo.people import Address
from demo.proline import (
    Contact,
    Invoice,
    InvoiceLine,
    Organization,
    Payment,
    PaymentAllocation,
    Project,
    ProjectStageMove,
    Quote,
    QuoteLine,
    Row,
)
from demo.scenario.changes import (
    AddContact,
    AddProject,
    Change,
    DraftInvoice,
    EditContact,
    EditInvoice,
    EditPayment,
    EditProject,
    LineSheet,
    MoveProject,
    ReceivePayment,
    SendInvoice,
    SettlePayment,
    SignQuote,
    VoidInvoice,
    VoidPayment,
)

T = TypeVar("T", Contact, Project, Invoice, Payment)


@singledispatch
def perform(change: Change, session: Session, company_id: str) -> None:
    """Make one change in the caller's transaction."""
    kind = type(change).__name__
    raise TypeError(f"Nobody wrote down how {company_id} does {kind} in {session}.")


@perform.register
def _(change: AddContact, session: Session, company_id: str) -> None:
    person = change.person
    session.add(
        Contact(
            id=change.record_id,
            company_id=company_id,
            number=change.number,
            display_name=person.display_name,
            given_name=person.given_name,
            family_name=person.family_name,
            company_name=person.company_name,
            customer_type=person.customer_type,
            email=person.email,
            phone=person.phone,
            **_address(person.address),
        )
    )


@perform.register
def _(change: EditContact, session: Session, company_id: str) -> None:
    contact = _the(session, Contact, change.record_id, company_id)
    contact.display_name = change.display_name or contact.display_name
    contact.phone = change.phone or contact.phone


@perform.register
def _(change: AddProject, session: Session, company_id: str) -> None:
    session.add(
        Project(
            id=change.record_id,
            company_id=company_id,
            number=change.number,
            name=change.name,
            contact_id=change.contact_id,
            organization_id=_organization(session, company_id, change),
            stage_id=key_of(company_id, change.stage),
            location="Main branch",
            **_address(change.address),
        )
    )
    session.flush()
    session.add(_entry(change.record_id, key_of(company_id, change.stage)))


@perform.register
def _(change: MoveProject, session: Session, company_id: str) -> None:
    project = _the(session, Project, change.record_id, company_id)
    project.stage_id = key_of(company_id, change.stage)
    session.add(_entry(project.id, project.stage_id))


@perform.register
def _(change: EditProject, session: Session, company_id: str) -> None:
    _the(session, Project, change.record_id, company_id).line2 = change.line2


@perform.register
def _(change: SignQuote, session: Session, company_id: str) -> None:
    session.add(
        Quote(
            id=change.record_id,
            company_id=company_id,
            project_id=change.project_id,
            number=change.number,
            signed_at=_now(),
        )
    )
    session.flush()
    session.add_all(
        QuoteLine(
            id=sheet.id,
            quote_id=change.record_id,
            position=position,
            name=sheet.name,
            quantity=sheet.quantity or Decimal(1),
            unit_price=sheet.unit_price or Decimal(0),
            amount=sheet.amount,
            cost=sheet.cost,
        )
        for position, sheet in enumerate(change.lines, start=1)
        if sheet.amount is not None
    )


@perform.register
def _(change: DraftInvoice, session: Session, company_id: str) -> None:
    session.add(
        Invoice(
            id=change.record_id,
            company_id=company_id,
            number=change.number,
            name=change.name,
            kind=change.kind,
            project_id=change.project_id,
            contact_id=change.contact_id,
            issued_on=change.issued_on,
            due_on=change.due_on,
            discount=change.discount,
            asked=change.asked,
            memo=change.memo,
        )
    )
    session.flush()
    session.add_all(_lines(change.record_id, change.lines, start=1))


@perform.register
def _(change: SendInvoice, session: Session, company_id: str) -> None:
    invoice = _the(session, Invoice, change.record_id, company_id)
    invoice.sent_at = _now() - timedelta(days=change.days_ago)


@perform.register
def _(change: EditInvoice, session: Session, company_id: str) -> None:
    invoice = _the(session, Invoice, change.record_id, company_id)
    invoice.memo = change.memo or invoice.memo
    invoice.updated_at = _now()
    lines = session.scalars(select(InvoiceLine).where(InvoiceLine.invoice_id == invoice.id)).all()
    for line in lines:
        if line.id in change.removed:
            session.delete(line)
    last = max((line.position for line in lines), default=0)
    session.add_all(_lines(invoice.id, change.added, start=last + 1))


@perform.register
def _(change: VoidInvoice, session: Session, company_id: str) -> None:
    _the(session, Invoice, change.record_id, company_id).voided_at = _now()


@perform.register
def _(change: ReceivePayment, session: Session, company_id: str) -> None:
    session.add(
        Payment(
            id=change.record_id,
            company_id=company_id,
            number=change.number,
            project_id=change.project_id,
            contact_id=change.contact_id,
            status=change.status,
            received_on=change.received_on,
            amount=change.amount,
            method=change.method,
            reference=change.reference,
        )
    )
    session.flush()
    session.add_all(
        PaymentAllocation(
            payment_id=change.record_id, invoice_id=share.invoice_id, amount=share.amount
        )
        for share in change.shares
    )


@perform.register
def _(change: SettlePayment, session: Session, company_id: str) -> None:
    _the(session, Payment, change.record_id, company_id).status = change.status


@perform.register
def _(change: EditPayment, session: Session, company_id: str) -> None:
    _the(session, Payment, change.record_id, company_id).reference = change.reference


@perform.register
def _(change: VoidPayment, session: Session, company_id: str) -> None:
    _the(session, Payment, change.record_id, company_id).voided_at = _now()


def _the(session: Session, kind: type[T], record_id: str, company_id: str) -> T:
    row = session.get_one(kind, record_id)
    if row.company_id != company_id:
        raise ValueError(f"{kind.__name__} {record_id} belongs to another company.")
    return row


def _organization(session: Session, company_id: str, change: AddProject) -> str | None:
    if change.organization is None:
        return None
    organization = Organization(
        id=key_of(company_id, change.number), company_id=company_id, name=change.organization
    )
    session.add(organization)
    session.flush()
    return organization.id


def _entry(project_id: str, stage_id: str) -> ProjectStageMove:
    return ProjectStageMove(project_id=project_id, stage_id=stage_id, entered_at=_now())


def _lines(invoice_id: str, sheets: tuple[LineSheet, ...], start: int) -> list[Row]:
    return [
        InvoiceLine(
            id=sheet.id,
            invoice_id=invoice_id,
            position=position,
            group_name=sheet.group,
            kind=sheet.kind,
            name=sheet.name,
            description=sheet.description,
            service=sheet.service,
            quantity=sheet.quantity,
            unit=sheet.unit,
            unit_price=sheet.unit_price,
            amount=sheet.amount,
            cost=sheet.cost,
            margin=None if sheet.amount is None else sheet.amount - (sheet.cost or 0),
        )
        for position, sheet in enumerate(sheets, start=start)
    ]


def _address(address: Address) -> dict[str, str | None]:
    return {
        "line1": address.line1,
        "line2": address.line2,
        "city": address.city,
        "state": address.state,
        "postal_code": address.postal_code,
        "country": address.country,
    }


def _now() -> datetime:
    return datetime.now(UTC)
