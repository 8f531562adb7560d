"""Who has to be looked at again when a record has changed.

Invariant: whatever a record's judgement reads of others, a change there names it here. A change of
a contact reaches also what hangs from its projects, those too that were transferred with it, since
in main-customer mode an invoice's customer is the contact of its project; and, as a payment is
booked on the customer of its invoice, the payments that name an invoice there, of whatever project.
A change of an invoice reaches also the payments of its project, which may name no invoice, and
those that name a member of the running-balance invoice.
"""

from collections.abc import Sequence

from coordination.database import Connection
from records.keys import RUNNING_PREFIX, RecordKey

_PAYING = """
UNION
SELECT d.record_pk
FROM billed b
JOIN proline_qbo.dependencies d
  ON (d.company_id, d.on_entity, d.on_record_id) = (b.company_id, 'project', b.project_id)
JOIN proline_qbo.records r ON r.pk = d.record_pk AND r.entity = 'payment'
UNION
SELECT d.record_pk
FROM billed b
JOIN proline_qbo.members m ON (m.company_id, m.project_id) = (b.company_id, b.project_id)
JOIN proline_qbo.records i ON i.pk = m.record_pk
JOIN proline_qbo.dependencies d
  ON (d.company_id, d.on_entity, d.on_record_id) = (i.company_id, 'invoice', i.record_id)
WHERE starts_with(b.record_id, %(prefix)s)
"""
_DEPENDANTS = f"""
WITH changed (company_id, entity, record_id) AS (
    SELECT * FROM unnest(%(companies)b::text[], %(entities)b::text[], %(ids)b::text[])
), direct AS (
    SELECT d.record_pk, d.company_id, c.entity AS through
    FROM changed c
    JOIN proline_qbo.dependencies d
      ON (d.company_id, d.on_entity, d.on_record_id) = (c.company_id, c.entity, c.record_id)
    UNION
    SELECT t.record_pk, c.company_id, c.entity
    FROM changed c
    JOIN proline_qbo.transfers t
      ON (t.company_id, t.contact_id) = (c.company_id, c.record_id) AND c.entity = 'contact'
), billed AS (
    SELECT c.company_id, c.record_id, p.on_record_id AS project_id
    FROM changed c
    JOIN proline_qbo.records i
      ON (i.company_id, i.entity, i.record_id) = (c.company_id, c.entity, c.record_id)
    JOIN proline_qbo.dependencies p ON p.record_pk = i.pk AND p.on_entity = 'project'
    WHERE c.entity = 'invoice'
), projects AS (
    SELECT company_id, record_id FROM changed WHERE entity = 'project'
    UNION
    SELECT r.company_id, r.record_id
    FROM direct p JOIN proline_qbo.records r ON r.pk = p.record_pk AND p.through = 'contact'
), hanging AS (
    SELECT d.record_pk, d.company_id
    FROM projects p
    JOIN proline_qbo.dependencies d
      ON (d.company_id, d.on_entity, d.on_record_id) = (p.company_id, 'project', p.record_id)
)
SELECT r.pk FROM changed c
JOIN proline_qbo.records r
  ON (r.company_id, r.entity, r.record_id) = (c.company_id, c.entity, c.record_id)
UNION
SELECT record_pk FROM direct
UNION
SELECT record_pk FROM hanging
UNION
SELECT d.record_pk
FROM hanging h
JOIN proline_qbo.records i ON i.pk = h.record_pk AND i.entity = 'invoice'
JOIN proline_qbo.dependencies d
  ON (d.company_id, d.on_entity, d.on_record_id) = (i.company_id, 'invoice', i.record_id)
{_PAYING}
"""


def affected_by(connection: Connection, changed: Sequence[RecordKey]) -> list[int]:
    """Name the changed records themselves and all whose judgement may read them."""
    if not changed:
        return []
    rows = connection.execute(
        _DEPENDANTS,
        {
            "companies": [key.company_id for key in changed],
            "entities": [key.entity for key in changed],
            "ids": [key.record_id for key in changed],
            "prefix": RUNNING_PREFIX,
        },
    ).fetchall()
    return [pk for (pk,) in rows]


_CONTACTS = """
SELECT r.pk
FROM unnest(%b::text[], %b::text[]) AS k (company_id, project_id)
JOIN proline_qbo.records p
  ON (p.company_id, p.entity, p.record_id) = (k.company_id, 'project', k.project_id)
JOIN proline_qbo.dependencies d ON d.record_pk = p.pk AND d.on_entity = 'contact'
JOIN proline_qbo.records r
  ON (r.company_id, r.entity, r.record_id) = (d.company_id, 'contact', d.on_record_id)
"""


def contacts_of(connection: Connection, projects: Sequence[RecordKey]) -> list[int]:
    """Name the contacts of these projects: a transfer is what makes a contact wanted."""
    if not projects:
        return []
    arrays = [[key.company_id for key in projects], [key.record_id for key in projects]]
    return [pk for (pk,) in connection.execute(_CONTACTS, arrays).fetchall()]


_MISSING = """
SELECT DISTINCT d.company_id, d.on_entity, d.on_record_id
FROM proline_qbo.dependencies d
LEFT JOIN proline_qbo.records r
       ON (r.company_id, r.entity, r.record_id) = (d.company_id, d.on_entity, d.on_record_id)
WHERE d.record_pk = ANY(%b::bigint[]) AND r.pk IS NULL
"""


def missing_parents(connection: Connection, pks: Sequence[int]) -> list[RecordKey]:
    """Name what these records hang from and ProLine has never sent."""
    if not pks:
        return []
    return [RecordKey(*row) for row in connection.execute(_MISSING, [list(pks)]).fetchall()]
