"""Turns what a transaction has changed into events: lock, read, append, in this order.

Invariant: a snapshot is read from the database, by a statement of its own, after the row lock of
its root was taken; never from the session's objects, which do not know what others have committed.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from outbox import root_locks
from outbox.changes import Changes
from outbox.plain_json import plain_json
from outbox.roots import Root
from outbox.writer import record
from schemas import Entity, Event

SNAPSHOTS_READ_AT_ONCE = 500


def append_events(session: Session, roots: Sequence[Root], changes: Changes) -> None:
    """Append one event for each changed record; `roots` come in the order they are locked in."""
    for (root, part), keys in changes.parts.items():
        changes.roots[root] |= part.owners(root_connection(session, root), keys)
    changed = [root for root in roots if changes.roots[root]]
    locked = [_lock(session, root, changes.roots[root]) for root in changed]
    for root, ids in zip(changed, locked, strict=True):
        connection = root_connection(session, root)
        _append_snapshots(connection, root, ids)
        _append_deleted(connection, root, changes.roots[root].difference(ids), changes)


def root_connection(session: Session, root: Root) -> Connection:
    """Return the connection on which this session writes the root."""
    return session.connection(bind_arguments={"mapper": root.mapper})


def _lock(session: Session, root: Root, ids: Collection[Any]) -> list[Any]:
    return root_locks.lock_roots(root_connection(session, root), root, ids)


def _append_snapshots(connection: Connection, root: Root, ids: Sequence[Any]) -> None:
    for start in range(0, len(ids), SNAPSHOTS_READ_AT_ONCE):
        batch = list(ids[start : start + SNAPSHOTS_READ_AT_ONCE])
        snapshots = root.snapshots(connection, batch)
        for key in batch:
            if key in snapshots:
                record(connection, _event(root, key, *snapshots[key], what="changed"))


def _append_deleted(
    connection: Connection, root: Root, ids: Collection[Any], changes: Changes
) -> None:
    for key in sorted(ids):
        if (root, key) in changes.last_snapshots:
            company_id, last = changes.last_snapshots[root, key]
            snapshot = last | {"deleted_at": last.get("deleted_at") or datetime.now(UTC)}
            record(connection, _event(root, key, company_id, snapshot, what="deleted"))


def _event(
    root: Root, key: object, company_id: str, snapshot: dict[str, Any], *, what: str
) -> Event:
    return Event(
        company_id=company_id,
        entity=Entity(root.entity),
        record_id=str(key),
        snapshot=plain_json(snapshot),
        event_type=f"{root.entity}.{what}",
    )
