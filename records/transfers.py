"""The latch: a project that has entered a trigger stage once stays transferred, in its mode."""

from collections.abc import Sequence
from dataclasses import dataclass

from coordination.database import Connection
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
