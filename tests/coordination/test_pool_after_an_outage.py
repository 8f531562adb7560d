"""A pool whose server was away for a while."""

import time
from contextlib import suppress

import psycopg

from app.postgres import EmbeddedPostgres
from coordination.database import POOL_WAIT_SECONDS, Pool, open_pool

OUTAGE_SECONDS = 8.0
BACK_SECONDS = 3.0


def answers(pool: Pool) -> bool:
    """Whether a session is to be had, for as long as a caller waits."""
    with suppress(psycopg.OperationalError), pool.connection() as connection:
        return connection.execute("SELECT 1").fetchone() == (1,)
    return False


def test_a_pool_is_back_soon_however_long_its_server_was_away() -> None:
    """Left to itself it tries after 1, 3, 7, 15, 31 s and so on, and stays away as long again."""
    with (
        EmbeddedPostgres() as server,
        open_pool(server.url, max_size=2, application_name="tests") as pool,
    ):
        assert answers(pool)
        server.stop()
        gone_at = time.monotonic()
        while time.monotonic() - gone_at < OUTAGE_SECONDS:
            assert not answers(pool)

        server.start()
        back_at = time.monotonic()

        assert answers(pool)
        assert time.monotonic() - back_at < BACK_SECONDS < POOL_WAIT_SECONDS
