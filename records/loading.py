"""Reading `Facts`: a few statements for a whole batch of records, whatever its size.

The records themselves are locked, so that a person's skip, a claim and the relay's evaluation take
turns.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

from connections.settings import read_settings
from coordination.database import Connection
from records import holders
from records.answers import NO_ANSWERS, Answers, load_answers
from records.candidates import NO_CANDIDATES, Candidates, Payer, load_candidates
from records.facts import NOT_PAID, Asked, Facts, Holders, Link, Parent
from records.keys import RUNNING_PREFIX, RecordKey
from records.link_columns import BOOKS, the_link
from records.parents import STAYS_WITH, contact_key, load_parents, project_key
from records.running_balance import began_before_enable
from records.states import State
from schemas import Snapshot

BATCH_MOST = 1_000
"""Records evaluated in one go: bounds memory and the time their rows stay locked."""


@dataclass(frozen=True, slots=True)
class Known:
    """A snapshot as the caller has it already: raw, and read as its contract says."""

    version: int
    raw: dict[str, Any]
    read: Snapshot


NOTHING_KNOWN: Mapping[int, Known] = MappingProxyType({})


def load_facts(
    connection: Connection, pks: Sequence[int], known: Mapping[int, Known] = NOTHING_KNOWN
) -> list[Facts]:
    """Read what the evaluation of these records looks at.

    Args:
        connection: the relay's open transaction.
        pks: the records; at most `BATCH_MOST`.
        known: snapshots stored in this very transaction, by pk: they are not read again.

    Raises:
        ValueError: more than `BATCH_MOST` records.
    """
    if len(pks) > BATCH_MOST:
        raise ValueError(f"{len(pks)} records in one evaluation; the most is {BATCH_MOST}")
    rows = _load_rows(connection, pks, with_snapshots=known.keys().isdisjoint(pks))
    raw = _snapshots(connection, rows, known)
    projects = load_parents(connection, {_project_key(row, raw[row.pk]) for row in rows})
    contact_keys = {row.pk: _contact_key(row, raw[row.pk], projects) for row in rows}
    contacts = load_parents(connection, contact_keys.values())
    older = began_before_enable(connection, [row.pk for row in rows if _is_running(row)])
    invoices = [row.pk for row in rows if row.entity == "invoice"]
    paid = holders.load_holders(connection, invoices)
    payers = [Payer(row.pk, row.company_id, raw[row.pk]) for row in rows if row.entity == "payment"]
    candidates = load_candidates(connection, payers)
    decided = [row.pk for row in rows if row.decided]
    answers = load_answers(connection, decided) if decided else {}
    return [
        _facts(
            row,
            _Beside(
                snapshot=raw[row.pk],
                read=_read_of(row, known),
                project=projects.get(_project_key(row, raw[row.pk])),
                contact=contacts.get(contact_keys[row.pk]),
                older_member=row.pk in older,
                paid=paid.get(row.pk, NOT_PAID),
                candidates=candidates.get(row.pk, NO_CANDIDATES),
                answers=answers.get(row.pk, NO_ANSWERS),
            ),
        )
        for row in rows
    ]


class _Row(NamedTuple):
    """The columns of `_ROWS`, in its order: a plain tuple, for there are many of them."""

    pk: int
    company_id: str
    entity: str
    record_id: str
    version: int
    judged_version: int | None
    state: str
    reason: str | None
    code: str | None
    sentence: str | None
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
    first_enabled_at: datetime | None
    customer_mode: str | None
    settings: dict[str, Any] | None
    wanted: bool
    is_member: bool
    amount_due: Decimal | None
    outcome_unknown: bool
    sent_anyway: bool
    formerly: bool
    booked_on: list[str]
    stays_with: str | None
    customer_gone: bool
    void_part: str | None
    booked_under: list[str] | None
    book_close_date: date | None
    books_read_at: datetime | None
    asked_question: str | None
    asked_basis: str | None
    asked_version: int | None
    decided: bool
    qbo_id: str | None
    sync_token: str | None
    customer_id: str | None
    total: Decimal | None
    owned: dict[str, Any] | None
    adopted: bool | None
    voided: bool | None
    gone: bool | None
    doc_number: str | None
    currency: str | None
    snapshot: dict[str, Any] | None


class _Beside(NamedTuple):
    """What is read of others, and beside the row, for one record."""

    snapshot: dict[str, Any]
    read: Snapshot | None
    project: Parent | None
    contact: Parent | None
    older_member: bool
    paid: Holders
    candidates: Candidates
    answers: Answers


def _first(columns: str, table: str, condition: str) -> str:
    """Write the join of the one row there may be of a table, looked up by its key.

    OFFSET keeps it a look-up of its own: joined freely, a table that was nearly empty when the plan
    was made would be read whole for each record.
    """
    return f"LEFT JOIN LATERAL (SELECT {columns} FROM {table} WHERE {condition} OFFSET 0)"


# Whether something exists is asked as a value: an EXISTS may be answered by reading all there are.
_ROWS = f"""
SELECT r.pk, r.company_id, r.entity, r.record_id, r.version, r.judged_version, r.state, r.reason,
       r.code, r.sentence, r.since, r.retry_at, r.settled_version, r.settled_basis,
       r.failed_version, r.failed_basis, r.failed_code, r.failed_sentence, r.skipped_by,
       r.skipped_version, r.parked_version, c.first_enabled_at, t.customer_mode,
       CASE WHEN r.entity = 'project' AND t.record_pk IS NULL THEN c.settings END AS settings,
       CASE WHEN r.entity = 'contact' THEN coalesce((
           SELECT true FROM proline_qbo.dependencies o
           WHERE (o.company_id, o.on_entity, o.on_record_id)
               = (r.company_id, 'contact', r.record_id)
             AND (SELECT true FROM proline_qbo.transfers w WHERE w.record_pk = o.record_pk)
           LIMIT 1), false) ELSE false END AS wanted,
       m.record_pk IS NOT NULL AND NOT m.booked_itself AS is_member,
       CASE WHEN m.booked_itself THEN (
           SELECT y.amount FROM proline_qbo.amounts_due y WHERE y.record_pk = r.pk) END
           AS amount_due,
       coalesce((SELECT true FROM proline_qbo.attempts a
                 WHERE a.record_pk = r.pk AND a.realm_id = {BOOKS} AND a.answer IS NULL), false)
           AS outcome_unknown,
       coalesce(r.sent_anyway_in = {BOOKS}, false) AS sent_anyway,
       coalesce((SELECT true FROM proline_qbo.links f
                 WHERE f.record_pk = r.pk AND f.realm_id <> {BOOKS} LIMIT 1), false) AS formerly,
       CASE WHEN r.entity = 'payment' AND l.qbo_id IS NOT NULL THEN ARRAY(
           SELECT p.customer_id FROM proline_qbo.links p
           WHERE p.realm_id = {BOOKS} AND p.record_pk = r.pk AND NOT p.voided
             AND p.customer_id IS NOT NULL
           ORDER BY p.part) ELSE '{{}}' END AS booked_on,
       CASE WHEN t.record_pk IS NOT NULL THEN {STAYS_WITH} END AS stays_with,
       CASE WHEN r.entity IN ('invoice', 'payment') AND l.qbo_id IS NOT NULL THEN coalesce((
           SELECT true FROM proline_qbo.links dl
           WHERE dl.realm_id = {BOOKS} AND dl.record_pk = r.pk AND NOT dl.voided
             AND (SELECT cl.gone FROM proline_qbo.links cl
                  WHERE (cl.realm_id, cl.kind, cl.qbo_id)
                      = (dl.realm_id, 'Customer', dl.customer_id))
           LIMIT 1), false) ELSE false END AS customer_gone,
       CASE WHEN r.entity = 'payment' AND l.qbo_id IS NOT NULL THEN (
           SELECT min(p.qbo_id) FROM proline_qbo.links p
           WHERE p.realm_id = {BOOKS} AND p.record_pk = r.pk AND p.voided) END AS void_part,
       CASE WHEN r.entity = 'invoice' AND l.customer_id IS NOT NULL THEN (
           SELECT ARRAY[o.entity, o.record_id] FROM proline_qbo.records o
           WHERE o.pk = (SELECT ol.record_pk FROM proline_qbo.links ol
                         WHERE (ol.realm_id, ol.kind, ol.qbo_id)
                             = ({BOOKS}, 'Customer', l.customer_id))) END AS booked_under,
       b.book_close_date, b.read_at AS books_read_at,
       d.question AS asked_question, d.basis AS asked_basis, d.version AS asked_version,
       coalesce((SELECT true FROM proline_qbo.decisions e
                 WHERE e.record_pk = r.pk AND e.answer IS NOT NULL LIMIT 1), false) AS decided,
       l.qbo_id, l.sync_token, l.customer_id, l.total,
       CASE WHEN r.entity IN ('invoice', 'payment') THEN l.owned END AS owned,
       l.adopted, l.voided, l.gone, l.doc_number, l.currency,
       CASE WHEN %b THEN (
           SELECT s.snapshot FROM proline_qbo.snapshots s WHERE s.record_pk = r.pk) END AS snapshot
FROM proline_qbo.records r
JOIN proline_qbo.companies c ON c.id = r.company_id
LEFT JOIN proline_qbo.books b ON b.realm_id = {BOOKS}
{_first("*", "proline_qbo.transfers", "r.entity = 'project' AND record_pk = r.pk")} t ON true
{_first("*", "proline_qbo.members", "r.entity = 'invoice' AND record_pk = r.pk")} m ON true
{_first("question, basis, version", "proline_qbo.decisions", "record_pk = r.pk AND answer IS NULL")}
    d ON true
{the_link("r.pk", BOOKS)}
WHERE r.pk = ANY(%b::bigint[])
ORDER BY r.pk
FOR NO KEY UPDATE OF r
"""


def _load_rows(connection: Connection, pks: Sequence[int], *, with_snapshots: bool) -> list[_Row]:
    rows = connection.execute(_ROWS, [with_snapshots, list(pks)]).fetchall()
    return [_Row._make(row) for row in rows]


_SNAPSHOTS = """
SELECT record_pk, snapshot FROM proline_qbo.snapshots WHERE record_pk = ANY(%b::bigint[])
"""


def _snapshots(
    connection: Connection, rows: Sequence[_Row], known: Mapping[int, Known]
) -> dict[int, dict[str, Any]]:
    """Give the snapshot of each: as its row has it, as the caller knows it, or read now."""
    raw = {row.pk: row.snapshot for row in rows if row.snapshot is not None}
    raw |= {row.pk: known[row.pk].raw for row in rows if _is_known(row, known)}
    others = [row.pk for row in rows if row.pk not in raw]
    if others:
        raw.update(connection.execute(_SNAPSHOTS, [others]).fetchall())
    return raw


def _is_known(row: _Row, known: Mapping[int, Known]) -> bool:
    return row.pk in known and known[row.pk].version == row.version


def _read_of(row: _Row, known: Mapping[int, Known]) -> Snapshot | None:
    return known[row.pk].read if _is_known(row, known) else None


def _facts(row: _Row, beside: _Beside) -> Facts:
    return Facts(
        pk=row.pk,
        company_id=row.company_id,
        entity=row.entity,
        record_id=row.record_id,
        version=row.version,
        judged_version=row.judged_version,
        state=State(row.state),
        reason=row.reason,
        code=row.code,
        sentence=row.sentence,
        since=row.since,
        snapshot=beside.snapshot,
        read=beside.read,
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
        link=_link(row),
        outcome_unknown=row.outcome_unknown,
        customer_mode=row.customer_mode,
        is_member=row.is_member,
        amount_due=row.amount_due,
        booked_on=tuple(row.booked_on),
        moved_to=_moved_to(row, beside.snapshot),
        stands_in=_stands_in(row, beside.snapshot),
        sent_anyway=row.sent_anyway,
        formerly=row.formerly,
        booked_under=_booked_under(row),
        customer_gone=row.customer_gone,
        void_part=row.void_part,
        close_date=row.book_close_date,
        books_read_at=row.books_read_at,
        asked=_asked(row),
        project=beside.project,
        contact=beside.contact,
        wanted=row.wanted,
        older_member=beside.older_member,
        paid=beside.paid,
        answers=beside.answers,
        named=beside.candidates.named,
        of_project=beside.candidates.of_project,
    )


def _link(row: _Row) -> Link | None:
    """Compose the link as far as it is judged: no values that a person left, of a document only."""
    if row.qbo_id is None or row.sync_token is None:
        return None
    return Link(
        qbo_id=row.qbo_id,
        sync_token=row.sync_token,
        customer_id=row.customer_id,
        total=row.total,
        owned=row.owned or {},
        adopted=bool(row.adopted),
        voided=bool(row.voided),
        gone=bool(row.gone),
        doc_number=row.doc_number,
        currency=row.currency,
    )


def _stands_in(row: _Row, snapshot: dict[str, Any]) -> str | None:
    """Where a project that is not transferred stands, if its entry there would transfer it."""
    if row.settings is None:
        return None
    settings = read_settings(row.settings)
    stage, status = snapshot.get("stage"), snapshot.get("status")
    if not settings.triggers(stage, status):
        return None
    return str(stage if settings.trigger == "stages" else status)


def _moved_to(row: _Row, snapshot: dict[str, Any]) -> str | None:
    named = snapshot.get("contact_id")
    moved = row.entity == "project" and row.stays_with is not None and row.stays_with != named
    return str(named) if moved else None


def _booked_under(row: _Row) -> tuple[str, str] | None:
    if row.booked_under is None:
        return None
    entity, record_id = row.booked_under
    return entity, record_id


def _asked(row: _Row) -> Asked | None:
    if row.asked_question is None:
        return None
    return Asked(row.asked_question, row.asked_basis or "", row.asked_version)


def _is_running(row: _Row) -> bool:
    return row.entity == "invoice" and row.record_id.startswith(RUNNING_PREFIX)


def _project_key(row: _Row, snapshot: dict[str, Any]) -> RecordKey:
    return project_key(row.company_id, row.entity, snapshot)


def _contact_key(
    row: _Row, snapshot: dict[str, Any], projects: dict[RecordKey, Parent]
) -> RecordKey:
    if row.entity == "project" and row.stays_with is not None:
        return RecordKey(row.company_id, "contact", row.stays_with)
    project = projects.get(_project_key(row, snapshot))
    if project is not None and project.customer_mode == "sub":
        # What hangs from a job of its own is booked on that, whoever its contact is.
        return RecordKey(row.company_id, "contact", "")
    return contact_key(row.company_id, row.entity, snapshot, project)
