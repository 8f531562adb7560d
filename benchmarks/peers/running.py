"""How every peer is run: filled, then worked off by two processes, then judged by its own notes.

A peer's module is its program too: `python -m benchmarks.peers.<name> fill|work '{...}'`. All jobs
are enqueued before the clock starts, each key's in its order and the keys mixed; PostgreSQL has its
statistics, as one that stands for long does. The processes have imported all they
need before any may begin. The clock runs from the beginning of the first job to the end of the
last, so that no peer pays for its start; its acknowledgement of the very last job is not in it.

Weakness: a job takes microseconds. Two of a key that overlap are seen only if they meet within
them; where nothing keeps a key's order, inversions show it much oftener.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Final
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg

from app.supervised import stop_supervised, supervise
from benchmarks.peers.job import Done, Job, count, read

PROCESSES: Final = 2
CONCURRENCY: Final = 8
"""Of each process: threads, or jobs at once on its event loop."""
LIMIT_SECONDS: Final = 90.0
START_LIMIT_SECONDS: Final = 60.0
FILL_LIMIT_SECONDS: Final = 600.0
POLL_SECONDS: Final = 0.02


@dataclass(frozen=True)
class PeerRun:
    """What one peer did.

    Attributes:
        jobs_per_second: of the jobs that were done, repetitions not counted twice.
        jobs: how many were asked for.
        done: how many were done before the limit.
        seconds: from the beginning of the first to the end of the last.
        overlapped: how many began before another of their key had ended.
        out_of_order: how many began after a later one of their key.
        repeated: how often one was done again.
    """

    jobs_per_second: float
    jobs: int
    done: int
    seconds: float
    overlapped: int
    out_of_order: int
    repeated: int


@dataclass(frozen=True)
class Task:
    """What a process of a peer is told.

    Attributes:
        url: of the server that is the peer's for this run.
        jobs: how many there are.
        keys: over how many keys they are spread.
        home: a directory that the processes of this run share.
        process: which of the workers it is.
    """

    url: str
    jobs: int
    keys: int
    home: str
    process: int = 0

    def orders(self) -> list[tuple[int, int]]:
        """Give key and number of every job, as they are to be enqueued: every run's are the same.

        A key's jobs stand in their order, sometimes close together and sometimes far apart, as a
        company's work does; where they always stood far apart, nobody would get them out of order.
        """
        keys = [place % self.keys for place in range(self.jobs)]
        Random(self.jobs).shuffle(keys)  # noqa: S311  # no secret
        next_of = [0] * self.keys
        orders = []
        for key in keys:
            orders.append((key, next_of[key]))
            next_of[key] += 1
        return orders

    def job(self) -> Job:
        """Open what a worker runs for each job."""
        return Job(self.notes)

    def begin_together(self) -> None:
        """Say that this process is ready, and wait until all are."""
        (Path(self.home) / f"ready-{self.process}").touch()
        begin = Path(self.home) / "begin"
        while not begin.exists():
            time.sleep(POLL_SECONDS / 10)  # a file tells nobody that it is there

    @property
    def notes(self) -> Path:
        """Where the jobs are noted."""
        return Path(self.home) / "notes"


def be_a_process(arguments: Sequence[str], **roles: Callable[[Task], None]) -> None:
    """Fill or work, as the command line says."""
    roles[arguments[0]](Task(**json.loads(arguments[1])))


def wait_to_be_ended() -> None:
    """Stand still while other threads work, until this process is asked to end and so ends."""
    while True:
        signal.pause()


def on_postgres(module: str, server_url: str, *, jobs: int, keys: int) -> PeerRun:
    """Run a peer on a database of its own, which is dropped afterwards.

    Args:
        module: the peer's, with the roles `fill` and `work`.
        server_url: of a database of the same server, as its superuser.
        jobs: how many.
        keys: over how many keys.
    """
    name = f"peer_{uuid4().hex[:12]}"
    url = urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            return on_server(module, url, jobs=jobs, keys=keys, filled=lambda: _analyze(url))
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def on_server(
    module: str,
    url: str,
    *,
    jobs: int,
    keys: int,
    filled: Callable[[], None] = lambda: None,
) -> PeerRun:
    """Run a peer on a server that is empty.

    Args:
        module: the peer's, with the roles `fill` and `work`.
        url: of the server.
        jobs: how many.
        keys: over how many keys.
        filled: called between filling and working.
    """
    with tempfile.TemporaryDirectory(prefix="peer-") as home:
        task = Task(url, jobs, keys, home)
        _fill(module, task)
        filled()
        with _workers(module, task) as assert_running:
            _work(task, assert_running)
            # Now: what one worker did and could not acknowledge is given to the other as it ends.
            noted = list(read(task.notes))
        return judge(noted, jobs=jobs)


def judge(noted: Iterable[Done], *, jobs: int) -> PeerRun:
    """Say how fast it went, and look for what did not keep its key's order."""
    in_time = sorted(noted, key=lambda done: done.began)
    if not in_time:
        return PeerRun(0.0, jobs, 0, 0.0, 0, 0, 0)
    overlapped = out_of_order = 0
    busy_until: dict[int, float] = {}
    newest: dict[int, int] = {}
    for done in in_time:
        overlapped += done.began < busy_until.get(done.key, done.began)
        out_of_order += done.number < newest.get(done.key, done.number)
        busy_until[done.key] = max(done.ended, busy_until.get(done.key, done.ended))
        newest[done.key] = max(done.number, newest.get(done.key, done.number))
    different = len({(done.key, done.number) for done in in_time})
    seconds = max(busy_until.values()) - in_time[0].began
    return PeerRun(
        jobs_per_second=different / seconds,
        jobs=jobs,
        done=different,
        seconds=seconds,
        overlapped=overlapped,
        out_of_order=out_of_order,
        repeated=len(in_time) - different,
    )


def _fill(module: str, task: Task) -> None:
    filling = subprocess.run(  # noqa: S603  # a module of ours, no shell
        _program(module, "fill", task),
        capture_output=True,
        check=False,
        text=True,
        timeout=FILL_LIMIT_SECONDS,
    )
    if filling.returncode != 0:
        raise RuntimeError(f"{module} could not be filled: {filling.stderr[-2_000:]}")


@contextmanager
def _workers(module: str, task: Task) -> Iterator[Callable[[], None]]:
    """Run the peer's workers, who end with the block; give what sees that none has ended before."""
    home = Path(task.home)
    with ExitStack() as started:
        workers = []
        for number in range(PROCESSES):
            its_task = Task(**{**asdict(task), "process": number})
            log = home / f"worker-{number}.log"
            program = _program(module, "work", its_task)
            worker = supervise(program, log=log, environment=os.environ)
            started.callback(stop_supervised, worker)
            workers.append((worker, log))

        def assert_running() -> None:
            for worker, log in workers:
                if worker.poll() is not None:
                    raise RuntimeError(f"a worker of {module} ended: {log.read_text()[-2_000:]}")

        yield assert_running


def _work(task: Task, assert_running: Callable[[], None]) -> None:
    """Let the workers begin, and wait until all is done or the limit is reached."""
    ready = [Path(task.home) / f"ready-{number}" for number in range(PROCESSES)]
    _wait(lambda: all(each.exists() for each in ready), START_LIMIT_SECONDS, assert_running)
    (Path(task.home) / "begin").touch()
    with suppress(TimeoutError):
        _wait(lambda: _is_done(task), LIMIT_SECONDS, assert_running)


def _is_done(task: Task) -> bool:
    """Whether every job was done; what was done twice is looked at only when it could matter."""
    if count(task.notes) < task.jobs:
        return False
    return len({(done.key, done.number) for done in read(task.notes)}) >= task.jobs


def _wait(is_so: Callable[[], bool], seconds: float, assert_running: Callable[[], None]) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert_running()
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s")
        time.sleep(POLL_SECONDS)  # files tell nobody that they grow


def _program(module: str, role: str, task: Task) -> list[str]:
    return [sys.executable, "-m", module, role, json.dumps(asdict(task))]


def _analyze(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
