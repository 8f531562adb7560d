"""A contact and a project of a company's own, to show what their customers would be called."""

from dataclasses import dataclass

from psycopg.rows import class_row

from coordination.database import Connection
from records.standings import Standing

LOOKED_AT_MOST = 20

_NEWEST = """
SELECT c.name AS contact_name, c.number AS contact_number,
       p.name AS project_name, p.number AS project_number
FROM (
    SELECT n.pk, n.since
    FROM unnest(%(standings)s::text[]) AS s (standing) CROSS JOIN LATERAL (
        SELECT r.pk, r.since FROM proline_qbo.records r
        WHERE r.company_id = %(company_id)s AND r.entity = 'project' AND r.standing = s.standing
        ORDER BY r.since DESC, r.pk DESC LIMIT %(most)s
    ) n
    ORDER BY n.since DESC, n.pk DESC LIMIT %(most)s
) newest
JOIN proline_qbo.snapshots p ON p.record_pk = newest.pk
JOIN proline_qbo.records k
  ON (k.company_id, k.entity, k.record_id)
   = (%(company_id)s, 'contact', p.snapshot ->> 'contact_id')
JOIN proline_qbo.snapshots c ON c.record_pk = k.pk
WHERE c.name IS NOT NULL AND c.number IS NOT NULL AND p.number IS NOT NULL
ORDER BY newest.since DESC, newest.pk DESC
LIMIT 1
"""


@dataclass(frozen=True)
class ContactAndProject:
    """What names are made of: customers' data, for their own office."""

    contact_name: str
    contact_number: str
    project_name: str | None
    project_number: str


def newest_contact_and_project(connection: Connection, company_id: str) -> ContactAndProject | None:
    """Give the newest project whose contact is known, with it; None: none of the newest is."""
    arguments = {
        "company_id": company_id,
        "standings": list(Standing),
        "most": LOOKED_AT_MOST,
    }
    with connection.cursor(row_factory=class_row(ContactAndProject)) as cursor:
        return cursor.execute(_NEWEST, arguments).fetchone()
