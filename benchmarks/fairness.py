"""Who is served when while many companies have a backlog: nobody waits for another's.

Two hundred companies have from a hundred to a hundred thousand records waiting, of all kinds and
evenly mixed, written as rows; sixteen threads serve them, and QuickBooks takes 0.3 s a call. Beside
them twenty companies without a backlog: first each says a single invoice now and then, whose
project QuickBooks knows; then all of them say one invoice after the other, each as soon as the
former is settled, which is how a company would jump the queue if that were of use. What is served
is what QuickBooks was called for, on its own clock.
"""

import bisect
import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import quantiles
from typing import Final

import psycopg

from benchmarks.figures import Figure, at_least, at_most
from benchmarks.fleet import Fleet, RelayChoice, WorkerChoice, running_fleet
from benchmarks.options import Options, progress
from benchmarks.slow import Arrival, SlowQuickBooks, start_slow
from benchmarks.stage import add_companies, company_ids, is_handed_out, say_chains, servers, session

COMPANIES: Final = 200
NEWCOMERS: Final = 20
FIRST_REALM: Final = 9_000_001
LEAST_WAITING: Final = 100
MOST_WAITING: Final = 100_000
CURVE: Final = 8.0
"""A hundred thousand in one company, half a million in all: few have much, as it is."""
PARENTS: Final = ("contact", "project", "invoice")
WORKERS: Final = 2
THREADS: Final = 8
CALL_SECONDS: Final = 0.3
SAMPLES: Final = 120
LONG_SAMPLES: Final = 1_000
SAMPLE_EVERY_SECONDS: Final = 0.55
WARM_UP_SECONDS: Final = 8.0
JUMPING_SECONDS: Final = 45.0
LONG_JUMPING_SECONDS: Final = 600.0
GIVEN_UP_AFTER_SECONDS: Final = 120.0
LOOK_SECONDS: Final = 0.01

# The rows are those that the relay makes of such events, but for what hangs from what: nothing
# that these hang from changes while they wait. Invoices are copies of the one that was played;
# a payment pays a cent of that.
_BACKLOG = """
WITH made AS (
    INSERT INTO proline_qbo.records (company_id, entity, record_id, version, judged_version, state)
    SELECT c.company_id, k.entity, left(k.entity, 1) || n, 1, 1, 'pending'
    FROM unnest(%(companies)s::text[], %(waiting)s::int[]) AS c (company_id, waiting)
    CROSS JOIN generate_series(2, c.waiting + 1) AS n
    CROSS JOIN LATERAL (SELECT (ARRAY['contact', 'project', 'invoice', 'payment'])[1 + mod(n, 4)])
        AS k (entity)
    RETURNING pk, company_id, entity, record_id
)
INSERT INTO proline_qbo.snapshots (record_pk, company_id, version, snapshot)
SELECT made.pk, made.company_id, 1, CASE made.entity
    WHEN 'payment' THEN jsonb_build_object('project_id', 'p1', 'contact_id', 'c1',
        'status', 'complete', 'received_on', current_date, 'amount', '0.01', 'currency', 'USD',
        'method', 'check', 'updated_at', clock_timestamp(), 'allocations',
        jsonb_build_array(jsonb_build_object('invoice_id', 'i1', 'amount', '0.01')))
    WHEN 'contact' THEN s.snapshot || jsonb_build_object('display_name', 'Jane ' || made.pk)
    ELSE s.snapshot END
    || jsonb_build_object('id', made.record_id, 'number', substr(made.record_id, 2))
FROM made
LEFT JOIN proline_qbo.records t ON t.company_id = made.company_id AND t.entity = made.entity
                               AND t.record_id = left(made.entity, 1) || '1'
LEFT JOIN proline_qbo.snapshots s ON s.record_pk = t.pk
"""
_TRANSFERS = """
INSERT INTO proline_qbo.transfers (record_pk, company_id, contact_id, customer_mode, transferred_by)
SELECT r.pk, r.company_id, 'c1', 'sub', 'stage' FROM proline_qbo.records r
WHERE r.entity = 'project' AND r.state = 'pending'
"""
_SAY_INVOICE = """
INSERT INTO proline_outbox.outbox_events (company_id, entity, record_id, event_type, snapshot)
SELECT r.company_id, r.entity, 'i' || n.n, 'benchmark',
       s.snapshot || jsonb_build_object('id', 'i' || n.n, 'number', n.n::text)
FROM unnest(%s::text[], %s::int[]) AS n (company_id, n)
JOIN proline_qbo.records r ON r.company_id = n.company_id
    AND r.entity = 'invoice' AND r.record_id = 'i1'
JOIN proline_qbo.snapshots s ON s.record_pk = r.pk
"""
_SETTLED = """
SELECT company_id, count(*) FROM proline_qbo.records
WHERE company_id = ANY(%s) AND state = 'done' AND entity = 'invoice' GROUP BY company_id
"""


@dataclass(frozen=True)
class Stage:
    """Everything the benchmark stands on."""

    connection: psycopg.Connection
    fleet: Fleet
    quickbooks: SlowQuickBooks
    waiting: dict[str, int]
    newcomers: Sequence[str]
    realms: dict[str, str]
    numbers: Iterator[int]

    def say_invoices(self, of: Sequence[str]) -> None:
        """Write a new invoice of each of these companies."""
        numbers = [next(self.numbers) for _ in of]
        self.connection.execute(_SAY_INVOICE, [list(of), numbers])

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition while everybody runs."""
        deadline = time.monotonic() + GIVEN_UP_AFTER_SECONDS
        while not condition():
            self.fleet.assert_running()
            if time.monotonic() > deadline:
                raise TimeoutError("what was waited for did not come")
            time.sleep(LOOK_SECONDS)  # what others settle tells nobody here: it is asked


def run(options: Options) -> list[Figure]:
    """Measure single invoices, then jumpers, beside one backlog."""
    waiting = dict(zip(company_ids(COMPANIES), _backlogs(), strict=True))
    newcomers = [f"newcomer-{n}" for n in range(1, NEWCOMERS + 1)]
    realms = {each: str(n) for n, each in enumerate((*waiting, *newcomers), FIRST_REALM)}
    with servers() as where, session(where.database_url) as connection, running_fleet() as fleet:
        quickbooks = start_slow(fleet, seconds=CALL_SECONDS)
        add_companies(connection, list(realms), realm_of=realms.__getitem__)
        stage = Stage(connection, fleet, quickbooks, waiting, newcomers, realms, itertools.count(2))
        fleet.start("relay", RelayChoice(where))
        for _ in range(WORKERS):
            fleet.start("worker", WorkerChoice(where, THREADS, quickbooks_url=quickbooks.url))
        fleet.await_beats(connection, relay=1, worker=WORKERS)
        _fill(stage)
        time.sleep(WARM_UP_SECONDS)  # until all threads are busy: not counted
        return [
            *single_invoices(stage, LONG_SAMPLES if options.long else SAMPLES),
            *jumpers(stage, LONG_JUMPING_SECONDS if options.long else JUMPING_SECONDS),
        ]


def single_invoices(stage: Stage, samples: int) -> list[Figure]:
    """Say single invoices of one newcomer after the other: when do their calls start."""
    progress(f"{samples} single invoices")
    began = time.time()
    said: list[tuple[float, str]] = []
    for company_id in itertools.islice(itertools.cycle(stage.newcomers), samples):
        stage.say_invoices([company_id])
        said.append((time.time(), stage.realms[company_id]))
        time.sleep(SAMPLE_EVERY_SECONDS)  # so far apart are the single invoices
    ended = time.time()
    stage.wait_until(lambda: _all_settled(stage))
    arrivals = stage.quickbooks.arrivals()
    waits = [_call_after(arrivals, *each) / CALL_SECONDS for each in said]
    cuts = quantiles(waits, n=100)
    served = _served(arrivals, began, ended)
    counts = [served[stage.realms[each]] for each in stage.waiting]
    return [
        Figure("fairness: a single invoice's call starts, p50", cuts[49], "calls' time"),
        Figure(
            "fairness: a single invoice's call starts, p99", cuts[98], "calls' time", bar=at_most(3)
        ),
        Figure(
            "fairness: Jain's index of those with a backlog", _jain(counts), "", bar=at_least(0.99)
        ),
        Figure(
            "fairness: calls while it was taken", sum(served.values()) / (ended - began), "calls/s"
        ),
    ]


def jumpers(stage: Stage, seconds: float) -> list[Figure]:
    """Let every newcomer say the next invoice as soon as its former one is settled."""
    progress(f"invoices one after the other, {seconds:.0f} s")
    began = time.time() + WARM_UP_SECONDS
    ended = began + seconds
    said = _count_settled(stage)
    while time.time() < ended:
        stage.fleet.assert_running()
        settled = _count_settled(stage)
        idle = [each for each in stage.newcomers if settled[each] >= said[each]]
        stage.say_invoices(idle)
        said.update(idle)
        time.sleep(LOOK_SECONDS)  # what others settle tells nobody here: it is asked
    served = _served(stage.quickbooks.arrivals(), began, ended)
    share = sum(served.values()) / len(stage.realms)
    gained = [served[stage.realms[each]] / share for each in stage.newcomers]
    return [
        Figure(
            "fairness: share of 20 that jump, to an equal one",
            sum(gained) / len(gained),
            "",
            bar=at_most(1.05),
        ),
        Figure("fairness: share of the one that gained most", max(gained), ""),
    ]


def _backlogs() -> list[int]:
    growth = MOST_WAITING / LEAST_WAITING
    steps = [(n / (COMPANIES - 1)) ** CURVE for n in range(COMPANIES)]
    return [round(LEAST_WAITING * growth**step) for step in steps]


def _fill(stage: Stage) -> None:
    """Play what the backlogs hang from, then write them as rows; a nudge each brings them up."""
    progress("a contact, a project and an invoice of every company")
    say_chains(stage.connection, list(stage.realms), chains=1, entities=PARENTS)
    stage.wait_until(lambda: is_handed_out(stage.connection))
    progress(f"{sum(stage.waiting.values()):,} records waiting")
    companies = list(stage.waiting)
    with stage.connection.transaction():
        stage.connection.execute(
            _BACKLOG,
            {"companies": companies, "waiting": [stage.waiting[each] for each in companies]},
        )
        stage.connection.execute(_TRANSFERS)
    stage.connection.execute("ANALYZE")
    stage.connection.execute(
        "INSERT INTO proline_qbo.nudges (company_id) SELECT unnest(%s::text[])", [companies]
    )


def _count_settled(stage: Stage) -> Counter[str]:
    rows = stage.connection.execute(_SETTLED, [list(stage.newcomers)]).fetchall()
    return Counter(dict(rows))


def _all_settled(stage: Stage) -> bool:
    said = stage.connection.execute(
        "SELECT NOT EXISTS (SELECT FROM proline_outbox.outbox_events) AND NOT EXISTS ("
        "SELECT FROM proline_qbo.records WHERE company_id = ANY(%s) AND state <> 'done')",
        [list(stage.newcomers)],
    ).fetchone()
    return said == (True,)


def _call_after(arrivals: Sequence[Arrival], at: float, realm_id: str) -> float:
    """Say how long after a moment the first call of a company came."""
    first = bisect.bisect_left(arrivals, at, key=lambda each: each.at)
    return next(each.at - at for each in arrivals[first:] if each.realm_id == realm_id)


def _served(arrivals: Sequence[Arrival], began: float, ended: float) -> Counter[str]:
    return Counter(each.realm_id for each in arrivals if began <= each.at < ended)


def _jain(counts: Sequence[int]) -> float:
    """Give 1 where all are served alike, and 1/n where one is served alone."""
    return sum(counts) ** 2 / (len(counts) * sum(each * each for each in counts))
