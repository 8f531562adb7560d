"""The ground the harness stands on: servers of its own, QuickBooks, contractors who are on.

Nothing of it touches what else runs on this machine, and all of it ends with the block.
"""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session, sessionmaker

from app.migrate import migrate
from app.postgres import EmbeddedPostgres
from app.rabbitmq import PrivateRabbitmq
from chaos.form import Form
from connections.settings import CEILING_DEFAULT
from coordination.database import Pool, open_pool
from demo.app import App, process_environment
from demo.boards import set_up
from demo.comparer import Mode
from demo.desk import Desk, open_desk
from demo.fleet import running_fleet, start_simulator
from demo.proline import capture_changes, create_tables, open_engine
from demo.scenario import Office
from demo.simulator_control import SimulatorControl
from tests.support.planted import plant_in

OPTIONS: Final = {
    "track_commit_timestamp": "on",  # the checker asks when each revision was committed
    "max_connections": "300",
    "shared_buffers": "128MB",
}
LOG_LIMIT: Final = 1_000_000
LATENCY_MS: Final = (20, 250)
SESSIONS: Final = 8


@dataclass(frozen=True)
class Contractor:
    """A company with its books.

    Attributes:
        mode: its customer object type; the restless one's changes.
        enabled_at: since when the integration is on.
    """

    company_id: str
    name: str
    mode: Mode
    realm_id: str
    ceiling: int
    enabled_at: datetime


@dataclass(frozen=True)
class Ground:
    """Everything but the processes of the system."""

    postgres: EmbeddedPostgres
    rabbitmq: PrivateRabbitmq
    quickbooks: SimulatorControl
    pool: Pool
    sessions: sessionmaker[Session]
    contractors: tuple[Contractor, ...]
    environment: Mapping[str, str]
    home: Path


@contextmanager
def prepared_ground(form: Form) -> Iterator[Ground]:
    """Start the servers, make ProLine's tables, and turn the integration on for every contractor.

    Raises:
        EmbeddedPostgresFailed, PrivateRabbitmqFailed: what they need is not here; both say what.
    """
    with (
        tempfile.TemporaryDirectory(prefix="chaos-") as home,
        EmbeddedPostgres(options=OPTIONS) as postgres,
        PrivateRabbitmq() as rabbitmq,
        running_fleet(process_environment(postgres.url, rabbitmq.url)) as fleet,
        _sessions(postgres.url, form.authors + form.lingers) as sessions,
        open_pool(postgres.url, max_size=SESSIONS, application_name="chaos") as pool,
    ):
        quickbooks = SimulatorControl(start_simulator(fleet))
        app = App()
        environment = {
            **fleet.environment,
            **app.environment(quickbooks.base_url),
            "QBO_REQUESTID_PROVED": str(form.requestid_proved).lower(),
        }
        with open_desk(postgres.url, app.access(quickbooks.base_url)) as desk:
            contractors = tuple(
                _contractor(desk, sessions, quickbooks, number) for number in range(form.companies)
            )
        yield Ground(
            postgres, rabbitmq, quickbooks, pool, sessions, contractors, environment, Path(home)
        )


@contextmanager
def _sessions(database_url: str, authors: int) -> Iterator[sessionmaker[Session]]:
    """Give ProLine's sessions on a migrated database with its tables; each commit is captured.

    One for each author: nobody waits for another's.
    """
    migrate(database_url)
    plant_in(database_url)
    engine = open_engine(database_url, pool_size=authors)
    create_tables(engine)
    sessions = sessionmaker(engine)
    capture_changes(sessions)
    try:
        yield sessions
    finally:
        engine.dispose()


def _contractor(
    desk: Desk, sessions: sessionmaker[Session], quickbooks: SimulatorControl, number: int
) -> Contractor:
    """Make a company in ProLine and its books, no two alike, connect them and turn it on."""
    mode: Mode = "sub" if number % 2 else "main"
    office = Office(f"company-{number + 1}", f"Example Roofing {number + 1}", mode, enabled=True)
    with sessions.begin() as session:
        set_up(session, office)
    realm_id = desk.set_up(
        quickbooks,
        office,
        using_sales_tax=False,
        log_bodies=True,
        log_limit=LOG_LIMIT,
        custom_txn_numbers=number % 3 != 2,  # noqa: PLR2004  # every third has its own numbers
        latency_ms=LATENCY_MS,
        seed=number,
        # As Intuit says that it is: a refresh token's value changes once a day.
        refresh_rotation="daily",
    )
    enabled_at = desk.enable([office])[office.id]
    return Contractor(office.id, office.name, mode, realm_id, CEILING_DEFAULT, enabled_at)
