"""Snapshots read back from the `proline_export` views, in the shape the outbox asks for.

Every function takes a connection and record ids and returns, for each record there is, its
company and its snapshot. They are fresh reads of the database: what a session still holds in
memory never counts.
"""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, text

Snapshots = Mapping[str, tuple[str, dict[str, Any]]]


def contact_snapshots(connection: Connection, ids: Collection[str]) -> Snapshots:
    """Read contacts as they are now."""
    return _read(connection, "contacts", ids)


def project_snapshots(connection: Connection, ids: Collection[str]) -> Snapshots:
    """Read projects as they are now."""
    return _read(connection, "projects", ids)


def invoice_snapshots(connection: Connection, ids: Collection[str]) -> Snapshots:
    """Read invoices as they are now, with their lines and balance."""
    return _read(connection, "invoices", ids)


def payment_snapshots(connection: Connection, ids: Collection[str]) -> Snapshots:
    """Read payments as they are now, with their allocations and returns."""
    return _read(connection, "payments", ids)


def _read(connection: Connection, view: str, ids: Collection[str]) -> Snapshots:
    statement = text(
        f"SELECT record_id, company_id, snapshot FROM proline_export.{view} "
        "WHERE record_id = ANY(:ids)"
    )
    rows = connection.execute(statement, {"ids": sorted(ids)})
    return {row.record_id: (row.company_id, row.snapshot) for row in rows}
