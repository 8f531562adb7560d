"""The embedded shape: relay and workers in one process, over Dramatiq's in-process broker.

The default of `make demo`, and safe because PostgreSQL, not the broker, holds the truth. The parts
are those of production; only what carries the claim checks differs.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from app.publishing import EmbeddedPublisher
from app.quickbooks import QuickBooks, QuickBooksAccess, open_quickbooks
from app.relay import relaying
from app.settled import is_settled, states
from app.tuning import Tuning
from app.worker import SESSIONS_BESIDE_THREADS, working
from connections.slots import RealmSlots
from coordination.database import Pool, open_pool
from workers.embedded import embedded_broker

RELAY_SESSIONS = 2


@dataclass(frozen=True)
class EmbeddedSystem:
    """A running relay with its workers."""

    pool: Pool
    quickbooks: QuickBooks
    slots: RealmSlots

    def settled(self) -> bool:
        """Whether nothing is left to do: no event, no nudge, nothing eligible or in flight."""
        return is_settled(self.pool)

    def states(self) -> Mapping[str, int]:
        """Count the records by state."""
        return states(self.pool)


@contextmanager
def embedded_system(
    database_url: str, access: QuickBooksAccess, tuning: Tuning | None = None
) -> Iterator[EmbeddedSystem]:
    """Run a relay and workers in this process until the block ends.

    Args:
        database_url: a migrated database, ProLine's own.
        access: where QuickBooks is and as which app we come.
        tuning: for tests and the demo.
    """
    tuning = tuning or Tuning()
    broker = embedded_broker()
    sessions = tuning.threads + SESSIONS_BESIDE_THREADS + RELAY_SESSIONS
    with (
        open_pool(
            database_url, max_size=sessions, application_name="proline-qbo", by_key=True
        ) as pool,
        open_quickbooks(access, pool) as quickbooks,
        working(database_url, pool, quickbooks, broker, tuning=tuning) as worker,
        relaying(database_url, pool, EmbeddedPublisher(broker), tuning.relay),
    ):
        yield EmbeddedSystem(pool, quickbooks, worker.slots)
