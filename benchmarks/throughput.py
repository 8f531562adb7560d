"""Ordered throughput: outbox → RabbitMQ, confirmed → actor → QuickBooks → settled.

All work lies in the outbox of 200 companies when the clock starts; it stops when nothing is left to
hand out. Every record is one write of its own: nothing is coalesced, and each company's contacts,
projects, invoices and payments wait for one another as they always do.
"""

import socket
import time
from typing import Final

import psycopg

from benchmarks.figures import Figure, at_least, beside
from benchmarks.fleet import UNPACED, Fleet, RelayChoice, WorkerChoice, running_fleet
from benchmarks.options import Options, progress
from benchmarks.peers import dbos, dramatiq, pgqueuer, procrastinate
from benchmarks.peers.running import PeerRun
from benchmarks.stage import (
    ENTITIES,
    Servers,
    add_companies,
    company_ids,
    is_handed_out,
    say_chains,
    servers,
    session,
)

COMPANIES: Final = 200
WORKERS: Final = 2
THREADS: Final = 8
GIVEN_UP_AFTER_SECONDS: Final = 120.0
LOOK_SECONDS: Final = 0.02


RECORDS: Final = 5_000
MANY_RECORDS: Final = 20_000
LEAST: Final = 1_000.0
LEAST_BESIDE_PROCRASTINATE: Final = 3.0
PEERS: Final = {"pgqueuer": pgqueuer, "DBOS": dbos, "Dramatiq alone, unordered": dramatiq}


def run(options: Options) -> list[Figure]:
    """Measure ours in this process and over HTTP, then the peers, each with the machine to itself.

    The long form takes procrastinate to 20,000 jobs as well.
    """
    with servers() as where:
        ours = _ours(where)
        progress("over HTTP")
        over_http = _over_http(where)
        peer = _peer(procrastinate.jobs_per_second(where, jobs=RECORDS, keys=COMPANIES))
        many = None
        if options.long:
            found = procrastinate.jobs_per_second(where, jobs=MANY_RECORDS, keys=COMPANIES)
            many = _peer(found)
        others = {
            name: _peer(each.jobs_per_second(where, jobs=RECORDS, keys=COMPANIES))
            for name, each in PEERS.items()
        }
    return [
        *_figures(RECORDS, ours[RECORDS], peer),
        *_figures(MANY_RECORDS, ours[MANY_RECORDS], many),
        Figure(f"throughput: {RECORDS:,} records over HTTP", over_http, "records/s"),
        *(Figure(f"throughput: {name}", rate, "jobs/s") for name, rate in others.items()),
    ]


def _figures(records: int, rate: float, peer: float | None) -> list[Figure]:
    name = f"throughput: {records:,} records"
    least = at_least(LEAST)
    if peer is None:
        return [Figure(name, rate, "records/s", bar=least)]
    ratio = at_least(LEAST_BESIDE_PROCRASTINATE, "ratio")
    return [
        Figure(name, rate, "records/s", bar=least),
        beside(f"{name}, beside procrastinate", rate, "records/s", control=peer, bar=ratio),
    ]


def _peer(found: PeerRun) -> float:
    progress(f"{found.jobs_per_second:,.0f} jobs/s, {found.out_of_order} out of order")
    return found.jobs_per_second


def _ours(where: Servers) -> dict[int, float]:
    rates = {}
    with session(where.database_url) as connection, running_fleet() as fleet:
        add_companies(connection, company_ids(COMPANIES))
        start(fleet, where, connection)
        first = 1
        for records in (RECORDS, MANY_RECORDS):
            chains = records // COMPANIES // len(ENTITIES)
            progress(f"{records:,} records")
            rates[records] = settled_per_second(connection, fleet, chains=chains, first=first)
            first += chains
    return rates


def _over_http(where: Servers) -> float:
    """The same beside a server of the fewest lines, in a process of its own."""
    with session(where.database_url) as connection, running_fleet() as fleet:
        start(fleet, where, connection, quickbooks_url=start_quickbooks(fleet))
        chains = RECORDS // COMPANIES // len(ENTITIES)
        first = 1 + (RECORDS + MANY_RECORDS) // COMPANIES // len(ENTITIES)
        return settled_per_second(connection, fleet, chains=chains, first=first)


def start_quickbooks(fleet: Fleet) -> str:
    """Start a QuickBooks that answers at once over HTTP, and give its address."""
    port = _free_port()
    fleet.start_module(
        "quickbooks",
        *("uvicorn", "benchmarks.instant:application"),
        *("--port", str(port), "--no-access-log", "--log-level", "error"),
    )
    return f"http://127.0.0.1:{port}"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def start(
    fleet: Fleet,
    where: Servers,
    connection: psycopg.Connection,
    *,
    workers: int = WORKERS,
    threads: int = THREADS,
    quickbooks_url: str | None = None,
) -> None:
    """Start a relay and workers without pace, and wait until they beat."""
    fleet.start("relay", RelayChoice(where, dict(UNPACED)))
    for _ in range(workers):
        fleet.start("worker", WorkerChoice(where, threads, dict(UNPACED), quickbooks_url))
    fleet.await_beats(connection, relay=1, worker=workers)


_DONE = "SELECT count(*) FROM proline_qbo.records WHERE state = 'done'"


def settled_per_second(
    connection: psycopg.Connection, fleet: Fleet, *, chains: int, first: int = 1
) -> float:
    """Write chains of every company into the outbox and time the way to the last settle."""
    before = _count_done(connection)
    say_chains(connection, company_ids(COMPANIES), chains=chains, first=first)
    began = time.monotonic()
    while not is_handed_out(connection):
        fleet.assert_running()
        if time.monotonic() - began > GIVEN_UP_AFTER_SECONDS:
            break
        time.sleep(LOOK_SECONDS)  # what others settle tells nobody here: it is asked
    taken_seconds = time.monotonic() - began
    return (_count_done(connection) - before) / taken_seconds


def _count_done(connection: psycopg.Connection) -> int:
    row = connection.execute(_DONE).fetchone()
    return int(row[0]) if row else 0
