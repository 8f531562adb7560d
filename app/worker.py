"""A worker, put together: actors and their threads, over whichever broker is given.

Beside them one thread keeps idle connections alive.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import dramatiq

from app.keeping_alive import keeping_alive
from app.living import Living, living
from app.quickbooks import QuickBooks
from app.tuning import Tuning
from broker.routing import QUEUES
from connections.slots import RealmSlots
from coordination.database import Pool
from qbo_client import BareClient
from workers.body import SyncBody
from workers.calling import Caller
from workers.consuming import consuming
from workers.running import RunningClaims

ALL_QUEUES = tuple(QUEUES.values())
SESSIONS_BESIDE_THREADS = 5
"""For registering, tokens' leases, slots and keeping alive, beside one session for each thread."""


@dataclass(frozen=True)
class Worker:
    """A worker at work, its sign of life, and which record holds a thread of it for too long."""

    me: Living
    slots: RealmSlots
    stuck: Callable[[], int | None]


@contextmanager
def working(
    database_url: str,
    pool: Pool,
    quickbooks: QuickBooks,
    broker: dramatiq.Broker,
    *,
    queues: Sequence[str] = ALL_QUEUES,
    tuning: Tuning,
) -> Iterator[Worker]:
    """Consume until the block ends, then stop in an orderly way: no claim is left behind.

    Args:
        database_url: for the session of the beat.
        pool: a session for each thread and some beside.
        quickbooks: where the calls go.
        broker: where the messages come from.
        queues: any of `broker.routing.QUEUES`' values.
        tuning: threads, limits and waits.

    Raises:
        ValueError: a queue that no actor consumes.
    """
    running = RunningClaims()
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
        with (
            keeping_alive(pool, quickbooks),
            consuming(broker, body, queues=queues, threads=tuning.threads),
        ):
            yield Worker(me, slots, running.stuck)
