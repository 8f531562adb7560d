"""How a company stands, read from the database: how old what is on its way is, and who sends it."""

import pytest

from app.onboarding import disable_company, enable_company, pause_company, resume_company
from app.web.situation import stands
from coordination import processes
from coordination.clock import clock
from coordination.database import Connection, Pool
from tests.support.database_clock import DatabaseClock
from tests.support.proline import ACME, OFFICE, connect_company
from tests.support.put_records import put

SLOW = "QuickBooks or our service is slow. Nothing is lost."
NOT_RUNNING = "our service is not running. Nothing is lost"
FINE = "appear in QuickBooks by themselves"


@pytest.fixture
def pending(pool: Pool, database_clock: DatabaseClock) -> Pool:
    """Give a company that is on, with a record on its way since an hour, and all that sends it."""
    with pool.connection() as connection:
        connect_company(connection)
    enable_company(pool, ACME, by=OFFICE)
    database_clock.advance(7_200)
    with pool.connection() as connection:
        put(connection, "contact", "c1", "pending", since=clock(connection))
    database_clock.advance(3_600)
    with pool.connection() as connection:
        processes.register(connection, "relay")
        processes.register(connection, "worker", queues=["qbo.contacts"], threads=1)
    return pool


def said(pool: Pool) -> str:
    """Read what the page says of the company's state."""
    with pool.connection() as connection:
        return stands(connection, ACME).line.detail


def retire(connection: Connection, kind: str) -> None:
    """End the processes of a kind in an orderly way."""
    for each in processes.living(connection):
        if each.kind == kind:
            processes.retire(connection, each.id)


def test_what_has_been_on_its_way_for_long_is_said(pending: Pool) -> None:
    """With how long, whatever was tried meanwhile."""
    assert said(pending) == f"The oldest has been on its way for 1 hour: {SLOW}"


def test_the_time_in_which_a_person_held_everything_is_not_counted(
    pending: Pool, database_clock: DatabaseClock
) -> None:
    """What waited while it was off, or paused, is late only from then on."""
    for hold, let_go in (
        (disable_company, lambda: enable_company(pending, ACME, changed="send", by=OFFICE)),
        (pause_company, lambda: resume_company(pending, ACME, by=OFFICE)),
    ):
        hold(pending, ACME, by=OFFICE)
        let_go()
        assert FINE in said(pending)
        database_clock.advance(360)
        beat_all(pending)
        assert said(pending) == f"The oldest has been on its way for 6 minutes: {SLOW}"


def beat_all(pool: Pool) -> None:
    """Have everything that lives beat once."""
    with pool.connection() as connection:
        for each in processes.living(connection):
            assert processes.beat(connection, each.id, [])


@pytest.mark.parametrize("kind", ["relay", "worker"])
def test_without_a_relay_or_a_worker_nothing_is_being_sent(pending: Pool, kind: str) -> None:
    """On alone would be untrue."""
    with pending.connection() as connection:
        retire(connection, kind)

    assert NOT_RUNNING in said(pending)


def test_what_died_all_at_once_does_not_run(pending: Pool, database_clock: DatabaseClock) -> None:
    """Nobody is left to declare it gone; its last beat tells."""
    database_clock.advance(31)

    assert NOT_RUNNING in said(pending)
