"""Links: what QuickBooks has for a record, from its own answers."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, Literal

from psycopg.types.json import Jsonb

from coordination.database import Connection
from records.claims import Claim


@dataclass(frozen=True)
class Linked:
    """An object as QuickBooks returned it, to be kept as the record's link.

    `doc_number` is the number QuickBooks shows, also one of its own; `kept` as in
    `records.facts.Link`; `tax` is an invoice's, to be compared and not kept.
    """

    kind: Literal["Customer", "Invoice", "Payment"]
    qbo_id: str
    sync_token: str
    owned: dict[str, Any]
    customer_id: str | None = None
    total: Decimal | None = None
    adopted: bool = False
    voided: bool = False
    part: str = ""
    doc_number: str | None = None
    currency: str | None = None
    kept: dict[str, Any] = field(default_factory=dict)
    tax: Decimal | None = None


# A late answer must not bring an older SyncToken back, nor what was given up to be sent as new. A
# link once adopted stays so.
_KEEP = """INSERT INTO proline_qbo.links AS l (realm_id, record_pk, part, kind, qbo_id, sync_token,
                                    customer_id, total, owned, adopted, voided, generation,
                                    doc_number, currency, kept)
SELECT %(realm_id)s, %(record_pk)s, %(part)s, %(kind)s, %(qbo_id)s, %(sync_token)s,
       %(customer_id)s, %(total)s, %(owned)s, %(adopted)s, %(voided)s, %(generation)s,
       %(doc_number)s, %(currency)s, %(kept)s
WHERE NOT EXISTS (SELECT FROM proline_qbo.former_links f
                  WHERE (f.realm_id, f.kind, f.qbo_id) = (%(realm_id)s, %(kind)s, %(qbo_id)s))
ON CONFLICT (realm_id, record_pk, part) DO UPDATE
SET kind = excluded.kind, qbo_id = excluded.qbo_id, sync_token = excluded.sync_token,
    customer_id = excluded.customer_id, total = excluded.total, owned = excluded.owned,
    adopted = CASE WHEN l.qbo_id = excluded.qbo_id THEN l.adopted ELSE excluded.adopted END,
    voided = excluded.voided, generation = excluded.generation, gone = false,
    doc_number = coalesce(excluded.doc_number, l.doc_number),
    currency = coalesce(excluded.currency, l.currency), kept = excluded.kept
WHERE CASE WHEN l.qbo_id = excluded.qbo_id
           THEN l.sync_token::bigint <= excluded.sync_token::bigint
           ELSE EXISTS (SELECT FROM proline_qbo.records r
                        WHERE r.pk = l.record_pk AND r.dispatch_token = %(token)s
                          AND r.claimed_by = %(process_id)s) END
    RETURNING l.qbo_id"""
# Where a customer is there again, what is booked on it may go on: a payment may hang from it by
# nothing else.
KEPT: Final = f"""former AS (
    SELECT qbo_id FROM proline_qbo.links
    WHERE (realm_id, record_pk, part) = (%(realm_id)s, %(record_pk)s, '') AND gone
      AND %(kind)s = 'Customer'
), kept AS (
    {_KEEP}
), woken AS (
    INSERT INTO proline_qbo.nudges (company_id, entity, record_id)
    SELECT DISTINCT r.company_id, r.entity, r.record_id
    FROM former f
    JOIN proline_qbo.links b ON (b.realm_id, b.customer_id) = (%(realm_id)s, f.qbo_id)
    JOIN proline_qbo.records r ON r.pk = b.record_pk AND r.entity = 'payment'
    WHERE EXISTS (SELECT FROM kept)
)"""
"""The parts of a statement that keep a link; `kept` has a row where it was kept."""


def keep_link(connection: Connection, claim: Claim, linked: Linked) -> bool:
    """Keep what QuickBooks returned for this record in this realm.

    Another object takes the place of the one that is linked only while the claim stands: an answer
    that comes after the claim was taken back must not undo what was done since.

    Returns:
        False when a newer answer, or another object, is kept already.

    Raises:
        psycopg.errors.UniqueViolation: another record has that object already.
    """
    kept = connection.execute(f"WITH {KEPT} SELECT FROM kept", arguments_of(claim, linked))
    return kept.rowcount == 1


def arguments_of(claim: Claim, linked: Linked) -> dict[str, object]:
    """Give the arguments of `KEPT`."""
    return {
        "token": claim.token,
        "process_id": claim.process_id,
        "realm_id": claim.realm_id,
        "record_pk": claim.pk,
        "generation": claim.generation,
        "part": linked.part,
        "kind": linked.kind,
        "qbo_id": linked.qbo_id,
        "sync_token": linked.sync_token,
        "customer_id": linked.customer_id,
        "total": linked.total,
        "owned": Jsonb(linked.owned),
        "adopted": linked.adopted,
        "voided": linked.voided,
        "doc_number": linked.doc_number,
        "currency": linked.currency,
        "kept": Jsonb(linked.kept),
    }


_LINKED = """
SELECT qbo_id FROM proline_qbo.links WHERE realm_id = %s AND record_pk = %s AND part = %s
"""


def linked_id(connection: Connection, claim: Claim, part: str) -> str | None:
    """Return QuickBooks' id of what a claimed record is linked to."""
    row = connection.execute(_LINKED, [claim.realm_id, claim.pk, part]).fetchone()
    return str(row[0]) if row else None


_LOCK = """
SELECT l.record_pk FROM proline_qbo.links l
WHERE l.realm_id = %s AND l.record_pk = ANY(%s) AND l.part = ''
ORDER BY l.record_pk
FOR NO KEY UPDATE
"""


def lock_links(connection: Connection, realm_id: str, record_pks: list[int]) -> set[int]:
    """Lock the links of these invoices, in pk order: payments of one invoice take turns here.

    Returns:
        Those that have a link: the others have nothing to lock.
    """
    return {pk for (pk,) in connection.execute(_LOCK, [realm_id, record_pks]).fetchall()}


_OWNER = """
SELECT record_pk FROM proline_qbo.links WHERE realm_id = %s AND kind = %s AND qbo_id = %s
"""


def owner_of(connection: Connection, realm_id: str, kind: str, qbo_id: str) -> int | None:
    """Name the record that a QuickBooks object belongs to, if it belongs to one of ours."""
    row = connection.execute(_OWNER, [realm_id, kind, qbo_id]).fetchone()
    return int(row[0]) if row else None


_IS_GIVEN_UP = """
SELECT EXISTS (SELECT FROM proline_qbo.former_links WHERE (realm_id, kind, qbo_id) = (%s, %s, %s))
"""


def is_given_up(connection: Connection, realm_id: str, kind: str, qbo_id: str) -> bool:
    """Say whether a person had something sent as new in place of a QuickBooks object of ours."""
    row = connection.execute(_IS_GIVEN_UP, [realm_id, kind, qbo_id]).fetchone()
    return row is not None and bool(row[0])


_NOTE_GONE = """
WITH noted AS (
    UPDATE proline_qbo.links SET gone = true
    WHERE realm_id = %(realm_id)s AND kind = 'Customer' AND qbo_id = %(qbo_id)s AND NOT gone
      AND (%(seen)s::bigint IS NULL OR sync_token::bigint <= %(seen)s)
    RETURNING record_pk
)
INSERT INTO proline_qbo.nudges (company_id, entity, record_id)
SELECT r.company_id, r.entity, r.record_id
FROM noted JOIN proline_qbo.records r ON r.pk = noted.record_pk
"""
# A void holds no money: of an invoice its payments go free, of a payment its invoices.
_NOTE_VOID = """
WITH noted AS (
    UPDATE proline_qbo.links SET voided = true
    WHERE realm_id = %s AND kind = %s AND qbo_id = %s AND NOT voided
    RETURNING realm_id, record_pk, part
), unpaid AS (
    DELETE FROM proline_qbo.applications a USING noted n
    WHERE (a.realm_id, a.invoice_pk) = (n.realm_id, n.record_pk)
), freed AS (
    DELETE FROM proline_qbo.applications a USING noted n
    WHERE (a.realm_id, a.payment_pk, a.part) = (n.realm_id, n.record_pk, n.part)
    RETURNING a.invoice_pk
)
INSERT INTO proline_qbo.nudges (company_id, entity, record_id)
SELECT r.company_id, r.entity, r.record_id
FROM (SELECT record_pk FROM noted UNION SELECT invoice_pk FROM freed) n
JOIN proline_qbo.records r ON r.pk = n.record_pk
"""


def note_gone(connection: Connection, realm_id: str, qbo_id: str, seen: str | None = None) -> bool:
    """Note that a customer was merged or made inactive there; whoever it is of is looked at.

    Args:
        connection: the caller's transaction.
        realm_id: whose books.
        qbo_id: the customer.
        seen: the SyncToken of the inactive one that was read, so that one who has been made active
            since is not noted; None: it was not there.

    Returns:
        False when that was known, or is so no more, or it is none of ours.
    """
    arguments = {"realm_id": realm_id, "qbo_id": qbo_id, "seen": seen}
    return connection.execute(_NOTE_GONE, arguments).rowcount > 0


def note_void(connection: Connection, realm_id: str, kind: str, qbo_id: str) -> bool:
    """Note that a document is void or deleted there; whoever it is of is looked at.

    Returns:
        False when that was known, or it is none of ours.
    """
    return connection.execute(_NOTE_VOID, [realm_id, kind, qbo_id]).rowcount > 0


_FOLLOW_MERGE = """
UPDATE proline_qbo.links
SET customer_id = %(left)s,
    owned = CASE WHEN owned ? 'CustomerRef'
                 THEN jsonb_set(owned, '{CustomerRef,value}', to_jsonb(%(left)s::text))
                 ELSE owned END
WHERE realm_id = %(realm_id)s AND kind <> 'Customer' AND customer_id = %(gone)s
"""


def follow_merge(connection: Connection, realm_id: str, *, gone: str, left: str) -> None:
    """QuickBooks has moved the documents of a merged customer to the one that is left."""
    connection.execute(_FOLLOW_MERGE, {"realm_id": realm_id, "gone": gone, "left": left})


_NOTE_ELSEWHERE = """
UPDATE proline_qbo.links l
SET total = %(total)s, elsewhere = greatest(0, %(total)s - %(balance)s - (
    SELECT coalesce(sum(a.settled), 0) FROM proline_qbo.applications a
    WHERE a.realm_id = l.realm_id AND a.invoice_pk = l.record_pk))
WHERE l.realm_id = %(realm_id)s AND l.kind = 'Invoice' AND l.qbo_id = %(qbo_id)s
"""


def note_balance(
    connection: Connection, realm_id: str, qbo_id: str, *, total: Decimal, balance: Decimal
) -> None:
    """Note what others than we have applied to an invoice there: it leaves less room for us."""
    arguments = {"realm_id": realm_id, "qbo_id": qbo_id, "total": total, "balance": balance}
    connection.execute(_NOTE_ELSEWHERE, arguments)


_FORGET_PART = """
DELETE FROM proline_qbo.links WHERE realm_id = %s AND record_pk = %s AND part = %s
"""


def forget_part(connection: Connection, claim: Claim, part: str) -> None:
    """Drop the link of a payment's part that we have voided ourselves: its money is elsewhere."""
    connection.execute(_FORGET_PART, [claim.realm_id, claim.pk, part])


_FREE = """
DELETE FROM proline_qbo.applications WHERE realm_id = %s AND invoice_pk = %s
"""


def free_payments_of(connection: Connection, claim: Claim) -> None:
    """A void invoice holds no money: QuickBooks has taken its payments off it."""
    connection.execute(_FREE, [claim.realm_id, claim.pk])


_KEEP_FIELDS = """
UPDATE proline_qbo.links SET kept = %s WHERE realm_id = %s AND record_pk = %s AND part = %s
"""


def keep_fields(connection: Connection, claim: Claim, part: str, kept: dict[str, Any]) -> None:
    """Keep which fields a person left as QuickBooks has them, with our values turned down."""
    connection.execute(_KEEP_FIELDS, [Jsonb(kept), claim.realm_id, claim.pk, part])
