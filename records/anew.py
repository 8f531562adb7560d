"""Sending as new: what a record was linked to is given up, and its generation rises.

Invariant: what was given up is never linked again, and no money is held on it any more: it is void,
deleted, merged or inactive in QuickBooks, which has taken its payments off it already.
"""

from collections.abc import Sequence

from coordination.database import Connection
from records.link_columns import BOOKS

_GIVE_UP = f"""
WITH risen AS (
    UPDATE proline_qbo.records r
    SET generation = r.generation + 1, settled_version = NULL, settled_basis = NULL
    FROM proline_qbo.companies c
    WHERE r.pk = ANY(%s) AND c.id = r.company_id
    RETURNING r.pk, {BOOKS} AS realm_id
), given_up AS (
    DELETE FROM proline_qbo.links l USING risen
    WHERE (l.realm_id, l.record_pk) = (risen.realm_id, risen.pk) AND (l.voided OR l.gone)
    RETURNING l.*
), unpaid AS (
    DELETE FROM proline_qbo.applications a USING given_up g
    WHERE (a.realm_id, a.invoice_pk) = (g.realm_id, g.record_pk)
), freed AS (
    DELETE FROM proline_qbo.applications a USING given_up g
    WHERE (a.realm_id, a.payment_pk, a.part) = (g.realm_id, g.record_pk, g.part)
)
INSERT INTO proline_qbo.former_links (realm_id, record_pk, part, generation, kind, qbo_id)
SELECT realm_id, record_pk, part, generation, kind, qbo_id FROM given_up
ON CONFLICT DO NOTHING
"""


def give_up_links(connection: Connection, pks: Sequence[int]) -> None:
    """Give up what is void or gone of these records in their company's books."""
    if pks:
        connection.execute(_GIVE_UP, [list(pks)])
