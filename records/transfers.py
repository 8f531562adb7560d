"""The latch: a project that has entered a trigger stage once stays transferred, in its mode."""

from collections.abc import Sequence
from dataclasses import dataclass

from connections.settings import CompanySettings
from coordination.database import Connection
from coordination.nudges import About, nudge_many
from records.keys import RecordKey
from records.shown import Shown, show


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


_IS_TRANSFERRED = """
SELECT EXISTS (SELECT FROM proline_qbo.records r
               JOIN proline_qbo.transfers t ON t.record_pk = r.pk
               WHERE (r.company_id, r.entity, r.record_id) = (%s, 'project', %s))
"""


def is_transferred(connection: Connection, company_id: str, project_id: str) -> bool:
    """Say whether a project has been transferred, by its stage or by a person."""
    row = connection.execute(_IS_TRANSFERRED, [company_id, project_id]).fetchone()
    return row is not None and bool(row[0])


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


# Those that were transferred are put aside before a record is read: they are nearly all there are.
_READY = {
    trigger: f"""
FROM (
    SELECT s.record_pk FROM proline_qbo.snapshots s
    WHERE s.company_id = %(company_id)s AND s.{column} = ANY(%(chosen)s)
      AND NOT EXISTS (SELECT FROM proline_qbo.transfers t WHERE t.record_pk = s.record_pk)
    OFFSET 0
) n
JOIN proline_qbo.records r ON r.pk = n.record_pk
WHERE r.entity = 'project'
"""
    for trigger, column in (("stages", "stage"), ("statuses", "status"))
}
READY_MOST = 500
PK_MOST = 2**63 - 1


def count_ready(connection: Connection, company_id: str, settings: CompanySettings) -> int:
    """Count the projects that stand where a transfer begins and have not been transferred.

    They were there before the integration was enabled, or before the office chose the stage. A
    project that has gone past its stage is not told from any other: only its newest snapshot is
    kept.
    """
    statement = f"SELECT count(*) {_READY[settings.trigger]}"
    row = connection.execute(statement, _ready_arguments(company_id, settings)).fetchone()
    return int(row[0]) if row else 0


def list_ready(
    connection: Connection,
    company_id: str,
    settings: CompanySettings,
    *,
    after: int | None = None,
    limit: int = 50,
) -> list[Shown]:
    """List what `count_ready` counts, the newest first; go on with the last one's `pk`."""
    statement = (
        f"SELECT r.pk {_READY[settings.trigger]} AND r.pk < %(after)s"
        " ORDER BY r.pk DESC LIMIT %(most)s"
    )
    arguments = _ready_arguments(company_id, settings) | {
        "after": PK_MOST if after is None else after,
        "most": max(1, min(limit, READY_MOST)),
    }
    rows = connection.execute(statement, arguments).fetchall()
    return show(connection, company_id, [pk for (pk,) in rows])


def _ready_arguments(company_id: str, settings: CompanySettings) -> dict[str, object]:
    chosen = settings.stages if settings.trigger == "stages" else settings.statuses
    return {"company_id": company_id, "chosen": list(chosen)}
