"""One record for its own page: where it stands, what it hangs from, what was tried, what is asked.

Invariant: whatever an address says, only the company's own records are read, and each list here is
bounded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from psycopg.rows import class_row

from coordination.database import Connection
from records.deciding import Open, open_questions_about
from records.explaining import explain
from records.input_text import storable
from records.keys import running_id
from records.shown import Shown, show

RELATED_MOST = 50
ATTEMPTS_MOST = 20

Row = TypeVar("Row")


@dataclass(frozen=True)
class Related:
    """What a record hangs from, or what hangs from it; `shown` None: ProLine never sent it."""

    entity: str
    record_id: str
    shown: Shown | None


@dataclass(frozen=True)
class Tried:
    """A write that was tried: what QuickBooks said, and its own id of the call for support.

    `answer` is applied, refused, unsent or archived; None while the outcome is unknown.
    """

    started_at: datetime
    operation: str
    kind: str
    realm_id: str
    sends: int
    answer: str | None
    answered_at: datetime | None
    status: int | None
    fault_code: str | None
    intuit_tid: str | None


@dataclass(frozen=True)
class Ordered:
    """What a person ordered and the relay has not carried out yet."""

    kind: str
    why: str
    ordered_by: str
    ordered_at: datetime


@dataclass(frozen=True)
class FormerLink:
    """Where a record was in QuickBooks before it was sent as new."""

    realm_id: str
    kind: str
    qbo_id: str
    given_up_at: datetime


@dataclass(frozen=True)
class Seen:
    """Everything of a record that its page tells; `stood_for_by` is what stands for a member."""

    shown: Shown
    parents: tuple[Related, ...]
    children: tuple[Related, ...]
    stood_for_by: Shown | None
    attempts: tuple[Tried, ...]
    question: Open | None
    orders: tuple[Ordered, ...]
    former_links: tuple[FormerLink, ...]


def find_record(
    connection: Connection, company_id: str, entity: str, record_id: str
) -> Seen | None:
    """Find a company's record by what an address says; None: the company has none such."""
    if not (storable(entity) and storable(record_id)):
        return None
    found = explain(connection, record_id, entity=entity, company_id=company_id)
    shown = show(connection, company_id, [each.pk for each in found])
    if not shown:
        return None
    (one,) = shown
    project = one.explained.member_of_project
    return Seen(
        shown=one,
        parents=_parents(connection, company_id, one.pk),
        children=_children(connection, company_id, one),
        stood_for_by=_stood_for_by(connection, company_id, project) if project else None,
        attempts=tuple(_read(connection, Tried, _ATTEMPTS, one.pk, ATTEMPTS_MOST)),
        question=open_questions_about(connection, company_id, [one.pk]).get(one.pk),
        orders=tuple(_read(connection, Ordered, _ORDERS, one.pk, RELATED_MOST)),
        former_links=tuple(_read(connection, FormerLink, _FORMER, one.pk, RELATED_MOST)),
    )


_PARENTS = """
SELECT d.on_entity, d.on_record_id, r.pk
FROM proline_qbo.dependencies d
LEFT JOIN proline_qbo.records r
       ON (r.company_id, r.entity, r.record_id) = (d.company_id, d.on_entity, d.on_record_id)
WHERE d.record_pk = %s AND d.company_id = %s
ORDER BY d.on_entity, d.on_record_id LIMIT %s
"""


def _parents(connection: Connection, company_id: str, pk: int) -> tuple[Related, ...]:
    rows = connection.execute(_PARENTS, [pk, company_id, RELATED_MOST]).fetchall()
    shown = {
        each.pk: each
        for each in show(connection, company_id, [pk for *_, pk in rows if pk is not None])
    }
    return tuple(Related(entity, record_id, shown.get(pk)) for entity, record_id, pk in rows)


# What stands for a project's invoices has them for children: nothing names it as its parent.
_CHILDREN = """
(SELECT d.record_pk FROM proline_qbo.dependencies d
 WHERE (d.company_id, d.on_entity, d.on_record_id)
     = (%(company_id)s, %(entity)s, %(record_id)s)
 ORDER BY d.record_pk DESC LIMIT %(most)s)
UNION
(SELECT m.record_pk FROM proline_qbo.members m
 WHERE (m.company_id, m.project_id) = (%(company_id)s, %(stands_for)s) AND NOT m.booked_itself
 ORDER BY m.record_pk DESC LIMIT %(most)s)
ORDER BY 1 DESC LIMIT %(most)s
"""


def _children(connection: Connection, company_id: str, one: Shown) -> tuple[Related, ...]:
    arguments = {
        "company_id": company_id,
        "entity": one.entity,
        "record_id": one.record_id,
        "stands_for": one.stands_for_project,
        "most": RELATED_MOST,
    }
    pks = [pk for (pk,) in connection.execute(_CHILDREN, arguments).fetchall()]
    shown = show(connection, company_id, pks)
    return tuple(Related(each.entity, each.record_id, each) for each in shown)


def _stood_for_by(connection: Connection, company_id: str, project_id: str) -> Shown | None:
    found = explain(connection, running_id(project_id), entity="invoice", company_id=company_id)
    return next(iter(show(connection, company_id, [each.pk for each in found])), None)


_ATTEMPTS = """
SELECT started_at, operation, kind, realm_id, sends, answer, answered_at, status, fault_code,
       intuit_tid
FROM proline_qbo.attempts WHERE record_pk = %s ORDER BY id DESC LIMIT %s
"""
_ORDERS = """
SELECT kind, why, ordered_by, ordered_at FROM proline_qbo.orders
WHERE record_pk = %s AND carried_out_at IS NULL ORDER BY id DESC LIMIT %s
"""
_FORMER = """
SELECT realm_id, kind, qbo_id, given_up_at FROM proline_qbo.former_links
WHERE record_pk = %s ORDER BY given_up_at DESC LIMIT %s
"""


def _read(
    connection: Connection, of: type[Row], statement: str, pk: int, most: int
) -> Sequence[Row]:
    with connection.cursor(row_factory=class_row(of)) as cursor:
        return cursor.execute(statement, [pk, most]).fetchall()
