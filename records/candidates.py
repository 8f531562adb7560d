"""Reading which invoices a payment may pay, for the relay's judgement and the worker's write."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from psycopg.rows import class_row

from coordination.database import Connection
from records.allocation import Candidate
from records.keys import RUNNING_PREFIX
from records.link_columns import BOOKS
from records.states import Reason, State
from schemas import Entity, Payment, SnapshotInvalid, parse_snapshot
from schemas.values import read_decimal


@dataclass(frozen=True)
class Payer:
    """A payment whose invoices are asked for."""

    pk: int
    company_id: str
    snapshot: dict[str, Any]


@dataclass(frozen=True)
class Candidates:
    """The invoices a payment names with their amounts, and all that its project has."""

    named: tuple[tuple[Candidate, Decimal], ...] = ()
    of_project: tuple[Candidate, ...] = ()


NO_CANDIDATES = Candidates()


def load_candidates(connection: Connection, payers: Sequence[Payer]) -> dict[int, Candidates]:
    """Read the candidates of each payment, by its pk; one whose snapshot is a misfit has none."""
    payments = {payer.pk: (payer, _parse(payer)) for payer in payers}
    named = [
        (payer, allocation.invoice_id)
        for payer, payment in payments.values()
        for allocation in (payment.allocations if payment else ())
    ]
    unnamed = [
        (payer, payment.project_id)
        for payer, payment in payments.values()
        if payment and not payment.allocations
    ]
    found = _load(connection, named + _invoices_of(connection, unnamed))
    return {pk: _candidates(payment, found.get(pk, {})) for pk, (_, payment) in payments.items()}


def _parse(payer: Payer) -> Payment | None:
    try:
        return parse_snapshot(Entity.PAYMENT, payer.snapshot).snapshot
    except SnapshotInvalid:
        return None  # judged, and said, where the record itself is judged


def _candidates(payment: Payment | None, found: dict[str, Candidate]) -> Candidates:
    if payment is None:
        return Candidates()
    if not payment.allocations:
        return Candidates(of_project=tuple(found.values()))
    amounts: dict[str, tuple[Candidate, Decimal]] = {}
    for allocation in payment.allocations:
        candidate = found[allocation.invoice_id]
        _, before = amounts.get(candidate.record_id, (candidate, Decimal(0)))
        amounts[candidate.record_id] = (candidate, before + allocation.amount)
    return Candidates(named=tuple(amounts.values()))


_INVOICES_OF_PROJECT = """
SELECT k.payment_pk, i.record_id
FROM unnest(%b::bigint[], %b::text[], %b::text[]) AS k (payment_pk, company_id, project_id)
JOIN proline_qbo.dependencies d
  ON (d.company_id, d.on_entity, d.on_record_id) = (k.company_id, 'project', k.project_id)
JOIN proline_qbo.records i ON i.pk = d.record_pk AND i.entity = 'invoice'
WHERE NOT EXISTS (
    SELECT FROM proline_qbo.members m WHERE m.record_pk = i.pk AND NOT m.booked_itself)
ORDER BY k.payment_pk, i.pk
"""


def _invoices_of(
    connection: Connection, payers: Sequence[tuple[Payer, str]]
) -> list[tuple[Payer, str]]:
    if not payers:
        return []
    arrays = [
        [payer.pk for payer, _ in payers],
        [payer.company_id for payer, _ in payers],
        [project_id for _, project_id in payers],
    ]
    by_pk = {payer.pk: payer for payer, _ in payers}
    rows = connection.execute(_INVOICES_OF_PROJECT, arrays).fetchall()
    return [(by_pk[pk], record_id) for pk, record_id in rows]


# A running-balance member that has been sent is replaced by the record that stands for it, unless
# it is booked itself: then it is an invoice like any other. So is one that was void before it was
# sent: it is done, and nothing stands for it. Whether something exists is asked as a value: an
# EXISTS may be answered by reading all there are.
_CANDIDATES = f"""
SELECT w.payment_pk, w.invoice_id AS named_id, b.pk,
       coalesce(b.record_id, w.invoice_id) AS record_id, b.state, b.reason,
       CASE WHEN starts_with(b.record_id, %(prefix)s) THEN 'running_balance' ELSE 'standalone' END
           AS kind,
       coalesce(l.voided, false)
       OR s.snapshot ->> 'voided_at' IS NOT NULL
       OR s.snapshot ->> 'deleted_at' IS NOT NULL AS voided,
       coalesce(l.voided, false) AS void_there,
       coalesce((SELECT true FROM proline_qbo.links f
                 WHERE f.record_pk = b.pk AND f.realm_id <> {BOOKS} LIMIT 1), false) AS formerly,
       coalesce(l.elsewhere, 0) AS elsewhere,
       b.state = 'skipped' AND b.skipped_in_bulk AS left_out_in_bulk,
       coalesce((SELECT cl.gone FROM proline_qbo.links cl
                 WHERE (cl.realm_id, cl.kind, cl.qbo_id) = ({BOOKS}, 'Customer', l.customer_id)
                 LIMIT 1), false) AS customer_gone,
       l.qbo_id, l.customer_id, l.total,
       CASE WHEN b.settled_version IS DISTINCT FROM b.version
             AND (b.state IN ('pending', 'dispatched', 'retrying') OR b.reason = 'children')
             AND NOT coalesce((SELECT e.booked_itself FROM proline_qbo.members e
                               WHERE e.record_pk = b.pk), false)
            THEN s.snapshot ->> 'total' END AS total_to_be,
       coalesce(x.held_by_others, 0) AS held_by_others, coalesce(x.held, 0) AS held
FROM unnest(%(payments)b::bigint[], %(companies)b::text[], %(invoices)b::text[])
     WITH ORDINALITY AS w (payment_pk, company_id, invoice_id, position)
JOIN proline_qbo.companies c ON c.id = w.company_id
LEFT JOIN proline_qbo.records i
       ON (i.company_id, i.entity, i.record_id) = (w.company_id, 'invoice', w.invoice_id)
LEFT JOIN proline_qbo.members m
       ON m.record_pk = i.pk AND i.state = 'done' AND NOT m.booked_itself
      AND (SELECT v.snapshot ->> 'sent_at' IS NOT NULL
           FROM proline_qbo.snapshots v WHERE v.record_pk = i.pk)
LEFT JOIN proline_qbo.records r
       ON (r.company_id, r.entity, r.record_id)
        = (m.company_id, 'invoice', %(prefix)s || m.project_id)
LEFT JOIN proline_qbo.records b ON b.pk = coalesce(r.pk, i.pk)
LEFT JOIN proline_qbo.snapshots s ON s.record_pk = b.pk
LEFT JOIN LATERAL (
    SELECT * FROM proline_qbo.links
    WHERE realm_id = {BOOKS} AND record_pk = b.pk AND part = '' LIMIT 1
) l ON true
LEFT JOIN LATERAL (
    SELECT sum(a.held) FILTER (WHERE a.payment_pk <> w.payment_pk) AS held_by_others,
           sum(a.held) FILTER (WHERE a.payment_pk = w.payment_pk) AS held
    FROM proline_qbo.applications a
    WHERE a.realm_id = {BOOKS} AND a.invoice_pk = b.pk
) x ON true
ORDER BY w.position
"""


@dataclass(frozen=True)
class _Row:
    payment_pk: int
    named_id: str
    pk: int | None
    record_id: str
    state: str | None
    reason: str | None
    kind: str
    voided: bool
    void_there: bool
    formerly: bool
    elsewhere: Decimal
    left_out_in_bulk: bool | None
    customer_gone: bool
    qbo_id: str | None
    customer_id: str | None
    total: Decimal | None
    total_to_be: str | None
    held_by_others: Decimal
    held: Decimal


def _load(
    connection: Connection, wanted: Sequence[tuple[Payer, str]]
) -> dict[int, dict[str, Candidate]]:
    if not wanted:
        return {}
    arguments = {
        "payments": [payer.pk for payer, _ in wanted],
        "companies": [payer.company_id for payer, _ in wanted],
        "invoices": [invoice_id for _, invoice_id in wanted],
        "prefix": RUNNING_PREFIX,
    }
    with connection.cursor(row_factory=class_row(_Row)) as cursor:
        rows = cursor.execute(_CANDIDATES, arguments).fetchall()
    found: dict[int, dict[str, Candidate]] = {payer.pk: {} for payer, _ in wanted}
    for row in rows:
        found[row.payment_pk][row.named_id] = _candidate(row)
    return found


def _candidate(row: _Row) -> Candidate:
    known = Candidate(record_id=row.record_id)
    if row.pk is None or row.state is None:
        return known
    return replace(
        known,
        pk=row.pk,
        state=State(row.state),
        reason=Reason(row.reason) if row.reason else None,
        kind=row.kind,
        voided=row.voided,
        void_there=row.void_there,
        formerly=row.formerly,
        elsewhere=row.elsewhere,
        left_out_in_bulk=bool(row.left_out_in_bulk),
        customer_gone=row.customer_gone,
        qbo_id=row.qbo_id,
        customer_id=row.customer_id,
        total=_total(row),
        held_by_others=row.held_by_others,
        held=row.held,
    )


def _total(row: _Row) -> Decimal:
    """The total there, or the lower one it shall have: its payments come down to that first."""
    there = row.total or Decimal(0)
    if row.total_to_be is None:
        return there
    try:
        to_be = read_decimal(row.total_to_be)
    except ValueError:
        return there  # a misfit is never written
    return to_be if 0 <= to_be < there else there
