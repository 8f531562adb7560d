"""One relay leads; taking over waits for its last transaction and trusts only one's own eyes."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest

from coordination import leadership
from coordination.database import Connection, Pool
from coordination.errors import NotLeading
from coordination.leadership import Sighting, Standby

OLD, NEW = uuid4(), uuid4()


def test_the_first_relay_takes_the_empty_seat(connection: Connection) -> None:
    """Nobody leads: nothing needs to have been seen."""
    term = leadership.acquire(connection, OLD)

    assert term == 1
    assert leadership.sight(connection) == Sighting(OLD, 1, 1)


def test_a_standing_leader_is_not_replaced_unseen(connection: Connection) -> None:
    """Without a sighting there is no taking over."""
    leadership.acquire(connection, OLD)

    assert leadership.acquire(connection, NEW) is None


def test_a_leader_that_beat_since_it_was_seen_stays(connection: Connection) -> None:
    """The take-over names the term and beats it saw; one more beat overrules it."""
    term = leadership.acquire(connection, OLD)
    assert term is not None
    seen = leadership.sight(connection)
    leadership.renew(connection, OLD, term)

    assert leadership.acquire(connection, NEW, seen) is None


def test_a_silent_leader_is_replaced_and_loses_its_term(connection: Connection) -> None:
    """After the take-over the old leader's every transaction fails at its first statement."""
    term = leadership.acquire(connection, OLD)
    assert term is not None

    new_term = leadership.acquire(connection, NEW, leadership.sight(connection))

    assert new_term == term + 1
    leadership.assert_leading(connection, NEW, new_term)
    with pytest.raises(NotLeading):
        leadership.assert_leading(connection, OLD, term)
    with pytest.raises(NotLeading):
        leadership.renew(connection, OLD, term)


def test_a_leader_of_an_older_term_does_not_lead(connection: Connection) -> None:
    """The same process in a newer term is fenced from what it began in the older one."""
    term = leadership.acquire(connection, OLD)
    assert term is not None
    leadership.acquire(connection, OLD, leadership.sight(connection))

    with pytest.raises(NotLeading):
        leadership.assert_leading(connection, OLD, term)


def test_resigning_empties_the_seat_for_anybody(connection: Connection) -> None:
    """An orderly stop lets the standby lead at once; resigning twice harms nobody."""
    term = leadership.acquire(connection, OLD)
    assert term is not None
    leadership.resign(connection, OLD, term)

    new_term = leadership.acquire(connection, NEW)
    leadership.resign(connection, OLD, term)

    assert new_term == term + 1
    assert leadership.sight(connection).holder == NEW


def test_taking_over_waits_for_the_old_leaders_last_transaction(pool: Pool) -> None:
    """What the old leader is about to commit is there before the new one reads anything."""
    with pool.connection() as c:
        term = leadership.acquire(c, OLD)
        assert term is not None
        seen = leadership.sight(c)

    with pool.connection() as old, pool.connection() as new, ThreadPoolExecutor(1) as executor:
        leadership.assert_leading(old, OLD, term)
        new.execute("SET LOCAL lock_timeout = '200ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            leadership.acquire(new, NEW, seen)
        new.rollback()
        waiting = executor.submit(leadership.acquire, new, NEW, seen)
        old.execute("INSERT INTO proline_qbo.nudges (company_id) VALUES ('last words')")
        old.commit()
        new_term = waiting.result(timeout=10)
        heard = new.execute("SELECT company_id FROM proline_qbo.nudges").fetchall()

    assert new_term == term + 1
    assert heard == [("last words",)]


SEEN = Sighting(OLD, 3, 40)


def answers(standby: Standby, sightings: list[Sighting], times: list[float]) -> list[bool]:
    """Let a standby look at each time."""
    return [standby.look(each, now=now) for each, now in zip(sightings, times, strict=True)]


def test_a_standby_takes_over_after_four_looks_over_three_seconds() -> None:
    """Its own looks at an unchanged row, on its own clock."""
    seen = answers(Standby(), [SEEN] * 4, [0.0, 1.0, 2.0, 3.0])

    assert seen == [False, False, False, True]


def test_a_standby_is_patient_however_fast_it_looks() -> None:
    """Looks alone are not enough, nor is time alone."""
    fast = answers(Standby(), [SEEN] * 20, [n * 0.1 for n in range(20)])
    few = answers(Standby(), [SEEN] * 3, [0.0, 2.0, 4.0])

    assert not any(fast + few)


def test_a_beat_of_the_leader_starts_the_standbys_count_anew() -> None:
    """A leader that beats once in three seconds still leads."""
    beaten = Sighting(OLD, 3, 41)

    seen = answers(Standby(), [SEEN] * 3 + [beaten] * 3, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0])

    assert not any(seen)


def test_a_standby_that_could_not_look_begins_anew() -> None:
    """A stalled database makes nobody take over: the leader could not beat either."""
    seen = answers(Standby(), [SEEN] * 4, [0.0, 1.0, 2.0, 12.0])

    assert not any(seen)


def test_an_empty_seat_is_free_at_the_first_look() -> None:
    """A leader that resigned is not waited for."""
    assert Standby().look(Sighting(None, 3, 40), now=0.0)
