"""Reading records that the outbox never carried from ProLine's read-only views.

`proline_export` is made by ProLine: it may be missing, slow or broken, and none of that may stop
the relay. So each read has a transaction of its own with a short limit, and whatever goes wrong in
it counts as not found; the child that needs the record says so by name.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import psycopg
from structlog import get_logger

from coordination.database import Connection, Pool
from outbox import metrics
from records.keys import RecordKey
from schemas import Entity, decode_snapshot

log = get_logger()

READ_WITHIN_MS = 500
SNAPSHOT_BYTES_MOST = 1_048_576
"""As the outbox's own table has it."""

_VIEWS = {
    Entity.CONTACT: "proline_export.contacts",
    Entity.PROJECT: "proline_export.projects",
    Entity.INVOICE: "proline_export.invoices",
    Entity.PAYMENT: "proline_export.payments",
}


@dataclass(frozen=True)
class Group:
    """Records of one entity of one company: the fault of one touches no other's."""

    company_id: str
    entity: Entity
    record_ids: tuple[str, ...]


def read_exported(pool: Pool, group: Group) -> dict[RecordKey, dict[str, Any]]:
    """Read the current snapshots of these records, where ProLine's view has them."""
    try:
        with pool.connection() as connection:
            connection.execute(f"SET LOCAL statement_timeout = {READ_WITHIN_MS}")
            return _read(connection, group)
    except psycopg.Error as error:
        metrics.views_unreadable.labels(entity=group.entity).inc()
        log.warning(
            "view.unreadable",
            view=_VIEWS[group.entity],
            company_id=group.company_id,
            records=len(group.record_ids),
            error=type(error).__name__,
            sqlstate=error.sqlstate,
        )
        return {}


# to_jsonb, because a view may show text or json: what is no object then is seen here.
_SHOWN = """
SELECT v.record_id, to_jsonb(v.snapshot)::text
FROM {view} v
WHERE v.company_id = %s AND v.record_id = ANY(%s)
  AND jsonb_typeof(to_jsonb(v.snapshot)) = 'object'
  AND pg_column_size(to_jsonb(v.snapshot)) <= %s
"""


def _read(connection: Connection, group: Group) -> dict[RecordKey, dict[str, Any]]:
    view = _VIEWS[group.entity]
    if not _exists(connection, view):
        return {}
    arguments = [group.company_id, list(group.record_ids), SNAPSHOT_BYTES_MOST]
    rows = connection.execute(_SHOWN.format(view=view), arguments).fetchall()
    return {
        RecordKey(group.company_id, group.entity, record_id): decode_snapshot(text)
        for record_id, text in rows
    }


_MISSING = "SELECT v FROM unnest(%s::text[]) AS v WHERE to_regclass(v) IS NULL"


def missing_views(connection: Connection, also: Collection[str] = ()) -> tuple[str, ...]:
    """Name those of ProLine's views that are not there; `also` are looked for beside records'."""
    names = [*also, *_VIEWS.values()]
    return tuple(name for (name,) in connection.execute(_MISSING, [names]))


def _exists(connection: Connection, view: str) -> bool:
    row = connection.execute("SELECT to_regclass(%s) IS NOT NULL", [view]).fetchone()
    return bool(row and row[0])
