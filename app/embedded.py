"""The embedded shape: relay and workers in one process, over Dramatiq's in-process broker.

The default of `make demo`, and safe because PostgreSQL, not the broker, holds the truth. The parts
are those of production; only what carries the claim checks differs.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import dramatiq
from dramatiq.brokers.stub import StubBroker

from app.living import living
from app.publishing import EmbeddedPublisher
from app.quickbooks import QuickBooks, QuickBooksAccess, open_quickbooks
from broker.routing import QUEUES
from connections.slots import RealmSlots
from coordination.database import Pool, open_pool
from coordination.limiter import Limits
from outbox.limits import RelayLimits
from outbox.relay import Relay
from qbo_client import BareClient
from workers.actors import declare_actors
from workers.body import SyncBody
from workers.calling import Caller
from workers.embedded import embedded_broker
from workers.running import RunningClaims
from workers.waits import Waits

THREADS = 8
STOP_WITHIN_MS = 30_000


@dataclass(frozen=True)
class Tuning:
    """What tests and the demo may set differently; the defaults are production's."""

    threads: int = THREADS
    limits: Limits = field(default_factory=Limits)
    relay: RelayLimits = field(default_factory=RelayLimits)
    waits: Waits = field(default_factory=Waits)
    deadline_seconds: float = 25.0


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
    with (
        open_pool(
            database_url, max_size=tuning.threads + 6, application_name="proline-qbo"
        ) as pool,
        open_quickbooks(access, pool) as quickbooks,
        _workers(database_url, pool, quickbooks, tuning) as (broker, slots),
        _relay(database_url, pool, broker, tuning),
    ):
        yield EmbeddedSystem(pool, quickbooks, slots)


@contextmanager
def _workers(
    database_url: str, pool: Pool, quickbooks: QuickBooks, tuning: Tuning
) -> Iterator[tuple[StubBroker, RealmSlots]]:
    """Run the actors' threads with their sign of life."""
    running = RunningClaims()
    queues = tuple(QUEUES.values())
    with living(
        database_url,
        pool,
        "worker",
        queues=queues,
        threads=tuning.threads,
        claims=running.tokens,
    ) as me:
        slots = RealmSlots(pool, me.process_id, tuning.limits, me.life.fresh_within)
        client = BareClient(quickbooks.http, quickbooks.access.base_url, tuning.deadline_seconds)
        body = SyncBody(
            pool=pool,
            caller=Caller(client, pool, me.process_id, tuning.limits, me.life.fresh_within),
            tokens=quickbooks.tokens,
            process_id=me.process_id,
            running=running,
            waits=tuning.waits,
        )
        broker = embedded_broker()
        declare_actors(broker, body)
        worker = dramatiq.Worker(broker, worker_threads=tuning.threads, worker_timeout=100)
        worker.start()
        try:
            yield broker, slots
        finally:
            worker.stop(timeout=STOP_WITHIN_MS)


@contextmanager
def _relay(database_url: str, pool: Pool, broker: StubBroker, tuning: Tuning) -> Iterator[None]:
    with living(database_url, pool, "relay") as me:
        relay = Relay(pool, EmbeddedPublisher(broker), me.process_id, limits=tuning.relay)
        stop = threading.Event()
        thread = threading.Thread(target=relay.run, args=(stop,), name="relay")
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
