"""A supervised process ends when it is asked to, and never outlives its owner."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from app.supervised import stop_supervised, supervise
from tests.support.roofer import until

SLEEPER = ("/bin/sh", "-c", "echo $$; exec sleep 60")
OWNER = """
import os, pathlib, sys, time
from app.supervised import supervise
supervise({arguments!r}, log=pathlib.Path({log!r}), environment=dict(os.environ))
print("started", flush=True)
time.sleep(60)  # until it is killed
"""
ENVIRONMENT = {"PATH": os.defpath}


def pid_in(log: Path) -> int:
    """Read which process it is."""
    until(lambda: log.exists() and log.read_text().strip())
    return int(log.read_text().split()[0])


def is_there(pid: int) -> bool:
    """Whether the process runs."""
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def test_it_ends_when_it_is_asked_to(tmp_path: Path) -> None:
    """Closing the pipe is asking."""
    supervisor = supervise(SLEEPER, log=tmp_path / "log", environment=ENVIRONMENT)
    pid = pid_in(tmp_path / "log")

    stop_supervised(supervisor)

    assert not is_there(pid)
    assert supervisor.returncode == 128 + signal.SIGTERM


def test_its_supervisor_tells_how_it_ended(tmp_path: Path) -> None:
    """A process that was killed is told from one that ended by itself."""
    supervisor = supervise(SLEEPER, log=tmp_path / "log", environment=ENVIRONMENT)
    os.kill(pid_in(tmp_path / "log"), signal.SIGKILL)

    until(lambda: supervisor.poll() is not None)

    assert supervisor.returncode == 128 + signal.SIGKILL
    stop_supervised(supervisor)


def test_it_does_not_outlive_an_owner_that_was_killed(tmp_path: Path) -> None:
    """Nobody is left to ask; the kernel closes the pipe."""
    script = OWNER.format(arguments=SLEEPER, log=str(tmp_path / "log"))
    with subprocess.Popen(  # noqa: S603  # this Python, with the script above
        [sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    ) as owner:
        pid = pid_in(tmp_path / "log")
        owner.kill()

    until(lambda: not is_there(pid))
