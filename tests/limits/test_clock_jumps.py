"""A database's clock that jumps.

What happens when it goes back: the next call of a realm finds that calls have ended later than now,
counts them as ended now, and the realm waits one window. When it goes forwards: whatever waits for
a time goes on at once, and what a gone process has leased is free. Nobody is declared gone by
either, since life and leadership are counted in beats and in each process's own monotonic time.

Weakness: what was to go on at a time, a turn in the ring, a pause, a retry, was written on the
clock of before, and waits as much longer as the clock went back. So does a realm that only workers
call: what the limiter notes of the step is taken back with the transaction that found no slot.
"""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest

from connections.settings import CompanySettings
from coordination import processes
from coordination.database import Connection
from coordination.limiter import Limits
from tests.support.database_clock import DatabaseClock
from tests.support.endless_work import EndlessWork
from tests.support.roofer import QUICK, Roofer, until

NewRoofer = Callable[..., Roofer]
CREATE = CompanySettings(existing_customers="create")
HOUR = 3_600.0
YEAR = 365 * 24 * HOUR
# A tenth of the vendor's window and of what it allows in it; the pace is production's.
SMALL = Limits(window_seconds=6.0)
CEILING = 45
BEATS_WATCHED = 6
SETTLE_SECONDS = 20.0
SHORT = replace(QUICK, limits=replace(QUICK.limits, window_seconds=1.0))
INVOICES = 30

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


def watch(roofer: Roofer, beats: int) -> None:
    """Wait until the relay and the worker have beaten so often."""

    def counted() -> dict[UUID, int]:
        with roofer.system.pool.connection() as connection:
            return {each.id: each.beats for each in processes.living(connection)}

    before = counted()
    until(lambda: all(counted().get(each, 0) >= then + beats for each, then in before.items()))
