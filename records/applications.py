"""Applications: how much of each payment goes to which invoice.

Invariant: what all payments hold of one invoice never exceeds its total as QuickBooks last returned
it. That is decided under the lock of the invoice's link, in the transaction that commits the
payment's attempt. `settled` is what QuickBooks has, `open` what is on its way, `held` the larger.
"""

from collections.abc import Sequence
from decimal import Decimal

from coordination.database import Connection
from records.allocation import Application, Candidate, Resolution, resolve
from records.candidates import Candidates, Payer, load_candidates
from records.claims import Claim
from records.links import lock_links
from records.states import Reason
from schemas import Payment


def resolve_locked(connection: Connection, claim: Claim, payment: Payment) -> Resolution:
    """Decide what `payment` pays, with the links of its invoices locked until the commit.

    An invoice that came after the lock is paid by the next look: to lock it now would be out of
    pk order, and two payments could wait for each other.
    """
    payer = Payer(pk=claim.pk, company_id=claim.company_id, snapshot=claim.snapshot)
    seen = load_candidates(connection, [payer])[claim.pk]
    invoices = [each.pk for each in _invoices(seen) if each.pk is not None]
    locked = lock_links(connection, claim.realm_id, invoices)
    found = load_candidates(connection, [payer])[claim.pk]
    if any(each.qbo_id is not None and each.pk not in locked for each in _invoices(found)):
        return _LOOK_AGAIN
    return resolve(payment, found.named, found.of_project, claim.booked_on, claim.answers)


_LOOK_AGAIN = Resolution(
    reason=Reason.PARENT,
    sentence="An invoice came to QuickBooks at this moment: the payment is looked at again.",
)


def _invoices(candidates: Candidates) -> list[Candidate]:
    return [candidate for candidate, _ in candidates.named] or list(candidates.of_project)


_HOLD = """
WITH nothing_more AS (
    UPDATE proline_qbo.applications SET open = 0
    WHERE realm_id = %(realm_id)s AND payment_pk = %(payment_pk)s AND part = %(part)s
      AND invoice_pk <> ALL(%(invoices)s)
)
INSERT INTO proline_qbo.applications AS a (realm_id, payment_pk, part, invoice_pk, open)
SELECT %(realm_id)s, %(payment_pk)s, %(part)s, k.invoice_pk, k.amount
FROM unnest(%(invoices)s::bigint[], %(amounts)s::numeric[]) AS k (invoice_pk, amount)
ON CONFLICT (realm_id, payment_pk, part, invoice_pk) DO UPDATE SET open = excluded.open
"""


def hold(connection: Connection, claim: Claim, part: str, lines: Sequence[Application]) -> None:
    """Hold these amounts for a payment's attempt; what it had elsewhere goes to nothing."""
    connection.execute(
        _HOLD,
        {
            "realm_id": claim.realm_id,
            "payment_pk": claim.pk,
            "part": part,
            "invoices": [line.invoice_pk for line in lines],
            "amounts": [line.amount for line in lines],
        },
    )


def arrived(condition: str = "true") -> str:
    """Write the parts of a statement by which what was on its way has arrived; `freed` names.

    A row that holds nothing goes. `freed` sees the rows as they were before: where less arrives
    than was there, the invoice has room again. It gives their ProLine ids.

    Args:
        condition: an SQL condition under which they do anything.
    """
    of_part = (
        "a.realm_id = %(realm_id)s AND a.payment_pk = %(record_pk)s AND a.part = %(part)s"
        f" AND {condition}"
    )
    return f"""emptied AS (
    DELETE FROM proline_qbo.applications a WHERE {of_part} AND a.open = 0
), arrived AS (
    UPDATE proline_qbo.applications a SET settled = a.open, open = NULL
    WHERE {of_part} AND a.open > 0
), freed AS (
    SELECT i.record_id
    FROM proline_qbo.applications a
    JOIN proline_qbo.records i ON i.pk = a.invoice_pk
    WHERE {of_part} AND a.open < a.settled
)"""


_ARRIVED = f"WITH {arrived()} SELECT record_id FROM freed"
_REFUSED = """
WITH gone AS (
    DELETE FROM proline_qbo.applications
    WHERE realm_id = %(realm_id)s AND payment_pk = %(record_pk)s AND part = %(part)s
      AND open IS NOT NULL AND settled = 0
    RETURNING invoice_pk
), kept AS (
    UPDATE proline_qbo.applications SET open = NULL
    WHERE realm_id = %(realm_id)s AND payment_pk = %(record_pk)s AND part = %(part)s
      AND open IS NOT NULL AND settled > 0
    RETURNING invoice_pk
)
SELECT i.record_id FROM (SELECT * FROM gone UNION SELECT * FROM kept) freed
JOIN proline_qbo.records i ON i.pk = freed.invoice_pk
"""


def settle_applications(
    connection: Connection, claim: Claim, part: str, *, applied: bool
) -> list[str]:
    """Settle what an attempt held; name the invoices that have room again (their ProLine ids)."""
    arguments = {"realm_id": claim.realm_id, "record_pk": claim.pk, "part": part}
    statement = _ARRIVED if applied else _REFUSED
    return [record_id for (record_id,) in connection.execute(statement, arguments).fetchall()]


_SETTLED_ON = """
SELECT coalesce(sum(settled), 0) FROM proline_qbo.applications
WHERE realm_id = %s AND invoice_pk = %s
"""


def settled_on(connection: Connection, claim: Claim) -> Decimal:
    """Add up what our payments have on a claimed invoice in QuickBooks."""
    row = connection.execute(_SETTLED_ON, [claim.realm_id, claim.pk]).fetchone()
    return Decimal(row[0]) if row else Decimal(0)
