"""A database's clock that jumps.

What happens when it goes back: calls that have ended later than now count as ended now, their realm
waits one window, and what was to go on at a time of the clock of before, a turn, a pause, a retry,
is brought back by the leader's next beat. When it goes forwards: whatever waits for a time goes on
at once, what a gone process has leased is free, and the pace alone keeps the vendor's window.
Nobody is declared gone by either, since life and leadership are counted in beats and in each
process's own monotonic time.

Weakness: when the clock goes forwards, calls that wait for their slots leave beside those that need
not wait any more, so one second may see 17 (docs/decisions/0023-a-clock-that-jumps.md).
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from connections import companies, token_rows
from connections.settings import CompanySettings
from coordination import limiter, processes
from coordination.clock import clock
from coordination.database import Connection
from coordination.limiter import Limits, Slot
from tests.support.database_clock import DatabaseClock
from tests.support.endless_work import REALM, EndlessWork
from tests.support.roofer import COMPANY, QUICK, Roofer, until

NewRoofer = Callable[..., Roofer]
CREATE = CompanySettings(existing_customers="create")
HOUR = 3_600.0
YEAR = 365 * 24 * HOUR
# A tenth of the vendor's window and of what it allows in it; the pace is production's.
SMALL = Limits(window_seconds=6.0)
CEILING = 45
BEATS_WATCHED = 6
SETTLE_SECONDS = 20.0
SHORT = replace(
    QUICK,
    limits=replace(QUICK.limits, window_seconds=1.0),
    relay=replace(QUICK.relay, window_seconds=1.0),
)
INVOICES = 30

back = pytest.mark.parametrize(
    "seconds", [-30.0, -HOUR, -YEAR], ids=["seconds", "an hour", "a year"]
)
forwards = pytest.mark.parametrize("seconds", [HOUR, YEAR], ids=["an hour", "a year"])


@pytest.mark.parametrize("seconds", [-0.5, -30.0, -HOUR, -YEAR])
def test_a_clock_that_goes_back_costs_one_window_and_passes_no_limit(
    connection: Connection, database_clock: DatabaseClock, seconds: float
) -> None:
    """Counted on a clock that never jumps: no more in any window or second, and one wait."""
    realm = EndlessWork(connection, database_clock, SMALL, CEILING)
    realm.run(4.0)
    realm.jump(seconds)
    realm.run(24.0)

    assert realm.most_within(SMALL.window_seconds) <= CEILING
    assert realm.most_within(1.0) <= SMALL.vendor_second
    assert realm.longest_silence() <= SMALL.window_seconds + 2 * realm.latency_seconds
    assert realm.now - realm.left[-1] < 1.0


@forwards
def test_a_clock_that_goes_forwards_stops_no_realm(
    connection: Connection, database_clock: DatabaseClock, seconds: float
) -> None:
    """It goes on calling, and after one window it calls as before."""
    realm = EndlessWork(connection, database_clock, SMALL, CEILING)
    realm.run(4.0)
    realm.jump(seconds)
    realm.run(30.0)
    afterwards = [each for each in realm.left if each > 4.0 + 2 * SMALL.window_seconds]

    assert realm.longest_silence() <= SMALL.window_seconds
    realm.left = afterwards
    assert CEILING - 2 <= realm.most_within(SMALL.window_seconds) <= CEILING


@back
def test_a_company_at_rest_goes_on_when_the_clock_has_gone_back(
    new_roofer: NewRoofer, database_clock: DatabaseClock, seconds: float
) -> None:
    """Its last turn in the ring lies ahead now: that keeps it from none."""
    roofer = new_roofer(settings=CREATE, tuning=SHORT)
    roofer.contact().project().settle()

    database_clock.advance(seconds)
    roofer.invoice()

    until(lambda: roofer.held("Invoice"), SETTLE_SECONDS)


@back
def test_a_busy_company_goes_on_when_the_clock_has_gone_back(
    new_roofer: NewRoofer, database_clock: DatabaseClock, seconds: float
) -> None:
    """With calls under way, and records that wait for a retry: a window, then all is booked."""
    roofer = busy(new_roofer)

    database_clock.advance(seconds)
    settle_beyond_retries(roofer, database_clock)

    assert len(roofer.held("Invoice")) == INVOICES
    assert len({each.body for each in roofer.writes("invoice")}) == INVOICES


def test_a_clock_that_was_ahead_for_a_moment_holds_nobody(
    new_roofer: NewRoofer, database_clock: DatabaseClock
) -> None:
    """A year forwards, some work, and back."""
    roofer = new_roofer(settings=CREATE, tuning=SHORT)
    roofer.contact().project().settle()
    database_clock.advance(YEAR)
    roofer.invoice("i1").settle()
    database_clock.advance(-YEAR)

    roofer.invoice("i2")

    until(lambda: len(roofer.held("Invoice")) == 2, SETTLE_SECONDS)


def test_a_slot_taken_before_the_clock_went_back_is_no_wait(
    new_roofer: NewRoofer, database_clock: DatabaseClock
) -> None:
    """A realm whose only call was open when it went back: nothing ended later than now."""
    roofer = new_roofer(settings=CREATE, tuning=SHORT)
    roofer.contact().project().settle()
    database_clock.advance(HOUR)
    roofer.fault({"entity": "invoice", "operation": "create"}, delay_ms=1_500)
    roofer.invoice("i1")
    until(lambda: roofer.writes("invoice"))
    database_clock.advance(-HOUR)

    roofer.invoice("i2")

    until(lambda: len(roofer.held("Invoice")) == 2, SETTLE_SECONDS)


def test_a_ceiling_halved_ahead_of_time_is_whole_again_in_time(
    connection: Connection, database_clock: DatabaseClock
) -> None:
    """A 429 on a clock a year ahead: five minutes, and not a year."""
    process_id = processes.register(connection, "worker", threads=10)
    limits = Limits(pace_ms=0)
    limiter.set_ceiling(connection, REALM, 4)
    connection.commit()
    database_clock.freeze()
    slot = take(connection, process_id, limits)
    assert isinstance(slot, Slot)
    database_clock.advance(YEAR)
    limiter.end_call(connection, slot.call_id, 429)
    limiter.throttled(connection, REALM, limits)
    connection.commit()

    database_clock.advance(-YEAR)
    limiter.wait_after_a_step_back(connection, limits)
    database_clock.advance(limits.lowered_seconds + 1)

    slots = [take(connection, process_id, limits) for _ in range(4)]
    assert all(isinstance(each, Slot) for each in slots)


def test_a_call_that_was_open_when_the_clock_went_back_stays_open(
    connection: Connection, database_clock: DatabaseClock
) -> None:
    """It may still be in QuickBooks; lost, it is ended as soon as any other."""
    process_id = processes.register(connection, "worker", threads=10)
    database_clock.advance(YEAR)
    assert isinstance(take(connection, process_id, Limits()), Slot)
    connection.commit()
    database_clock.advance(-YEAR)

    limiter.wait_after_a_step_back(connection, Limits())

    assert limiter.end_forgotten(connection) == 0
    connection.commit()
    database_clock.advance(limiter.FORGOTTEN_AFTER.total_seconds() + 1)
    assert limiter.end_forgotten(connection) == 1


def test_a_pause_by_the_limit_is_over_after_a_window(
    new_roofer: NewRoofer, database_clock: DatabaseClock
) -> None:
    """It was made on a clock an hour ahead."""
    roofer = new_roofer(settings=CREATE, tuning=SHORT)
    roofer.contact().project().settle()
    with roofer.system.pool.connection() as connection:
        companies.pause(connection, COMPANY, clock(connection) + timedelta(hours=1), "limit")
    roofer.invoice()
    until(
        lambda: roofer.rows(
            "SELECT FROM proline_qbo.companies"
            " WHERE paused_until <= proline_qbo.clock() + interval '1 minute'"
        )
    )
    database_clock.advance(61)

    until(lambda: roofer.held("Invoice"), SETTLE_SECONDS)


def test_a_persons_pause_is_no_shorter_for_it(
    new_roofer: NewRoofer, database_clock: DatabaseClock
) -> None:
    """It ends by a person, whatever the clock does."""
    roofer = new_roofer(settings=CREATE, tuning=SHORT)
    with roofer.system.pool.connection() as connection:
        companies.pause(connection, COMPANY, companies.UNTIL_RESUMED, "person")

    database_clock.advance(-YEAR)
    watch(roofer, 2)

    with roofer.system.pool.connection() as connection:
        company = companies.get(connection, COMPANY)
    assert company is not None
    assert company.paused_until == companies.UNTIL_RESUMED


def test_a_retry_is_due_after_the_longest_backoff(
    new_roofer: NewRoofer, database_clock: DatabaseClock
) -> None:
    """It was written on a clock a year ahead."""
    roofer = new_roofer(settings=CREATE, tuning=SHORT)
    roofer.contact().project().settle()
    roofer.fault({"entity": "invoice", "operation": "create"}, status=400, fault="150")
    database_clock.advance(YEAR)
    roofer.invoice()
    until(lambda: retries(roofer))
    database_clock.advance(-YEAR)

    settle_beyond_retries(roofer, database_clock)

    assert len(roofer.held("Invoice")) == 1


def test_an_unknown_outcome_is_looked_up_in_time(
    new_roofer: NewRoofer, database_clock: DatabaseClock
) -> None:
    """Its attempt started a year ahead: the look-up comes as soon as after any other."""
    books = {"requestid": "ignored", "custom_txn_numbers": False}
    roofer = new_roofer(settings=CREATE, books=books, tuning=SHORT)
    roofer.contact().project().invoice().settle()
    roofer.fault({"entity": "payment", "operation": "create"}, answer="lost")
    database_clock.advance(YEAR)
    roofer.payment("40.00", on={"i1": "40.00"})
    until(lambda: retries(roofer))
    database_clock.advance(-YEAR)

    settle_beyond_retries(roofer, database_clock)

    assert len(roofer.held("Payment")) == 1


def test_a_lease_taken_ahead_of_time_is_free(
    new_roofer: NewRoofer, database_clock: DatabaseClock
) -> None:
    """Whoever refreshed died with it, and the clock went back: no lease is longer than a minute."""
    roofer = new_roofer(settings=CREATE, tuning=SHORT)
    place = token_rows.Place(COMPANY, roofer.realm.settings.realm_id)
    database_clock.advance(HOUR)
    with roofer.system.pool.connection() as connection:
        stored = token_rows.read(connection, place)
        assert stored is not None
        assert token_rows.take_lease(connection, place, stored.version)
    database_clock.advance(-HOUR)

    with roofer.system.pool.connection() as connection:
        assert token_rows.take_lease(connection, place, stored.version)


@pytest.mark.parametrize("seconds", [30.0, YEAR])
@pytest.mark.parametrize(("at", "latency"), [(52.5, 0.3), (20.0, 0.05)])
def test_a_clock_that_goes_forwards_passes_nothing_of_the_vendors_window(
    connection: Connection, database_clock: DatabaseClock, seconds: float, at: float, latency: float
) -> None:
    """The window looks empty all at once; the pace alone keeps it."""
    realm = EndlessWork(connection, database_clock, latency_seconds=latency)
    realm.run(at)
    realm.jump(seconds)
    realm.run(at + 62.0)

    assert realm.most_within(60.0) <= Limits().vendor_window


@forwards
def test_a_company_at_rest_goes_on_when_the_clock_is_ahead(
    new_roofer: NewRoofer, database_clock: DatabaseClock, seconds: float
) -> None:
    """Its next invoice is booked as any other."""
    roofer = new_roofer(settings=CREATE, tuning=SHORT)
    roofer.contact().project().settle()

    database_clock.advance(seconds)
    roofer.invoice()

    until(lambda: roofer.held("Invoice"), SETTLE_SECONDS)
    assert roofer.settle(SETTLE_SECONDS).record("invoice", "i1").state == "done"


@forwards
def test_a_busy_company_goes_on_when_the_clock_is_ahead(
    new_roofer: NewRoofer, database_clock: DatabaseClock, seconds: float
) -> None:
    """With calls under way, and records that wait for a retry: all is booked, and once."""
    roofer = busy(new_roofer)

    database_clock.advance(seconds)
    roofer.settle(SETTLE_SECONDS)

    assert len(roofer.held("Invoice")) == INVOICES
    assert len({each.body for each in roofer.writes("invoice")}) == INVOICES


def test_a_clock_that_jumps_either_way_makes_nobody_gone(
    new_roofer: NewRoofer, database_clock: DatabaseClock
) -> None:
    """Relay and worker beat on, and the leader of before leads."""
    roofer = busy(new_roofer)
    (leader,) = roofer.rows("SELECT holder, term FROM proline_qbo.leadership")
    for seconds in (YEAR, -YEAR, -HOUR, HOUR):
        database_clock.advance(seconds)
        watch(roofer, 1)
    watch(roofer, BEATS_WATCHED)

    assert roofer.rows("SELECT FROM proline_qbo.processes WHERE gone_at IS NOT NULL") == []
    assert roofer.rows("SELECT holder, term FROM proline_qbo.leadership") == [leader]


def busy(new_roofer: NewRoofer) -> Roofer:
    """Give a contractor some of whose invoices are there, some on their way, some still to go."""
    roofer = new_roofer(settings=CREATE, tuning=SHORT)
    roofer.contact().project().settle()
    roofer.fault({"entity": "invoice", "operation": "create", "times": 3}, status=503)
    roofer.fault({"entity": "invoice", "operation": "create", "times": None}, delay_ms=100)
    for number in range(INVOICES):
        roofer.invoice(f"i{number}")
    until(lambda: len(roofer.held("Invoice")) > 3)
    return roofer


def take(connection: Connection, process_id: UUID, limits: Limits) -> object:
    """Ask for a slot."""
    call = limiter.Call(REALM, COMPANY, process_id, "write", "test")
    return limiter.take_slot(connection, call, limits)


def retries(roofer: Roofer) -> list[object]:
    """Say what waits for a retry."""
    return roofer.rows("SELECT FROM proline_qbo.records WHERE state = 'retrying'")


def settle_beyond_retries(roofer: Roofer, database_clock: DatabaseClock) -> None:
    """Wait until no retry lies further ahead than five minutes, let these pass, and settle."""
    until(
        lambda: (
            not roofer.rows(
                "SELECT FROM proline_qbo.records WHERE state = 'retrying'"
                " AND retry_at > proline_qbo.clock() + interval '5 minutes'"
            )
        )
    )
    database_clock.advance(301)
    roofer.settle(SETTLE_SECONDS)


def watch(roofer: Roofer, beats: int) -> None:
    """Wait until the relay and the worker have beaten so often."""

    def counted() -> dict[UUID, int]:
        with roofer.system.pool.connection() as connection:
            return {each.id: each.beats for each in processes.living(connection)}

    before = counted()
    until(lambda: all(counted().get(each, 0) >= then + beats for each, then in before.items()))
