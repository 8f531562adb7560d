"""Plays the demonstration before a running system and judges what it made of it.

It owns the order of events: history, the enable, the live part, the wait until all is at rest, the
measuring, the second opinion. What runs the relay and the workers is given to it.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Event
from time import monotonic
from typing import Final

import psycopg
from rich.console import Console
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from demo import comparer
from demo.boards import set_up
from demo.comparer import Books, Difference, Ledger, QuickBooksReader, compare, expected_books
from demo.measure import latencies_ms, percentiles, records_by_key
from demo.outcome import CompanyOutcome, Outcome, Tally, invoices_paid
from demo.play import Commit, play_live, play_now
from demo.progress import Counter, Display, Silent, live_display
from demo.proline import capture_changes
from demo.report import print_report
from demo.scenario import Era, Office, Plan
from demo.simulator_control import RealmReport, SimulatorControl
from demo.system import System

SETTLE_WITHIN_SECONDS: Final = 60.0
LOOK_EVERY_SECONDS: Final = 0.1
READS_APART_SECONDS: Final = 0.15
KINDS: Final = ("Customer", "Invoice", "Payment")

Disturb = Callable[[Callable[[], int], int], Sequence[str]]
"""Given how many changes are committed and how many will be: harms the system; says what it did."""

Enable = Callable[[], Mapping[str, datetime]]
"""Enables the integration for the offices that want it; when, by company id."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything the demonstration plays on.

    Attributes:
        engine: ProLine's own database, its tables made.
        database_url: The same database for the comparer's plain SQL.
        system: The running relay and workers.
        enable: Called once, after history was taken in.
        realms: The QuickBooks company of each ProLine company.
        speed: How many of the plan's seconds pass in one of ours.
        disturb: What happens to the system while the live part plays; None: nothing.
        reads_apart_seconds: Between two reads of the comparer's, so that QuickBooks takes them.
    """

    plan: Plan
    engine: Engine
    database_url: str
    system: System
    enable: Enable
    simulator: SimulatorControl
    realms: Mapping[str, str]
    speed: float = 1.0
    settle_within_seconds: float = SETTLE_WITHIN_SECONDS
    reads_apart_seconds: float = READS_APART_SECONDS
    disturb: Disturb | None = None


def run(stage: Stage, console: Console, *, as_json: bool = False) -> int:
    """Play, judge and report.

    Returns:
        The exit code: 0 if QuickBooks holds exactly what it must, otherwise 1.
    """
    outcome = play(stage, console, quiet=as_json)
    if as_json:
        console.print_json(json.dumps(outcome.as_json()))
    else:
        print_report(console, outcome)
    return 0 if outcome.agrees else 1


def play(stage: Stage, console: Console, *, quiet: bool = False) -> Outcome:
    """Play the plan before the system and say what came of it."""
    sessions = sessionmaker(stage.engine)
    with sessions.begin() as session:
        for office in stage.plan.offices:
            set_up(session, office)
    play_now(sessions, stage.plan.of(Era.BEFORE_OUTBOX))
    capture_changes(sessions)
    play_now(sessions, stage.plan.of(Era.BEFORE_ENABLE))
    _wait_settled(stage, Silent(), Counter())
    enabled_at = stage.enable()
    steps = stage.plan.of(Era.LIVE)
    display = nullcontext(Silent()) if quiet else live_display(console, len(steps))
    with display as shown:
        live = _play_live(stage, sessions, shown)
    outcome = judge(stage, enabled_at, live.commits, settled=live.settled)
    return replace(outcome, harm=tuple(live.harm))


def judge(
    stage: Stage, enabled_at: Mapping[str, datetime], commits: Sequence[Commit], *, settled: bool
) -> Outcome:
    """Measure first, because reading costs reads; then hold QuickBooks against ProLine."""
    reports = {realm: stage.simulator.report(realm) for realm in stage.realms.values()}
    verdicts = [_verdict(stage, office, enabled_at, commits) for office in stage.plan.offices]
    enabled = [commit for commit in commits if commit.company_id in enabled_at]
    return Outcome(
        companies=tuple(verdict.outcome for verdict in verdicts),
        settled=settled,
        records=stage.system.states(),
        quickbooks={kind: _count(reports.values(), kind) for kind in KINDS},
        invoices_paid=sum(invoices_paid(verdict.actual) for verdict in verdicts),
        duplicates=sum(report.duplicates for report in reports.values()),
        writes=sum(report.writes for report in reports.values()),
        reads=sum(report.reads for report in reports.values()),
        changes=sum(commit.entity is not None for commit in enabled),
        latency=percentiles([each for verdict in verdicts for each in verdict.latencies_ms]),
    )


@dataclass(frozen=True, slots=True)
class _Verdict:
    outcome: CompanyOutcome
    actual: Books
    latencies_ms: Sequence[float]


@dataclass(frozen=True, slots=True)
class _Live:
    commits: Sequence[Commit]
    settled: bool
    harm: Sequence[str]


def _play_live(stage: Stage, sessions: sessionmaker[Session], display: Display) -> _Live:
    """Play in a thread of its own while this one shows how far it is."""
    counter = Counter()
    planned = len(stage.plan.of(Era.LIVE))
    disturb = stage.disturb or (lambda _committed, _planned: ())
    with ThreadPoolExecutor(2, thread_name_prefix="scenario") as threads:
        disturbing = threads.submit(disturb, lambda: counter.value, planned)
        playing = threads.submit(
            play_live,
            sessions,
            stage.plan.of(Era.LIVE),
            on_commit=counter.add,
            speed=stage.speed,
        )
        while not playing.done():
            _show(stage, display, counter)
            Event().wait(LOOK_EVERY_SECONDS)
        live, harm = playing.result(), disturbing.result()
        settled = _wait_settled(stage, display, counter)
    late = play_now(sessions, stage.plan.of(Era.AFTER_REST))
    settled = _wait_settled(stage, display, counter) and settled
    return _Live([*live, *late], settled, harm)


def _wait_settled(stage: Stage, display: Display, counter: Counter) -> bool:
    """Wait until the system is at rest, or too long."""
    until = monotonic() + stage.settle_within_seconds
    while not stage.system.settled():
        if monotonic() > until:
            return False
        _show(stage, display, counter)
        Event().wait(LOOK_EVERY_SECONDS)
    _show(stage, display, counter)
    return True


def _show(stage: Stage, display: Display, counter: Counter) -> None:
    if isinstance(display, Silent):
        return
    reports = [stage.simulator.report(realm) for realm in stage.realms.values()]
    arrived = sum(_count(reports, kind) for kind in KINDS)
    display.show(counter.value, arrived, stage.system.states())


def _verdict(
    stage: Stage, office: Office, enabled_at: Mapping[str, datetime], commits: Sequence[Commit]
) -> _Verdict:
    realm_id = stage.realms[office.id]
    ledger = _ledger(stage, office)
    setting = comparer.Office(office.id, office.name, office.mode, enabled_at.get(office.id))
    expected = expected_books(setting, ledger)
    token = stage.simulator.access_token(realm_id)
    reader = QuickBooksReader(
        stage.simulator.base_url, realm_id, token, pace_seconds=stage.reads_apart_seconds
    )
    reading = comparer.read_books(office.name, reader)
    writes = stage.simulator.writes(realm_id)
    differences: tuple[Difference, ...] = compare(expected, reading.books)
    return _Verdict(
        CompanyOutcome(office.name, Tally.of(expected), Tally.of(reading.books), differences),
        reading.books,
        latencies_ms(commits, writes, reading.keys, records_by_key(ledger)),
    )


def _ledger(stage: Stage, office: Office) -> Ledger:
    with psycopg.connect(stage.database_url) as connection:
        return comparer.read_ledger(connection, office.id)


def _count(reports: Iterable[RealmReport], kind: str) -> int:
    return sum(report.objects.get(kind, 0) for report in reports)
