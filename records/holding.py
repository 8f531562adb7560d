"""What a change of the company itself does to its records: connected, enabled, settings.

Such a change may release whatever is held, and may cure what failed, since settings and books are
part of what a mapping uses. A pause, a 429 or a lost connection rewrites no record: the company
waits, and its records with it.
"""

from coordination.database import Connection

_TRY_AGAIN = """
WITH forgiven AS (
    UPDATE proline_qbo.records
    SET failed_version = NULL, failed_basis = NULL, failed_code = NULL, failed_sentence = NULL
    WHERE company_id = %(company_id)s AND failed_version IS NOT NULL
)
INSERT INTO proline_qbo.nudges (company_id, entity, record_id)
SELECT company_id, entity, record_id FROM proline_qbo.records
WHERE company_id = %(company_id)s AND state IN ('waiting', 'failed', 'skipped')
"""


def look_at_held(connection: Connection, company_id: str) -> int:
    """Leave a nudge for every record that something holds back, and forget refusals.

    As single nudges they are looked at in bounded batches.

    Returns:
        How many records will be looked at.
    """
    return connection.execute(_TRY_AGAIN, {"company_id": company_id}).rowcount


_ARCHIVE = """
WITH archived AS (
    UPDATE proline_qbo.attempts a
    SET answer = 'archived', answered_at = proline_qbo.clock()
    FROM proline_qbo.records r
    WHERE r.pk = a.record_pk AND r.company_id = %(company_id)s
      AND a.realm_id <> %(realm_id)s AND a.answer IS NULL
    RETURNING r.company_id, a.record_pk, a.id, a.kind
)
INSERT INTO proline_qbo.findings (company_id, record_pk, kind, key, sentence)
SELECT company_id, record_pk, 'perhaps_in_former_books', id::text,
       kind || ' may have been booked in the former QuickBooks company: look there.'
FROM archived
"""


def archive_unknown(connection: Connection, company_id: str, realm_id: str) -> int:
    """Give up what is unknown in books other than `realm_id`, which can no longer be asked.

    Each becomes a finding. Links need no archive: they belong to (realm, record), and only those
    of the connected realm are ever looked at.
    """
    arguments = {"company_id": company_id, "realm_id": realm_id}
    return connection.execute(_ARCHIVE, arguments).rowcount


_WAKE_CLOSED = """
INSERT INTO proline_qbo.nudges (company_id, entity, record_id)
SELECT company_id, entity, record_id FROM proline_qbo.records
WHERE company_id = %s AND state = 'waiting' AND reason = 'closed_books'
"""


def wake_closed(connection: Connection, company_id: str) -> None:
    """Look at every document that waits for closed books: their close date has moved."""
    connection.execute(_WAKE_CLOSED, [company_id])
