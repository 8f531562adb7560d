"""What was tried for a record: each attempt with its calls, as support and Intuit ask for them.

A body is shown by its shape: what it names is there, what a customer is called, where they live and
what they owe is not. Ids and SyncTokens stay: one looks objects up by them.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from psycopg.rows import class_row, dict_row

from coordination.database import Connection

ATTEMPTS_MOST: Final = 50
CALLS_MOST: Final = 20
"""Of each attempt, the newest."""
HIDDEN: Final = "…"
SHOWN: Final = frozenset({"Id", "SyncToken", "DetailType", "TxnType", "TxnId", "domain"})
"""Names whose values are QuickBooks' own ids and words."""
REFERENCE: Final = "Ref"
REFERRED: Final = "value"
"""`{"CustomerRef": {"value": "61"}}` names an object by its id."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call for a record: when, what came of it, and which process made it.

    `worker` is its host and process id; a day after its end, the id it was registered under.
    """

    attempt_id: int | None
    slot_at: datetime
    ended_at: datetime | None
    kind: str
    purpose: str
    unsent: bool
    status: int | None
    fault_code: str | None
    intuit_tid: str | None
    worker: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One write that was tried, and its calls; `body` by its shape, None once it is let go of."""

    id: int
    realm_id: str
    part: str
    version: int
    generation: int
    operation: str
    kind: str
    path: str
    request_id: str
    body: object
    started_at: datetime
    sends: int
    answer: str | None
    answered_at: datetime | None
    status: int | None
    fault_code: str | None
    intuit_tid: str | None
    calls: tuple[Call, ...] = ()


_ATTEMPTS = """
SELECT id, realm_id, part, version, generation, operation, kind, path, request_id, body, started_at,
       sends, answer, answered_at, status, fault_code, intuit_tid
FROM proline_qbo.attempts WHERE record_pk = %s ORDER BY id DESC LIMIT %s
"""
# By attempt: calls have no index by record. A process is forgotten a day after its end.
_CALLS = """
SELECT a.id AS attempt_id, c.slot_at, c.ended_at, c.kind, c.purpose, c.unsent, c.status,
       c.fault_code, c.intuit_tid, coalesce(p.host || ' ' || p.pid, c.process_id::text) AS worker
FROM unnest(%s::bigint[]) AS a (id)
CROSS JOIN LATERAL (
    SELECT * FROM proline_qbo.calls WHERE attempt_id = a.id ORDER BY id DESC LIMIT %s
) c
LEFT JOIN proline_qbo.processes p ON p.id = c.process_id
ORDER BY c.id
"""


def attempts_of(connection: Connection, record_pk: int) -> list[Attempt]:
    """Tell what was tried for a record, the newest first; at most `ATTEMPTS_MOST`."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_ATTEMPTS, [record_pk, ATTEMPTS_MOST]).fetchall()
    with connection.cursor(row_factory=class_row(Call)) as of_calls:
        calls = of_calls.execute(_CALLS, [[row["id"] for row in rows], CALLS_MOST]).fetchall()
    return [_attempt(row, calls) for row in rows]


def _attempt(row: dict[str, Any], calls: Sequence[Call]) -> Attempt:
    theirs = tuple(each for each in calls if each.attempt_id == row["id"])
    return Attempt(**{**row, "body": shape_of(bytes(row["body"]))}, calls=theirs)


def shape_of(body: bytes) -> object:
    """Show what a body names and none of what it says, but for ids; None for an empty one."""
    if not body:
        return None
    try:
        return _shape("", json.loads(body))
    except ValueError:
        return HIDDEN


def _shape(name: str, value: object) -> object:
    if isinstance(value, Mapping):
        # A reference names an object by its id; a memo's value is what somebody wrote.
        return {
            key: _shape(name if key == REFERRED else str(key), held) for key, held in value.items()
        }
    if isinstance(value, list):
        return [_shape(name, held) for held in value]
    is_id = name in SHOWN or name.endswith(REFERENCE)
    return value if is_id or isinstance(value, bool) or value is None else HIDDEN
