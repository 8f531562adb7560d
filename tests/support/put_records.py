"""Records put where a test wants them, as rows: for tests of what is read, not of how it came."""

from datetime import UTC, datetime
from typing import Any, Final, TypedDict, Unpack

from psycopg.types.json import Jsonb

from connections import companies
from coordination.database import Connection
from tests.support.proline import ACME

NOON: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)

_RECORD = """
INSERT INTO proline_qbo.records (company_id, entity, record_id, version, judged_version, state,
    reason, code, sentence, since, taken_in_at, retry_at, dispatch_token, dispatched_at, skipped_by,
    settled_version, settled_basis, under_way_since)
SELECT %(company_id)s, %(entity)s, %(record_id)s, 1, 1, state, %(reason)s, %(code)s, %(sentence)s,
       %(since)s, %(since)s,
       CASE WHEN state = 'retrying' THEN %(since)s END,
       CASE WHEN state = 'dispatched' THEN gen_random_uuid() END,
       CASE WHEN state = 'dispatched' THEN %(since)s END,
       CASE WHEN state = 'skipped' THEN 'rule' END,
       CASE WHEN state = 'done' THEN 1 END, CASE WHEN state = 'done' THEN '' END, %(since)s
FROM (VALUES (%(state)s)) AS given (state)
RETURNING pk
"""
_SNAPSHOT = """
INSERT INTO proline_qbo.snapshots (record_pk, company_id, version, snapshot) VALUES (%s, %s, 1, %s)
"""
_LINK = """
INSERT INTO proline_qbo.links (realm_id, record_pk, kind, qbo_id, sync_token, doc_number)
VALUES (%s, %s, %s, %s, '0', %s)
"""
_QUESTION = """
INSERT INTO proline_qbo.decisions (record_pk, company_id, question, basis)
SELECT pk, company_id, %s, record_id FROM proline_qbo.records WHERE pk = %s
"""


def know(connection: Connection, *company_ids: str) -> None:
    """Make companies known."""
    for company_id in company_ids:
        companies.open_company(connection, company_id, company_id.title())


class Facts(TypedDict, total=False):
    """What may be told of a record that is put somewhere, beside its name and its state."""

    company_id: str
    reason: str | None
    code: str
    since: datetime
    snapshot: dict[str, Any]


def put(
    connection: Connection,
    entity: str,
    record_id: str,
    state: str = "done",
    **facts: Unpack[Facts],
) -> int:
    """Put a record where it shall stand, and return its pk."""
    company_id = facts.get("company_id", ACME)
    arguments = {
        "company_id": company_id,
        "entity": entity,
        "record_id": record_id,
        "state": state,
        "reason": facts.get("reason"),
        "code": facts.get("code", "6000" if state == "failed" else None),
        "sentence": f"It is {state}.",
        "since": facts.get("since", NOON),
    }
    row = connection.execute(_RECORD, arguments).fetchone()
    assert row is not None
    stored = Jsonb({"id": record_id} | facts.get("snapshot", {}))
    connection.execute(_SNAPSHOT, [row[0], company_id, stored])
    return int(row[0])


def link(
    connection: Connection, pk: int, kind: str, qbo_id: str, realm_id: str, doc: str | None = None
) -> None:
    """Put a record into a realm's books."""
    connection.execute(_LINK, [realm_id, pk, kind, qbo_id, doc])


def ask(connection: Connection, pk: int, question: str) -> None:
    """Open a question about a record."""
    connection.execute(_QUESTION, [question, pk])
