"""Links: what QuickBooks has for a record, from its own answers."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from psycopg.types.json import Jsonb

from coordination.database import Connection
from records.claims import Claim


@dataclass(frozen=True)
class Linked:
    """An object as QuickBooks returned it, to be kept as the record's link."""

    kind: Literal["Customer", "Invoice", "Payment"]
    qbo_id: str
    sync_token: str
    owned: dict[str, Any]
    customer_id: str | None = None
    total: Decimal | None = None
    adopted: bool = False
    voided: bool = False
    part: str = ""


# A late answer must not bring an older SyncToken back. A link once adopted stays so.
_KEEP = """
INSERT INTO proline_qbo.links AS l (realm_id, record_pk, part, kind, qbo_id, sync_token,
                                    customer_id, total, owned, adopted, voided, generation)
VALUES (%(realm_id)s, %(record_pk)s, %(part)s, %(kind)s, %(qbo_id)s, %(sync_token)s,
        %(customer_id)s, %(total)s, %(owned)s, %(adopted)s, %(voided)s, %(generation)s)
ON CONFLICT (realm_id, record_pk, part) DO UPDATE
SET kind = excluded.kind, qbo_id = excluded.qbo_id, sync_token = excluded.sync_token,
    customer_id = excluded.customer_id, total = excluded.total, owned = excluded.owned,
    adopted = l.adopted, voided = excluded.voided, generation = excluded.generation
WHERE CASE WHEN l.qbo_id = excluded.qbo_id
           THEN l.sync_token::bigint <= excluded.sync_token::bigint
           ELSE EXISTS (SELECT FROM proline_qbo.records r
                        WHERE r.pk = l.record_pk AND r.dispatch_token = %(token)s
                          AND r.claimed_by = %(process_id)s) END
"""


def keep_link(connection: Connection, claim: Claim, linked: Linked) -> bool:
    """Keep what QuickBooks returned for this record in this realm.

    Another object takes the place of the one that is linked only while the claim stands: an answer
    that comes after the claim was taken back must not undo what was done since.

    Returns:
        False when a newer answer, or another object, is kept already.

    Raises:
        psycopg.errors.UniqueViolation: another record has that object already.
    """
    kept = connection.execute(
        _KEEP,
        {
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
        },
    )
    return kept.rowcount == 1


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
