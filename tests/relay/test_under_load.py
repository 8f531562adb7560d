"""Thirty-two threads, two hundred records, edits and delays at random: the order holds.

Judged from what reached QuickBooks alone. The guards are then taken out one by one, and the same
scenario shows it.
"""

import random
import re
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from connections import books
from connections.settings import CompanySettings
from coordination.database import Pool, open_pool
from coordination.limiter import Limits
from coordination.statements import Statement
from records import claims, eligibility, places, turns
from records.verdicts import Verdict
from tests.support.always_good import OneToken
from tests.support.busy_proline import BusyProLine
from tests.support.crew import PlainBody, Work, crew
from tests.support.proline import books_of, enable_company, realm_of
from tests.support.recorded_quickbooks import RecordedQuickBooks
from tests.support.recording import Call, Recording
from workers.body import SyncBody
from workers.calling import Caller
from workers.running import RunningClaims

THREADS = 32
COMPANIES = ("a", "b", "c", "d")
EDITS = 75
LIMIT_SECONDS = 60.0
GUARDLESS_SECONDS = 30.0
SUB = CompanySettings(customer_mode="sub", existing_customers="create", ceiling=500)
ROOMY = Limits(pace_ms=1, send_within_ms=2_000, max_wait_seconds=5.0)
SETTLED = """
SELECT NOT EXISTS (SELECT FROM proline_outbox.outbox_events)
   AND NOT EXISTS (SELECT FROM proline_qbo.nudges)
   AND NOT EXISTS (SELECT FROM proline_qbo.records WHERE state <> 'done')
"""

MakeWork = Callable[[UUID, RunningClaims, Callable[[], bool]], Work]


@pytest.fixture
def wide_pool(database_url: str) -> Generator[Pool]:
    """Give a pool with a session for every thread."""
    with open_pool(database_url, max_size=THREADS + 8, application_name="crew") as opened:
        yield opened


def play(
    database_url: str,
    pool: Pool,
    make_work: MakeWork,
    seed: int,
    over: Callable[[], bool],
    limit_seconds: float = LIMIT_SECONDS,
) -> tuple[dict[str, int], list[BaseException]]:
    """Let four companies speak while relay and crew work, until it is over or the time is.

    Returns:
        The newest edit of each record, and what the crew's threads raised.
    """
    print(f"seed {seed}")  # noqa: T201  # shown when it fails
    chance = random.Random(seed)  # noqa: S311  # the scenario
    _set_up(pool)
    spoken = [BusyProLine(each, EDITS, random.Random(chance.random())) for each in COMPANIES]  # noqa: S311  # the same
    with (
        crew(database_url, pool, make_work, threads=THREADS, chance=chance) as raised,
        ThreadPoolExecutor(len(spoken)) as speakers,
    ):
        for speech in [speakers.submit(each.speak, pool) for each in spoken]:
            speech.result(timeout=LIMIT_SECONDS)
        wait_until(over, limit_seconds)
    newest = {record: edit for each in spoken for record, edit in each.newest.items()}
    return newest, raised


def wait_until(over: Callable[[], bool], limit_seconds: float) -> None:
    """Wait until it is over, or the time is."""
    ends_at = time.monotonic() + limit_seconds
    never = threading.Event()
    while not over() and time.monotonic() < ends_at:
        never.wait(0.05)


def settled(pool: Pool) -> bool:
    """Whether everything said is in QuickBooks."""
    with pool.connection() as connection:
        return connection.execute(SETTLED).fetchone() == (True,)


def _set_up(pool: Pool) -> None:
    with pool.connection() as connection:
        for company_id in COMPANIES:
            enable_company(connection, company_id, SUB)
            books.store(connection, books_of(realm_of(company_id), company_id))


def test_versions_ascend_never_two_in_flight_children_after_parents(
    database_url: str, wide_pool: Pool
) -> None:
    """The real relay and the real body, every message of which may come twice."""
    seed = random.SystemRandom().randrange(10**6)
    recording = Recording()
    quickbooks = RecordedQuickBooks(recording, random.Random(seed))  # noqa: S311  # delays

    def make_work(process_id: UUID, running: RunningClaims, alive: Callable[[], bool]) -> Work:
        caller = Caller(quickbooks, wide_pool, process_id, ROOMY, alive)
        return SyncBody(
            pool=wide_pool,
            caller=caller,
            tokens=OneToken(),
            process_id=process_id,
            running=running,
        )

    newest, raised = play(database_url, wide_pool, make_work, seed, lambda: settled(wide_pool))

    assert raised == []
    assert settled(wide_pool)
    assert recording.breaches() == []
    assert quickbooks.stale == []
    assert recording.newest_edits() == newest
    assert len(newest) == 200
    assert sum(call.made is not None for call in recording.calls) == 200


def plain(pool: Pool, recording: Recording, longest_seconds: float = 0.02) -> MakeWork:
    """Make bodies without a second line of defence."""
    return lambda process_id, running, _alive: PlainBody(
        pool, process_id, running, recording, longest_seconds
    )


def test_the_order_is_kept_by_records_and_relay_alone(database_url: str, wide_pool: Pool) -> None:
    """The same with a body that trusts every claim: what the guardless runs compare with."""
    seed = random.SystemRandom().randrange(10**6)
    recording = Recording()

    newest, raised = play(
        database_url, wide_pool, plain(wide_pool, recording), seed, lambda: settled(wide_pool)
    )

    assert raised == []
    assert settled(wide_pool)
    assert recording.breaches() == []
    assert recording.newest_edits() == newest


def without_token_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every message claim its record."""
    guard = "AND r.dispatch_token = %(token)s AND r.claimed_by IS NULL\n      AND r.judged"
    assert guard in claims._CLAIM.text
    everyone = Statement(
        claims._CLAIM.text.replace(guard, "AND r.state = 'dispatched' AND r.judged")
    )
    monkeypatch.setattr(claims, "_CLAIM", everyone)


def with_dispatch_of_the_dispatched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the relay hand out what is in flight."""
    for module, name, guard in (
        (turns, "_TURNS", "r.state = 'pending' AND"),
        (places, "_TAKE", "r.state = 'pending' AND"),
    ):
        statement = getattr(module, name)
        assert guard in statement
        in_flight_too = "(r.state = 'pending' OR r.claimed_by IS NOT NULL) AND"
        anyone = statement.replace(guard, in_flight_too)
        freed = anyone.replace(
            "reason = NULL,",
            "reason = NULL, claimed_by = NULL, claimed_at = NULL, claimed_beats = NULL,",
        )
        monkeypatch.setattr(module, name, freed)


def without_parents(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every child go at once."""

    def none(*_: object) -> Verdict | None:
        return None

    monkeypatch.setattr(eligibility, "_missing_parent", none)
    monkeypatch.setattr(eligibility, "_missing_ancestor", none)


@pytest.mark.parametrize(
    ("take_out", "breach"),
    [
        (without_token_check, "two in flight|made twice"),
        (with_dispatch_of_the_dispatched, "two in flight|made twice"),
        (without_parents, "before its parent"),
    ],
)
def test_a_guard_taken_out_is_seen(
    database_url: str,
    wide_pool: Pool,
    monkeypatch: pytest.MonkeyPatch,
    take_out: Callable[[pytest.MonkeyPatch], None],
    breach: str,
) -> None:
    """The same scenario, with the relay or the claim less careful, and writes that take longer."""
    take_out(monkeypatch)
    recording = Recording()

    def seen() -> bool:
        return any(re.search(breach, each) for each in recording.breaches())

    play(
        database_url,
        wide_pool,
        plain(wide_pool, recording, longest_seconds=0.15),
        seed=11,
        over=seen,
        limit_seconds=GUARDLESS_SECONDS,
    )

    assert seen()


def test_the_recording_finds_each_breach() -> None:
    """The judge itself, on calls made up: it must not be blind."""
    recording = Recording()
    recording.calls = [
        Call("c1", 1, (), "1", 1, 4),
        Call("c1", 2, (), None, 3, 5),
        Call("p1", 2, ("1",), "2", 2, 6),
        Call("i1", 5, ("2",), "3", 7, 8),
        Call("i1", 4, ("2",), "4", 9, 10),
        Call("i2", 1, (None,), "5", 11, 12),
    ]

    assert recording.breaches() == [
        "c1: two in flight",
        "i1: versions do not ascend: [5, 4]",
        "i1: made twice",
        "p1: before its parent 1",
        "i2: before its parent None",
    ]
