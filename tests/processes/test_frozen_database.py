"""PostgreSQL stands still for a while: a stall that silences everybody judges nobody."""

import os
import signal
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from app.migrate import migrate
from app.postgres import EmbeddedPostgres
from connections.settings import CompanySettings
from tests.support.held_calls import held_calls
from tests.support.jobs import Jobs
from tests.support.postgres import TEST_OPTIONS
from tests.support.processes import NewRoofer
from tests.support.roofer import Roofer, until

CREATE = CompanySettings(existing_customers="create")
FORGETFUL = {"requestid": "ignored"}
FROZEN_SECONDS = 5.0
JOBS = 6
MORE = 2
BEATS = 5
"""Of the leader's after the thaw: more than it needs to judge anybody."""
RESUME_SECONDS = 10.0


@pytest.fixture
def database_url() -> Generator[str]:
    """Give a migrated database on a server of its own, which the test may freeze."""
    with EmbeddedPostgres(options=TEST_OPTIONS) as server:
        migrate(server.url)
        yield server.url


@contextmanager
def frozen_database(url: str) -> Iterator[None]:
    """Stop every process of a server until the block ends.

    The first is the one that would start others, so that afterwards there can be no new ones.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        pids = [postmaster(connection)]
        try:
            tell(pids, signal.SIGSTOP)
            pids += sessions(connection)
            tell(pids, signal.SIGSTOP)
            yield
        finally:
            tell(pids, signal.SIGCONT)


def tell(pids: list[int], number: signal.Signals) -> None:
    """Send a signal to those that are still there."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def postmaster(connection: psycopg.Connection) -> int:
    """Name the process that starts all others."""
    row = connection.execute("SHOW data_directory").fetchone()
    assert row is not None
    return int((Path(row[0]) / "postmaster.pid").read_text().splitlines()[0])


def sessions(connection: psycopg.Connection) -> list[int]:
    """Name every process that serves somebody or works in the background."""
    return [pid for (pid,) in connection.execute("SELECT pid FROM pg_stat_activity").fetchall()]


def claims(roofer: Roofer) -> dict[int, tuple[object, object]]:
    """Return who holds which record by which token."""
    rows = roofer.rows("SELECT * FROM proline_qbo.records WHERE claimed_by IS NOT NULL")
    return {each.pk: (each.claimed_by, each.dispatch_token) for each in rows}


def beats(roofer: Roofer) -> tuple[int, int]:
    """Return the term, and how often its leader has beaten."""
    row = roofer.rows("SELECT term, beats FROM proline_qbo.leadership")[0]
    return row.term, row.beats


def test_a_database_frozen_for_five_seconds_takes_no_record_back(
    new_roofer: NewRoofer, database_url: str
) -> None:
    """Nobody is declared gone, nobody takes the lead, and every claim is settled by its holder."""
    roofer, fleet = new_roofer(settings=CREATE, books=FORGETFUL)
    jobs = Jobs(roofer)
    for _ in range(2):
        fleet.relay()
        fleet.worker("--threads", str(JOBS // 2))
    until(fleet.leader)
    leader = fleet.leader()
    with held_calls(roofer, "/customer") as held:
        jobs.more(JOBS)
        until(lambda: len(held.arrived) == JOBS)
        held_before, (term, beaten) = claims(roofer), beats(roofer)

        with frozen_database(database_url):
            threading.Event().wait(FROZEN_SECONDS)
        jobs.more(MORE)
        until(lambda: beats(roofer)[1] >= beaten + BEATS)

        assert len(held_before) == JOBS
        assert claims(roofer) == held_before
        assert beats(roofer)[0] == term
        held.let_in()
        until(fleet.settled, RESUME_SECONDS)

    jobs.assert_each_is_written_once()
    assert fleet.leader() is leader
    assert "relay.took_back" not in fleet.said()
    assert roofer.rows("SELECT FROM proline_qbo.processes WHERE gone_at IS NOT NULL") == []
    assert [each.exit_code for each in fleet.all] == [None] * 4
