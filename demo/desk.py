"""What an office does on the Integrations page: chooses, connects, enables."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.connecting import connect_company
from app.living import living
from app.onboarding import change_settings, enable_company, open_company
from app.quickbooks import QuickBooks, QuickBooksAccess, open_quickbooks
from connections.audit import Actor
from connections.settings import CompanySettings
from connections.slots import RealmSlots
from coordination.database import Pool, open_pool
from coordination.limiter import Limits
from demo.scenario import Office
from demo.simulator_control import SimulatorControl
from qbo_client import NotSent

SESSIONS = 4
OFFICE = Actor("the demonstration", "program")


CONNECT_TRIES: Final = 5


@dataclass(frozen=True)
class Desk:
    """The database and QuickBooks, as the page would have them open."""

    pool: Pool
    quickbooks: QuickBooks
    slots: RealmSlots

    def set_up(self, control: SimulatorControl, office: Office, **books: object) -> str:
        """Choose what the office wants and connect it to a QuickBooks company; give its realm.

        Args:
            control: makes that company.
            office: whose it is.
            books: settings of it, beside and before what goes with the office's mode.
        """
        open_company(self.pool, office.id, office.name, by=OFFICE)
        change_settings(self.pool, office.id, CompanySettings(customer_mode=office.mode), by=OFFICE)
        settings = {"custom_txn_numbers": office.mode == "main", **books}
        realm_id = control.add_realm(office.name, **settings)
        for tries_left in reversed(range(CONNECT_TRIES)):
            try:
                self._connect(office.id, realm_id, control.authorization_code(realm_id))
            except NotSent:
                # A busy machine misses a slot of 50 ms. A person presses Connect again.
                if not tries_left:
                    raise
            else:
                break
        return realm_id

    def _connect(self, company_id: str, realm_id: str, code: str) -> None:
        connect_company(
            self.pool,
            self.quickbooks,
            self.slots,
            company_id=company_id,
            realm_id=realm_id,
            code=code,
            by=OFFICE,
        )

    def enable(self, offices: Sequence[Office]) -> Mapping[str, datetime]:
        """Switch the integration on for the offices that want it; when, by company id."""
        return {
            office.id: enable_company(self.pool, office.id, by=OFFICE).first_enabled_at
            for office in offices
            if office.enabled
        }


@contextmanager
def open_desk(database_url: str, access: QuickBooksAccess) -> Iterator[Desk]:
    """Sit down beside processes that do the work."""
    with (
        open_pool(database_url, max_size=SESSIONS, application_name="proline-qbo demo") as pool,
        open_quickbooks(access, pool) as quickbooks,
        living(database_url, pool, "cli") as me,
    ):
        yield Desk(
            pool, quickbooks, RealmSlots(pool, me.process_id, Limits(), me.life.fresh_within)
        )
