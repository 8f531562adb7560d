"""Puts the demonstration together: a PostgreSQL from a wheel, the simulator over HTTP, the system.

Shapes of one system: embedded in this process; over RabbitMQ in processes of their own, two of them
killed on the way; or whatever is running already. Everything is real but QuickBooks itself. What is
started here ends with the block: nothing is left running or lying about.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import Final

from rich.console import Console

from app.embedded import embedded_system
from app.logs import configure
from app.migrate import migrate
from app.postgres import EmbeddedPostgres
from app.quickbooks import access_from
from app.rabbitmq import PrivateRabbitmq
from app.settings import CompanySettings, QuickBooksEnvironment, load
from app.tuning import Tuning
from demo.app import App, process_environment
from demo.desk import Desk, open_desk
from demo.disturbance import Killer
from demo.failures import DemonstrationFailed
from demo.fleet import running_fleet, start_relays_and_workers, start_simulator
from demo.given_broker import given_rabbitmq
from demo.proline import create_tables, open_engine
from demo.run import Stage, run
from demo.running import RunningSystem
from demo.scenario import Plan, plan
from demo.simulator_control import SimulatorControl
from demo.system import System
from qbo_simulator.http_server import serve
from qbo_simulator.simulator import Simulator

SEED: Final = 1001
# At the plan's own speed each office asks for about as many calls as one QuickBooks company allows
# in a second, and what is shown is the limit; a little slower, it is the way.
SPEED: Final = 0.75


class Shape(StrEnum):
    """Which system the demonstration is played before."""

    EMBEDDED = "embedded"
    RABBITMQ = "rabbitmq"
    RUNNING = "running"


STARTING: Final = {
    Shape.EMBEDDED: "Starting PostgreSQL, the QuickBooks simulator, relay and workers …",
    Shape.RABBITMQ: "Starting PostgreSQL, RabbitMQ (unless AMQP_URL names one), the QuickBooks"
    " simulator, two relays and two workers, a process each …",
    Shape.RUNNING: "Waiting for the relays and workers that are running …",
}


def demonstrate(
    console: Console,
    *,
    as_json: bool = False,
    seed: int = SEED,
    shape: Shape = Shape.EMBEDDED,
) -> int:
    """Play the demonstration on this machine and report.

    Args:
        console: where the progress and the report are shown.
        as_json: one JSON object at the end instead of tables.
        seed: of the invented people and of what happens to them.
        shape: of the system it is played before.

    Returns:
        The exit code: 0 if QuickBooks holds exactly what it must, otherwise 1.

    Raises:
        SettingsInvalid: it shall be played before a running system, and some setting is missing.
    """
    configure(level="ERROR")
    if not as_json:
        console.print(STARTING[shape])
    played = plan(seed, datetime.now(UTC).date())
    try:
        with _composed(shape, played) as stage:
            return run(replace(stage, speed=SPEED), console, as_json=as_json)
    except DemonstrationFailed as failed:
        Console(stderr=True).print(str(failed), markup=False, highlight=False)
        return 1


@contextmanager
def _composed(shape: Shape, played: Plan) -> Iterator[Stage]:
    if shape is Shape.RUNNING:
        with composed_before_running(load(CompanySettings), played) as stage:
            yield stage
        return
    with EmbeddedPostgres() as postgres:
        migrate(postgres.url)
        start = composed_on if shape is Shape.EMBEDDED else composed_of_processes
        with start(postgres.url, played) as stage:
            yield stage


@contextmanager
def composed_on(
    database_url: str, played: Plan, *, tuning: Tuning | None = None, limited: bool = True
) -> Iterator[Stage]:
    """Start everything the plan needs but the database, in this process.

    Args:
        database_url: migrated, and without ProLine's tables.
        played: the plan.
        tuning: of relay and workers; None is production's.
        limited: whether QuickBooks keeps its limits of calls.
    """
    with (
        serve(Simulator()) as simulator,
        embedded_system(database_url, App().access(simulator.base_url), tuning) as system,
    ):
        desk = Desk(system.pool, system.quickbooks, system.slots)
        with _stage(
            database_url, played, simulator.base_url, desk, system, limited=limited
        ) as stage:
            yield stage


@contextmanager
def composed_of_processes(database_url: str, played: Plan) -> Iterator[Stage]:
    """Start everything the plan needs but the database, in processes of their own.

    RabbitMQ is that of AMQP_URL, else a private node of the programs on this machine.
    """
    app, given = App(), os.environ.get("AMQP_URL")
    with (
        given_rabbitmq(given) if given else _private_rabbitmq() as amqp_url,
        running_fleet(process_environment(database_url, amqp_url)) as fleet,
    ):
        base_url = start_simulator(fleet)
        fleet.environment.update(app.environment(base_url))
        with open_desk(database_url, app.access(base_url)) as desk:
            system = start_relays_and_workers(fleet, desk.pool)
            with _stage(database_url, played, base_url, desk, system) as stage:
                yield replace(stage, disturb=Killer(desk.pool, fleet))


@contextmanager
def _private_rabbitmq() -> Iterator[str]:
    with PrivateRabbitmq() as node:
        yield node.url


@contextmanager
def composed_before_running(settings: CompanySettings, played: Plan) -> Iterator[Stage]:
    """Play before relays and workers that somebody else has started, as docker compose does.

    Raises:
        DemonstrationFailed: QuickBooks is not the simulator, or nobody is running.
    """
    if settings.qbo_environment is not QuickBooksEnvironment.SIMULATOR:
        raise DemonstrationFailed(
            "The demonstration writes to the simulator only: set QBO_ENVIRONMENT=simulator."
        )
    url = settings.database_url.get_secret_value()
    access = access_from(settings, settings.token_keys)
    with open_desk(url, access) as desk:
        system = RunningSystem(desk.pool)
        system.wait_until_up()
        with _stage(url, played, access.base_url, desk, system) as stage:
            yield stage


@contextmanager
def _stage(  # one part each
    database_url: str,
    played: Plan,
    base_url: str,
    desk: Desk,
    system: System,
    *,
    limited: bool = True,
) -> Iterator[Stage]:
    engine = open_engine(database_url)
    create_tables(engine)
    control = SimulatorControl(base_url, limited=limited)
    try:
        yield Stage(
            plan=played,
            engine=engine,
            database_url=database_url,
            system=system,
            enable=partial(desk.enable, played.offices),
            simulator=control,
            realms={office.id: desk.set_up(control, office) for office in played.offices},
        )
    finally:
        engine.dispose()
