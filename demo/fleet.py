"""The production shape on one machine: simulator, two relays and two workers, a process each.

They are started as an operator starts them, by the command line, with settings from the
environment. However this process ends, they end with it.
"""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Final

from app.supervised import stop_supervised, supervise
from coordination.database import Pool
from demo.failures import DemonstrationFailed
from demo.running import RunningSystem

PROGRAM: Final = (sys.executable, "-c", "from app.cli import main; main()")
START_WITHIN_SECONDS: Final = 60.0
LOOK_EVERY_SECONDS: Final = 0.05
LAST_WORDS: Final = 2_000
KILLED: Final = 128 + signal.SIGKILL
"""How a shell tells that its child was killed."""
RELAYS: Final = 2
WORKERS: Final = 2


@dataclass
class Member:
    """One process, under a supervisor that ends it with us."""

    name: str
    supervisor: subprocess.Popen[bytes]
    log: Path

    def said(self) -> str:
        """Return the end of what it wrote."""
        return self.log.read_text(errors="replace")[-LAST_WORDS:].strip() or "nothing"


@dataclass
class Fleet:
    """Processes started by us, and no others."""

    environment: dict[str, str]
    home: Path
    members: list[Member] = field(default_factory=list)
    killed: int = 0

    def start(self, name: str, *arguments: str) -> Member:
        """Start `proline-qbo` with these arguments."""
        log = self.home / f"{name}.log"
        supervisor = supervise([*PROGRAM, *arguments], log=log, environment=self.environment)
        self.members.append(Member(name, supervisor, log))
        return self.members[-1]

    def assert_running(self) -> None:
        """See that nobody ended who was not killed on purpose.

        Raises:
            DemonstrationFailed: somebody did.
        """
        ended = [each for each in self.members if each.supervisor.poll() is not None]
        killed = [each for each in ended if each.supervisor.returncode == KILLED]
        for member in [each for each in ended if each not in killed[: self.killed]]:
            raise DemonstrationFailed(f"{member.name} ended by itself; it said: {member.said()}")

    def kill(self, pid: int) -> None:
        """Kill one with SIGKILL, as a machine or its operator would."""
        self.killed += 1
        os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        """Ask everybody to stop, then wait for each."""
        for member in self.members:
            if member.supervisor.stdin is not None:
                member.supervisor.stdin.close()
        for member in self.members:
            stop_supervised(member.supervisor)


@dataclass(frozen=True)
class FleetSystem(RunningSystem):
    """A system whose every process is ours."""

    fleet: Fleet

    def settled(self) -> bool:
        """Whether nothing is left to do, as long as everybody runs who should."""
        self.fleet.assert_running()
        return super().settled()


@contextmanager
def running_fleet(environment: Mapping[str, str]) -> Iterator[Fleet]:
    """Give a fleet without members; whoever is in it ends with the block."""
    with tempfile.TemporaryDirectory(prefix="proline-qbo-") as home:
        fleet = Fleet(dict(environment), Path(home))
        try:
            yield fleet
        finally:
            fleet.stop()


def start_simulator(fleet: Fleet) -> str:
    """Start the stand-in for QuickBooks Online and give its address, which is all it prints."""
    member = fleet.start("simulator", "simulator", "--port", "0")
    wait_until(lambda: "http" in member.said(), fleet)
    return member.said().split()[-1]


def start_relays_and_workers(fleet: Fleet, pool: Pool) -> FleetSystem:
    """Start a relay, a standby and two workers, and wait until all of them beat."""
    for number in range(1, RELAYS + 1):
        fleet.start(f"relay {number}", "relay")
    for number in range(1, WORKERS + 1):
        fleet.start(f"worker {number}", "worker")
    system = FleetSystem(pool, fleet)
    everybody = {"relay": RELAYS, "worker": WORKERS}
    wait_until(lambda: system.beating().items() >= everybody.items(), fleet)
    return system


def wait_until(condition: Callable[[], bool], fleet: Fleet) -> None:
    """Wait for a condition while everybody runs.

    Raises:
        DemonstrationFailed: it never came, or somebody ended.
    """
    until = monotonic() + START_WITHIN_SECONDS
    while not condition():
        fleet.assert_running()
        if monotonic() > until:
            names = ", ".join(member.name for member in fleet.members)
            raise DemonstrationFailed(f"{names} did not come up in {START_WITHIN_SECONDS:.0f} s.")
        Event().wait(LOOK_EVERY_SECONDS)
