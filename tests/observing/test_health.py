"""What lives and what is ready: a database that is away makes a process unready, never dead."""

from uuid import uuid4

import psycopg

from app.observing.health import HANGS_AFTER_SECONDS, READY_WITHIN_SECONDS, asked, health_of
from coordination.database import Connection
from coordination.life import LifeBeat


class Clock:
    """A process's own clock, moved by hand."""

    def __init__(self) -> None:
        """Begin at 0."""
        self.now = 0.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


def away() -> Connection:
    """Connect to a database that is away."""
    raise psycopg.OperationalError


def life_before(clock: Clock) -> LifeBeat:
    """Give the sign of life of a process whose database is away."""
    return LifeBeat(away, uuid4(), monotonic=clock)


def test_a_process_without_its_database_lives_and_is_not_ready() -> None:
    """To start it again would help nobody."""
    clock = Clock()
    life = life_before(clock)
    life.beat_once()

    health = health_of(life)

    assert asked(health.alive) == (True, "beat: ok\n")
    ready, told = asked(health.ready)
    assert not ready
    assert f"database: The database has taken no beat for {READY_WITHIN_SECONDS:.0f} s." in told


def test_a_process_that_does_not_even_try_to_beat_hangs() -> None:
    """Its beat has a thread of its own, and every step of it a limit."""
    clock = Clock()
    life = life_before(clock)
    life.beat_once()
    clock.now = HANGS_AFTER_SECONDS - 1
    assert asked(health_of(life).alive)[0]

    clock.now = HANGS_AFTER_SECONDS

    assert asked(health_of(life).alive) == (
        False,
        "beat: It has not tried to beat for 30 s: it hangs.\n",
    )


def test_a_process_that_was_declared_gone_is_dead() -> None:
    """Others have its work."""
    life = life_before(Clock())
    life.beat_once()
    life.gone.set()

    assert "declared gone" in asked(health_of(life).alive)[1]


def test_the_page_is_ready_without_the_database() -> None:
    """It says what is away; a balancer that has nobody left says less."""
    life = life_before(Clock())
    life.beat_once()

    assert asked(health_of(life, needs_database=False).ready) == (True, "beat: ok\n")


def test_what_a_process_needs_beside_is_asked_by_name() -> None:
    """A worker is ready once it is subscribed."""
    life = life_before(Clock())
    life.beat_once()

    health = health_of(life, queues=lambda: "Not subscribed to qbo.contacts.")

    assert "queues: Not subscribed to qbo.contacts.\n" in asked(health.ready)[1]
    assert "queues" not in asked(health.alive)[1]
