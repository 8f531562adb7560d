"""The embedded server: there with one command, private, and gone when its owner is."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest

from app import postgres
from app.postgres import EmbeddedPostgres, EmbeddedPostgresFailed
from app.settings import SettingsInvalid

LIMIT_SECONDS = 30.0
OWNER = """
import pathlib, sys, time
from app.postgres import EmbeddedPostgres
with EmbeddedPostgres(pathlib.Path(sys.argv[1])) as server:
    print(server.url, flush=True)
    time.sleep(60)  # until it is killed
"""


def test_a_given_directory_keeps_its_data(tmp_path: Path) -> None:
    """The server of a given directory finds there what an earlier one wrote."""
    home = _reachable_by_others(tmp_path) / "server"
    with EmbeddedPostgres(home) as first, psycopg.connect(first.url) as session:
        session.execute("CREATE TABLE kept (n int)")

    with EmbeddedPostgres(home) as second, psycopg.connect(second.url) as session:
        row = session.execute("SELECT count(*) FROM kept").fetchone()

    assert row == (0,)


def test_a_stopped_server_comes_back_at_its_address() -> None:
    """Whoever was connected is broken off at once, and finds all it had committed."""
    with EmbeddedPostgres() as server, psycopg.connect(server.url) as session:
        session.execute("CREATE TABLE kept (n int)")
        session.commit()

        server.stop()
        with pytest.raises(psycopg.OperationalError):
            session.execute("SELECT FROM kept")
        server.start()

        with psycopg.connect(server.url) as again:
            row = again.execute("SELECT count(*) FROM kept").fetchone()
    assert row == (0,)


def test_a_crashed_server_recovers_what_was_committed() -> None:
    """After a kill, with a session open, the next start serves the same data at the same place."""
    with EmbeddedPostgres() as postgres:
        with psycopg.connect(postgres.url, autocommit=True) as before:
            before.execute("CREATE TABLE kept (id int)")
            before.execute("INSERT INTO kept VALUES (1)")
            postgres.kill()
        postgres.start()

        with psycopg.connect(postgres.url) as after:
            assert after.execute("SELECT id FROM kept").fetchall() == [(1,)]


def test_it_runs_where_only_root_reaches_its_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in root's own folder: the server is somebody else's, and runs a copy of all it needs."""
    monkeypatch.setattr(postgres, "_others_reach", lambda _: False)

    with EmbeddedPostgres() as server, psycopg.connect(server.url) as session:
        assert session.execute("SELECT 1").fetchone() == (1,)


def test_two_servers_do_not_meet() -> None:
    """Each has a socket of its own, and none listens on a port."""
    with EmbeddedPostgres() as one, EmbeddedPostgres() as other:
        with psycopg.connect(one.url) as session:
            row = session.execute("SHOW listen_addresses").fetchone()

        assert one.url != other.url
    assert row == ("",)


def test_the_server_ends_with_its_owner_however_that_ended(tmp_path: Path) -> None:
    """An owner that is killed cannot clean up; its server must not stay behind for ever."""
    home = _reachable_by_others(tmp_path) / "server"
    owner = subprocess.Popen(  # noqa: S603  # this Python, with the script above
        [sys.executable, "-c", OWNER, home], stdout=subprocess.PIPE, text=True, cwd=_root()
    )
    assert owner.stdout is not None
    with owner, owner.stdout as output:
        url = output.readline().strip()
        psycopg.connect(url).close()

        os.kill(owner.pid, signal.SIGKILL)

        sockets = Path(url.partition("host=")[2])
        assert _empties(sockets)
        sockets.rmdir()


def test_an_error_of_the_body_stops_the_server_too() -> None:
    """What runs beside the server may fail; the server stops all the same."""
    server = EmbeddedPostgres()

    with pytest.raises(SettingsInvalid), server:
        raise SettingsInvalid(("it failed.",))

    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(server.url)


def test_a_server_that_does_not_start_says_why() -> None:
    """The last words of the server are in the error."""
    server = EmbeddedPostgres(options={"max_connections": "none"})

    with pytest.raises(EmbeddedPostgresFailed, match="max_connections"):
        server.__enter__()


def _empties(directory: Path) -> bool:
    """Wait until the server has removed its socket, the last thing it does."""
    deadline = time.monotonic() + LIMIT_SECONDS
    while any(directory.iterdir()):
        if time.monotonic() > deadline:
            return False
        threading.Event().wait(0.02)
    return True


def _reachable_by_others(directory: Path) -> Path:
    """Open the way to a directory of pytest's: as root the server runs as another user."""
    own = [part for part in directory.parents if part.name.startswith(("pytest-", "popen-"))]
    for part in (directory, *own):
        part.chmod(0o755)
    return directory


def _root() -> Path:
    return Path(__file__).parents[2]
