"""A process that has imported everything, and forks a `proline-qbo` for whoever asks.

Starting Python and importing the product takes two seconds of a core; a fork takes none, and what
it runs is the command line all the same. Run as a module; it speaks lines of JSON with `Zygote`.
"""

import faulthandler
import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.support.planted import plant

ROOT = Path(__file__).parents[2]
# A process of the product writes what each of its threads does to its log when it gets this one.
TELL_WHERE = signal.SIGUSR2
PRELOADED = (
    "app.cli.relaying",
    "app.cli.working",
    "app.cli.serving",
    "kombu.transport.pyamqp",
    "psycopg_binary",
)


class Zygote:
    """Starts processes of the product; all that are left end with it."""

    def __enter__(self) -> Self:
        """Start it; the first answer comes when everything is imported."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.zygote"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            text=True,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it, and with it every process it has started."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()

    def start(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        prepare: str | None = None,
    ) -> int:
        """Fork one `proline-qbo` and give its process id.

        Args:
            arguments: of the command line.
            environment: all that it has.
            log: where both its streams go.
            prepare: `module:function` of the tests, called in the new process first.
        """
        asked = {
            "arguments": list(arguments),
            "environment": dict(environment),
            "log": str(log),
            "prepare": prepare,
        }
        return int(self._ask(asked))

    def exit_code(self, pid: int) -> int | None:
        """Give the exit code of a process that has ended, -9 if it was killed; None: it runs."""
        answer = self._ask({"poll": pid})
        return None if answer is None else int(answer)

    def _ask(self, asked: Mapping[str, object]) -> Any:  # noqa: ANN401  # a number or none
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


def serve() -> None:
    """Fork and tell until the other side closes the pipe; then end what is left."""
    for module in PRELOADED:
        import_module(module)
    plant()
    children: dict[int, int | None] = {}
    for line in sys.stdin:
        asked = json.loads(line)
        answer = _poll(children, asked["poll"]) if "poll" in asked else _fork(children, asked)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    for pid in [pid for pid, code in children.items() if code is None]:
        os.kill(pid, signal.SIGKILL)


def _poll(children: dict[int, int | None], pid: int) -> int | None:
    if children[pid] is None:
        ended, status = os.waitpid(pid, os.WNOHANG)
        children[pid] = os.waitstatus_to_exitcode(status) if ended else None
    return children[pid]


def _fork(children: dict[int, int | None], asked: dict[str, Any]) -> int:
    pid = os.fork()
    if pid == 0:
        _become(asked)
    children[pid] = None
    return pid


def _become(asked: dict[str, Any]) -> None:
    """Run the command line in this new process and end it, come what may."""
    code = 70
    try:
        os.setsid()
        _redirect(Path(asked["log"]))
        faulthandler.register(TELL_WHERE)
        os.environ.clear()
        os.environ.update(asked["environment"])
        if asked["prepare"]:
            module, _, function = asked["prepare"].partition(":")
            getattr(import_module(module), function)()
        code = _run(asked["arguments"])
    except BaseException:  # noqa: BLE001  # a fork must not return into the code that forked it
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _redirect(log: Path) -> None:
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)


def _run(arguments: Sequence[str]) -> int:
    main = import_module("app.cli").main
    sys.argv = ["proline-qbo", *arguments]
    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


if __name__ == "__main__":
    serve()
