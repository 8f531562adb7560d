"""PostgreSQL stops and comes back at its address: work goes on by itself within seconds.

Judged by what reached QuickBooks: each write of each job came once. The books here do not know a
request id again, so nothing is owed to that promise of the vendor's.
"""

from collections.abc import Callable, Generator
from contextlib import suppress
from itertools import count

import psycopg
import pytest
from sqlalchemy import make_url

from app.migrate import migrate
from app.postgres import EmbeddedPostgres
from connections.settings import CompanySettings
from tests.support.held_calls import held_calls
from tests.support.jobs import Jobs
from tests.support.postgres import TEST_OPTIONS
from tests.support.processes import NewRoofer
from tests.support.roofer import until

CREATE = CompanySettings(existing_customers="create")
FORGETFUL = {"requestid": "ignored"}
THREADS = 4
JOBS = 6
MORE = 2
RESUME_SECONDS = 10.0
SETTLE_SECONDS = 20.0
NAMES = (f"test_{n}" for n in count(1))


@pytest.fixture(scope="module")
def own_postgres() -> Generator[EmbeddedPostgres]:
    """Give a server that a test may stop and start."""
    with EmbeddedPostgres(options=TEST_OPTIONS) as server:
        yield server


@pytest.fixture
def database_url(own_postgres: EmbeddedPostgres) -> str:
    """Give a migrated database there; it goes with its server."""
    name = next(NAMES)
    with psycopg.connect(own_postgres.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url = make_url(own_postgres.url).set(database=name).render_as_string(hide_password=False)
    migrate(url)
    return url


class Office:
    """A contractor at work on a database that goes away."""

    def __init__(self, new_roofer: NewRoofer, server: EmbeddedPostgres) -> None:
        """Start a relay and a worker, and let one job pass: every session has been used."""
        self.roofer, self.fleet = new_roofer(settings=CREATE, books=FORGETFUL)
        self.jobs = Jobs(self.roofer)
        self.server = server
        self.fleet.relay()
        self.fleet.worker("--threads", str(THREADS))
        self.jobs.more(JOBS)
        self.roofer.settle(SETTLE_SECONDS)

    def restart(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Stop the server, do something, and start it again."""
        self.server.stop()
        meanwhile()
        self.server.start()
        self.roofer.proline.close()
        self.roofer.proline = psycopg.connect(
            self.fleet.environment["DATABASE_URL"], autocommit=True
        )

    def settled(self) -> bool:
        """Whether nothing is left to do; our own sessions broke too."""
        with suppress(psycopg.OperationalError):
            return self.fleet.settled()
        return False

    def assert_nothing_is_lost_or_doubled(self) -> None:
        """Hold all against what ProLine said."""
        self.jobs.assert_each_is_written_once()
        assert "Traceback" not in self.fleet.said()
        assert [each.exit_code for each in self.fleet.all] == [None, None]


@pytest.fixture
def office(new_roofer: NewRoofer, own_postgres: EmbeddedPostgres) -> Generator[Office]:
    """Give a contractor at work."""
    office = Office(new_roofer, own_postgres)
    yield office
    office.roofer.proline.close()


@pytest.mark.parametrize("kind", ["customer", "invoice", "payment"])
def test_answers_that_come_while_it_is_away_are_settled_when_it_is_back(
    office: Office, kind: str
) -> None:
    """The thread that has the answer keeps it, and asks until the database takes it."""
    with held_calls(office.roofer, f"/{kind}") as held:
        office.jobs.more(JOBS)
        until(lambda: len(held.arrived) == THREADS)

        def let_in() -> None:
            held.let_in()
            until(lambda: office.fleet.said().count("settle.repeated") >= THREADS)

        office.restart(let_in)
        office.jobs.more(MORE)

        until(office.settled, RESUME_SECONDS)

    office.assert_nothing_is_lost_or_doubled()


def test_calls_that_outlast_the_outage_are_settled_as_ever(office: Office) -> None:
    """A call under way needs no database, and nobody takes its record back meanwhile."""
    with held_calls(office.roofer, "/customer") as held:
        office.jobs.more(JOBS)
        until(lambda: len(held.arrived) == THREADS)
        office.restart()
        office.jobs.more(MORE)
        held.let_in()

        until(office.settled, RESUME_SECONDS)

    office.assert_nothing_is_lost_or_doubled()


def test_a_restart_while_nothing_runs_is_outlived(office: Office) -> None:
    """Every session of every process is broken; each is replaced as it is found so."""
    office.restart()
    office.jobs.more(MORE)

    until(office.settled, RESUME_SECONDS)

    office.assert_nothing_is_lost_or_doubled()
