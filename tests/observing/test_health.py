"""What lives and what is ready: a database that is away makes a process unready, never dead."""

import threading
from collections.abc import Generator
from uuid import uuid4

import psycopg
import pytest

from app.observing.health import READY_WITHIN_SECONDS, asked, health_of
from coordination.database import Connection
from coordination.life import LifeBeat
from tests.support.roofer import until


class Database:
    """One that is away from the first, and freezes when it is told to: then nobody is answered."""

    def __init__(self) -> None:
        """Begin away."""
        self.frozen = threading.Event()
        self.thawed = threading.Event()
        self.held = 0

    def connect(self) -> Connection:
        """Refuse, or leave whoever comes without an answer."""
        if self.frozen.is_set():
            self.held += 1
            self.thawed.wait(30)
        raise psycopg.OperationalError


@pytest.fixture
def database() -> Generator[Database]:
    """Give a database that lets everybody go at the end."""
    database = Database()
    yield database
    database.thawed.set()


@pytest.fixture
def life(database: Database) -> Generator[LifeBeat]:
    """Give a sign of life before that database, beating."""
    life = LifeBeat(database.connect, uuid4())
    life.start()
    yield life
    database.thawed.set()
    life.stop()


def test_a_process_without_its_database_lives_and_is_not_ready(life: LifeBeat) -> None:
    """To start it again would help nobody."""
    health = health_of(life)

    assert asked(health.alive) == (True, "beat: ok\n")
    ready, told = asked(health.ready)
    assert not ready
    assert f"database: The database has taken no beat for {READY_WITHIN_SECONDS:.0f} s." in told


def test_a_process_whose_beat_waits_for_ever_lives(life: LifeBeat, database: Database) -> None:
    """A frozen server keeps no timeout of its own: a restart in the middle of a call is no help."""
    database.frozen.set()
    until(lambda: database.held)

    assert asked(health_of(life).alive) == (True, "beat: ok\n")
    assert not asked(health_of(life).ready)[0]


def test_a_process_whose_beat_has_ended_is_dead(life: LifeBeat) -> None:
    """Others will take its work, and it would not know."""
    life.stop()

    assert asked(health_of(life).alive) == (False, "beat: The thread that beats has ended.\n")


def test_a_process_that_was_declared_gone_is_dead(life: LifeBeat) -> None:
    """Others have its work."""
    life.gone.set()

    assert "declared gone" in asked(health_of(life).alive)[1]


def test_the_page_is_ready_without_the_database(life: LifeBeat) -> None:
    """It says what is away; a balancer that has nobody left says less."""
    assert asked(health_of(life, needs_database=False).ready) == (True, "beat: ok\n")


def test_what_a_process_needs_beside_is_asked_by_name(life: LifeBeat) -> None:
    """A worker is ready once it is subscribed."""
    health = health_of(life, queues=lambda: "Not subscribed to qbo.contacts.")

    assert "queues: Not subscribed to qbo.contacts.\n" in asked(health.ready)[1]
    assert "queues" not in asked(health.alive)[1]
