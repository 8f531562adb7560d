"""Reading a record that the outbox never carried from ProLine's read-only views.

`proline_export` is made by ProLine and may be missing: then nothing is found, and the child that
needs the record says so by name.
"""

from collections.abc import Sequence
from typing import Any

from coordination.database import Connection
from records.keys import RecordKey
from schemas import Entity

_VIEWS = {
    Entity.CONTACT: "proline_export.contacts",
    Entity.PROJECT: "proline_export.projects",
    Entity.INVOICE: "proline_export.invoices",
    Entity.PAYMENT: "proline_export.payments",
}


def read_exported(
    connection: Connection, keys: Sequence[RecordKey]
) -> dict[RecordKey, dict[str, Any]]:
    """Read the current snapshots of these records, where ProLine's views have them."""
    found: dict[RecordKey, dict[str, Any]] = {}
    for entity, view in _VIEWS.items():
        wanted = sorted(key for key in keys if key.entity == entity)
        if wanted and _exists(connection, view):
            found |= _read(connection, entity, view, wanted)
    return found


def _exists(connection: Connection, view: str) -> bool:
    row = connection.execute("SELECT to_regclass(%s) IS NOT NULL", [view]).fetchone()
    return bool(row and row[0])


def _read(
    connection: Connection, entity: Entity, view: str, wanted: Sequence[RecordKey]
) -> dict[RecordKey, dict[str, Any]]:
    rows = connection.execute(
        f"SELECT v.company_id, v.record_id, v.snapshot"
        f" FROM unnest(%s::text[], %s::text[]) AS k (company_id, record_id)"
        f" JOIN {view} v ON (v.company_id, v.record_id) = (k.company_id, k.record_id)",
        [[key.company_id for key in wanted], [key.record_id for key in wanted]],
    ).fetchall()
    return {
        RecordKey(company_id, entity, record_id): snapshot
        for company_id, record_id, snapshot in rows
    }
