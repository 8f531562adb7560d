"""Every session of ours is bounded: no frozen process holds a row lock for long."""

import psycopg
import psycopg.sql
import pytest

from coordination.database import Pool, open_connection, open_pool


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("statement_timeout", "2s"),
        ("lock_timeout", "2s"),
        ("idle_in_transaction_session_timeout", "2s"),
        ("TimeZone", "UTC"),
        ("application_name", "proline-test"),
    ],
)
def test_every_session_is_bounded_and_in_utc(database_url: str, name: str, value: str) -> None:
    """Pool and single sessions get the same limits from the same place."""
    with (
        open_pool(database_url, max_size=1, application_name="proline-test") as pool,
        pool.connection() as pooled,
        open_connection(database_url, application_name="proline-test") as single,
    ):
        of_pool = pooled.execute("SELECT current_setting(%s)", [name]).fetchone()
        of_single = single.execute("SELECT current_setting(%s)", [name]).fetchone()

    assert of_pool == of_single == (value,)


def test_a_block_of_the_pool_is_one_transaction(database_url: str) -> None:
    """It commits at its end and rolls back when it fails: one place commits."""
    insert = "INSERT INTO proline_qbo.nudges (company_id) VALUES (%s)"
    with open_pool(database_url, max_size=1, application_name="proline-test") as pool:
        with pool.connection() as c:
            c.execute(insert, ["kept"])
        with pytest.raises(psycopg.errors.NotNullViolation):
            _insert_and_fail(pool, insert)

        with pool.connection() as c:
            rows = c.execute("SELECT company_id FROM proline_qbo.nudges").fetchall()

    assert rows == [("kept",)]


def _insert_and_fail(pool: Pool, insert: str) -> None:
    with pool.connection() as c:
        c.execute(insert, ["lost"])
        c.execute(insert, [None])


def test_the_urls_own_options_are_kept(database_url: str) -> None:
    """ProLine's own options stay; ours come after them and win."""
    separator = "&" if "?" in database_url else "?"
    url = f"{database_url}{separator}options=-c%20work_mem%3D5MB%20-c%20statement_timeout%3D0"

    with open_connection(url, application_name="proline-test") as c:
        row = c.execute(
            "SELECT current_setting('work_mem'), current_setting('statement_timeout')"
        ).fetchone()

    assert row == ("5MB", "2s")


def test_a_server_that_takes_no_writes_is_none_of_ours(database_url: str) -> None:
    """As a standby which a name still leads to: it is asked again until the name leads on."""
    with open_connection(database_url, application_name="proline-test") as connection:
        connection.execute(
            psycopg.sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on").format(
                psycopg.sql.Identifier(connection.info.dbname)
            )
        )

    with pytest.raises(psycopg.OperationalError, match="read-only"):
        open_connection(database_url, application_name="proline-test")

    separator = "&" if "?" in database_url else "?"
    url = f"{database_url}{separator}target_session_attrs=any"
    with open_connection(url, application_name="proline-test") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
