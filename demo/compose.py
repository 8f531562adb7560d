"""Puts the demonstration together: a PostgreSQL from a wheel, the simulator over HTTP, the system.

Everything is real but QuickBooks itself, and everything ends with the block: nothing is left
running or lying about.
"""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from rich.console import Console
from sqlalchemy import create_engine

from app.embedded import EmbeddedSystem, embedded_system
from app.logs import configure
from app.migrate import migrate
from app.onboarding import change_settings, connect_company, enable_company, open_company
from app.postgres import EmbeddedPostgres
from app.quickbooks import QuickBooksAccess
from app.tuning import Tuning
from connections.keys import TokenKeys
from connections.settings import CompanySettings
from demo.proline import create_tables
from demo.run import Stage, run
from demo.scenario import Office, Plan, plan
from demo.simulator_control import SimulatorControl
from qbo_client import endpoints_below
from qbo_simulator.http_server import serve
from qbo_simulator.simulator import Simulator

SEED: Final = 1001
KEY_BYTES: Final = 32
# At the plan's own speed each office asks for about as many calls as one QuickBooks company allows
# in a second, and what is shown is the limit; a little slower, it is the way.
SPEED: Final = 0.75


def demonstrate(console: Console, *, as_json: bool = False, seed: int = SEED) -> int:
    """Play the demonstration on this machine and report.

    Args:
        console: where the progress and the report are shown.
        as_json: one JSON object at the end instead of tables.
        seed: of the invented people and of what happens to them.

    Returns:
        The exit code: 0 if QuickBooks holds exactly what it must, otherwise 1.
    """
    configure(level="ERROR")
    if not as_json:
        console.print("Starting PostgreSQL, the QuickBooks simulator, relay and workers …")
    with composed(plan(seed, datetime.now(UTC).date())) as stage:
        return run(replace(stage, speed=SPEED), console, as_json=as_json)


@contextmanager
def composed(played: Plan) -> Iterator[Stage]:
    """Start everything the plan needs; it ends with the block."""
    with EmbeddedPostgres() as postgres:
        migrate(postgres.url)
        with composed_on(postgres.url, played) as stage:
            yield stage


@contextmanager
def composed_on(
    database_url: str, played: Plan, *, tuning: Tuning | None = None, limited: bool = True
) -> Iterator[Stage]:
    """Start everything the plan needs but the database.

    Args:
        database_url: migrated, and without ProLine's tables.
        played: the plan.
        tuning: of relay and workers; None is production's.
        limited: whether QuickBooks keeps its limits of calls.
    """
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://", 1))
    create_tables(engine)
    with (
        serve(Simulator()) as simulator,
        embedded_system(database_url, _access(simulator.base_url), tuning) as system,
    ):
        control = SimulatorControl(simulator.base_url)
        realms = {office.id: _set_up(system, control, office) for office in played.offices}
        for realm_id in () if limited else realms.values():
            control.lift_limits(realm_id)
        yield Stage(
            plan=played,
            engine=engine,
            database_url=database_url,
            system=system,
            enable=_Enable(system, played.offices),
            simulator=control,
            realms=realms,
        )
    engine.dispose()


def _access(base_url: str) -> QuickBooksAccess:
    """Reach the simulator as an app that exists for this demonstration only."""
    return QuickBooksAccess(
        base_url=base_url,
        endpoints=endpoints_below(base_url),
        client_id="demo",
        client_secret=secrets.token_urlsafe(),
        redirect_uri=f"{base_url}/nowhere",
        keys=TokenKeys([("demo", secrets.token_bytes(KEY_BYTES))]),
    )


def _set_up(system: EmbeddedSystem, control: SimulatorControl, office: Office) -> str:
    """Do what the office does on the Integrations page: choose, connect."""
    open_company(system.pool, office.id, office.name)
    change_settings(system.pool, office.id, CompanySettings(customer_mode=office.mode))
    realm_id = control.add_realm(office.name, custom_txn_numbers=office.mode == "main")
    connect_company(
        system.pool,
        system.quickbooks,
        system.slots,
        company_id=office.id,
        realm_id=realm_id,
        code=control.authorization_code(realm_id),
    )
    return realm_id


@dataclass(frozen=True)
class _Enable:
    """Switches the integration on for the offices that want it."""

    system: EmbeddedSystem
    offices: tuple[Office, ...]

    def __call__(self) -> Mapping[str, datetime]:
        return {
            office.id: enable_company(self.system.pool, office.id)
            for office in self.offices
            if office.enabled
        }
