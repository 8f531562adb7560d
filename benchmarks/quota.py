"""How much of its quota a company gets while there is no end of work, and whether it keeps within.

Four companies write all the time to the simulator, a process of its own to which every call comes
by a way with jitter, and which answers after a random while. The limits are production's, and so
are the two relays. On the way a worker is killed and another started, as its platform would, and
the leading relay is started anew.
The simulator counts. A company's window gives a place back one window after the *answer*: of the
ceiling it can use no more than 60 in 60 seconds and the length of a call, which is 0.99 here.

The limits hold while a call arrives within 150 ms of its slot: 50 of ours, 100 of the way's. A
machine with too much to do holds calls up for longer; that is told beside, and then a figure says
nothing.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg

from benchmarks.distant import Distant, connect_companies, start_distant
from benchmarks.figures import Figure, at_least, at_most
from benchmarks.fleet import Fleet, Process, RelayChoice, WorkerChoice, running_fleet
from benchmarks.options import Options, progress
from benchmarks.stage import EASY, Servers, company_ids, say_chains, servers, session

COMPANIES: Final = 4
WORKERS: Final = 2
THREADS: Final = 16
SECONDS: Final = 240
LONG_SECONDS: Final = 1_800
KILL_AFTER: Final = 0.35
RESTART_AFTER: Final = 0.65
"""Parts of the whole time; both fall into full windows."""
LATENCY_MS: Final = (150, 900)
JITTER_MS: Final = 100
CALLS_PER_SECOND_MOST: Final = 500 / 60
CALLS_PER_CHAIN: Final = 4
LOOK_SECONDS: Final = 0.5
USED_LEAST: Final = 0.975
CEILING: Final = EASY.ceiling
WINDOW_SECONDS: Final = 60
VENDOR_SECOND: Final = 10
IN_FLIGHT: Final = 10


@dataclass(frozen=True)
class Stage:
    """Everything the benchmark stands on."""

    where: Servers
    connection: psycopg.Connection
    fleet: Fleet
    distant: Distant
    realms: dict[str, str]


def run(options: Options) -> list[Figure]:
    """Play for four minutes, or for thirty."""
    seconds = LONG_SECONDS if options.long else SECONDS
    with servers() as where, session(where.database_url) as connection, running_fleet() as fleet:
        distant = start_distant(fleet, jitter_ms=JITTER_MS)
        ids = company_ids(COMPANIES)
        realms = {each: distant.make_books(each, latency_ms=LATENCY_MS) for each in ids}
        connect_companies(connection, distant, realms, EASY)
        stage = Stage(where, connection, fleet, distant, realms)
        play(stage, seconds)
        return figures_of(stage)


def play(stage: Stage, seconds: float) -> None:
    """Write without end; kill a worker and start the relay anew on the way."""
    chains = int(CALLS_PER_SECOND_MOST * seconds / CALLS_PER_CHAIN) + 1
    say_chains(stage.connection, list(stage.realms), chains=chains)
    leader = stage.fleet.start("relay", RelayChoice(stage.where))
    stage.fleet.await_beats(stage.connection, relay=1)
    stage.fleet.start("relay", RelayChoice(stage.where))
    workers = [_start_worker(stage) for _ in range(WORKERS)]
    stage.fleet.await_beats(stage.connection, relay=2, worker=WORKERS)
    began = time.monotonic()
    _pass(stage, began + KILL_AFTER * seconds)
    progress("killing a worker")
    stage.fleet.kill(workers[0])
    _start_worker(stage)
    _pass(stage, began + RESTART_AFTER * seconds)
    progress("starting the leading relay anew")
    stage.fleet.stop(leader)
    stage.fleet.start("relay", RelayChoice(stage.where))
    _pass(stage, began + seconds)


def figures_of(stage: Stage) -> list[Figure]:
    """Judge by what the simulator has counted."""
    used, figures = [], []
    for company_id, realm_id in stage.realms.items():
        part = used_of([_arrival(call) for call in stage.distant.calls(realm_id)])
        used.append(part)
        figures.append(Figure(f"quota: used, {company_id}", part, ""))
    reports = [stage.distant.report(realm_id) for realm_id in stage.realms.values()]
    overall = sum(used) / len(used)
    late_ms = max(_latest_arrival_ms(stage, realm_id) for realm_id in stage.realms.values())
    return [
        *figures,
        Figure("quota: used, all companies", overall, "", bar=at_least(USED_LEAST)),
        _most("most calls in 60 s", "most_in_60s", reports, CEILING),
        _most("most calls in 1 s", "most_in_1s", reports, VENDOR_SECOND),
        _most("most calls in flight", "most_in_flight", reports, IN_FLIGHT),
        _most("429s", "throttled", reports, 0),
        Figure("quota: latest arrival after its slot", late_ms, "ms"),
    ]


def used_of(arrivals: Sequence[float]) -> float:
    """Say how much was used of what the ceiling allows, from the ceiling-th call to the last.

    Args:
        arrivals: in seconds, in order; the first ceiling's worth fills the empty window and says
            nothing of how it is kept full.
    """
    since = arrivals[CEILING - 1]
    allowed = CEILING / WINDOW_SECONDS * (arrivals[-1] - since)
    return (len(arrivals) - CEILING) / allowed


def _most(name: str, key: str, reports: Sequence[dict[str, Any]], limit: int) -> Figure:
    return Figure(f"quota: {name}", max(each[key] for each in reports), "", bar=at_most(limit))


_SLOTS = """
SELECT a.request_id, extract(epoch FROM max(c.slot_at))::float8
FROM proline_qbo.calls c JOIN proline_qbo.attempts a ON a.id = c.attempt_id
WHERE c.realm_id = %s AND NOT c.unsent GROUP BY a.request_id HAVING count(*) = 1
"""


def _latest_arrival_ms(stage: Stage, realm_id: str) -> float:
    """Compare when calls arrived with when they should have left; one machine has one clock."""
    rows = stage.connection.execute(_SLOTS, [realm_id]).fetchall()
    slots: dict[str, float] = dict(rows)
    calls = stage.distant.calls(realm_id)
    late = [
        _arrival(each) - slots[each["requestid"]] for each in calls if each["requestid"] in slots
    ]
    return max(late) * 1_000


def _start_worker(stage: Stage) -> Process:
    return stage.fleet.start(
        "worker", WorkerChoice(stage.where, THREADS, quickbooks_url=stage.distant.url)
    )


def _pass(stage: Stage, until: float) -> None:
    while time.monotonic() < until:
        stage.fleet.assert_running()
        time.sleep(LOOK_SECONDS)  # what others settle tells nobody here: it is asked


def _arrival(call: dict[str, Any]) -> float:
    return datetime.fromisoformat(call["received_at"]).timestamp()
