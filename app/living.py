"""A process of ours as the others see it: registered, beating, and retired when it ends well."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from coordination import processes
from coordination.database import Pool, open_connection
from coordination.life import LifeBeat


@dataclass(frozen=True)
class Living:
    """The sign of life of one process."""

    process_id: UUID
    life: LifeBeat


@contextmanager
def living(
    database_url: str,
    pool: Pool,
    kind: str,
    *,
    queues: Sequence[str] = (),
    threads: int = 0,
    claims: Callable[[], Sequence[UUID]] = tuple,
) -> Iterator[Living]:
    """Beat once a second, from a thread and a session of its own, until the block ends.

    Args:
        database_url: for the session of the beat.
        pool: for registering and retiring.
        kind: relay, worker, web or cli.
        queues: what a worker consumes.
        threads: how many records a worker runs at once.
        claims: the dispatch tokens of the records it is running.
    """
    with pool.connection() as connection:
        process_id = processes.register(connection, kind, queues=queues, threads=threads)
    connect = partial(open_connection, database_url, application_name=f"proline-qbo {kind} life")
    life = LifeBeat(connect, process_id, claims)
    life.start()
    try:
        yield Living(process_id, life)
    finally:
        life.stop()
        with pool.connection() as connection:
            processes.retire(connection, process_id)
