"""Relays and workers as processes of their own, with limits and a QuickBooks of our choosing.

They are put together of production's parts by production's own functions; only what a benchmark has
to choose is given here: `python -m benchmarks.fleet relay|worker|quickbooks '{...}'`.
"""

import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import psycopg

from app.quickbooks import QuickBooks, QuickBooksAccess, open_quickbooks
from app.relay import relaying
from app.standing import asked_to_stop, stand
from app.supervised import stop_supervised, supervise
from app.tuning import Tuning
from app.worker import SESSIONS_BESIDE_THREADS, working
from benchmarks import instant
from benchmarks.stage import KEYS, Servers
from coordination.database import Pool, open_pool
from coordination.limiter import Limits
from outbox.limits import RelayLimits
from outbox.publisher import RabbitmqPublisher
from qbo_client import endpoints_below
from workers.rabbitmq import rabbitmq_broker

START_WITHIN_SECONDS: Final = 30.0
UNPACED: Final = {"pace_ms": 0}
"""For relay and worker alike. The other limits stand as they are and are kept out of reach: a
company's ten places are no more than may be in flight, and no company is given as many records as
its window has room for."""


@dataclass(frozen=True)
class RelayChoice:
    """What a relay is started with."""

    servers: Servers
    limits: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class WorkerChoice:
    """What a worker is started with; without a `quickbooks_url` QuickBooks is in its process."""

    servers: Servers
    threads: int = 8
    limits: dict[str, Any] = field(default_factory=dict)
    quickbooks_url: str | None = None


@dataclass
class Process:
    """A process of the fleet and the supervisor that ends it with us."""

    kind: str
    supervisor: Any
    log: Path

    @property
    def pid(self) -> int:
        """The process itself, below its supervisor's shell."""
        shell = self.supervisor.pid
        children = Path(f"/proc/{shell}/task/{shell}/children").read_text(encoding="ascii")
        return int(children.split()[0])

    def assert_runs(self) -> None:
        """See that it has not ended by itself."""
        if self.supervisor.poll() is not None:
            raise RuntimeError(f"the {self.kind} ended: {self.log.read_text()[-2_000:]}")


@dataclass
class Fleet:
    """Processes started by us."""

    home: Path
    processes: list[Process] = field(default_factory=list)
    started: int = 0

    def start(self, kind: str, choice: object) -> Process:
        """Start one of `relay`, `worker`, `quickbooks`."""
        return self.start_module(kind, "benchmarks.fleet", kind, json.dumps(asdict(choice)))  # type: ignore[call-overload]

    def start_module(self, kind: str, module: str, *arguments: str) -> Process:
        """Start any module of ours as a process; what it prints is in its log."""
        self.started += 1
        log = self.home / f"{kind}-{self.started}.log"
        program = [sys.executable, "-m", module, *arguments]
        supervisor = supervise(program, log=log, environment=dict(os.environ))
        process = Process(kind, supervisor, log)
        self.processes.append(process)
        return process

    def assert_running(self) -> None:
        """See that nobody has ended by itself."""
        for process in self.processes:
            process.assert_runs()

    def stop(self, process: Process) -> None:
        """Ask one to stop and wait for it."""
        self.processes.remove(process)
        stop_supervised(process.supervisor)

    def kill(self, process: Process) -> None:
        """End one as a machine does that loses its power; its supervisor goes with it."""
        self.processes.remove(process)
        os.killpg(process.supervisor.pid, signal.SIGKILL)
        process.supervisor.wait()

    def await_address(self, process: Process) -> str:
        """Wait until a process has printed where it listens, and give that address."""
        deadline = time.monotonic() + START_WITHIN_SECONDS
        while "http" not in process.log.read_text():
            process.assert_runs()
            if time.monotonic() > deadline:
                raise TimeoutError(f"the {process.kind} did not come up")
            time.sleep(0.05)  # a log tells nobody that it grew
        return process.log.read_text().split()[-1]

    def await_beats(self, connection: psycopg.Connection, **wanted: int) -> None:
        """Wait until so many of each kind beat."""
        deadline = time.monotonic() + START_WITHIN_SECONDS
        while time.monotonic() < deadline:
            self.assert_running()
            rows = connection.execute(
                "SELECT kind, count(*) FROM proline_qbo.processes"
                " WHERE gone_at IS NULL AND beats > 1 GROUP BY kind"
            ).fetchall()
            if dict(rows).items() >= wanted.items():
                return
            time.sleep(0.05)  # beats are rows: they are asked for
        raise TimeoutError(f"not all came up: {wanted}")


@contextmanager
def running_fleet() -> Iterator[Fleet]:
    """Give a fleet without members; whoever is in it ends with the block."""
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        fleet = Fleet(Path(home))
        try:
            yield fleet
        finally:
            for process in fleet.processes:
                if process.supervisor.stdin is not None:
                    process.supervisor.stdin.close()
            for process in fleet.processes:
                stop_supervised(process.supervisor)


@contextmanager
def quickbooks_of(url: str | None, pool: Pool) -> Iterator[QuickBooks]:
    """Open QuickBooks at an address, or in this process."""
    access = QuickBooksAccess(
        base_url=url or "http://quickbooks.example",
        endpoints=endpoints_below(url or "http://quickbooks.example"),
        client_id="app",
        client_secret="secret",  # noqa: S106  # of no server that is reached
        redirect_uri="http://127.0.0.1/callback",
        keys=KEYS,
    )
    with open_quickbooks(access, pool) as opened:
        if url is not None:
            yield opened
            return
        with httpx.Client(transport=instant.transport()) as http:
            yield QuickBooks(access, http, opened.oauth, opened.tokens)


def relay(choice: dict[str, Any]) -> None:
    """Relay until asked to stop."""
    url, amqp_url = choice["servers"]["database_url"], choice["servers"]["amqp_url"]
    limits = RelayLimits(**choice["limits"])
    with (
        asked_to_stop() as asked,
        open_pool(url, max_size=1, application_name="proline-qbo relay") as pool,
        relaying(url, pool, RabbitmqPublisher(amqp_url), limits) as me,
    ):
        stand("relay", me.life, asked)


def worker(choice: dict[str, Any]) -> None:
    """Work until asked to stop."""
    url, amqp_url = choice["servers"]["database_url"], choice["servers"]["amqp_url"]
    tuning = Tuning(threads=choice["threads"], limits=Limits(**choice["limits"]))
    sessions = tuning.threads + SESSIONS_BESIDE_THREADS
    with (
        asked_to_stop() as asked,
        open_pool(
            url, max_size=sessions, application_name="proline-qbo worker", by_key=True
        ) as pool,
        quickbooks_of(choice["quickbooks_url"], pool) as quickbooks,
        working(url, pool, quickbooks, rabbitmq_broker(amqp_url), tuning=tuning) as at_work,
    ):
        stand("worker", at_work.me.life, asked)


def main(arguments: Sequence[str]) -> None:
    """Be one process of the fleet."""
    kind, choice = arguments[0], json.loads(arguments[1])
    {"relay": relay, "worker": worker}[kind](choice)


if __name__ == "__main__":
    main(sys.argv[1:])
