"""Whoever has eligible work has a turn, whatever comes between the leader's memory and the rows.

Each is a way by which a company once fell out of the ring, for ten minutes or longer.
"""

from collections.abc import Callable

import psycopg
import pytest

from coordination import nudges
from coordination.database import Pool, open_pool
from coordination.nudges import nudge
from outbox import leader, lookout, roster
from outbox.probe import Probe
from tests.relay.test_places import backlog, write_invoices
from tests.support.database_clock import DatabaseClock
from tests.support.hand_worker import HandWorker
from tests.support.proline import ACME, contact, enable_company, project
from tests.support.relay_in_hand import Office, limits

HOUR = 3_600
NEVER = 1e9


@pytest.fixture
def office(pool: Pool) -> Office:
    """Give a company that is on, and a relay whose slow look never comes round again."""
    with pool.connection() as connection:
        enable_company(connection)
    return Office(pool, HandWorker(pool, threads=100), limits(resync_seconds=NEVER))


def just_before(
    monkeypatch: pytest.MonkeyPatch, module: object, name: str, happens: Callable[[], object]
) -> None:
    """Let something happen just before a function is called for the next time."""
    real = getattr(module, name)

    def later(*arguments: object, **named: object) -> object:
        monkeypatch.setattr(module, name, real)
        happens()
        return real(*arguments, **named)

    monkeypatch.setattr(module, name, later)


def left(office: Office) -> int:
    """Go on for some seconds; count what still waits for a turn."""
    for _ in range(5):
        office.worker.beat()
        office.worker.work(office.hand.after(1.0))
        office.finish()
    return len(office.rows("SELECT FROM proline_qbo.records WHERE state = 'pending'"))


def test_places_given_back_while_a_tick_begins_are_seen_or_nudge_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All ten records in flight are settled just before the nudges are taken."""
    backlog(office, ACME, 12)
    messages = office.hand.drain()
    assert len(messages) == 10
    with office.pool.connection() as connection:
        nudge(connection, ACME)
    just_before(monkeypatch, nudges, "take", lambda: office.worker.work(messages))

    assert left(office) == 0


def test_a_consumer_that_appears_in_a_beat_that_fails_is_not_forgotten(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Companies whose work nobody took have left the ring: now they join."""
    with pool.connection() as connection:
        enable_company(connection)
    HandWorker(pool, entities=["project"])
    office = Office(pool, HandWorker(pool, entities=["project"]), limits(resync_seconds=NEVER))
    backlog(office, ACME, 3)
    assert office.hand.drain() == []
    office.worker = HandWorker(pool, entities=["contact"])
    just_before(monkeypatch, lookout, "take_back_lost", _time_out)

    with pytest.raises(psycopg.errors.QueryCanceled):
        office.hand.after(1.0)

    assert left(office) == 0


def _time_out() -> None:
    raise psycopg.errors.QueryCanceled("once")


def test_what_becomes_eligible_while_the_clock_goes_back_has_a_turn(
    office: Office, database_clock: DatabaseClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was looked for from a time on that had not come yet by the new clock."""
    backlog(office, ACME, 1)
    assert left(office) == 0
    office.say("contact", contact("n1"))
    office.say("project", project("pn1", contact_id="n1"))
    just_before(monkeypatch, leader, "take_in", lambda: database_clock.advance(-HOUR))

    assert left(office) == 0


def test_a_database_that_comes_back_with_older_rows_is_read_anew(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a failover the last commits may be gone, and with them what the leader remembers."""
    backlog(office, ACME, 1)
    assert left(office) == 0
    just_before(monkeypatch, Probe, "look", _go_away)

    office.hand.relay._turn()
    office.do(
        "UPDATE proline_qbo.records SET state = 'pending', settled_version = NULL,"
        " since = proline_qbo.clock() WHERE entity = 'contact'"
    )

    assert left(office) == 0


def _go_away() -> None:
    raise psycopg.OperationalError("away")


def test_many_companies_join_piece_by_piece(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """No tick asks for all of them at once."""
    monkeypatch.setattr(roster, "PIECE", 2)
    office = Office(pool, HandWorker(pool, threads=100), limits(resync_seconds=NEVER))
    names = write_invoices(office, 5)

    for _ in range(10):
        office.hand.relay.tick()

    assert {each.company_id for each in office.hand.broker.take()} == set(names)


def test_a_session_that_could_not_be_prepared_is_prepared_later(database_url: str) -> None:
    """A migration may hold a table for longer than a statement waits."""
    with open_pool(database_url, max_size=1, application_name="probe") as pool:
        probe = Probe(pool)
        with psycopg.connect(database_url) as migration:
            migration.execute("LOCK TABLE proline_qbo.nudges IN ACCESS EXCLUSIVE MODE")
            with pytest.raises(psycopg.OperationalError):
                probe.look(0, 0)

        assert probe._ask(0, 0) is not None
