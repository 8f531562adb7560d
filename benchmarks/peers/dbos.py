"""The peer DBOS: durable workflows in PostgreSQL, on a queue that is partitioned by key.

With `partition_concurrency=1` one workflow of a partition runs at a time over all processes, the
oldest first ("Partitioning Queues" in its tutorial on queues). Workflows of one partition that were
enqueued within the same millisecond have no order between them; here each is enqueued in a
transaction later than the one before it.

Chosen, from its reference: the queue is looked at every 10 ms instead of every second, since a
partition gives out one workflow at each look; no limit but the partitions', with which it claims a
workflow of every free partition at once; eight threads run them in each of two processes. Looks
every 3 to 30 ms were as quick as each other, every 100 ms a fifth slower.
"""

import sys
from collections.abc import Iterable, Iterator
from typing import Final

import sqlalchemy
from dbos import DBOS, DBOSClient

from benchmarks.peers.running import (
    CONCURRENCY,
    PeerRun,
    Task,
    be_a_process,
    on_postgres,
    wait_to_be_ended,
)
from benchmarks.stage import Servers

MODULE: Final = "benchmarks.peers.dbos"
APPLICATION: Final = "benchmark"
VERSION: Final = "1"
QUEUE: Final = "jobs"
WORKFLOW: Final = "job"
POLL_SECONDS: Final = 0.01


def jobs_per_second(servers: Servers, *, jobs: int, keys: int) -> PeerRun:
    """Run so many jobs of so many keys, and say how it went."""
    return on_postgres(MODULE, servers.database_url, jobs=jobs, keys=keys)


def fill(task: Task) -> None:
    """Make the tables and enqueue every job."""
    _configure(task, "filler")
    DBOS.listen_queues([])
    DBOS.launch()
    DBOS.register_queue(QUEUE, partition_concurrency=1, polling_interval_sec=POLL_SECONDS)
    client = DBOSClient(system_database_url=task.url, application_name=APPLICATION)
    engine = sqlalchemy.create_engine(_psycopg(task.url))
    for together in _without_a_key_twice(task.orders()):
        with engine.begin() as connection:
            for key, number in together.items():
                options = {
                    "workflow_name": WORKFLOW,
                    "queue_name": QUEUE,
                    "queue_partition_key": f"key-{key}",
                    "app_version": VERSION,
                }
                client.enqueue_in_transaction(connection, options, key, number)
    engine.dispose()
    client.destroy()
    DBOS.destroy()


def work(task: Task) -> None:
    """Work until ended."""
    _configure(task, f"worker-{task.process}")
    job = task.job()

    def run(key: int, number: int) -> None:
        job(key, number)

    DBOS.workflow(name=WORKFLOW)(run)
    task.begin_together()
    DBOS.launch()
    wait_to_be_ended()


def _configure(task: Task, process: str) -> None:
    DBOS(
        config={
            "name": APPLICATION,
            "system_database_url": task.url,
            "application_version": VERSION,
            "executor_id": process,
            "max_executor_threads": CONCURRENCY,
            "log_level": "ERROR",
        }
    )


def _without_a_key_twice(orders: Iterable[tuple[int, int]]) -> Iterator[dict[int, int]]:
    """Cut into transactions: within one, all have the same time."""
    together: dict[int, int] = {}
    for key, number in orders:
        if key in together:
            yield together
            together = {}
        together[key] = number
    yield together


def _psycopg(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


if __name__ == "__main__":
    be_a_process(sys.argv[1:], fill=fill, work=work)
