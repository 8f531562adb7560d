"""The database has fewer sessions left than a worker has threads: work goes slower, nothing fails.

As when somebody else of the same server has opened too many.
"""

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from connections.settings import CompanySettings
from tests.support.jobs import Jobs
from tests.support.processes import NewRoofer
from tests.support.roles import login_in

SERVICE = "proline_qbo_service"
THREADS = 16
JOBS = 6
SESSIONS = 5
"""Of the worker: one beats, four are shared by sixteen threads."""
SETTLE_SECONDS = 60.0
CREATE = CompanySettings(existing_customers="create")


def test_a_worker_with_too_few_sessions_fails_no_record(
    new_roofer: NewRoofer, database_url: str
) -> None:
    """Its threads wait for one another; what comes to nothing is taken back and done again."""
    roofer, fleet = new_roofer(settings=CREATE)
    fleet.relay()
    with login_in(database_url, SERVICE) as url:
        name = make_url(url).username
        assert name is not None
        with psycopg.connect(database_url, autocommit=True) as owner:
            limit = sql.SQL("ALTER ROLE {} CONNECTION LIMIT {}")
            owner.execute(limit.format(sql.Identifier(name), sql.Literal(SESSIONS)))
        fleet.environment["DATABASE_URL"] = url
        worker = fleet.worker("--threads", str(THREADS))
        jobs = Jobs(roofer)
        jobs.more(JOBS)

        roofer.settle(SETTLE_SECONDS)

        assert worker.exit_code is None
        with psycopg.connect(database_url) as owner:
            row = owner.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE usename = %s", [name]
            ).fetchone()
        fleet.stop()
    assert row is not None
    assert 2 <= row[0] <= SESSIONS
    jobs.assert_each_is_written_once()
