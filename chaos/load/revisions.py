"""Revisions: a number for each change of a record, drawn under the lock of its root.

Invariant: of two committed changes of one record the later has the higher number, because both
hold the root's lock from before the number is drawn until their commit. A number that was drawn in
a transaction that did not commit never comes again, and is in no row.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import BigInteger, Sequence, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from demo.proline import Contact, Invoice, Payment, Project
from demo.proline.rows import Cents, Row
from demo.scenario import Change, entity_of

Root = Contact | Project | Invoice | Payment
ROOTS: Final[Mapping[str, type[Contact] | type[Project] | type[Invoice] | type[Payment]]] = {
    "contact": Contact,
    "project": Project,
    "invoice": Invoice,
    "payment": Payment,
}
"""In the order in which their rows are locked."""
NUMBERS: Final = Sequence("revision_numbers", metadata=Row.metadata)


class Revision(Row):
    """That a record was changed, and how it was then: a sum, a name, whether it was void."""

    __tablename__ = "revisions"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    company_id: Mapped[str]
    entity: Mapped[str]
    record_id: Mapped[str]
    total: Mapped[Cents | None]
    name: Mapped[str | None]
    gone: Mapped[bool]


_TOTAL = text(
    "SELECT (snapshot->>'total')::numeric FROM proline_export.invoices WHERE record_id = :id"
)

_NAME = text("SELECT display_name FROM proline.contacts WHERE id = :id")


def lock_roots(session: Session, changes: tuple[Change, ...]) -> None:
    """Lock the roots of what is about to change, in the order in which everybody does.

    A root that is made in this transaction is nobody else's yet.
    """
    order = list(ROOTS)
    roots = {(entity, each.record_id) for each in changes if (entity := entity_of(each))}
    for entity, record_id in sorted(roots, key=lambda root: (order.index(root[0]), root[1])):
        row = ROOTS[entity]
        # The id alone: what the session holds of the row stays as old as it is.
        session.execute(
            select(row.id).where(row.id == record_id).with_for_update(key_share=True)
        ).scalar_one_or_none()


def look_at_roots(session: Session, changes: tuple[Change, ...]) -> list[object]:
    """Read what is about to change, without a lock: whoever holds it may hold what is past."""
    kinds: list[tuple[type[Any], str]] = [
        (ROOTS[entity], each.record_id) for each in changes if (entity := entity_of(each))
    ]
    return [session.get(kind, record_id) for kind, record_id in kinds]


def raise_revision(session: Session, company_id: str, change: Change) -> None:
    """Give the changed record its next revision, where QuickBooks will show it."""
    entity = entity_of(change)
    if entity is None:
        return
    session.flush()
    number: int = session.execute(NUMBERS.next_value()).scalar_one()
    kind: type[Any] = ROOTS[entity]
    row: Root = session.get_one(kind, change.record_id)
    carry(row, number)
    session.flush()
    revision = Revision(
        number=number,
        company_id=company_id,
        entity=entity,
        record_id=row.id,
        gone=_is_void(session, row),
    )
    match row:
        case Invoice():
            revision.total = session.execute(_TOTAL, {"id": row.id}).scalar_one()
        case Payment():
            revision.total = row.amount
        case Contact():
            revision.name = session.execute(_NAME, {"id": row.id}).scalar_one()
    session.add(revision)
    session.flush()


def _is_void(session: Session, row: Root) -> bool:
    """Ask the database: what the session remembers may be from before somebody voided it."""
    if not isinstance(row, Invoice | Payment):
        return False
    kind = type(row)
    return session.execute(
        select(kind.voided_at.is_not(None)).where(kind.id == row.id)
    ).scalar_one()


def carry(row: Root, number: int) -> None:
    """Write a revision into the field of its kind."""
    match row:
        case Contact():
            row.phone = f"(555) 010-{number}"
        case Project():
            row.line2 = f"Unit {number}"
        case Invoice():
            row.memo = f"Thank you. Revision {number}"
        case Payment():
            row.reference = f"Check {number}"
