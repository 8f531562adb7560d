"""The ground the other tests stand on: one fresh, migrated database each."""

import psycopg

from coordination.database import Pool
from tests.support.database_clock import DatabaseClock

COUNT_TABLES = "SELECT count(*) FROM pg_tables WHERE schemaname = 'proline_qbo'"


def test_a_test_gets_a_database_with_our_tables(connection: psycopg.Connection) -> None:
    """Each test's database is cloned from one that ran every migration."""
    row = connection.execute(COUNT_TABLES).fetchone()

    assert row is not None
    assert row[0] > 5


def test_the_pool_commits_at_the_end_of_its_block(pool: Pool) -> None:
    """What one session of the pool wrote is there for the next."""
    with pool.connection() as session:
        session.execute("CREATE TABLE of_this_test (n int)")

    with pool.connection() as session:
        row = session.execute("SELECT count(*) FROM of_this_test").fetchone()
    assert row == (0,)


def test_the_clock_of_the_database_obeys_the_test(
    connection: psycopg.Connection, database_clock: DatabaseClock
) -> None:
    """A frozen clock stands still for every session, and moves only when the test moves it."""
    start = database_clock.freeze()

    database_clock.advance(61.5)

    row = connection.execute("SELECT proline_qbo.clock() - %s", [start]).fetchone()
    assert row is not None
    assert row[0].total_seconds() == 61.5
