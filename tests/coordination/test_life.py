"""The life beat: a process judges its own freshness and learns that it is gone."""

import threading
from collections.abc import Callable
from uuid import UUID, uuid4

import psycopg
import pytest

from coordination import processes
from coordination.database import Connection, open_connection
from coordination.life import LifeBeat


class Seconds:
    """A monotonic clock in the test's hand."""

    def __init__(self) -> None:
        """Begin at a moment."""
        self.now = 100.0

    def __call__(self) -> float:
        """Return the moment."""
        return self.now


@pytest.fixture
def process_id(connection: Connection) -> UUID:
    """Give a living process."""
    registered = processes.register(connection, "worker")
    connection.commit()
    return registered


@pytest.fixture
def connect(database_url: str) -> Callable[[], Connection]:
    """Give what opens the beat's own session."""
    return lambda: open_connection(database_url, application_name="life")


def test_a_beat_is_fresh_for_less_than_two_seconds_from_its_begin(
    connect: Callable[[], Connection], process_id: UUID
) -> None:
    """Freshness counts from before the beat was sent: a slow commit is no younger for it."""
    clock = Seconds()
    life = LifeBeat(connect, process_id, monotonic=clock)

    before = life.fresh_within()
    life.beat_once()
    clock.now += 1.9
    at_once = life.fresh_within()
    clock.now += 0.1
    late = life.fresh_within()
    life.stop()

    assert (before, at_once, late) == (False, True, False)


def test_a_slow_beat_counts_from_its_begin(
    connect: Callable[[], Connection], process_id: UUID
) -> None:
    """A commit that answered late may have been early: the older moment is the safe one."""
    clock = Seconds()

    def claims_slowly() -> tuple[UUID, ...]:
        clock.now += 1.5
        return ()

    life = LifeBeat(connect, process_id, claims_slowly, monotonic=clock)
    life.beat_once()
    clock.now += 0.5

    assert not life.fresh_within()
    life.stop()


def test_a_process_declared_gone_is_never_fresh_again(
    connect: Callable[[], Connection], process_id: UUID, connection: Connection
) -> None:
    """Gone is for ever: the process must exit."""
    life = LifeBeat(connect, process_id)
    life.beat_once()
    processes.declare_gone(connection, {process_id: 1})
    connection.commit()

    life.beat_once()

    assert life.gone.is_set()
    assert not life.fresh_within()
    life.stop()


def test_a_beat_names_the_claims_of_its_moment(
    connect: Callable[[], Connection], process_id: UUID, connection: Connection
) -> None:
    """What runs is asked at each beat."""
    token = uuid4()
    life = LifeBeat(connect, process_id, lambda: [token])

    life.beat_once()

    assert list(processes.living(connection)[0].claims) == [token]
    life.stop()


def test_a_failed_session_is_replaced_and_the_failed_beat_does_not_count(
    connect: Callable[[], Connection], process_id: UUID
) -> None:
    """A cut connection costs a beat, not the process."""
    sessions: list[Connection] = []

    def connect_noted() -> Connection:
        sessions.append(connect())
        return sessions[-1]

    clock = Seconds()
    life = LifeBeat(connect_noted, process_id, monotonic=clock)
    life.beat_once()
    sessions[0].close()
    clock.now += 2.0

    failed = life.beat_once()
    stale = life.fresh_within()
    repaired = life.beat_once()

    assert (failed, stale, repaired) == (False, False, True)
    assert life.fresh_within()
    life.stop()


def test_a_database_that_cannot_be_reached_is_no_error(process_id: UUID) -> None:
    """While nothing can be committed the process is not fresh, and goes on trying."""

    def refused() -> Connection:
        raise psycopg.OperationalError("connection refused")

    life = LifeBeat(refused, process_id)

    assert not life.beat_once()
    assert not life.fresh_within()


def test_the_thread_beats_beside_the_work_until_stopped(
    connect: Callable[[], Connection], process_id: UUID
) -> None:
    """The first beat is committed before `start` returns; the thread brings the others."""
    beats = threading.Semaphore(0)

    def noted() -> tuple[UUID, ...]:
        beats.release()
        return ()

    life = LifeBeat(connect, process_id, noted)
    life.start()

    fresh = life.fresh_within()
    second = beats.acquire(timeout=10) and beats.acquire(timeout=10)
    life.stop()

    assert fresh
    assert second
