"""What every test may ask for: a real PostgreSQL with our tables, one fresh database per test."""

from collections.abc import Generator

import psycopg
import pytest

from coordination.database import Pool, open_pool
from tests.support.database_clock import DatabaseClock
from tests.support.postgres import (
    NoServer,
    Template,
    chosen_rung,
    fresh_database,
    migrated_template,
    running_server,
)


def pytest_report_header() -> str:
    """Say which PostgreSQL the tests will run on."""
    return f"postgresql: {chosen_rung()}"


@pytest.fixture(scope="session")
def server_url() -> Generator[str]:
    """Give the address of the session's server, as a role that may create databases."""
    try:
        with running_server() as server:
            yield server.url
    except NoServer as error:
        pytest.exit(str(error), returncode=3)


@pytest.fixture(scope="session")
def database_template(server_url: str) -> Generator[Template]:
    """Give the migrated database from which each test's own is cloned."""
    with migrated_template(server_url) as template:
        yield template


@pytest.fixture
def database_url(database_template: Template) -> Generator[str]:
    """Give the address of a fresh database with our tables, dropped after the test."""
    with fresh_database(database_template) as url:
        yield url


@pytest.fixture
def pool(database_url: str) -> Generator[Pool]:
    """Give a pool of sessions like production's; `with pool.connection()` commits at its end."""
    with open_pool(database_url, max_size=20, application_name="tests") as opened:
        yield opened


@pytest.fixture
def connection(database_url: str) -> Generator[psycopg.Connection]:
    """Give one session on the test's database, not in autocommit."""
    with psycopg.connect(database_url) as opened:
        yield opened


@pytest.fixture
def database_clock(database_url: str) -> Generator[DatabaseClock]:
    """Give the test its hand on the database's clock."""
    clock = DatabaseClock.on(database_url)
    try:
        yield clock
    finally:
        clock.close()
