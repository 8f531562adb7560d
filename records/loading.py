"""Reading `Facts`: a few statements for a whole batch of records, whatever its size.

The records themselves are locked, so that a person's skip, a claim and the relay's evaluation take
turns.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from psycopg.rows import class_row

from coordination.database import Connection
from records.candidates import Payer, load_candidates
from records.facts import Facts, Parent
from records.keys import RUNNING_PREFIX, RecordKey
from records.link_columns import BOOKS, LINK_COLUMNS, LinkColumns
from records.parents import contact_key, load_parents, project_key
from records.running_balance import began_before_enable
from records.states import State

BATCH_MOST = 1_000
"""Records evaluated in one go: bounds memory and the time their rows stay locked."""


def load_facts(connection: Connection, pks: Sequence[int]) -> list[Facts]:
    """Read what the evaluation of these records looks at.

    Raises:
        ValueError: more than `BATCH_MOST` records.
    """
    if len(pks) > BATCH_MOST:
        raise ValueError(f"{len(pks)} records in one evaluation; the most is {BATCH_MOST}")
    rows = _load_rows(connection, pks)
    projects = load_parents(connection, {_project_key(row) for row in rows})
    contacts = load_parents(connection, {_contact_key(row, projects) for row in rows})
    wanted = _load_wanted(connection, [row for row in rows if row.entity == "contact"])
    older = began_before_enable(connection, [row.pk for row in rows if _is_running(row)])
    paid = _load_paid(connection, [row for row in rows if row.entity == "invoice"])
    payers = [_payer(row) for row in rows if row.entity == "payment"]
    candidates = load_candidates(connection, payers)
    return [
        replace(
            _facts(row),
            project=projects.get(_project_key(row)),
            contact=contacts.get(_contact_key(row, projects)),
            wanted=row.pk in wanted,
            older_member=row.pk in older,
            paid_by=paid.get(row.pk, (0, 0))[0],
            paid_by_alive=paid.get(row.pk, (0, 0))[1],
            named=candidates[row.pk].named if row.pk in candidates else (),
            of_project=candidates[row.pk].of_project if row.pk in candidates else (),
        )
        for row in rows
    ]


@dataclass(frozen=True, kw_only=True)
class _Row(LinkColumns):
    pk: int
    company_id: str
    entity: str
    record_id: str
    version: int
    state: str
    since: datetime
    retry_at: datetime | None
    settled_version: int | None
    settled_basis: str | None
    failed_version: int | None
    failed_basis: str | None
    failed_code: str | None
    failed_sentence: str | None
    skipped_by: str | None
    skipped_version: int | None
    parked_version: int | None
    snapshot: dict[str, Any]
    first_enabled_at: datetime | None
    customer_mode: str | None
    is_member: bool
    outcome_unknown: bool


_ROWS = f"""
SELECT r.pk, r.company_id, r.entity, r.record_id, r.version, r.state, r.since, r.retry_at,
       r.settled_version, r.settled_basis, r.failed_version, r.failed_basis,
       r.failed_code, r.failed_sentence, r.skipped_by, r.skipped_version, r.parked_version,
       s.snapshot, c.first_enabled_at, t.customer_mode,
       m.record_pk IS NOT NULL AS is_member,
       EXISTS (SELECT FROM proline_qbo.attempts a
               WHERE a.record_pk = r.pk AND a.realm_id = {BOOKS} AND a.answer IS NULL)
           AS outcome_unknown,
       {LINK_COLUMNS}
FROM proline_qbo.records r
JOIN proline_qbo.snapshots s ON s.record_pk = r.pk
JOIN proline_qbo.companies c ON c.id = r.company_id
LEFT JOIN proline_qbo.transfers t ON t.record_pk = r.pk
LEFT JOIN proline_qbo.members m ON m.record_pk = r.pk
LEFT JOIN proline_qbo.links l ON l.realm_id = {BOOKS} AND l.record_pk = r.pk AND l.part = ''
WHERE r.pk = ANY(%s)
ORDER BY r.pk
FOR NO KEY UPDATE OF r
"""


def _load_rows(connection: Connection, pks: Sequence[int]) -> list[_Row]:
    with connection.cursor(row_factory=class_row(_Row)) as cursor:
        return cursor.execute(_ROWS, [list(pks)]).fetchall()


def _facts(row: _Row) -> Facts:
    return Facts(
        pk=row.pk,
        company_id=row.company_id,
        entity=row.entity,
        record_id=row.record_id,
        version=row.version,
        state=State(row.state),
        since=row.since,
        snapshot=row.snapshot,
        retry_at=row.retry_at,
        settled_version=row.settled_version,
        settled_basis=row.settled_basis,
        failed_version=row.failed_version,
        failed_basis=row.failed_basis,
        failed_code=row.failed_code,
        failed_sentence=row.failed_sentence,
        skipped_by=row.skipped_by,
        skipped_version=row.skipped_version,
        parked_version=row.parked_version,
        first_enabled_at=row.first_enabled_at,
        link=row.link(),
        outcome_unknown=row.outcome_unknown,
        customer_mode=row.customer_mode,
        is_member=row.is_member,
    )


def _payer(row: _Row) -> Payer:
    return Payer(pk=row.pk, company_id=row.company_id, snapshot=row.snapshot)


def _is_running(row: _Row) -> bool:
    return row.entity == "invoice" and row.record_id.startswith(RUNNING_PREFIX)


def _project_key(row: _Row) -> RecordKey:
    return project_key(row.company_id, row.entity, row.snapshot)


def _contact_key(row: _Row, projects: dict[RecordKey, Parent]) -> RecordKey:
    return contact_key(row.company_id, row.entity, row.snapshot, projects.get(_project_key(row)))


_WANTED = """
SELECT DISTINCT r.pk
FROM proline_qbo.records r
JOIN proline_qbo.dependencies d
  ON (d.company_id, d.on_entity, d.on_record_id) = (r.company_id, 'contact', r.record_id)
JOIN proline_qbo.transfers t ON t.record_pk = d.record_pk
WHERE r.pk = ANY(%s)
"""


def _load_wanted(connection: Connection, contacts: Sequence[_Row]) -> set[int]:
    if not contacts:
        return set()
    rows = connection.execute(_WANTED, [[row.pk for row in contacts]]).fetchall()
    return {pk for (pk,) in rows}


_PAID = f"""
SELECT a.invoice_pk, count(*),
       count(*) FILTER (WHERE s.snapshot ->> 'voided_at' IS NULL
                          AND s.snapshot ->> 'deleted_at' IS NULL)
FROM proline_qbo.applications a
JOIN proline_qbo.records i ON i.pk = a.invoice_pk
JOIN proline_qbo.companies c ON c.id = i.company_id AND {BOOKS} = a.realm_id
JOIN proline_qbo.snapshots s ON s.record_pk = a.payment_pk
WHERE a.invoice_pk = ANY(%s)
GROUP BY a.invoice_pk
"""


def _load_paid(connection: Connection, invoices: Sequence[_Row]) -> dict[int, tuple[int, int]]:
    if not invoices:
        return {}
    rows = connection.execute(_PAID, [[row.pk for row in invoices]]).fetchall()
    return {pk: (holders, alive) for pk, holders, alive in rows}
