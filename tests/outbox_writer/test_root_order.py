"""The newest event is true whoever writes at the same time, because writers lock the root first."""

import random
import threading
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any, Protocol

import pytest
from psycopg.errors import DeadlockDetected
from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from outbox import Root, Snapshots, capture, root_locks
from tests.outbox_writer.billing import (
    INVOICE_SNAPSHOTS,
    ROOTS,
    Invoice,
    InvoiceLine,
    invoice_snapshots,
)

THREADS = 16
INVOICES = [f"inv-{number:02}" for number in range(20)]
PATIENCE_SECONDS = 30.0
ROUNDS_MOST = 10
"""Of a load in which something may be lost, but need not: threads may happen to take turns."""
ACTIONS = ("memo", "name", "add", "edit", "delete")
Sessions = sessionmaker[Session]


class Writer(Protocol):
    """One transaction of a thread on one invoice: it edits a column, or adds or changes a line."""

    def __call__(self, rng: random.Random, own_lines: list[int], invoice_id: str) -> None:
        """Write, and commit."""


def test_sixteen_threads_end_with_newest_events_equal_to_the_tables(
    engine: Engine, plain_sessions: Sessions, sessions: Sessions
) -> None:
    """At READ COMMITTED, on the same 20 invoices, and without a deadlock."""
    add_invoices(plain_sessions)

    deadlocks = run_load([writer_by_session(sessions)] * THREADS)

    assert differing(engine) == []
    assert deadlocks == 0


def test_sixteen_threads_leave_untrue_events_without_the_root_lock(
    engine: Engine,
    plain_sessions: Sessions,
    sessions: Sessions,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The guard of the test above, taken out.

    Only lines change here: who edits a column holds the root's lock by that, and hides the loss.
    """
    monkeypatch.setattr(root_locks, "lock_roots", lambda _connection, _root, ids: sorted(ids))
    add_invoices(plain_sessions)

    for _ in range(ROUNDS_MOST):
        run_load([writer_by_session(sessions, actions=("add", "edit", "delete"))] * THREADS)
        if differing(engine):
            return

    raise AssertionError("nothing was lost without the lock either")


def test_sql_callers_in_the_documented_order_and_capture_agree(
    engine: Engine, plain_sessions: Sessions, sessions: Sessions
) -> None:
    """Half of the threads write SQL by hand: lock, change, read, append."""
    add_invoices(plain_sessions)
    writers = [writer_by_session(sessions), writer_by_sql(engine)]

    deadlocks = run_load(writers * (THREADS // 2))

    assert differing(engine) == []
    assert deadlocks == 0


@pytest.mark.parametrize("locked", [True, False])
def test_a_snapshot_is_read_under_the_lock(
    engine: Engine, plain_sessions: Sessions, monkeypatch: pytest.MonkeyPatch, *, locked: bool
) -> None:
    """Two transactions never both stand between read and append; without the lock they do."""
    if not locked:
        monkeypatch.setattr(root_locks, "lock_roots", lambda _connection, _root, ids: sorted(ids))
    both_have_read = threading.Barrier(2)
    add_invoices(plain_sessions)
    sessions = sessionmaker(engine)
    capture(sessions, invoice_root(pausing_reader(both_have_read)))

    def add_line(line_id: int) -> None:
        with sessions.begin() as session:
            session.add(InvoiceLine(id=line_id, invoice_id="inv-00", amount=Decimal("1.00")))

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(add_line, [1, 2], timeout=PATIENCE_SECONDS))

    assert (differing(engine) == []) is locked


def test_the_event_of_the_last_commit_is_the_newest(
    plain_sessions: Sessions,
    sessions: Sessions,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever is held up on the way to the lock has appended nothing before it.

    An event that was there already would stand for less than what was committed in between.
    """
    is_at_the_lock, other_has_committed = threading.Event(), threading.Event()
    lock_roots = root_locks.lock_roots

    def held_up_once(connection: Connection, root: Root, ids: Collection[Any]) -> list[Any]:
        if not is_at_the_lock.is_set():
            is_at_the_lock.set()
            assert other_has_committed.wait(PATIENCE_SECONDS)
        return lock_roots(connection, root, ids)

    monkeypatch.setattr(root_locks, "lock_roots", held_up_once)
    add_invoices(plain_sessions)

    def add_line(line_id: int) -> None:
        with sessions.begin() as session:
            session.add(InvoiceLine(id=line_id, invoice_id="inv-00", amount=Decimal("1.00")))

    with ThreadPoolExecutor(1) as threads:
        last = threads.submit(add_line, 1)
        assert is_at_the_lock.wait(PATIENCE_SECONDS)
        add_line(2)
        other_has_committed.set()
        last.result(PATIENCE_SECONDS)

    assert lines_told(engine) == [["2"], ["1", "2"]]


@pytest.mark.parametrize(("key_share", "deadlocks"), [(True, 0), (False, 1)])
def test_two_added_lines_do_not_wait_for_each_other(
    plain_sessions: Sessions,
    sessions: Sessions,
    monkeypatch: pytest.MonkeyPatch,
    *,
    key_share: bool,
    deadlocks: int,
) -> None:
    """FOR NO KEY UPDATE passes a child's foreign key; FOR UPDATE ends in a deadlock."""
    if not key_share:
        monkeypatch.setattr(root_locks, "lock_roots", lock_for_update)
    both_have_flushed = threading.Barrier(2)
    add_invoices(plain_sessions)

    def add_line(line_id: int) -> int:
        with sessions() as session:
            session.add(InvoiceLine(id=line_id, invoice_id="inv-00", amount=Decimal("1.00")))
            session.flush()
            both_have_flushed.wait(PATIENCE_SECONDS)
            return deadlocks_of(session.commit)

    with ThreadPoolExecutor(2) as threads:
        seen = sum(threads.map(add_line, [1, 2], timeout=PATIENCE_SECONDS))

    assert seen == deadlocks


def test_a_part_that_another_is_moving_is_captured_where_it_goes(
    engine: Engine, plain_sessions: Sessions, sessions: Sessions
) -> None:
    """Who deletes it waits for the move, and asks for the owner after it, under the row's lock."""
    add_invoices(plain_sessions)
    with plain_sessions.begin() as session:
        session.add(InvoiceLine(id=1, invoice_id="inv-00", amount=Decimal("1.00")))

    def delete_line() -> None:
        with sessions.begin() as session:
            session.delete(session.get_one(InvoiceLine, 1))

    with ThreadPoolExecutor(1) as threads:
        with sessions.begin() as moving:
            moving.get_one(InvoiceLine, 1).invoice_id = "inv-01"
            moving.flush()
            deleting = threads.submit(delete_line)
            until_one_waits(engine)
        deleting.result(PATIENCE_SECONDS)

    assert differing(engine) == []


def add_invoices(sessions: Sessions) -> None:
    """Set up the invoices all threads fight for."""
    with sessions.begin() as session:
        session.add_all(Invoice(id=each, company_id="com-1") for each in INVOICES)


def run_load(writers: list[Writer]) -> int:
    """Let each writer pass all invoices twice, the second time all at once; count deadlocks."""
    start = threading.Barrier(len(writers))

    def work(number: int) -> int:
        rng = random.Random(number)  # noqa: S311 - a seed that can be repeated, no secret
        own_lines: list[int] = []
        deadlocks = 0
        for invoice_id in rng.sample(INVOICES, len(INVOICES)):
            deadlocks += deadlocks_of(partial(writers[number], rng, own_lines, invoice_id))
        for invoice_id in INVOICES:
            start.wait(PATIENCE_SECONDS)
            deadlocks += deadlocks_of(partial(writers[number], rng, own_lines, invoice_id))
        return deadlocks

    with ThreadPoolExecutor(len(writers)) as threads:
        return sum(threads.map(work, range(len(writers)), timeout=PATIENCE_SECONDS))


def until_one_waits(engine: Engine) -> None:
    """Return when a session of this database waits for another's lock."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    deadline = time.monotonic() + PATIENCE_SECONDS
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while not connection.scalar(waiting):
            assert time.monotonic() < deadline, "nobody waits for the lock"


def deadlocks_of(write: Callable[[], None]) -> int:
    """Call, and return 1 if PostgreSQL ended it as a deadlock."""
    try:
        write()
    except OperationalError as error:
        if not isinstance(error.orig, DeadlockDetected):
            raise
        return 1
    return 0


def writer_by_session(sessions: Sessions, actions: Sequence[str] = ACTIONS) -> Writer:
    """Write as ProLine's code does: objects, and capture on commit."""

    def write(rng: random.Random, own_lines: list[int], invoice_id: str) -> None:
        with sessions.begin() as session:
            match rng.choice(actions):
                case "edit" if own_lines:
                    line = session.get_one(InvoiceLine, rng.choice(own_lines))
                    line.amount = Decimal(rng.randrange(100))
                case "delete" if own_lines:
                    session.delete(session.get_one(InvoiceLine, own_lines.pop()))
                case "memo" | "name" as column:
                    setattr(session.get_one(Invoice, invoice_id), column, str(rng.random()))
                case _:
                    line = InvoiceLine(invoice_id=invoice_id, amount=Decimal(rng.randrange(100)))
                    session.add(line)
                    session.flush()
                    own_lines.append(line.id)

    return write


def writer_by_sql(engine: Engine) -> Writer:
    """Write in the order the package's docstring gives to SQL callers."""
    changes = [
        "UPDATE invoices SET memo = :value WHERE id = :id",
        "UPDATE invoices SET name = :value WHERE id = :id",
        "INSERT INTO invoice_lines (invoice_id, amount) VALUES (:id, 5)",
    ]

    def write(rng: random.Random, own_lines: list[int], invoice_id: str) -> None:
        row = {"id": invoice_id, "ids": [invoice_id], "value": str(rng.random())}
        with engine.begin() as connection:
            connection.execute(
                text("SELECT id FROM invoices WHERE id = :id FOR NO KEY UPDATE"), row
            )
            connection.execute(text(rng.choice(changes)), row)
            connection.execute(
                text(
                    "SELECT proline_outbox.append(company_id, 'invoice', id, snapshot, '') "
                    f"FROM ({INVOICE_SNAPSHOTS}) AS exported"
                ),
                row,
            )

    return write


def differing(engine: Engine) -> list[str]:
    """Return the invoices whose newest event is not what the tables say."""
    newest = text(
        "SELECT DISTINCT ON (record_id) record_id, snapshot FROM proline_outbox.outbox_events "
        "ORDER BY record_id, id DESC"
    )
    with engine.connect() as connection:
        told = {row.record_id: row.snapshot for row in connection.execute(newest)}
        true = invoice_snapshots(connection, list(told))
        return [each for each, snapshot in told.items() if snapshot != true[each][1]]


def lines_told(engine: Engine) -> list[list[str]]:
    """Return the lines that each event tells of, in the order of the events' ids."""
    told = text("SELECT snapshot -> 'lines' FROM proline_outbox.outbox_events ORDER BY id")
    with engine.connect() as connection:
        return [[line["id"] for line in lines] for lines in connection.scalars(told)]


def invoice_root(reader: Callable[[Connection, list[Any]], Snapshots]) -> Root:
    """Declare the invoice with another way to read its snapshots."""
    (root,) = (each for each in ROOTS if each.mapped is Invoice)
    return replace(root, snapshots=reader)


def pausing_reader(
    both_have_read: threading.Barrier,
) -> Callable[[Connection, Collection[Any]], Snapshots]:
    """Read, then give the other transaction half a second to read as well before going on."""

    def read(connection: Connection, ids: Collection[Any]) -> Snapshots:
        snapshots = invoice_snapshots(connection, ids)
        # Broken when nobody comes: the other one waits for our lock, as it should.
        with suppress(threading.BrokenBarrierError):
            both_have_read.wait(0.5)
        return snapshots

    return read


def lock_for_update(connection: Connection, root: Root, ids: set[Any]) -> list[Any]:
    """Lock as strongly as one would at first think."""
    rows = select(root.key).where(root.key.in_(ids)).with_for_update()
    return list(connection.scalars(rows))
