"""Defects of writing the outbox and taking it in."""

from collections.abc import Collection, Sequence
from importlib import import_module
from typing import Any

from sqlalchemy import ARRAY, Connection, any_, literal, select
from sqlalchemy.orm import Session

from outbox import captured_events, events, intake, root_locks
from outbox.changes import Changes
from outbox.leader import Leader
from outbox.roots import Root
from records.transfers import Transfer
from schemas import Snapshot
from tests.mutants.hands import put, rewrite


def read_by_cursor() -> None:
    """Look for events above the highest id seen, and never below it again."""

    def floors(self: Leader) -> tuple[int, int]:
        return self._memory.events._highest, 0

    put(Leader, "_floors", floors)


def order_by_created_at() -> None:
    """Take the time that stands in an event for its version."""
    rewrite(
        events,
        "_TAKE",
        ("RETURNING id,", "RETURNING (extract(epoch FROM created_at) * 1000000)::bigint,"),
    )


def snapshot_from_the_session() -> None:
    """Read the columns of a snapshot from the objects the session holds, not from the database."""
    lock = captured_events._lock

    def lock_and_remember(session: Session, root: Root, ids: Collection[Any]) -> list[Any]:
        _SESSIONS[id(session.connection())] = session
        return lock(session, root, ids)

    def append_snapshots(connection: Connection, root: Root, ids: Sequence[Any]) -> None:
        session = _SESSIONS[id(connection)]
        held = {
            session.identity_key(instance=each)[1][0]: each
            for each in session.identity_map.values()
            if isinstance(each, root.mapped)
        }
        for key, (company_id, snapshot) in root.snapshots(connection, list(ids)).items():
            known = {} if key not in held else held[key].__dict__
            stale = {name: known[name] for name in snapshot if name in known}
            event = captured_events._event(root, key, company_id, snapshot | stale, what="changed")
            captured_events.record(connection, event)  # type: ignore[attr-defined]

    put(captured_events, "_lock", lock_and_remember)
    put(captured_events, "_append_snapshots", append_snapshots)


_SESSIONS: dict[int, Session] = {}


def line_without_its_root() -> None:
    """Read a root's snapshot without holding its lock, as who edits a line alone might."""

    def lock_nothing(connection: Connection, root: Root, ids: Collection[Any]) -> list[Any]:
        among = any_(literal(list(ids), ARRAY(root.key.type)))
        rows = select(root.key).where(root.key == among).order_by(root.key)
        return list(connection.scalars(rows))

    put(root_locks, "lock_roots", lock_nothing)


def insert_before_the_lock() -> None:
    """Append the event first and lock the root after: ids rise as events are inserted."""

    def append_events(session: Session, roots: Sequence[Root], changes: Changes) -> None:
        for (root, part), keys in changes.parts.items():
            owners = part.owners(captured_events.root_connection(session, root), keys)
            changes.roots[root] |= owners
        for root in [each for each in roots if changes.roots[each]]:
            connection = captured_events.root_connection(session, root)
            ids = sorted(changes.roots[root])
            captured_events._append_snapshots(connection, root, ids)
            captured_events._append_deleted(connection, root, set(ids), changes)
            captured_events._lock(session, root, ids)

    put(import_module("outbox.capture"), "append_events", append_events)


def latch_the_newest_only() -> None:
    """Look at the newest snapshot of a project alone: a stage it only passed is missed."""
    transfers = intake._transfers

    def newest(read: Sequence[Any], companies: Any) -> list[Transfer]:  # noqa: ANN401  # as it came
        last = {each.key: each for each in read}
        return transfers(list(last.values()), companies)

    put(intake, "_transfers", newest)


def running_balance_one_by_one() -> None:
    """Take a running-balance invoice for one that stands alone."""

    def member_of(snapshot: Snapshot | None) -> str | None:
        return None

    put(intake, "_member_of", member_of)
