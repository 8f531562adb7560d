"""Relays and workers as real processes on real servers: started, killed, frozen, asked to stop."""

import base64
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from app.living import living
from app.quickbooks import QuickBooks, QuickBooksAccess, open_quickbooks
from app.settled import is_settled
from connections.settings import CompanySettings
from connections.slots import RealmSlots
from coordination import processes
from coordination.database import Pool, open_pool
from coordination.limiter import Limits
from tests.support.roofer import Roofer, roofer_with, until
from tests.support.zygote import TELL_WHERE, Zygote

START_SECONDS = 20.0
STOP_SECONDS = 35.0
TELL_SECONDS = 1.0


@dataclass
class Process:
    """One process of the product."""

    zygote: Zygote
    pid: int
    log: Path

    def kill(self) -> None:
        """End it as a machine does that loses its power."""
        os.kill(self.pid, signal.SIGKILL)
        until(lambda: self.exit_code is not None)

    def freeze(self) -> None:
        """Stop it in the middle of whatever it does."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        os.kill(self.pid, signal.SIGCONT)

    def ask_to_stop(self) -> None:
        """Ask for an orderly stop."""
        os.kill(self.pid, signal.SIGTERM)

    def stop(self) -> None:
        """Ask for an orderly stop and wait for it; a process that has ended is left alone."""
        if self.exit_code is None:
            self.thaw()
            self.ask_to_stop()
            self.wait_until_stopped()

    def wait_until_stopped(self) -> None:
        """Wait for its end; one that does not come fails with what each of its threads does."""
        try:
            until(lambda: self.exit_code is not None, STOP_SECONDS)
        except AssertionError as late:
            os.kill(self.pid, TELL_WHERE)
            time.sleep(TELL_SECONDS)
            message = f"process {self.pid} goes on after SIGTERM\n{self.said()}"
            raise AssertionError(message) from late

    @property
    def exit_code(self) -> int | None:
        """Its exit code once it has ended."""
        return self.zygote.exit_code(self.pid)

    def said(self) -> str:
        """Return all it has written."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""


@dataclass
class Fleet:
    """The processes of one test, and what its own hands need of the system."""

    zygote: Zygote
    environment: dict[str, str]
    home: Path
    pool: Pool
    quickbooks: QuickBooks
    slots: RealmSlots
    all: list[Process] = field(default_factory=list)

    def relay(self, prepare: str | None = None, metrics_port: int | None = None) -> Process:
        """Start a relay and wait until it beats.

        Args:
            prepare: `module:function`, called in the new process before anything else.
            metrics_port: where it shows its figures.
        """
        return self._start("relay", prepare=prepare, metrics_port=metrics_port)

    def worker(
        self, *options: str, prepare: str | None = None, metrics_port: int | None = None
    ) -> Process:
        """Start a worker and wait until it beats.

        Args:
            options: of the command line, such as `--queues`.
            prepare: `module:function`, called in the new process before anything else.
            metrics_port: where it shows its figures.
        """
        return self._start("worker", *options, prepare=prepare, metrics_port=metrics_port)

    def web(self, port: int, metrics_port: int | None = None) -> Process:
        """Start the page and wait until it beats."""
        return self._start("web", "--listen", str(port), metrics_port=metrics_port)

    def settled(self) -> bool:
        """Whether nothing is left to do."""
        return is_settled(self.pool)

    def leader(self) -> Process | None:
        """Return the relay that leads now; None: nobody does."""
        with self.pool.connection() as connection:
            found = connection.execute(
                "SELECT p.pid FROM proline_qbo.leadership l"
                " JOIN proline_qbo.processes p ON p.id = l.holder"
            ).fetchall()
        leading = [each for each in self.all if (each.pid,) in found]
        return leading[0] if leading else None

    def said(self) -> str:
        """Return all that all of them have written."""
        return "\n".join(each.said() for each in self.all)

    def stop(self) -> None:
        """Stop everybody in an orderly way, side by side."""
        running = [each for each in self.all if each.exit_code is None]
        for each in running:
            each.thaw()
            each.ask_to_stop()
        for each in running:
            each.wait_until_stopped()

    def _start(
        self, *arguments: str, prepare: str | None = None, metrics_port: int | None = None
    ) -> Process:
        log = self.home / f"{len(self.all)}-{arguments[0]}.log"
        environment = dict(self.environment)
        if metrics_port is not None:
            environment["METRICS_PORT"] = str(metrics_port)
        pid = self.zygote.start(arguments, environment, log, prepare)
        process = Process(self.zygote, pid, log)
        self.all.append(process)
        until(lambda: self._beats(process), START_SECONDS)
        return process

    def _beats(self, process: Process) -> bool:
        assert process.exit_code is None, process.said()
        with self.pool.connection() as connection:
            return any(each.pid == process.pid for each in processes.living(connection))


NewRoofer = Callable[..., tuple[Roofer, Fleet]]


@contextmanager
def fleet_for(
    access: QuickBooksAccess, zygote: Zygote, database_url: str, amqp_url: str, home: Path
) -> Iterator[Fleet]:
    """Give a fleet without processes; whoever is in it stops at the end.

    Args:
        access: how QuickBooks is reached.
        zygote: forks the processes.
        database_url: of a migrated database.
        amqp_url: of a virtual host of its own.
        home: where the logs go.
    """
    with (
        open_pool(database_url, max_size=6, application_name="tests") as pool,
        open_quickbooks(access, pool) as quickbooks,
        living(database_url, pool, "cli") as me,
    ):
        slots = RealmSlots(pool, me.process_id, Limits(), me.life.fresh_within)
        environment = _environment(access, database_url, amqp_url)
        fleet = Fleet(zygote, environment, home, pool, quickbooks, slots)
        try:
            yield fleet
        finally:
            fleet.stop()


@contextmanager
def roofer_before_processes(
    zygote: Zygote,
    database_url: str,
    amqp_url: str,
    home: Path,
    settings: CompanySettings | None = None,
    books: Mapping[str, object] | None = None,
) -> Iterator[tuple[Roofer, Fleet]]:
    """Give a contractor, connected and enabled, and a fleet without processes before it."""
    fleets = []

    @contextmanager
    def start(access: QuickBooksAccess) -> Iterator[Fleet]:
        with fleet_for(access, zygote, database_url, amqp_url, home) as fleet:
            fleets.append(fleet)
            yield fleet

    with roofer_with(database_url, start, settings, books) as roofer:
        yield roofer, fleets[0]


def _environment(access: QuickBooksAccess, database_url: str, amqp_url: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": database_url,
        "BROKER": "rabbitmq",
        "AMQP_URL": amqp_url,
        "QBO_ENVIRONMENT": "simulator",
        "QBO_BASE_URL": access.base_url,
        "QBO_OAUTH_URL": access.base_url,
        "QBO_CLIENT_ID": access.client_id,
        "QBO_CLIENT_SECRET": access.client_secret,
        "QBO_REDIRECT_URI": access.redirect_uri,
        # The key under which the tests' own app keeps its tokens, see `roofer.KEYS`.
        "TOKEN_KEYS": f"key:{base64.b64encode(b'k' * 32).decode()}",
    }
