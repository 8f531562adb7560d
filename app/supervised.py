"""A process that never outlives the one that started it.

It runs below a shell that holds a pipe to its owner: however the owner ends, SIGKILL included, the
kernel closes the pipe and the shell asks that one process to stop.
"""

import pwd
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

STOP_LIMIT_SECONDS: Final = 30.0

_SUPERVISOR: Final = """
exec 3<&0 </dev/null
signal=$1; shift
"$@" 3<&- & child=$!
{ read -r _ <&3; kill -"$signal" "$child" 2>/dev/null; } & watch=$!
wait "$child"; code=$?
kill "$watch" 2>/dev/null
exit "$code"
"""


def supervise(
    arguments: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str],
    stop_signal: Literal["TERM", "INT"] = "TERM",
    directory: Path | None = None,
    owner: pwd.struct_passwd | None = None,
) -> subprocess.Popen[bytes]:
    """Start a process below its supervisor, and return the supervisor.

    Args:
        arguments: program and arguments; no shell reads them.
        log: where its output is appended.
        environment: all it has.
        stop_signal: what asks it to stop. A shell starts a child with SIGINT ignored: only a
            program that handles it by itself may be asked by that.
        directory: where it runs; None: here.
        owner: as whom it runs; None: as us.
    """
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603  # the script is a constant, its arguments are ours
            ["/bin/sh", "-c", _SUPERVISOR, "supervisor", stop_signal, *arguments],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            cwd=directory,
            # Ctrl-C at the terminal is for the owner, who stops its processes in their order.
            start_new_session=True,
            env=dict(environment),
            user=None if owner is None else owner.pw_uid,
            group=None if owner is None else owner.pw_gid,
            extra_groups=None if owner is None else [],
        )


def stop_supervised(supervisor: subprocess.Popen[bytes]) -> None:
    """Ask it to stop and wait; after `STOP_LIMIT_SECONDS` the supervisor is killed."""
    if supervisor.stdin is not None:
        supervisor.stdin.close()
    try:
        supervisor.wait(STOP_LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        supervisor.kill()
        supervisor.wait(STOP_LIMIT_SECONDS)
