"""Dramatiq over RabbitMQ: consumes claim checks, publishes and declares nothing of its own.

What stands in RabbitMQ is declared by `broker.topology`, and only the relay publishes. Dramatiq's
own RabbitMQ broker loses and wedges in ways that this one does not; each has a test that shows
both (tests/workers_rabbitmq).

A message must be answered within RabbitMQ's `consumer_timeout` (30 minutes), or its channel is
closed and it comes again. A call has a deadline of 25 s, a claim is repeated for 5 minutes at most
(`workers.body`), a prefetched message waits for as many others as there are queues. Only a settle
is repeated for as long as the database is away; its message, delivered again, is then fenced.
"""

import logging
from contextlib import suppress
from queue import Empty
from typing import NoReturn

import dramatiq
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.middleware import Middleware, Retries, ShutdownNotifications

from broker.routing import QUEUES
from workers.claim_consumer import ClaimConsumer, Delivery


def rabbitmq_broker(url: str) -> "ConsumingBroker":
    """Make a broker for one worker process.

    pika tells each broken connection up to five times, with tracebacks; `consumer.lost` tells it
    once. What it calls critical, its own bugs, is still heard.
    """
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    return ConsumingBroker(url)


class ConsumingBroker(RabbitmqBroker):
    """Consumes the queues of `broker.routing` and does nothing else.

    The middleware is the embedded broker's: see `workers.embedded`. A raising actor's message is
    rejected into the dead-letter queue by it. There are no delay queues: what waits, waits in
    PostgreSQL; on quorum queues, a delayed message would be dead after twenty orderly stops.
    """

    def __init__(self, url: str) -> None:
        """Consume from the broker at `url`; nothing connects before a worker starts."""
        middleware = [Retries(max_retries=0), ShutdownNotifications(), HandBack()]
        super().__init__(url=url, middleware=middleware)
        self.url = url
        self._subscribers: dict[str, ClaimConsumer] = {}

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> "ClaimConsumer":
        """Return a consumer of a queue; it connects when it is first asked for a message.

        Args:
            queue_name: one of `broker.routing.QUEUES`.
            prefetch: how many messages may be here unanswered.
            timeout: after how many milliseconds without a message it says so.
        """
        consumer = ClaimConsumer(
            self.url, queue_name, prefetch=prefetch, idle_seconds=timeout / 1000
        )
        self._subscribers[queue_name] = consumer
        return consumer

    def unsubscribed(self) -> tuple[str, ...]:
        """Name the queues of this process that it is not subscribed to at the moment."""
        subscribed = {name for name, each in self._subscribers.items() if each.is_subscribed}
        return tuple(sorted(set(self.queues) - subscribed))

    def declare_queue(self, queue_name: str, *, ensure: bool = False) -> None:  # noqa: ARG002  # as inherited
        """Note that a queue is consumed; RabbitMQ hears of it from `broker.topology` alone.

        Raises:
            ValueError: a queue that is not ours.
        """
        if queue_name not in QUEUES.values():
            raise ValueError(f"{queue_name} is no queue of ours")
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues.add(queue_name)
            self.emit_after("declare_queue", queue_name)

    def enqueue(self, message: dramatiq.Message[object], *, delay: int | None = None) -> NoReturn:  # noqa: ARG002  # as inherited
        """Refuse: only the relay publishes, with confirms and `mandatory`.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError(f"only the relay publishes; {message.actor_name} was not sent")


class HandBack(Middleware):
    """Gives back, at the start of an orderly stop, what waits in memory for a thread.

    Dramatiq gives it back when the last thread is done, up to a call's deadline later, while other
    workers may be idle.
    """

    def before_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:  # noqa: ARG002  # as inherited
        """Let each thread end what it runs, and nothing after it."""
        for thread in worker.workers:
            thread.stop()
        for consuming in worker.consumers.values():
            if isinstance(consuming.consumer, ClaimConsumer):
                consuming.consumer.stop_taking()
        with suppress(Empty):
            while True:  # until it is empty: nothing more comes in
                message = worker.work_queue.get_nowait().message
                if isinstance(message, Delivery):
                    message.arrival.give_back()
