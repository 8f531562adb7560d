"""Reading what a record hangs from: its project, and the primary contact of that project.

The customer of an invoice is the project's contact, whatever contact the invoice itself names: it
is the project that was transferred. A project stays with the contact it was transferred with, once
that is in QuickBooks: what ProLine moves afterwards is told and not followed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from psycopg.rows import class_row

from coordination.database import Connection
from records.facts import Parent
from records.keys import RecordKey
from records.link_columns import BOOKS
from records.states import RULE, State


def project_key(company_id: str, entity: str, snapshot: dict[str, Any]) -> RecordKey:
    """Name the project an invoice or a payment hangs from; other entities have none (empty id)."""
    field = "project_id" if entity in {"invoice", "payment"} else ""
    return RecordKey(company_id, "project", _text(snapshot, field))


def contact_key(
    company_id: str, entity: str, snapshot: dict[str, Any], project: Parent | None
) -> RecordKey:
    """Name the primary contact of a project, or of the project a record hangs from."""
    if entity == "contact":
        return RecordKey(company_id, "contact", "")
    if project is not None and project.contact_id:
        return RecordKey(company_id, "contact", project.contact_id)
    if entity != "project":
        snapshot = (project.snapshot if project else None) or {}
    return RecordKey(company_id, "contact", _text(snapshot, "contact_id"))


def load_parents(connection: Connection, keys: Iterable[RecordKey]) -> dict[RecordKey, Parent]:
    """Read these records as parents; one that ProLine never sent has no state."""
    named = sorted({key for key in keys if key.record_id})
    if not named:
        return {}
    arrays = {
        "companies": [key.company_id for key in named],
        "entities": [key.entity for key in named],
        "ids": [key.record_id for key in named],
    }
    with connection.cursor(row_factory=class_row(_Row)) as cursor:
        rows = cursor.execute(_PARENTS, arrays).fetchall()
    return {RecordKey(row.company_id, row.entity, row.record_id): _parent(row) for row in rows}


FORMERLY = f"""coalesce((
    SELECT true FROM proline_qbo.links f
    WHERE f.record_pk = r.pk AND f.realm_id <> {BOOKS} LIMIT 1), false)"""
"""Whether record `r` was booked in other books than company `c` has now."""

STAYS_WITH = f"""(
    SELECT t.contact_id FROM proline_qbo.records p
    JOIN proline_qbo.links pl ON pl.realm_id = {BOOKS} AND pl.record_pk = p.pk
    WHERE (p.company_id, p.entity, p.record_id) = (t.company_id, 'contact', t.contact_id))"""
"""The contact that transferred project `t` stays with; null while it is not in QuickBooks."""

_PARENT_COLUMNS = f"""k.company_id, k.entity, k.record_id, r.state, l.qbo_id, t.customer_mode,
       s.snapshot, coalesce(l.gone, false) AS gone, l.currency,
       CASE WHEN r.skipped_by <> '{RULE}' AND NOT r.skipped_in_bulk THEN r.skipped_by END
           AS skipped_by,
       r.state = 'skipped' OR (r.state = 'done' AND {FORMERLY}) AS left_out,
       {STAYS_WITH} AS contact_id"""
_PARENT_JOINS = f"""JOIN proline_qbo.companies c ON c.id = k.company_id
LEFT JOIN proline_qbo.records r
       ON (r.company_id, r.entity, r.record_id) = (k.company_id, k.entity, k.record_id)
LEFT JOIN proline_qbo.snapshots s ON s.record_pk = r.pk
LEFT JOIN proline_qbo.transfers t ON t.record_pk = r.pk
LEFT JOIN LATERAL (
    SELECT * FROM proline_qbo.links
    WHERE realm_id = {BOOKS} AND record_pk = r.pk AND part = '' LIMIT 1
) l ON true"""
_PARENTS = f"""
SELECT {_PARENT_COLUMNS}
FROM unnest(%(companies)s::text[], %(entities)s::text[], %(ids)s::text[])
     AS k (company_id, entity, record_id)
{_PARENT_JOINS}
"""


def as_json(company_id: str, entity: str, record_id: str) -> str:
    """Write the subselect that gives one parent, for `from_json`; null where the id is empty.

    Args:
        company_id: an SQL expression, as are the others.
        entity: of what kind it is.
        record_id: ProLine's id of it; may be null.
    """
    return f"""(SELECT to_jsonb(parent) FROM (
    SELECT {_PARENT_COLUMNS}
    FROM (SELECT {company_id}, {entity}, {record_id}) AS k (company_id, entity, record_id)
    {_PARENT_JOINS}
    WHERE k.record_id <> '') AS parent)"""


def id_in(snapshot: str, field: str) -> str:
    """Write the expression of an id that a snapshot names; null where it is no text."""
    value = f"{snapshot} -> '{field}'"
    return f"CASE WHEN jsonb_typeof({value}) = 'string' THEN {snapshot} ->> '{field}' END"


def from_json(found: dict[str, Any] | None) -> Parent | None:
    """Return the parent that `as_json` gave."""
    return None if found is None else _parent(_Row(**found))


@dataclass(frozen=True)
class _Row:
    company_id: str
    entity: str
    record_id: str
    state: str | None
    qbo_id: str | None
    customer_mode: str | None
    snapshot: dict[str, Any] | None
    gone: bool
    currency: str | None
    skipped_by: str | None
    left_out: bool | None
    contact_id: str | None


def _parent(row: _Row) -> Parent:
    return Parent(
        record_id=row.record_id,
        state=State(row.state) if row.state else None,
        qbo_id=row.qbo_id,
        customer_mode=row.customer_mode,
        snapshot=row.snapshot,
        gone=row.gone,
        skipped_by=row.skipped_by,
        left_out=bool(row.left_out),
        contact_id=row.contact_id,
        currency=row.currency,
    )


def _text(snapshot: dict[str, Any], field: str) -> str:
    value = snapshot.get(field)
    return value if isinstance(value, str) else ""
