"""The peer procrastinate: jobs in PostgreSQL, each with its key as its `lock`.

It keeps a key's order: a job is given out only when no earlier one with the same lock waits or runs
("About locks" in its documentation). What a failure does to the order is its retry's affair. Each
look for a job walks the index of all that wait (`procrastinate_jobs_id_lock_idx_v1`), so it slows
down as more do; without statistics PostgreSQL joins all of them first, a hundred times as slowly.

Chosen, from its documentation: asynchronous tasks, which it runs on its event loop itself ("Use
concurrency"); eight at once in each of two workers; a pool that has a connection for each of them;
finished jobs are deleted ("Delete finished jobs"), so that the table stays small. A worker that
finds every waiting key locked waits for a notification or its polling interval, and no notification
comes where everything was enqueued before: the interval is 50 ms instead of 5 s.
"""

import asyncio
import sys
from typing import Final

import procrastinate
from procrastinate.jobs import Job

from benchmarks.peers.running import CONCURRENCY, PeerRun, Task, be_a_process, on_postgres
from benchmarks.stage import Servers

MODULE: Final = "benchmarks.peers.procrastinate"
QUEUE: Final = "jobs"
TASK: Final = "job"
BATCH: Final = 1_000
POLL_SECONDS: Final = 0.05
CONNECTIONS: Final = CONCURRENCY + 2
"""For each job, for the notifications and for fetching."""


def jobs_per_second(servers: Servers, *, jobs: int, keys: int) -> PeerRun:
    """Run so many jobs of so many keys, and say how it went."""
    return on_postgres(MODULE, servers.database_url, jobs=jobs, keys=keys)


def fill(task: Task) -> None:
    """Make the tables and enqueue every job."""
    asyncio.run(_fill(task))


def work(task: Task) -> None:
    """Work until ended."""
    asyncio.run(_work(task))


def _app(task: Task) -> procrastinate.App:
    connector = procrastinate.PsycopgConnector(
        conninfo=task.url, min_size=CONNECTIONS, max_size=CONNECTIONS
    )
    return procrastinate.App(connector=connector)


async def _fill(task: Task) -> None:
    app = _app(task)
    orders = task.orders()
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        for first in range(0, len(orders), BATCH):
            batch = [_job(key, number) for key, number in orders[first : first + BATCH]]
            await app.job_manager.batch_defer_jobs_async(batch)


def _job(key: int, number: int) -> Job:
    return Job(
        queue=QUEUE,
        lock=f"key-{key}",
        queueing_lock=None,
        task_name=TASK,
        task_kwargs={"key": key, "number": number},
    )


async def _work(task: Task) -> None:
    app = _app(task)
    job = task.job()

    async def run(key: int, number: int) -> None:
        job(key, number)

    app.task(name=TASK, queue=QUEUE)(run)
    async with app.open_async():
        task.begin_together()
        await app.run_worker_async(
            concurrency=CONCURRENCY,
            fetch_job_polling_interval=POLL_SECONDS,
            delete_jobs="always",
        )


if __name__ == "__main__":
    be_a_process(sys.argv[1:], fill=fill, work=work)
