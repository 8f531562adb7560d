"""The latch: a project that has entered a trigger stage once stays transferred, in its mode."""

from collections.abc import Sequence
from dataclasses import dataclass

from connections.settings import CompanySettings
from coordination.database import Connection
from coordination.nudges import About, nudge_many
from records.keys import RecordKey


@dataclass(frozen=True)
class Transfer:
    """A project to be transferred: how its customer is made there, and who or what said so."""

    key: RecordKey
    customer_mode: str
    by: str


_LATCH = """
WITH latched AS (
    INSERT INTO proline_qbo.transfers
        (record_pk, customer_mode, transferred_by, company_id, contact_id)
    SELECT r.pk, k.mode, k.by, r.company_id, s.snapshot ->> 'contact_id'
    FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[])
         AS k (company_id, record_id, mode, by)
    JOIN proline_qbo.records r
      ON (r.company_id, r.entity, r.record_id) = (k.company_id, 'project', k.record_id)
    JOIN proline_qbo.snapshots s ON s.record_pk = r.pk
    ORDER BY r.pk
    ON CONFLICT (record_pk) DO NOTHING
    RETURNING record_pk
)
SELECT r.company_id, r.entity, r.record_id
FROM latched JOIN proline_qbo.records r ON r.pk = latched.record_pk
"""


def latch(connection: Connection, transfers: Sequence[Transfer]) -> list[RecordKey]:
    """Transfer these projects; return the keys of those that were not transferred before."""
    first = {each.key: each for each in reversed(transfers)}
    if not first:
        return []
    rows = connection.execute(
        _LATCH,
        [
            [each.key.company_id for each in first.values()],
            [each.key.record_id for each in first.values()],
            [each.customer_mode for each in first.values()],
            [each.by for each in first.values()],
        ],
    ).fetchall()
    return [RecordKey(*row) for row in rows]


_CONTACT = """
SELECT t.contact_id FROM proline_qbo.records r JOIN proline_qbo.transfers t ON t.record_pk = r.pk
WHERE (r.company_id, r.entity, r.record_id) = (%s, 'project', %s) AND t.contact_id IS NOT NULL
"""


def transfer_by_hand(connection: Connection, transfer: Transfer) -> bool:
    """Transfer a project on what it holds; `by` is kept. False: it was before, or is not known.

    Its contact is looked at again too: from now on one of its projects is transferred.
    """
    if not latch(connection, [transfer]):
        return False
    company_id, project_id = transfer.key.company_id, transfer.key.record_id
    contacts = connection.execute(_CONTACT, [company_id, project_id]).fetchall()
    abouts = [About(company_id, "contact", contact_id) for (contact_id,) in contacts]
    nudge_many(connection, [*abouts, About(company_id, "project", project_id)])
    return True


_READY = """
SELECT count(*)
FROM proline_qbo.records r
JOIN proline_qbo.snapshots s ON s.record_pk = r.pk
LEFT JOIN proline_qbo.transfers t ON t.record_pk = r.pk
WHERE r.company_id = %s AND r.entity = 'project' AND t.record_pk IS NULL
  AND s.snapshot ->> %s = ANY(%s)
"""


def count_ready(connection: Connection, company_id: str, settings: CompanySettings) -> int:
    """Count the projects that stand where a transfer begins and have not been transferred.

    They were there before the integration was enabled, or before the office chose the stage. A
    project that has gone past its stage is not told from any other: only its newest snapshot is
    kept.
    """
    by_stage = settings.trigger == "stages"
    field, chosen = ("stage", settings.stages) if by_stage else ("status", settings.statuses)
    row = connection.execute(_READY, [company_id, field, list(chosen)]).fetchone()
    return int(row[0]) if row else 0
