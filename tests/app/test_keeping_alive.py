"""Keeping alive: what is idle for a week is refreshed, what was given up ends, nothing stops it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from app import keeping_alive
from app.keeping_alive import ROUNDS_PER_HOUR, Keeper
from connections import companies, standing
from coordination.database import Pool
from tests.connections.intuit import COMPANY, Intuit
from tests.support.database_clock import DatabaseClock
from tests.support.desk import Desk

DAY = 86_400.0
FIVE_YEARS = 5 * 365 * DAY


class StoppableClock:
    """The simulator's clock, moved with the database's."""

    def __init__(self, desk: Desk, database: DatabaseClock) -> None:
        """Begin where both are."""
        self._desk, self._database = desk, database

    def advance(self, seconds: float) -> None:
        """Let the time of both pass."""
        self._database.advance(seconds)
        self._desk.intuit.simulator.clock.advance(seconds)


@pytest.fixture
def desk(pool: Pool) -> Desk:
    """Give a company that has just been connected."""
    desk = Desk(pool, Intuit(settings={"refresh_rotation": "always"})).connected()
    desk.intuit.token_calls = 0
    return desk


@pytest.fixture
def time(desk: Desk, database_clock: DatabaseClock) -> StoppableClock:
    """Give the test its hand on the time."""
    return StoppableClock(desk, database_clock)


def test_a_connection_is_refreshed_after_a_week_and_not_before(
    desk: Desk, time: StoppableClock
) -> None:
    """Unused it would die after a hundred days."""
    keeper = Keeper(desk.pool, desk.quickbooks)

    time.advance(7 * DAY - 60)
    keeper.go_round()
    before = desk.intuit.token_calls
    time.advance(120)
    _next_hour(keeper)
    after = desk.intuit.token_calls
    _next_hour(keeper)

    assert (before, after, desk.intuit.token_calls) == (0, 1, 1)


def test_kept_alive_it_outlives_its_hundred_days(desk: Desk, time: StoppableClock) -> None:
    """Half a year without a record, and the first one goes."""
    keeper = Keeper(desk.pool, desk.quickbooks)

    for _ in range(20):
        time.advance(9 * DAY)
        _next_hour(keeper)

    assert desk.quickbooks.tokens.access_token(COMPANY, desk.intuit.realm_id)
    assert desk.company.connection == "connected"


def test_what_another_worker_has_refreshed_meanwhile_is_left(
    desk: Desk, time: StoppableClock, pool: Pool
) -> None:
    """Two that go their rounds at once ask once for each connection."""
    realm_b = desk.intuit.simulator.add_realm({"limits": None})
    second = Desk(pool, desk.intuit, company_id="company-b")
    second.obtain(realm_b)
    second.confirm()
    time.advance(8 * DAY)
    desk.intuit.token_calls = 0

    def refresh_the_other_first() -> None:
        desk.intuit.before_answer = lambda: None
        second.quickbooks.tokens.refresh("company-b", realm_b)

    desk.intuit.before_answer = refresh_the_other_first
    Keeper(desk.pool, desk.quickbooks).go_round()

    assert desk.intuit.token_calls == 2


def test_a_connection_that_is_dead_is_lost_and_the_next_one_is_kept(
    desk: Desk, time: StoppableClock, pool: Pool
) -> None:
    """A person is needed for the one; the other must not wait for that."""
    realm_b = desk.intuit.simulator.add_realm({"limits": None})
    second = Desk(pool, desk.intuit, company_id="company-b")
    second.obtain(realm_b)
    second.confirm()
    realm = desk.intuit.simulator.realms.find(desk.intuit.realm_id)
    assert realm is not None
    desk.intuit.simulator.office.disconnect(realm)
    time.advance(8 * DAY)

    Keeper(desk.pool, desk.quickbooks).go_round()

    assert (desk.company.connection, second.company.connection) == ("lost", "connected")
    with pool.connection() as connection:
        kept = standing.of(connection, "company-b", realm_b)
        dead = standing.of(connection, COMPANY, desk.intuit.realm_id)
    assert kept is not None
    assert dead is not None
    assert kept.refreshed_at > dead.refreshed_at
    assert dead.refused_at is not None


def test_after_five_years_a_person_must_consent_again(desk: Desk, time: StoppableClock) -> None:
    """However often it was refreshed; the page shows the day from the beginning."""
    keeper = Keeper(desk.pool, desk.quickbooks)
    with desk.pool.connection() as connection:
        connection.execute(
            "UPDATE proline_qbo.tokens"
            " SET refresh_expires_at = refresh_expires_at + interval '10 years'"
        )
        hard_end = standing.reconnect_before(connection, COMPANY, desk.intuit.realm_id)
        row = connection.execute("SELECT proline_qbo.clock()").fetchone()
    assert hard_end is not None
    assert row is not None
    left = (hard_end - row[0]).total_seconds()

    time.advance(FIVE_YEARS + 60)
    keeper.go_round()

    assert left == pytest.approx(FIVE_YEARS, abs=120)
    assert desk.company.connection == "lost"


def test_a_round_ends_consents_and_books_given_up(
    desk: Desk, database_clock: DatabaseClock, pool: Pool
) -> None:
    """Whatever a crash or an outage left."""
    with desk.pool.connection() as connection:
        companies.disconnect(connection, COMPANY)
    Desk(pool, desk.intuit, company_id="company-b").obtain(
        desk.intuit.simulator.add_realm({"limits": None})
    )
    issued = desk.intuit.issued[:]
    database_clock.advance(16 * 60)

    Keeper(desk.pool, desk.quickbooks).go_round()

    assert [desk.lives(token) for token in issued[1::2]] == [False, False]
    assert desk.rows("SELECT company_id, realm_id FROM proline_qbo.tokens") == []
    assert desk.rows("SELECT * FROM proline_qbo.consents") == []


def test_a_database_that_is_away_for_a_round_stops_nothing(
    desk: Desk, time: StoppableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next round does it."""
    keeper = Keeper(desk.pool, desk.quickbooks)
    time.advance(8 * DAY)

    with monkeypatch.context() as patched, _away(patched):
        keeper.go_round()
    during = desk.intuit.token_calls
    _next_hour(keeper)

    assert (during, desk.intuit.token_calls) == (0, 1)


def test_a_stopped_keeper_begins_nothing_more(desk: Desk, time: StoppableClock) -> None:
    """An orderly stop waits for the refresh under way, and for no other."""
    keeper = Keeper(desk.pool, desk.quickbooks)
    time.advance(8 * DAY)

    keeper.stop.set()
    keeper.go_round()

    assert desk.intuit.token_calls == 0


def test_the_thread_goes_its_rounds_and_ends_with_its_block(
    desk: Desk, time: StoppableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a worker runs it."""
    gone_round = threading.Event()
    monkeypatch.setattr(keeping_alive, "_next_in_seconds", lambda: 0.01)
    desk.intuit.before_answer = gone_round.set
    time.advance(8 * DAY)

    with keeping_alive.keeping_alive(desk.pool, desk.quickbooks):
        assert gone_round.wait(timeout=30)

    assert not [each for each in threading.enumerate() if each.name == "keeping alive"]
    assert desk.intuit.token_calls == 1


def _next_hour(keeper: Keeper) -> None:
    for _ in range(ROUNDS_PER_HOUR):
        keeper.go_round()


@contextmanager
def _away(patched: pytest.MonkeyPatch) -> Iterator[None]:
    def refuse(*_: object, **__: object) -> None:
        raise psycopg.OperationalError("the connection is lost")

    patched.setattr("connections.token_rows.idle", refuse)
    yield
