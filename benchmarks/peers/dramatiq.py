"""The peer that promises no order: Dramatiq as it comes, over RabbitMQ.

All keys share a queue, and sixteen threads take from it: two jobs of a key may run at once and
overtake each other, and the run counts how often. It is what an ordered system is measured against:
the price of order.

Chosen, from its documentation: publishing waits for RabbitMQ's confirmation (`confirm_delivery`),
the middleware it comes with, eight threads in each of two processes, and the prefetch that it
derives from them. Its own commands start processes the same way; here they are started by us, for
they have to begin together.
"""

import sys
from typing import Final

import dramatiq
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.common import dq_name, xq_name

from benchmarks.peers.running import (
    CONCURRENCY,
    PeerRun,
    Task,
    be_a_process,
    on_server,
    wait_to_be_ended,
)
from benchmarks.stage import Servers

MODULE: Final = "benchmarks.peers.dramatiq"
ACTOR: Final = "job"
QUEUE: Final = "peers"


def jobs_per_second(servers: Servers, *, jobs: int, keys: int) -> PeerRun:
    """Run so many jobs of so many keys, and say how it went."""
    try:
        return on_server(MODULE, servers.amqp_url, jobs=jobs, keys=keys)
    finally:
        _remove_queues(servers.amqp_url)


def fill(task: Task) -> None:
    """Declare the queue and enqueue every job."""
    broker = RabbitmqBroker(url=task.url, confirm_delivery=True)
    actor = _actor(broker, task)
    broker.declare_queue(actor.queue_name, ensure=True)
    for key, number in task.orders():
        actor.send(key, number)
    broker.close()


def work(task: Task) -> None:
    """Work until ended."""
    broker = RabbitmqBroker(url=task.url, confirm_delivery=True)
    _actor(broker, task)
    worker = dramatiq.Worker(broker, worker_threads=CONCURRENCY)
    task.begin_together()
    worker.start()
    wait_to_be_ended()


def _actor(broker: RabbitmqBroker, task: Task) -> dramatiq.Actor[[int, int], None]:
    job = task.job()

    def run(key: int, number: int) -> None:
        job(key, number)

    return dramatiq.actor(actor_name=ACTOR, queue_name=QUEUE, broker=broker)(run)


def _remove_queues(url: str) -> None:
    broker = RabbitmqBroker(url=url)
    for queue in (QUEUE, dq_name(QUEUE), xq_name(QUEUE)):
        broker.channel.queue_delete(queue)
    broker.close()


if __name__ == "__main__":
    be_a_process(sys.argv[1:], fill=fill, work=work)
