"""The shell of a worker: actors on a broker, threads that run them, and an orderly stop."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import dramatiq

from workers.actors import Body, declare_actors

IDLE_MS: Final = 100
"""How long an idle thread waits before it looks whether it shall stop."""
STOP_WITHIN_SECONDS: Final = 30.0
"""Above the deadline of a call, 25 s, so that an orderly stop ends calls and breaks none off."""


@contextmanager
def consuming(
    broker: dramatiq.Broker,
    body: Body,
    *,
    queues: Sequence[str],
    threads: int,
    stop_within_seconds: float = STOP_WITHIN_SECONDS,
) -> Iterator[None]:
    """Consume queues of a broker until the block ends, then stop in an orderly way.

    At the end every thread finishes the message it runs, and what waits in memory goes back to its
    queue. A thread that is not done in time is left behind; the broker delivers its message again.

    Args:
        broker: `embedded_broker()` or `rabbitmq_broker(url)`.
        body: does the work.
        queues: any of `broker.routing.QUEUES`' values.
        threads: how many messages run at once; all queues share them.
        stop_within_seconds: how long the stop waits for the threads.

    Raises:
        ValueError: a queue that no actor consumes.
    """
    declare_actors(broker, body, queues)
    worker = dramatiq.Worker(broker, worker_threads=threads, worker_timeout=IDLE_MS)
    # Dramatiq would take twice as many of each queue. Running messages count among them: with as
    # many as threads, what is in memory of a process that consumes one queue is what it runs, and
    # nothing waits there while another worker is idle. It is half of what the relay lets stand
    # unclaimed in a queue for these threads, so another process always has its share. The next
    # message is a round trip of a millisecond away, a call to QuickBooks takes hundreds.
    worker.queue_prefetch = threads
    worker.start()
    try:
        yield
    finally:
        worker.stop(timeout=int(stop_within_seconds * 1000))
