"""A RabbitMQ of one's own, from the programs on this machine: for the demo and for the tests.

A private node runs below this process and never outlives it. It listens on 127.0.0.1 alone, on
ports it chose itself, has a port mapper (epmd), a cookie and a home of its own, and so meets no
other node, not even one that runs as a service here. It works as root and as any other user.
It is never used in production, where RabbitMQ is given by `AMQP_URL`.

Weakness: whoever may open a connection to 127.0.0.1 may use the node, as its user `guest`. The
ports are free when they are chosen; while a killed node waits to be started again, they could be
taken by another.
"""

import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from broker.connecting import BROKER_ERRORS, unopened

START_LIMIT_SECONDS: Final = 90.0
STOP_LIMIT_SECONDS: Final = 30.0
POLL_SECONDS: Final = 0.05
LOOPBACK: Final = "127.0.0.1"
# Below what Linux and macOS hand out by themselves: a node that is started again finds them free.
PORTS: Final = range(20_000, 32_000)
# Debian's programs for users, in /usr/sbin, drop the environment; those beside the library do not.
PLACES: Final = tuple(
    map(Path, ("/usr/lib/rabbitmq/bin", "/opt/homebrew/opt/rabbitmq/sbin", "/usr/local/sbin"))
)
SETTINGS: Final = """\
# A nearly full disk must not stop publishers for a test's sake: a node needs a few megabytes.
disk_free_limit.absolute = 1MB
log.console.level = warning
"""
# One scheduler, and none waits busily: two idle nodes leave the cores to what is tested.
ERLANG_OPTIONS: Final = "-noinput +S 1:1 -kernel inet_dist_use_interface {127,0,0,1}"
# Erlang's tables on disk are written a few seconds late; this writes them now.
WRITE_OUT: Final = "[dets:sync(Table) || Table <- dets:all()]."

# The node lives as long as the pipe on its supervisor's standard input: however this process ends,
# SIGKILL included, the kernel closes the pipe and the node is killed, then its port mapper. An
# owner that wrote a line first wants the data kept; the data of one that vanished go too.
SUPERVISOR: Final = """
exec 3<&0 </dev/null
directory=$1 epmd=$2 port=$3; shift 3
"$epmd" -port "$port" -address 127.0.0.1 3<&- & names=$!
"$@" 3<&- & node=$!
echo "$node" >node.pid
{ read -r _ <&3 || : >owner.gone; kill -KILL "$node" 2>/dev/null; } & watch=$!
wait "$node"
kill "$watch" "$names" 2>/dev/null
wait
if [ -e owner.gone ]; then rm -rf "$directory"; fi
"""


class PrivateRabbitmqFailed(RuntimeError):
    """The private node could not be started or asked; the sentence says what to do."""


class PrivateRabbitmq:
    """A context manager that runs one RabbitMQ node and gives its address as `url`.

    Its data last as long as the context: `kill` and `stop` leave them to the next `start`, which
    finds the node at the same address.

    Attributes:
        directory: where all of it is kept, private to this user.
    """

    def __init__(self) -> None:
        """Note what to run; nothing is started before the context is entered."""
        self._amqp_port, self._distribution_port, self._epmd_port = _free_ports(3)
        self.directory = Path()
        self._supervisor: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address of the node's virtual host `/`, as its administrator."""
        return f"amqp://guest:guest@{LOOPBACK}:{self._amqp_port}/%2F"

    @property
    def pid(self) -> int:
        """The process of the node itself.

        Raises:
            PrivateRabbitmqFailed: it does not run.
        """
        noted = self.directory / "node.pid"
        if not self.is_running or not noted.exists():
            raise PrivateRabbitmqFailed("The private RabbitMQ does not run: start it first.")
        return int(noted.read_text())

    @property
    def is_running(self) -> bool:
        """Whether the node was started and has not ended since, by us or by itself."""
        return self._supervisor is not None and self._supervisor.poll() is None

    def __enter__(self) -> Self:
        """Start the node and wait until it answers.

        Raises:
            PrivateRabbitmqFailed: a program is missing, or the node did not start.
        """
        self.directory = Path(tempfile.mkdtemp(prefix="rmq-"))
        try:
            self.start()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Kill this node, and only this one, and remove its data, which nobody needs any more."""
        self._remove()

    def start(self) -> None:
        """Start the node on the data it has, and wait until it answers.

        Raises:
            PrivateRabbitmqFailed: it runs already, a program is missing, or it did not start.
        """
        if self.is_running:
            raise PrivateRabbitmqFailed("The private RabbitMQ runs already: stop it first.")
        self._end()
        self._supervisor = self._supervise(programs())
        try:
            self._wait_until_it_answers(self._supervisor)
        except BaseException:
            self._end()
            raise

    def stop(self) -> None:
        """Let the node shut down in order, and keep its data."""
        if self.is_running:
            os.kill(self.pid, signal.SIGTERM)
        self._end(wait_seconds=STOP_LIMIT_SECONDS)

    def kill(self) -> None:
        """End the node as a crash would, once it has written out what it knows of its queues.

        RabbitMQ 3.10 leaves what it notes of a new quorum queue three seconds in memory. Killed
        within them, it comes back with a queue that has no leader, for ever, and blocks whoever
        uses it. What is killed here shall be a RabbitMQ that has stood for a while.

        Raises:
            PrivateRabbitmqFailed: it could not be asked to.
        """
        self.ctl("eval", WRITE_OUT)
        self._end()

    def ctl(self, *arguments: str) -> str:
        """Run `rabbitmqctl` against the node, and return what it said; it takes about a second.

        Raises:
            PrivateRabbitmqFailed: it could not do what it was asked.
        """
        try:
            asked = subprocess.run(  # noqa: S603  # RabbitMQ's program, no shell, arguments of ours
                [programs() / "rabbitmqctl", "--quiet", *arguments],
                capture_output=True,
                check=False,
                cwd=self.directory,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                text=True,
                timeout=START_LIMIT_SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            message = f"rabbitmqctl {arguments[0]} was not answered: does the node stand still?"
            raise PrivateRabbitmqFailed(message) from error
        if asked.returncode != 0:
            said = f"{asked.stdout}{asked.stderr}".strip()
            raise PrivateRabbitmqFailed(f"rabbitmqctl {arguments[0]} failed; it said: {said}")
        return asked.stdout

    def _supervise(self, found: Path) -> subprocess.Popen[bytes]:
        (self.directory / "node.pid").unlink(missing_ok=True)
        (self.directory / "enabled_plugins").write_text("[].\n")
        (self.directory / "rabbitmq.conf").write_text(SETTINGS)
        epmd = shutil.which("epmd", path=_path()) or "epmd"
        server = str(found / "rabbitmq-server")
        arguments = [str(self.directory), epmd, str(self._epmd_port), server]
        with self._log.open("ab") as output:
            return subprocess.Popen(  # noqa: S603  # the script is a constant, its arguments are ours
                ["/bin/sh", "-c", SUPERVISOR, "rabbitmq", *arguments],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                cwd=self.directory,
                # Ctrl-C at the terminal is for the owner, who stops the node last.
                start_new_session=True,
                env=self._environment(),
            )

    def _wait_until_it_answers(self, supervisor: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_LIMIT_SECONDS
        while time.monotonic() < deadline and supervisor.poll() is None:
            if _answers(self.url):
                return
            time.sleep(POLL_SECONDS)  # a node tells nobody that it is up: it is asked
        message = f"The private RabbitMQ did not start; it said: {_last_words(self._log)}"
        raise PrivateRabbitmqFailed(message)

    def _end(self, *, wait_seconds: float = 0.0) -> None:
        """Wait for the supervisor so long, then have it kill the node and keep the data."""
        supervisor, self._supervisor = self._supervisor, None
        if supervisor is None:
            return
        assert supervisor.stdin is not None  # noqa: S101  # _supervise made it a pipe
        with suppress(subprocess.TimeoutExpired):
            supervisor.wait(wait_seconds)
        with suppress(BrokenPipeError), supervisor.stdin as pipe:
            pipe.write(b"end\n")
        supervisor.wait(STOP_LIMIT_SECONDS)

    def _remove(self) -> None:
        self._end()
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def _log(self) -> Path:
        return self.directory / "node.log"

    def _environment(self) -> Mapping[str, str]:
        """Give node and rabbitmqctl all they have: nothing of this machine's own configuration.

        Source: https://www.rabbitmq.com/docs/configure#supported-environment-variables.
        """
        home = self.directory
        return {
            "PATH": _path(),
            "LC_ALL": "C.UTF-8",
            "HOME": str(home),
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "ERL_EPMD_PORT": str(self._epmd_port),
            # A port mapper that Erlang starts by itself outlives everybody; ours is supervised.
            "ERL_FLAGS": "-start_epmd false",
            # Without it the server's script stays as a parent; `-noinput` is among our options.
            "RABBITMQ_ALLOW_INPUT": "1",
            "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": os.devnull,
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_LOG_BASE": str(home / "log"),
            "RABBITMQ_MNESIA_BASE": str(home / "data"),
            "RABBITMQ_NODENAME": "private@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": LOOPBACK,
            "RABBITMQ_NODE_PORT": str(self._amqp_port),
            "RABBITMQ_PID_FILE": str(home / "rabbitmq.pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": ERLANG_OPTIONS,
        }


def programs() -> Path:
    """Find the directory of RabbitMQ's own programs on this machine.

    Raises:
        PrivateRabbitmqFailed: they, or Erlang's, are not here.
    """
    named = shutil.which("rabbitmq-server")
    places = (Path(named).resolve().parent, *PLACES) if named else PLACES
    for place in places:
        if all((place / name).exists() for name in ("rabbitmq-server", "rabbitmqctl")) and all(
            shutil.which(name, path=_path()) for name in ("erl", "epmd")
        ):
            return place
    raise PrivateRabbitmqFailed(
        "There is no RabbitMQ on this machine: install it (Debian and Ubuntu: "
        "apt install rabbitmq-server), or set AMQP_URL to a RabbitMQ of yours."
    )


def _path() -> str:
    return os.environ.get("PATH", os.defpath)


def _free_ports(number: int) -> list[int]:
    """Choose ports on which nobody listens now."""
    drawn = random.SystemRandom().sample(PORTS, len(PORTS))
    free = (port for port in drawn if _is_free(port))
    return [next(free) for _ in range(number)]


def _is_free(port: int) -> bool:
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def _answers(url: str) -> bool:
    with unopened(url) as connection:
        try:
            connection.ensure_connection(max_retries=1)
        except BROKER_ERRORS:
            return False
        return True


def _last_words(log: Path) -> str:
    said = log.read_text(errors="replace").strip() if log.exists() else ""
    return said[-2000:] or "nothing"
