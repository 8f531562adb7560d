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
        with self.pool.connection() as connection:
            row = connection.execute(_SETTLED).fetchone()
        return row == (True,)

    def states(self) -> Mapping[str, int]:
        """Count the records by state."""
        with self.pool.connection() as connection:
            return dict(connection.execute(_STATES).fetchall())


_SETTLED = """
SELECT NOT EXISTS (SELECT FROM proline_outbox.outbox_events)
   AND NOT EXISTS (SELECT FROM proline_qbo.nudges)
   AND NOT EXISTS (SELECT FROM proline_qbo.records
                   WHERE state IN ('pending', 'dispatched', 'retrying'))
"""
_STATES = "SELECT state, count(*) FROM proline_qbo.records GROUP BY state"


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
        open_pool(database_url, max_size=sessions, application_name="proline-qbo") as pool,
        open_quickbooks(access, pool) as quickbooks,
        working(database_url, pool, quickbooks, broker, tuning=tuning) as worker,
        relaying(database_url, pool, EmbeddedPublisher(broker), tuning.relay),
    ):
        yield EmbeddedSystem(pool, quickbooks, worker.slots)
