"""How many records stand where, of all companies, and since when the oldest: for who operates it.

Each state is counted by an index of its own, so that what is done, which is most, is never read.
What it costs grows with what is not done; whoever asks rests in proportion.
"""

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from coordination.database import Connection


@dataclass(frozen=True, slots=True)
class Counted:
    """Records of one company that stand alike; `reason` is a wait's reason or a failure's code.

    `oldest` is since when the oldest stands so: each dispatch and each retry begins anew.
    `under_way_since` is since when the oldest is under way, whatever came between. `claimed` are
    those that a thread holds.
    """

    company_id: str
    entity: str
    state: str
    reason: str
    records: int
    oldest: datetime
    under_way_since: datetime
    claimed: int = 0


# `done` is what is left of all there are. Skipped ones are counted by the page's index.
_COUNTED = """
SELECT company_id, entity, state, '' AS reason, count(*) AS records, min(since) AS oldest,
       min(under_way_since) AS under_way_since, 0 AS claimed
FROM proline_qbo.records WHERE state = 'pending' GROUP BY company_id, entity, state
UNION ALL
SELECT company_id, entity, state, '', count(*), min(since), min(under_way_since),
       count(claimed_by)
FROM proline_qbo.records WHERE state = 'dispatched' GROUP BY company_id, entity, state
UNION ALL
SELECT company_id, entity, state, '', count(*), min(since), min(under_way_since), 0
FROM proline_qbo.records WHERE state = 'retrying' GROUP BY company_id, entity, state
UNION ALL
SELECT company_id, entity, state, code, count(*), min(since), min(since), 0
FROM proline_qbo.records WHERE standing = 'attention' AND state = 'failed'
GROUP BY company_id, entity, state, code
UNION ALL
SELECT company_id, entity, 'waiting', reason, count(*), min(since), min(since), 0
FROM proline_qbo.records WHERE state = 'waiting' GROUP BY company_id, entity, reason
UNION ALL
SELECT c.company_id, e.entity, 'skipped', '', n.records, n.oldest, n.oldest, 0
FROM proline_qbo.record_counts c
CROSS JOIN (VALUES ('contact'), ('project'), ('invoice'), ('payment')) AS e (entity)
CROSS JOIN LATERAL (
    SELECT count(*) AS records, min(since) AS oldest FROM proline_qbo.records r
    WHERE r.company_id = c.company_id AND r.entity = e.entity AND r.standing = 'skipped'
) n
WHERE n.records > 0
"""


def count_all(connection: Connection) -> list[Counted]:
    """Count the records of every company that are not done."""
    with connection.cursor(row_factory=class_row(Counted)) as cursor:
        return cursor.execute(_COUNTED).fetchall()


_KNOWN = "SELECT coalesce(sum(records), 0)::bigint FROM proline_qbo.record_counts"


def count_known(connection: Connection) -> int:
    """Count all records there are, done ones included."""
    row = connection.execute(_KNOWN).fetchone()
    return int(row[0]) if row else 0


# From the few parents, not from the many who may wait: each asks for one child and no more.
_ORPHANED = """
WITH parents AS MATERIALIZED (
    SELECT company_id, entity, record_id, since FROM proline_qbo.records
    WHERE standing = 'attention' AND state = 'failed' AND entity <> 'payment'
    UNION ALL
    SELECT company_id, entity, record_id, since FROM proline_qbo.records
    WHERE state = 'skipped' AND skipped_by <> 'rule' AND entity <> 'payment'
)
SELECT min(p.since) FROM parents p
CROSS JOIN LATERAL (
    SELECT 1 FROM proline_qbo.dependencies d
    JOIN proline_qbo.records r ON r.pk = d.record_pk
    WHERE (d.company_id, d.on_entity, d.on_record_id) = (p.company_id, p.entity, p.record_id)
      AND r.state = 'waiting' AND r.reason = 'parent'
    LIMIT 1
) child
"""


def waits_for_a_failed_parent_since(connection: Connection) -> datetime | None:
    """Say since when the oldest failed or skipped parent holds a child back; None: none does."""
    row = connection.execute(_ORPHANED).fetchone()
    return row[0] if row else None


_FINDINGS = """
SELECT kind, count(*) FROM proline_qbo.findings WHERE resolved_at IS NULL GROUP BY kind
"""
_QUESTIONS = """
SELECT question, count(*) FROM proline_qbo.decisions WHERE answer IS NULL GROUP BY question
"""
# Of companies that may send: those of others wait for a person, and so does what became of them.
_UNKNOWN = """
SELECT min(a.started_at), count(*)
FROM proline_qbo.attempts a
JOIN proline_qbo.records r ON r.pk = a.record_pk
JOIN proline_qbo.companies c ON c.id = r.company_id AND c.realm_id = a.realm_id
WHERE a.answer IS NULL AND c.enabled AND c.connection = 'connected'
  AND c.pause_reason IS DISTINCT FROM 'person'
"""


def count_open_findings(connection: Connection) -> dict[str, int]:
    """Count what nobody has seen to, by kind, of all companies."""
    return dict(connection.execute(_FINDINGS).fetchall())


def count_open_questions(connection: Connection) -> dict[str, int]:
    """Count what is asked, by question, of all companies."""
    return dict(connection.execute(_QUESTIONS).fetchall())


def unknown_outcomes(connection: Connection) -> tuple[datetime | None, int]:
    """Say when the oldest attempt without an answer was begun, and how many there are."""
    row = connection.execute(_UNKNOWN).fetchone()
    return (row[0], int(row[1])) if row else (None, 0)
