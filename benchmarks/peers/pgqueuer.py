"""The peer pgqueuer: jobs in PostgreSQL, each key an entrypoint that runs one job at a time.

It has no key beside the entrypoint. An entrypoint with `concurrency_limit=1` is serialized over all
workers ("Serialized processing" in its guide to concurrency control), and jobs are given out oldest
first; so a key that is an entrypoint keeps its order. What that does not keep: every worker has to
register every key before it starts, and each look for work walks all of them; a job that is retried
after a delay lets later ones of its key go first; a worker that does not beat for 30 s has its job
given to another while it may still run.

Chosen, from its guide to performance tuning: asyncpg, a connection of its own for the manager, the
settings of `pgq autovac`, and a larger `batch_size`, as it advises for short jobs; of 10, 25, 40,
50, 65, 100 and 200 the quickest. Its limit on jobs at once (`max_concurrent_tasks`) is left open:
it has to be twice the batch at least, so eight at once would mean batches of four. The event loop
is uvloop's, as under its own command.
"""

import json
import sys
from typing import Final

import asyncpg
import uvloop
from pgqueuer import PgQueuer
from pgqueuer.models import Job

from benchmarks.peers.running import PeerRun, Task, be_a_process, on_postgres
from benchmarks.stage import Servers

MODULE: Final = "benchmarks.peers.pgqueuer"
ENQUEUED_AT_ONCE: Final = 1_000
BATCH: Final = 50


def jobs_per_second(servers: Servers, *, jobs: int, keys: int) -> PeerRun:
    """Run so many jobs of so many keys, and say how it went."""
    return on_postgres(MODULE, servers.database_url, jobs=jobs, keys=keys)


def fill(task: Task) -> None:
    """Make the tables and enqueue every job."""
    uvloop.run(_fill(task))


def work(task: Task) -> None:
    """Work until ended."""
    uvloop.run(_work(task))


async def _fill(task: Task) -> None:
    connection = await asyncpg.connect(task.url)
    queries = PgQueuer.from_asyncpg_connection(connection).qm.queries
    await queries.install()
    await queries.optimize_autovacuum()
    orders = task.orders()
    for first in range(0, len(orders), ENQUEUED_AT_ONCE):
        batch = orders[first : first + ENQUEUED_AT_ONCE]
        await queries.enqueue(
            [_entrypoint(key) for key, _ in batch],
            [json.dumps(order).encode() for order in batch],
            [0] * len(batch),
        )
    await connection.close()


async def _work(task: Task) -> None:
    job = task.job()

    async def run(given: Job) -> None:
        key, number = json.loads(given.payload)
        job(key, number)

    connection = await asyncpg.connect(task.url)
    queuer = PgQueuer.from_asyncpg_connection(connection)
    for key in range(task.keys):
        queuer.entrypoint(_entrypoint(key), concurrency_limit=1)(run)
    task.begin_together()
    await queuer.run(batch_size=BATCH)


def _entrypoint(key: int) -> str:
    return f"key-{key}"


if __name__ == "__main__":
    be_a_process(sys.argv[1:], fill=fill, work=work)
