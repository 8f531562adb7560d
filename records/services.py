"""Which ProLine services a company's invoices name: what an item of its own can be chosen for."""

from coordination.database import Connection
from records.standings import Standing

INVOICES_MOST = 500
SERVICES_MOST = 200
SERVICE_LENGTH_MAX = 255
SNAPSHOT_BYTES_MAX = 16_384

# An invoice of very many lines would have to be read whole for the same few words. OFFSET 0 on
# purpose: snapshots are read one by one; joined, those of all companies might be.
_SEEN = """
WITH newest AS (
    SELECT n.pk
    FROM unnest(%(standings)s::text[]) AS s (standing) CROSS JOIN LATERAL (
        SELECT r.pk, r.since FROM proline_qbo.records r
        WHERE r.company_id = %(company_id)s AND r.entity = 'invoice' AND r.standing = s.standing
        ORDER BY r.since DESC, r.pk DESC LIMIT %(invoices)s
    ) n
    ORDER BY n.since DESC, n.pk DESC LIMIT %(invoices)s
)
SELECT DISTINCT l.service #>> '{}'
FROM newest CROSS JOIN LATERAL (
    SELECT snapshot FROM proline_qbo.snapshots WHERE record_pk = newest.pk OFFSET 0
) s
CROSS JOIN LATERAL jsonb_path_query(s.snapshot, '$.lines[*].service') AS l (service)
WHERE pg_column_size(s.snapshot) <= %(bytes)s AND jsonb_typeof(l.service) = 'string'
  AND length(l.service #>> '{}') BETWEEN 1 AND %(letters)s
ORDER BY 1 LIMIT %(services)s
"""


def services_seen(connection: Connection, company_id: str) -> list[str]:
    """Name the services of a company's newest `INVOICES_MOST` invoices, in the alphabet's order.

    Left out are invoices whose snapshot is stored in more than `SNAPSHOT_BYTES_MAX`.
    """
    arguments = {
        "company_id": company_id,
        "standings": list(Standing),
        "invoices": INVOICES_MOST,
        "bytes": SNAPSHOT_BYTES_MAX,
        "letters": SERVICE_LENGTH_MAX,
        "services": SERVICES_MOST,
    }
    return [service for (service,) in connection.execute(_SEEN, arguments)]
