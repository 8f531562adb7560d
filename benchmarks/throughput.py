"""Ordered throughput: outbox → RabbitMQ, confirmed → actor → QuickBooks → settled.

All work lies in the outbox of 200 companies when the clock starts; it stops when nothing is left to
hand out. Every record is one write of its own: nothing is coalesced, and each company's contacts,
projects, invoices and payments wait for one another as they always do.
"""

import time
from typing import Final

import psycopg

from benchmarks.figures import Figure
from benchmarks.fleet import UNPACED, Fleet, RelayChoice, WorkerChoice, running_fleet
from benchmarks.options import Options, progress
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


def run(options: Options) -> list[Figure]:
    """Measure 5,000 records, then 20,000, on one fleet."""
    figures = []
    with servers() as where, session(where.database_url) as connection, running_fleet() as fleet:
        ids = company_ids(COMPANIES)
        add_companies(connection, ids)
        start(fleet, where, connection)
        first = 1
        for chains in (5, 25) if not options.long else (5, 25, 100):
            records = chains * len(ids) * len(ENTITIES)
            progress(f"{records:,} records")
            rate = settled_per_second(connection, fleet, chains=chains, first=first)
            figures.append(Figure(f"throughput: {records:,} records", rate, "records/s"))
            first += chains
    return figures


def start(
    fleet: Fleet,
    where: Servers,
    connection: psycopg.Connection,
    *,
    workers: int = WORKERS,
    threads: int = THREADS,
) -> None:
    """Start a relay and workers without pace, and wait until they beat."""
    fleet.start("relay", RelayChoice(where, dict(UNPACED)))
    for _ in range(workers):
        fleet.start("worker", WorkerChoice(where, threads, dict(UNPACED)))
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
        time.sleep(LOOK_SECONDS)
    taken_seconds = time.monotonic() - began
    return (_count_done(connection) - before) / taken_seconds


def _count_done(connection: psycopg.Connection) -> int:
    row = connection.execute(_DONE).fetchone()
    return int(row[0]) if row else 0
