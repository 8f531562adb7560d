"""What commands open: the database, and QuickBooks with the slots every call takes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from app.cli.failures import CannotBeDone
from app.living import living
from app.quickbooks import QuickBooks, access_from, open_quickbooks
from app.settings import CompanySettings, MigrateSettings, load
from connections.slots import RealmSlots
from coordination.database import Pool, open_connection, open_pool
from coordination.limiter import Limits

NAME = "proline-qbo cli"


def reachable_database() -> str:
    """Give the address in DATABASE_URL once a session could be opened there.

    A pool would try for seconds, and tell of its time instead of the reason.

    Raises:
        CannotBeDone: it is no address.
        psycopg.OperationalError: nobody answers there, or we are not let in.
    """
    return reached(load(MigrateSettings).database_url.get_secret_value())


@contextmanager
def open_database() -> Iterator[Pool]:
    """Open the database that DATABASE_URL names."""
    with open_pool(reachable_database(), max_size=2, application_name=NAME) as pool:
        yield pool


@dataclass(frozen=True)
class Opened:
    """The database and QuickBooks, for a command that needs both."""

    pool: Pool
    quickbooks: QuickBooks
    slots: RealmSlots


@contextmanager
def open_both() -> Iterator[Opened]:
    """Open the database and QuickBooks; the command beats like any process that makes calls."""
    settings = load(CompanySettings)
    url = reached(settings.database_url.get_secret_value())
    with (
        open_pool(url, max_size=4, application_name=NAME) as pool,
        open_quickbooks(access_from(settings, settings.token_keys), pool) as quickbooks,
        living(url, pool, "cli") as me,
    ):
        slots = RealmSlots(pool, me.process_id, Limits(), me.life.fresh_within)
        yield Opened(pool, quickbooks, slots)


def reached(url: str) -> str:
    """Give the address back once a session could be opened there; see `reachable_database`."""
    try:
        open_connection(url, application_name=NAME).close()
    except psycopg.ProgrammingError:
        # Without the cause: it quotes the address, password included.
        raise CannotBeDone("DATABASE_URL is not an address PostgreSQL understands.") from None
    return url
