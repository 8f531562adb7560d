"""What every test may ask for: a real PostgreSQL with our tables, one fresh database per test.

And a real RabbitMQ, one fresh virtual host per test.
"""

import os
from collections.abc import Callable, Generator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from app.rabbitmq import PrivateRabbitmq, PrivateRabbitmqFailed
from coordination.database import Pool, open_pool
from tests.support import chromium, planted, postgres, rabbitmq
from tests.support.database_clock import DatabaseClock
from tests.support.debian import (
    install_chromium_where_missing,
    install_prometheus_where_missing,
    install_rabbitmq_where_missing,
)
from tests.support.postgres import NoServer, Template, fresh_database, migrated_template
from tests.support.processes import NewRoofer, roofer_before_processes
from tests.support.rabbitmq import fresh_virtual_host
from tests.support.zygote import Zygote

# More than a small machine has cores: most of the long tests wait for something that was killed.
TEST_PROCESSES = 4
HERE = Path(__file__).parent
LONG_FIRST = ("processes", "demo", "browser", "workers_rabbitmq", "behaviour", "web", "app")


def pytest_configure() -> None:
    """Plant the defect that the environment names, if it names one (tests/mutants)."""
    planted.plant()


def pytest_report_header() -> list[str]:
    """Say on which PostgreSQL, which RabbitMQ and in which browser the tests will run."""
    return [
        f"postgresql: {postgres.chosen_rung()}",
        f"rabbitmq: {rabbitmq.chosen_rung()}",
        f"chromium: {chromium.chosen()}",
    ]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Say how many processes `make test` uses: each has servers of its own, but a given broker.

    A server that is given has one virtual host, which tests can only share one after the other.
    """
    del config
    return 0 if os.environ.get("AMQP_URL") else TEST_PROCESSES


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long, so that no process waits at the end for another's."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    folder = item.path.relative_to(HERE).parts[0]
    return LONG_FIRST.index(folder) if folder in LONG_FIRST else len(LONG_FIRST)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config, specs: object) -> None:
    """Install what is missing once, before there are several who would."""
    del specs
    say = _teller(config)
    if rabbitmq.needs_programs():
        install_rabbitmq_where_missing(say)
    install_chromium_where_missing(say)
    install_prometheus_where_missing(say)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Install what the collected tests need, before the time of any of them begins to count."""
    if session.config.option.collectonly or os.environ.get("PYTEST_XDIST_WORKER"):
        return
    asked = {name for item in session.items for name in getattr(item, "fixturenames", ())}
    say = _teller(session.config)
    if "own_rabbitmq" in asked or ("rabbitmq_server" in asked and rabbitmq.needs_programs()):
        install_rabbitmq_where_missing(say)
    if "browser" in asked:
        install_chromium_where_missing(say)
    if "promtool" in asked:
        install_prometheus_where_missing(say)


def _teller(config: pytest.Config) -> Callable[[str], None]:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return print if reporter is None else reporter.write_line


@pytest.fixture(scope="session")
def server_url() -> Generator[str]:
    """Give the address of the session's server, as a role that may create databases."""
    try:
        with postgres.running_server() as server:
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


@pytest.fixture(scope="session")
def rabbitmq_server() -> Generator[rabbitmq.Server]:
    """Give the session's RabbitMQ."""
    try:
        with rabbitmq.running_server() as server:
            yield server
    except NoServer as error:
        pytest.exit(str(error), returncode=3)


@pytest.fixture
def amqp_url(rabbitmq_server: rabbitmq.Server) -> Generator[str]:
    """Give the address of a virtual host in which nothing stands yet."""
    with fresh_virtual_host(rabbitmq_server) as url:
        yield url


@pytest.fixture(scope="module")
def own_node() -> Generator[PrivateRabbitmq]:
    """Give the module's private node; tests ask for `own_rabbitmq`."""
    try:
        with PrivateRabbitmq() as node:
            yield node
    except PrivateRabbitmqFailed as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture
def own_rabbitmq(own_node: PrivateRabbitmq) -> PrivateRabbitmq:
    """Give a running node that the test may kill, stop and start; nothing of ours stands in it."""
    if not own_node.is_running:
        own_node.start()
    rabbitmq.clear(own_node.url)
    return own_node


@pytest.fixture(scope="session")
def zygote() -> Generator[Zygote]:
    """Give what forks the processes of the product."""
    with Zygote() as started:
        yield started


@pytest.fixture
def new_roofer(
    zygote: Zygote, database_url: str, amqp_url: str, tmp_path: Path
) -> Generator[NewRoofer]:
    """Give the way to start a contractor with settings or books of its own, and its fleet."""
    with ExitStack() as stack:
        yield lambda **choices: stack.enter_context(
            roofer_before_processes(zygote, database_url, amqp_url, tmp_path, **choices)
        )
