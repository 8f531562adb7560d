"""Captures, on every commit of a session, each record the transaction has changed.

Here the session is listened to: what it flushes is noted, and once, before commit and after the
last flush, `captured_events` locks the roots, reads their snapshots and appends the events.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Connection, event, inspect
from sqlalchemy.orm import (
    Mapper,
    ORMExecuteState,
    Session,
    SessionTransaction,
    UOWTransaction,
    object_session,
    scoped_session,
    sessionmaker,
)

from outbox.bulk_changes import named_roots
from outbox.captured_events import append_events, root_connection
from outbox.changes import Changes
from outbox.roots import Part, Root
from schemas import Entity

Captured = Session | type[Session] | sessionmaker[Any] | scoped_session[Any]


def capture(sessions: Captured, *roots: Root) -> None:
    """Append an event for every record that a commit of these sessions changes.

    Called once, when the application starts, with all roots. A hard delete is captured as the last
    snapshot with `deleted_at`; a part that moves is captured on both of its roots.

    Weaknesses: changes that do not pass the session are not seen: SQL as text, statements on
    `session.connection()`, the legacy `bulk_*` methods, and what the database does by itself (ON
    DELETE CASCADE, triggers). Whoever uses them appends by hand, as the package's docstring says.

    A transaction that changed parts alone locks their root only now, at its end. If the holder of
    that root waits for something this transaction holds (one of the same parts, or another root),
    PostgreSQL ends one of the two as a deadlock, to be tried again. Changing the root together with
    its parts, and several records in the order of the locks, avoids it.

    The last snapshot of a hard delete is read when the delete is flushed; what others change in the
    record at that moment may be missing from it.

    Raises (from the session's own methods):
        IsolationTooHigh: On commit, above READ COMMITTED.
        BulkChangeNotNamed: On a bulk statement without the option `captured_ids`.
        schemas.EventInvalid: On commit, for a snapshot that is no JSON object of at most 1 MB.
    """
    order = list(Entity)
    _Capture(sorted(roots, key=lambda root: order.index(Entity(root.entity)))).listen(sessions)


class _Capture:
    def __init__(self, roots: Sequence[Root]) -> None:
        self._roots = roots

    def listen(self, sessions: Captured) -> None:
        event.listen(sessions, "before_flush", self._before_flush)
        event.listen(sessions, "after_flush", self._after_flush)
        event.listen(sessions, "after_flush_postexec", self._after_flush_postexec)
        event.listen(sessions, "before_commit", self._before_commit)
        event.listen(sessions, "after_transaction_end", self._after_transaction_end)
        event.listen(sessions, "do_orm_execute", self._do_orm_execute)
        for mapped in {mapped for root in self._roots for mapped in root.classes}:
            event.listen(mapped, "before_update", self._before_update, propagate=True)
            event.listen(mapped, "before_delete", self._before_delete, propagate=True)

    # What is noted while the session flushes.

    def _before_flush(self, session: Session, _context: UOWTransaction, _objects: object) -> None:
        self._changes(session)  # tells the mapper's events below that this session is captured
        # A root's parts are deleted before it: its last snapshot is read before all of them. It is
        # not locked here, because others change its parts first and lock the root after.
        for deleted in session.deleted:
            for root in self._roots_of(deleted):
                self._keep_last_snapshots(session, root, [_key(deleted)[0]])

    def _after_flush(self, session: Session, _context: UOWTransaction) -> None:
        changes = self._changes(session)
        for changed in chain(session.new, session.dirty):
            for root in self._roots_of(changed):
                changes.roots[root].add(_key(changed)[0])
            for root, part in self._parts_of(changed):
                changes.parts[root, part].add(_key(changed))

    def _before_update(self, _mapper: Mapper[Any], connection: Connection, target: object) -> None:
        session = object_session(target)
        if session is None or self not in session.info:
            return
        for root, part in self._parts_of(target):
            if isinstance(part.owner, str) and inspect(target).attrs[part.owner].history.added:
                self._note_owners(session, connection, root, part, target)

    def _before_delete(self, _mapper: Mapper[Any], connection: Connection, target: object) -> None:
        session = object_session(target)
        if session is None or self not in session.info:
            return
        for root in self._roots_of(target):
            key = _key(target)[0]
            self._changes(session).roots[root].add(key)
            if (root, key) not in self._changes(session).last_snapshots:
                # An orphan: that it goes was not known before the flush, its parts may be gone.
                self._keep_last_snapshots(session, root, [key])
        for root, part in self._parts_of(target):
            self._note_owners(session, connection, root, part, target)

    def _note_owners(
        self, session: Session, connection: Connection, root: Root, part: Part, target: object
    ) -> None:
        # Asked of the database, under the lock that the flush is about to take anyway: the session
        # may not know that another transaction has moved the part.
        owners = part.locked_owners(connection, _key(target))
        self._changes(session).roots[root] |= owners

    def _do_orm_execute(self, state: ORMExecuteState) -> None:
        for root, ids in named_roots(state, self._roots):
            self._changes(state.session).roots[root].update(ids)
            if state.is_delete:
                self._keep_last_snapshots(state.session, root, ids)

    def _keep_last_snapshots(self, session: Session, root: Root, ids: Sequence[Any]) -> None:
        snapshots = root.snapshots(root_connection(session, root), list(ids))
        for key, last in snapshots.items():
            self._changes(session).last_snapshots[root, key] = last

    # What is written once the session commits.

    def _before_commit(self, session: Session) -> None:
        changes = self._changes(session)
        savepoint = session.get_nested_transaction()
        if savepoint is not None and savepoint is not changes.savepoint:
            # SQLAlchemy says "commit" of a savepoint too. Said twice with the same one open, it is
            # the whole transaction that commits, and the savepoint with it.
            changes.savepoint = savepoint
            return
        session.flush()
        changes.committing = True
        self._append(session)

    def _after_flush_postexec(self, session: Session, _context: UOWTransaction) -> None:
        # Another listener changed something after we had written: its changes are written too.
        if self._changes(session).committing:
            self._append(session)

    def _append(self, session: Session) -> None:
        changes = self._changes(session)
        session.info[self] = Changes(committing=True)
        append_events(session, self._roots, changes)

    # What is known of a session and of an object.

    def _after_transaction_end(self, session: Session, transaction: SessionTransaction) -> None:
        if transaction.parent is None:
            session.info.pop(self, None)

    def _changes(self, session: Session) -> Changes:
        changes: Changes = session.info.setdefault(self, Changes())
        return changes

    def _roots_of(self, instance: object) -> Iterator[Root]:
        return (root for root in self._roots if isinstance(instance, root.mapped))

    def _parts_of(self, instance: object) -> Iterator[tuple[Root, Part]]:
        for root in self._roots:
            for part in root.parts:
                if isinstance(instance, part.mapped):
                    yield root, part


def _key(instance: object) -> tuple[Any, ...]:
    state = inspect(instance)
    return state.identity or tuple(state.mapper.primary_key_from_instance(instance))
