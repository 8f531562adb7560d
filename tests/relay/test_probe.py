"""The probe: what it sees, on whatever session it is given, and what it says when it cannot see."""

import psycopg
import pytest

from coordination.database import Pool, open_pool
from coordination.nudges import nudge
from outbox.floor import Floor
from outbox.probe import Probe
from tests.support.database_clock import DatabaseClock
from tests.support.proline import contact
from tests.support.relay_in_hand import Office


def test_it_sees_each_kind_of_work(office: Office, database_clock: DatabaseClock) -> None:
    """Events, nudges and retries, each by itself, and the database's clock."""
    office.finish()
    now = database_clock.freeze()
    probe = Probe(office.pool)
    assert probe.look(0, 0) == (False, False, False, now.timestamp())

    (event_id,) = office.say("contact", contact())
    assert probe.look(0, 0)[:3] == (True, False, False)
    assert probe.look(event_id, 0)[:3] == (False, False, False)

    office.finish()
    with office.pool.connection() as connection:
        nudge(connection, "acme")
    (row,) = office.rows("SELECT max(id) AS id FROM proline_qbo.nudges")
    assert probe.look(event_id, 0)[:3] == (False, True, False)
    assert probe.look(event_id, row.id)[:3] == (False, False, False)

    office.do("DELETE FROM proline_qbo.nudges")
    office.do(
        "UPDATE proline_qbo.records"
        " SET state = 'retrying', reason = NULL, retry_at = proline_qbo.clock()"
        " WHERE entity = 'contact'"
    )
    assert probe.look(event_id, 0)[:3] == (False, False, True)


def test_a_session_that_was_cut_off_is_replaced(database_url: str) -> None:
    """The next look may fail as any statement does; the one after it sees again."""
    with open_pool(database_url, max_size=1, application_name="probe") as pool:
        probe = Probe(pool)
        probe.look(0, 0)
        cut_off(database_url)

        assert probe.look(0, 0)[:3] == (False, False, False)


def cut_off(url: str) -> None:
    """End the probe's session as an administrator would."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE application_name = 'probe'"
        )


def test_what_is_wrong_is_said_in_the_ordinary_way(pool: Pool) -> None:
    """A table that is not there is no database that is away."""
    with pool.connection() as connection:
        connection.execute("ALTER TABLE proline_qbo.nudges RENAME TO gone")

    with pytest.raises(psycopg.errors.UndefinedTable, match="nudges"):
        Probe(pool).look(0, 0)


def test_the_floor_stays_behind_what_was_seen() -> None:
    """An id that was drawn early may be committed late: the floor passes it only after a while."""
    floor = Floor(age_seconds=60.0)
    floor.saw(10, now=0.0)
    floor.saw(7, now=1.0)
    floor.saw(20, now=30.0)

    assert [floor.at(now) for now in (0.0, 59.9, 60.0, 89.9, 90.0, 500.0)] == [0, 0, 10, 10, 20, 20]
