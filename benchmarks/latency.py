"""One change in an idle system: from its commit in ProLine to the request at QuickBooks.

A relay and a worker with production's own limits, as processes; RabbitMQ; QuickBooks over HTTP, as
a small server here that notes when a request is whole. Each sample is an edit of a contact that is
in QuickBooks: committed alone, after a random pause in which nothing else happens. The clock of
this machine is one for all processes; it starts when the commit has returned. Beside it, what the
idle relay costs: its process and its PostgreSQL sessions, as a share of one core.
"""

import os
import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import psycopg

from benchmarks import instant
from benchmarks.figures import Figure, at_most
from benchmarks.fleet import Process, RelayChoice, WorkerChoice, running_fleet
from benchmarks.options import Options, progress
from benchmarks.stage import (
    add_companies,
    company_ids,
    is_handed_out,
    say_chains,
    servers,
    session,
)

COMPANIES: Final = 20
SAMPLES: Final = 300
PAUSES_MS: Final = (20, 200)
IDLE_SECONDS: Final = 20.0
WAIT_SECONDS: Final = 30.0
LOOK_SECONDS: Final = 0.005
TICKS_PER_SECOND: Final = os.sysconf("SC_CLK_TCK")


def run(options: Options) -> list[Figure]:
    """Measure the way of single changes, then the cost of waiting for them."""
    samples = SAMPLES if not options.long else 5 * SAMPLES
    with (
        servers() as where,
        session(where.database_url) as connection,
        listening() as quickbooks,
        running_fleet() as fleet,
    ):
        add_companies(connection, company_ids(COMPANIES))
        relay = fleet.start("relay", RelayChoice(where))
        fleet.start("worker", WorkerChoice(where, quickbooks_url=quickbooks.url))
        fleet.await_beats(connection, relay=1, worker=1)
        say_chains(connection, company_ids(COMPANIES), chains=1, entities=("contact", "project"))
        _await_idle(connection)
        progress(f"{samples} changes, one at a time")
        latencies_ms = sorted(_latency_ms(connection, quickbooks, n) for n in range(samples))
        progress(f"{IDLE_SECONDS:.0f} s of nothing to do")
        share = _idle_share(connection, relay)
    return [
        Figure("latency: p50", _quantile(latencies_ms, 0.5), "ms", bar=at_most(12)),
        Figure("latency: p99", _quantile(latencies_ms, 0.99), "ms", bar=at_most(30)),
        Figure("latency: idle relay, of a core", 100 * share, "%", bar=at_most(6)),
    ]


@dataclass
class Listening:
    """QuickBooks as a server that notes when each request had come in whole."""

    url: str = ""
    arrived: threading.Event = field(default_factory=threading.Event)
    at: float = 0.0

    def note(self) -> None:
        """Note a request that has come now."""
        self.at = time.monotonic()
        self.arrived.set()


@contextmanager
def listening() -> Iterator[Listening]:
    """Listen until the block ends."""
    noted = Listening()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body leave as two writes; the second shall not wait for an answer to the first.
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            noted.note()
            content = instant.answer(urlsplit(self.path).path, body)
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its own name
            del format, args

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        noted.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield noted
        finally:
            server.shutdown()
            thread.join()


_EDIT = """
INSERT INTO proline_outbox.outbox_events (company_id, entity, record_id, event_type, snapshot)
SELECT s.company_id, 'contact', 'c1', 'benchmark',
       s.snapshot || jsonb_build_object('phone', %s::text, 'updated_at', clock_timestamp())
FROM proline_qbo.snapshots s JOIN proline_qbo.records r ON r.pk = s.record_pk
WHERE (r.company_id, r.entity, r.record_id) = (%s, 'contact', 'c1')
"""


def _latency_ms(connection: psycopg.Connection, quickbooks: Listening, number: int) -> float:
    company_id = company_ids(COMPANIES)[number % COMPANIES]
    time.sleep(random.uniform(*PAUSES_MS) / 1_000)  # noqa: S311  # no two at the same beat
    quickbooks.arrived.clear()
    connection.execute(_EDIT, [f"555-{number:04}", company_id])
    committed_at = time.monotonic()
    if not quickbooks.arrived.wait(WAIT_SECONDS):
        raise TimeoutError("a change did not reach QuickBooks")
    latency_ms = (quickbooks.at - committed_at) * 1_000
    _await_idle(connection)
    return latency_ms


def _await_idle(connection: psycopg.Connection) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not is_handed_out(connection):
        if time.monotonic() > deadline:
            raise TimeoutError("the system did not come to rest")
        time.sleep(LOOK_SECONDS)  # what others settle tells nobody here: it is asked


def _quantile(ascending: Sequence[float], share: float) -> float:
    return ascending[min(int(share * len(ascending)), len(ascending) - 1)]


_SESSIONS = "SELECT pid FROM pg_stat_activity WHERE starts_with(application_name, %s)"


def _idle_share(connection: psycopg.Connection, relay: Process) -> float:
    """Measure what process and sessions take of one core while there is nothing to do."""
    supervisor = relay.supervisor.pid
    children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text(encoding="ascii")
    sessions = connection.execute(_SESSIONS, ["proline-qbo relay"]).fetchall()
    pids = [*map(int, children.split()), *(pid for (pid,) in sessions)]
    before, began = sum(map(_cpu_seconds, pids)), time.monotonic()
    time.sleep(IDLE_SECONDS)  # the time that is counted over
    return (sum(map(_cpu_seconds, pids)) - before) / (time.monotonic() - began)


def _cpu_seconds(pid: int) -> float:
    # After the name, which may hold anything: user and system time are the 12th and 13th.
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND
