"""Why a record is not in QuickBooks now: what it waits for, and since when."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from psycopg.rows import class_row

from broker.routing import QUEUES
from coordination.database import Connection
from coordination.processes import awake
from records.link_columns import BOOKS

_EXPLAINED = f"""
SELECT r.pk, r.company_id, r.entity, r.record_id, r.version, r.state, r.reason, r.code, r.sentence,
       r.since, r.retry_at, r.claimed_by IS NOT NULL AS claimed, r.settled_version,
       l.qbo_id, a.id IS NOT NULL AS outcome_unknown,
       CASE WHEN w.booking = 'one_invoice' AND NOT m.booked_itself THEN m.project_id END
           AS member_of_project,
       CASE WHEN m.booked_itself AND NOT l.voided THEN y.amount END AS booked_amount_due,
       CASE WHEN r.entity = 'payment' THEN (
           SELECT sum(p.total) - coalesce(sum(x.held), 0)
           FROM proline_qbo.links p
           LEFT JOIN LATERAL (
               SELECT sum(h.held) AS held FROM proline_qbo.applications h
               WHERE (h.realm_id, h.payment_pk, h.part) = (p.realm_id, p.record_pk, p.part)
           ) x ON true
           WHERE p.realm_id = {BOOKS} AND p.record_pk = r.pk AND NOT p.voided) END AS credit,
       f.realm_id AS former_realm_id, f.qbo_id AS former_qbo_id,
       c.paused_until AS company_paused_until
FROM proline_qbo.records r
JOIN proline_qbo.companies c ON c.id = r.company_id
LEFT JOIN proline_qbo.links l ON l.realm_id = {BOOKS} AND l.record_pk = r.pk AND l.part = ''
LEFT JOIN proline_qbo.attempts a
       ON a.realm_id = {BOOKS} AND a.record_pk = r.pk AND a.answer IS NULL
LEFT JOIN proline_qbo.members m ON m.record_pk = r.pk
LEFT JOIN proline_qbo.amounts_due y ON y.record_pk = r.pk
LEFT JOIN proline_qbo.running_bookings w
       ON (w.company_id, w.project_id) = (m.company_id, m.project_id)
LEFT JOIN LATERAL (
    SELECT o.realm_id, o.qbo_id FROM proline_qbo.links o
    WHERE r.state = 'done' AND l.qbo_id IS NULL AND o.record_pk = r.pk
      AND NOT EXISTS (SELECT FROM proline_qbo.links p
                      WHERE p.realm_id = {BOOKS} AND p.record_pk = r.pk)
    ORDER BY o.linked_at DESC, o.realm_id, o.part LIMIT 1
) f ON true
"""
FIND = f"""{_EXPLAINED}
WHERE r.record_id = %(record_id)s
  AND (%(entity)s::text IS NULL OR r.entity = %(entity)s)
  AND (%(company_id)s::text IS NULL OR r.company_id = %(company_id)s)
ORDER BY r.company_id, r.entity
LIMIT 20
"""
_EACH = f"{_EXPLAINED} WHERE r.company_id = %s AND r.pk = ANY(%s)"


@dataclass(frozen=True)
class Explained:
    """A record as it stands; `because` says in one sentence why it is not in QuickBooks now.

    `member_of_project` is of a running-balance invoice that another one stands for,
    `booked_amount_due` of one that is booked with what it first asked for; `credit` is what of a
    payment pays no invoice there. `former_realm_id` and `former_qbo_id` say where a record is that
    was done in books given up since, and is not in the present ones.
    """

    pk: int
    company_id: str
    entity: str
    record_id: str
    version: int
    state: str
    reason: str | None
    code: str | None
    sentence: str | None
    since: datetime
    retry_at: datetime | None
    claimed: bool
    settled_version: int | None
    qbo_id: str | None
    outcome_unknown: bool
    member_of_project: str | None
    booked_amount_due: Decimal | None
    credit: Decimal | None
    former_realm_id: str | None
    former_qbo_id: str | None
    company_paused_until: datetime | None

    def because(self, company_waits: str | None, consumed: Collection[str]) -> str:
        """Say what the record waits for.

        Args:
            company_waits: off, connection, limit, unavailable or paused, when the company itself
                waits.
            consumed: the entities that a living worker takes, as `consumed_entities` names them.
        """
        if self.state == "done":
            return self._because_done()
        if self.state in {"waiting", "failed", "skipped"}:
            return self.sentence or ""
        if self.claimed:
            return "A worker is sending it now."
        if company_waits == "unavailable" and self.company_paused_until is not None:
            until = self.company_paused_until.astimezone(UTC)
            return f"QuickBooks did not answer; we try again at {until:%H:%M:%S} UTC."
        if company_waits is not None:
            return COMPANY_WAITS[company_waits]
        return self._because_under_way(consumed)

    def _because_done(self) -> str:
        if self.qbo_id is not None and self.booked_amount_due is not None:
            amount = f"{self.booked_amount_due:.2f}"
            return f"It is in QuickBooks as {self.qbo_id}, with the {amount} it asked for."
        if self.qbo_id is not None:
            credit = f" {self.credit:.2f} of it is credit." if self.credit else ""
            return f"It is in QuickBooks as ProLine has it, under id {self.qbo_id}.{credit}"
        if self.former_realm_id is not None:
            return (
                "It is in the QuickBooks company from before (ID ending in"
                f" {self.former_realm_id[-4:]}), under id {self.former_qbo_id}."
            )
        if self.member_of_project is not None:
            return "One QuickBooks invoice stands for all running-balance invoices of its project."
        return "It needs nothing in QuickBooks."

    def _because_under_way(self, consumed: Collection[str]) -> str:
        if self.state == "retrying":
            return self.sentence or "A newer version has come; it goes on at once."
        if self.entity not in consumed:
            return f"No worker that takes {self.entity}s is running."
        return "It stands in the queue for a worker."


COMPANY_WAITS = {
    "off": "The integration is off for this company.",
    "connection": "QuickBooks must be reconnected for this company.",
    "limit": "QuickBooks' limit of calls is reached for this company.",
    "unavailable": "QuickBooks did not answer; we try again by ourselves.",
    "paused": "The company is paused.",
}


def explain(
    connection: Connection,
    record_id: str,
    *,
    entity: str | None = None,
    company_id: str | None = None,
) -> list[Explained]:
    """Find records by ProLine's id; several companies or entities may use the same."""
    arguments = {"record_id": record_id, "entity": entity, "company_id": company_id}
    with connection.cursor(row_factory=class_row(Explained)) as cursor:
        return cursor.execute(FIND, arguments).fetchall()


def explain_each(
    connection: Connection, company_id: str, pks: Sequence[int]
) -> dict[int, Explained]:
    """Explain these records of a company, by their pk; one of another company is left out."""
    with connection.cursor(row_factory=class_row(Explained)) as cursor:
        found = cursor.execute(_EACH, [company_id, list(pks)]).fetchall()
    return {each.pk: each for each in found}


def consumed_entities(connection: Connection) -> frozenset[str]:
    """Name the entities whose queue a living worker consumes; no other is dispatched."""
    queues = {queue for each in awake(connection) if each.threads for queue in each.queues}
    return frozenset(entity for entity, queue in QUEUES.items() if queue in queues)
