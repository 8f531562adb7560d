"""The limiter against a real PostgreSQL: exact under concurrency, and only because of its lock."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from coordination import limiter, processes
from coordination.database import Connection, Pool, open_pool
from coordination.errors import ProcessGone
from coordination.limiter import Full, Limits, Slot
from tests.support.database_clock import DatabaseClock

REALM = "9130350000000001"
COMPANY = "company-a"
SMALL = Limits(
    window_seconds=1.0, in_flight=3, pace_ms=20, max_wait_seconds=0.2, send_within_ms=1_000
)
CEILING = 12


def take(
    c: Connection, process_id: UUID, limits: Limits, attempt_id: int | None = None
) -> Slot | Full:
    """Take a slot with the facts that no test here is about."""
    call = limiter.Call(REALM, COMPANY, process_id, "write", "test")
    return limiter.take_slot(c, call, limits, attempt_id=attempt_id)


@pytest.fixture
def process_id(connection: Connection) -> UUID:
    """Give a living process."""
    registered = processes.register(connection, "worker", threads=16)
    connection.commit()
    return registered


@pytest.fixture
def roomy(connection: Connection) -> Connection:
    """Give a session on a realm whose ceiling is small and known."""
    limiter.set_ceiling(connection, REALM, CEILING)
    connection.commit()
    return connection


def seconds_until(c: Connection, full: Slot | Full) -> float:
    """Return how far `until` lies ahead on the database's clock."""
    assert isinstance(full, Full)
    row = c.execute("SELECT proline_qbo.clock()").fetchone()
    assert row is not None
    clock: datetime = row[0]
    return (full.until - clock).total_seconds()


def test_the_first_call_of_a_realm_leaves_at_once(connection: Connection, process_id: UUID) -> None:
    """A realm needs no preparation: its limiter row is made by its first call."""
    slot = take(connection, process_id, Limits())

    assert isinstance(slot, Slot)
    assert slot.wait_seconds == 0.0


def test_slots_of_one_realm_lie_a_pace_apart(
    roomy: Connection, process_id: UUID, database_clock: DatabaseClock
) -> None:
    """Ten in any second is kept by spacing, not by counting seconds."""
    database_clock.freeze()

    waits = [take(roomy, process_id, Limits()) for _ in range(3)]

    assert [slot.wait_seconds for slot in waits if isinstance(slot, Slot)] == [0.0, 0.13, 0.26]


def test_a_slot_further_than_the_longest_wait_is_not_given(
    roomy: Connection, process_id: UUID, database_clock: DatabaseClock
) -> None:
    """A thread waits a short time; beyond it the record goes back and says until when."""
    database_clock.freeze()
    limits = replace(SMALL, max_wait_seconds=0.05, in_flight=10)
    for _ in range(3):
        take(roomy, process_id, limits)

    answer = take(roomy, process_id, limits)

    assert seconds_until(roomy, answer) == pytest.approx(0.01)


def test_open_calls_stay_within_the_flight(roomy: Connection, process_id: UUID) -> None:
    """An open call holds its place in flight until it ends."""
    slots = [take(roomy, process_id, SMALL) for _ in range(SMALL.in_flight)]
    assert isinstance(slots[0], Slot)

    refused = take(roomy, process_id, SMALL)
    limiter.end_call(roomy, slots[0].call_id, 200)
    admitted = take(roomy, process_id, SMALL)

    assert isinstance(refused, Full)
    assert isinstance(admitted, Slot)


def fill(c: Connection, process_id: UUID, limits: Limits, calls: int) -> list[int]:
    """Make so many calls that ended at once."""
    ids = []
    for _ in range(calls):
        slot = take(c, process_id, limits)
        assert isinstance(slot, Slot)
        limiter.end_call(c, slot.call_id, 200)
        ids.append(slot.call_id)
    c.commit()
    return ids


UNPACED = replace(SMALL, pace_ms=0)


def test_a_full_window_says_when_its_oldest_call_leaves_it(
    roomy: Connection, process_id: UUID, database_clock: DatabaseClock
) -> None:
    """A place is free one window after the response, and the caller is told that moment."""
    database_clock.freeze()
    fill(roomy, process_id, UNPACED, 1)
    database_clock.advance(0.25)
    fill(roomy, process_id, UNPACED, CEILING - 1)

    full = take(roomy, process_id, UNPACED)
    wait_seconds = seconds_until(roomy, full)
    database_clock.advance(0.75)
    admitted = take(roomy, process_id, UNPACED)

    assert wait_seconds == pytest.approx(0.75)
    assert isinstance(admitted, Slot)


def test_a_call_given_up_counts_nowhere(
    roomy: Connection, process_id: UUID, database_clock: DatabaseClock
) -> None:
    """What never left QuickBooks never saw: it holds no place in window or flight."""
    database_clock.freeze()
    for _ in range(CEILING + 1):
        slot = take(roomy, process_id, UNPACED)
        assert isinstance(slot, Slot)
        assert limiter.mark_unsent(roomy, slot.call_id)

    assert isinstance(take(roomy, process_id, UNPACED), Slot)


def test_an_answered_call_is_never_unsent(roomy: Connection, process_id: UUID) -> None:
    """An answer proves that it left, whatever its thread believes."""
    (call_id,) = fill(roomy, process_id, SMALL, 1)

    assert not limiter.mark_unsent(roomy, call_id)


def test_a_moved_call_keeps_its_place_and_gets_a_new_slot(
    roomy: Connection, process_id: UUID, database_clock: DatabaseClock
) -> None:
    """A late thread moves its own row: the window counts it once, also when that is the last."""
    database_clock.freeze()
    fill(roomy, process_id, UNPACED, CEILING - 1)
    slot = take(roomy, process_id, SMALL)
    assert isinstance(slot, Slot)

    moved = limiter.move_slot(roomy, slot.call_id, SMALL)

    assert moved == Slot(slot.call_id, slot.wait_seconds + 0.02)


def test_an_ended_call_cannot_be_moved(roomy: Connection, process_id: UUID) -> None:
    """A call ended for its process, or given up, may not leave any more."""
    (call_id,) = fill(roomy, process_id, SMALL, 1)

    assert limiter.move_slot(roomy, call_id, SMALL) is None


def test_a_process_declared_gone_gets_no_slot(roomy: Connection, process_id: UUID) -> None:
    """Who is gone sends nothing more: its claims may run elsewhere already."""
    processes.declare_gone(roomy, {process_id: 0})

    with pytest.raises(ProcessGone):
        take(roomy, process_id, SMALL)


def test_a_dead_call_keeps_its_window_slot_one_window_longer(
    roomy: Connection, process_id: UUID, database_clock: DatabaseClock
) -> None:
    """The call of a dead client leaves the flight at once, and the window one window later."""
    database_clock.freeze()
    other = processes.register(roomy, "worker")
    for _ in range(SMALL.in_flight):
        take(roomy, other, UNPACED)
    database_clock.advance(10)

    processes.declare_gone(roomy, {other: 0})
    fill(roomy, process_id, UNPACED, CEILING - SMALL.in_flight)
    full = take(roomy, process_id, UNPACED)

    assert seconds_until(roomy, full) == pytest.approx(1.0)


def test_after_a_429_within_our_count_the_ceiling_is_halved(
    roomy: Connection, process_id: UUID, database_clock: DatabaseClock
) -> None:
    """Another app of the contractor's uses the rest: we wait, then leave it more room."""
    database_clock.freeze()
    limits = replace(UNPACED, foreign_pause_seconds=60, lowered_seconds=300)
    take(roomy, process_id, limits)

    verdict = limiter.throttled(roomy, REALM, limits)
    roomy.commit()
    paused = seconds_until(roomy, take(roomy, process_id, limits))
    database_clock.advance(61)
    fill(roomy, process_id, limits, CEILING // 2 - 1)
    half = take(roomy, process_id, limits)
    database_clock.advance(300)
    fill(roomy, process_id, limits, CEILING - 1)

    assert verdict == "foreign"
    assert paused == pytest.approx(60)
    assert isinstance(half, Full)


@pytest.mark.parametrize(
    "limits", [replace(UNPACED, vendor_window=2), replace(UNPACED, vendor_second=2)]
)
def test_a_429_above_what_quickbooks_allows_is_our_fault(
    roomy: Connection, process_id: UUID, limits: Limits
) -> None:
    """Above the vendor's own limit nobody else is to blame: the ceiling stays, an alert is due."""
    fill(roomy, process_id, limits, 3)

    assert limiter.throttled(roomy, REALM, limits) == "ours"


def test_slots_that_lie_ahead_are_no_fault_of_ours(
    roomy: Connection, process_id: UUID, database_clock: DatabaseClock
) -> None:
    """Threads that still wait for their slot have sent nothing in this second."""
    database_clock.freeze()
    limits = replace(SMALL, pace_ms=100, in_flight=10, max_wait_seconds=10, vendor_second=2)
    for _ in range(5):
        take(roomy, process_id, limits)

    assert limiter.throttled(roomy, REALM, limits) == "foreign"


def test_a_clock_set_back_costs_one_window_and_no_more(
    roomy: Connection, process_id: UUID, database_clock: DatabaseClock
) -> None:
    """If the clock is behind the last end of a call, nothing leaves for one window; then all do."""
    database_clock.freeze()
    fill(roomy, process_id, UNPACED, 2)
    database_clock.advance(-3_600)

    full = take(roomy, process_id, UNPACED)
    roomy.commit()
    wait_seconds = seconds_until(roomy, full)
    database_clock.advance(1.0)

    assert wait_seconds == pytest.approx(1.0)
    assert len(fill(roomy, process_id, UNPACED, CEILING)) == CEILING


SLOW_CLOCK = """
CREATE OR REPLACE FUNCTION proline_qbo.clock() RETURNS timestamptz LANGUAGE plpgsql VOLATILE AS $$
DECLARE read_at timestamptz := clock_timestamp();
BEGIN
    PERFORM pg_sleep(current_setting('tests.clock_delay', true)::double precision);
    RETURN read_at;
END $$
"""
CLOCK = "    clock_at := proline_qbo.clock();\n"


@pytest.mark.parametrize("ends_first", [True, False], ids=["ends first", "clock first"])
def test_a_call_that_ends_while_a_slot_is_taken_is_no_clock_that_went_back(
    database_url: str, connection: Connection, process_id: UUID, *, ends_first: bool
) -> None:
    """Ends are read before the clock: the other way round, a busy realm would stand still often."""
    if not ends_first:
        read_the_clock_first(connection)
    slot = take(connection, process_id, UNPACED)
    assert isinstance(slot, Slot)
    connection.execute(SLOW_CLOCK)
    connection.execute("SET tests.clock_delay = 0")
    connection.commit()

    with psycopg.connect(database_url) as other, ThreadPoolExecutor(1) as threads:
        other.execute("SET tests.clock_delay = 0.5")
        taking = threads.submit(take, other, process_id, UNPACED)
        # Between reading the clock and using it.
        until_one_waits(database_url, "wait_event = 'PgSleep'")
        limiter.end_call(connection, slot.call_id, 200, None, None)
        connection.commit()
        taken = taking.result(10)

    assert isinstance(taken, Slot if ends_first else Full)


def test_who_waited_for_the_realms_row_reads_the_clock_after_it(
    database_url: str, connection: Connection, process_id: UUID
) -> None:
    """Its transaction began before; by that time what ended meanwhile would lie ahead of it."""
    slot = take(connection, process_id, UNPACED)
    assert isinstance(slot, Slot)
    connection.commit()
    connection.execute("SELECT proline_qbo.lock_limiter(%s)", [REALM])

    with (
        psycopg.connect(database_url) as other,
        psycopg.connect(database_url) as ending,
        ThreadPoolExecutor(1) as threads,
    ):
        taking = threads.submit(take, other, process_id, UNPACED)
        until_one_waits(database_url, "wait_event_type = 'Lock'")
        limiter.end_call(ending, slot.call_id, 200, None, None)
        ending.commit()
        connection.commit()
        taken = taking.result(10)

    assert isinstance(taken, Slot)


def read_the_clock_first(c: Connection) -> None:
    """Take the order out of the function that finds the next slot."""
    (body,) = c.execute(
        "SELECT pg_get_functiondef('proline_qbo.next_slot'::regproc)"
    ).fetchone() or ("",)
    assert body.count(CLOCK) == 1
    late = body.replace(CLOCK, "")
    begin = "BEGIN\n"
    c.execute(sql.SQL(late.replace(begin, begin + CLOCK, 1)))


def until_one_waits(database_url: str, where: str) -> None:
    """Wait until one session of this database waits so."""
    waiting = (
        f"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND {where}"
    )
    with psycopg.connect(database_url, autocommit=True) as looking:
        for _ in range(500):
            if looking.execute(waiting.encode()).fetchone() == (1,):
                return
            threading.Event().wait(0.01)
    raise AssertionError(f"nobody waited: {where}")


def test_a_slot_is_refused_above_read_committed(database_url: str, process_id: UUID) -> None:
    """An older snapshot would miscount: the mistake is an error, not a wrong count."""
    with psycopg.connect(database_url) as c:
        c.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ

        with pytest.raises(psycopg.errors.RaiseException, match="READ COMMITTED"):
            take(c, process_id, SMALL)


def test_an_attempt_whose_calls_were_all_given_up_was_never_sent(
    roomy: Connection, process_id: UUID
) -> None:
    """An attempt is of unknown outcome only if one of its calls may have left."""
    slots = [take(roomy, process_id, SMALL, attempt_id=7) for _ in range(2)]
    first, second = [slot.call_id for slot in slots if isinstance(slot, Slot)]

    limiter.mark_unsent(roomy, first)
    while_open = limiter.may_be_applied(roomy, 7)
    limiter.mark_unsent(roomy, second)

    assert while_open
    assert not limiter.may_be_applied(roomy, 7)


def test_a_departure_lies_between_the_earliest_and_the_latest_reading() -> None:
    """The database's clock was read somewhere between question and answer: both ends are safe."""
    slot = Slot(call_id=1, wait_seconds=0.5)

    departure = slot.departure(asked_at=10.0, answered_at=10.02, limits=Limits())

    assert departure.not_before == pytest.approx(10.52)
    assert departure.not_after == pytest.approx(10.55)


def test_old_calls_are_forgotten_in_slices(
    roomy: Connection, process_id: UUID, database_clock: DatabaseClock
) -> None:
    """The log of calls is bounded: it goes in slices after its use is over."""
    fill(roomy, process_id, SMALL, 3)
    database_clock.advance(timedelta(days=36).total_seconds())

    assert limiter.forget_calls(roomy, limit=2) == 2
    assert limiter.forget_calls(roomy, limit=2) == 1


def test_the_calls_of_an_attempt_without_an_answer_are_kept(
    roomy: Connection, process_id: UUID, database_clock: DatabaseClock
) -> None:
    """Without them its outcome would seem to be known."""
    fill(roomy, process_id, SMALL, 3)
    roomy.execute(
        "UPDATE proline_qbo.calls SET attempt_id = 7"
        " WHERE id = (SELECT min(id) FROM proline_qbo.calls)"
    )
    database_clock.advance(timedelta(days=36).total_seconds())

    assert limiter.forget_calls(roomy, keep_attempts=[7]) == 2
    assert limiter.may_be_applied(roomy, 7)


def test_old_calls_are_found_without_reading_the_young(roomy: Connection, process_id: UUID) -> None:
    """A month of calls lies there; the look for old ones costs what it finds."""
    roomy.execute(
        "INSERT INTO proline_qbo.calls (realm_id, company_id, process_id, kind, purpose, slot_at,"
        " ended_at) SELECT %s, %s, %s, 'read', 'test', clock_timestamp(),"
        " clock_timestamp() - make_interval(mins => n) FROM generate_series(1, 20000) n",
        [REALM, COMPANY, process_id],
    )
    roomy.execute("ANALYZE proline_qbo.calls")

    rows = roomy.execute(f"EXPLAIN {limiter._FORGET}", [5_000, 35, []]).fetchall()
    plan = "\n".join(line for (line,) in rows)

    assert "calls_pkey" in plan
    assert "Seq Scan" not in plan


# The storm: sixteen threads of two pools, each taking, waiting its slot, holding a short call.

THREADS = 16
STORM_SECONDS = 3.0
STORM = replace(SMALL, window_seconds=1.0, in_flight=4, pace_ms=15)
STORM_CEILING = 30


def storm(pools: list[Pool], process_id: UUID) -> None:
    """Call as much as the limiter allows from every thread, for some seconds."""
    ending = time.monotonic() + STORM_SECONDS
    quiet = threading.Event()

    def one_caller(pool: Pool) -> None:
        while time.monotonic() < ending:
            with pool.connection() as c:
                slot = take(c, process_id, STORM)
            if isinstance(slot, Full):
                quiet.wait(0.01)
                continue
            quiet.wait(slot.wait_seconds + 0.01)
            with pool.connection() as c:
                limiter.end_call(c, slot.call_id, 200)

    with ThreadPoolExecutor(THREADS) as executor:
        for future in [executor.submit(one_caller, pools[n % 2]) for n in range(THREADS)]:
            future.result()


# Each is judged from the rows alone: what was open, or had ended within the window, when a call
# was admitted. `slot_at - pace` is no earlier than the last slot, so the second follows from gaps.
MOST_IN_WINDOW = """
SELECT max(n) FROM (
    SELECT (SELECT count(*) FROM proline_qbo.calls b
             WHERE b.slot_at <= a.slot_at AND b.ended_at > a.slot_at - %s) AS n
      FROM proline_qbo.calls a) AS counted
"""
MOST_IN_FLIGHT = """
SELECT max(n) FROM (
    SELECT (SELECT count(*) FROM proline_qbo.calls b
             WHERE b.slot_at <= a.slot_at AND b.ended_at > a.slot_at) AS n
      FROM proline_qbo.calls a) AS counted
"""
SMALLEST_GAP_MS = """
SELECT extract(epoch FROM min(gap)) * 1000 FROM (
    SELECT slot_at - lag(slot_at) OVER (ORDER BY slot_at) AS gap FROM proline_qbo.calls) AS gaps
"""


def measured(c: Connection) -> tuple[int, int, float]:
    """Return most in a window, most in flight and the smallest gap (ms) on the database's clock."""
    in_window = c.execute(MOST_IN_WINDOW, [timedelta(seconds=STORM.window_seconds)]).fetchone()
    in_flight = c.execute(MOST_IN_FLIGHT).fetchone()
    gap = c.execute(SMALLEST_GAP_MS).fetchone()
    assert in_window
    assert in_flight
    assert gap
    return in_window[0], in_flight[0], float(gap[0])


@pytest.mark.parametrize("locked", [True, False], ids=["locked", "lock taken out"])
def test_sixteen_callers_never_pass_window_second_or_flight(
    database_url: str, connection: Connection, process_id: UUID, *, locked: bool
) -> None:
    """The limits hold exactly under concurrency, and it is the row lock that holds them."""
    limiter.set_ceiling(connection, REALM, STORM_CEILING)
    if not locked:
        take_the_lock_out(connection)
    connection.commit()

    with (
        open_pool(database_url, max_size=8, application_name="storm-a") as pool_a,
        open_pool(database_url, max_size=8, application_name="storm-b") as pool_b,
    ):
        storm([pool_a, pool_b], process_id)

    in_window, in_flight, gap_ms = measured(connection)
    kept = in_window <= STORM_CEILING and in_flight <= STORM.in_flight and gap_ms >= STORM.pace_ms
    assert kept == locked, f"window {in_window}, flight {in_flight}, gap {gap_ms} ms"
    if locked:
        assert in_window > STORM_CEILING // 2  # and used, also on a machine that is busy


def take_the_lock_out(c: Connection) -> None:
    """Replace the function that locks by one that only makes the row."""
    c.execute(
        sql.SQL(
            "CREATE OR REPLACE FUNCTION proline_qbo.lock_limiter(realm text) RETURNS void"
            " LANGUAGE sql AS 'SELECT'"
        )
    )
