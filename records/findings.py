"""Findings: what a person should know although nothing failed; once per event, until resolved."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from coordination.database import Connection

_FIND = """
INSERT INTO proline_qbo.findings (company_id, record_pk, kind, key, sentence)
VALUES (%s, %s, %s, %s, %s)
ON CONFLICT ON CONSTRAINT once_per_event DO UPDATE SET sentence = excluded.sentence
"""


def find(  # a finding has so many facts
    connection: Connection,
    company_id: str,
    record_pk: int | None,
    kind: str,
    key: str,
    sentence: str,
) -> None:
    """Write a finding down; the same event found again changes only its sentence."""
    connection.execute(_FIND, [company_id, record_pk, kind, key, sentence])


@dataclass(frozen=True)
class Finding:
    """What a person should know: which record, since when, and who has seen to it."""

    id: int
    company_id: str
    entity: str | None
    record_id: str | None
    kind: str
    sentence: str
    found_at: datetime
    resolved_at: datetime | None
    resolved_by: str | None


LIST_MOST = 1_000

_LIST = """
SELECT f.id, f.company_id, r.entity, r.record_id, f.kind, f.sentence, f.found_at,
       f.resolved_at, f.resolved_by
FROM proline_qbo.findings f LEFT JOIN proline_qbo.records r ON r.pk = f.record_pk
WHERE (%(company_id)s::text IS NULL OR f.company_id = %(company_id)s)
  AND (%(resolved)s OR f.resolved_at IS NULL) AND f.id > %(after)s
ORDER BY f.id LIMIT %(most)s
"""
# Of one company, by its own index.
_LIST_OPEN = """
SELECT f.id, f.company_id, r.entity, r.record_id, f.kind, f.sentence, f.found_at,
       f.resolved_at, f.resolved_by
FROM proline_qbo.findings f LEFT JOIN proline_qbo.records r ON r.pk = f.record_pk
WHERE f.company_id = %(company_id)s AND f.resolved_at IS NULL AND f.id > %(after)s
ORDER BY f.id LIMIT %(most)s
"""


def list_findings(
    connection: Connection,
    *,
    company_id: str | None = None,
    resolved: bool = False,
    after: int = 0,
    limit: int = LIST_MOST,
) -> list[Finding]:
    """List findings by ascending id, at most `LIST_MOST`; go on with the last one's id.

    Args:
        connection: any transaction.
        company_id: only this company's.
        resolved: those too that a person has seen to.
        after: an id to go on behind.
        limit: how many at most.
    """
    arguments = {
        "company_id": company_id,
        "resolved": resolved,
        "after": after,
        "most": max(1, min(limit, LIST_MOST)),
    }
    statement = _LIST if company_id is None or resolved else _LIST_OPEN
    with connection.cursor(row_factory=class_row(Finding)) as cursor:
        return cursor.execute(statement, arguments).fetchall()


_SENTENCES = """
SELECT id, sentence FROM proline_qbo.findings WHERE company_id = %s AND id = ANY(%s)
"""


def sentences_of(connection: Connection, company_id: str, ids: Collection[int]) -> dict[int, str]:
    """Say of some findings of a company, by id, what was found; whether seen to or not."""
    some = sorted(ids)[:LIST_MOST]
    rows = connection.execute(_SENTENCES, [company_id, some]).fetchall() if some else []
    return dict(rows)


_RESOLVE = """
UPDATE proline_qbo.findings SET resolved_at = proline_qbo.clock(), resolved_by = %(by)s
WHERE id = %(id)s AND resolved_at IS NULL
  AND (%(company_id)s::text IS NULL OR company_id = %(company_id)s)
RETURNING company_id
"""


def resolve_finding(
    connection: Connection, finding_id: int, by: str, *, company_id: str | None = None
) -> str | None:
    """Note that a person has seen to a finding; return whose it is.

    None: there is none of that id left to resolve.

    Args:
        connection: the caller's transaction.
        finding_id: its id.
        by: who has seen to it.
        company_id: whose it has to be; None for support, which sees those of all.
    """
    arguments = {"by": by, "id": finding_id, "company_id": company_id}
    row = connection.execute(_RESOLVE, arguments).fetchone()
    return None if row is None else str(row[0])
