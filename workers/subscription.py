"""One subscription to one queue over one connection of its own, on pika.

It knows connections and bytes, nothing of what they mean. It never comes back: when its connection
breaks it raises `SubscriptionLost`, and its consumer opens another.

A delivery tag counts from 1 on every connection. Dramatiq's own consumer keeps bare tags, so an
answer that comes after a reconnect acknowledges whatever bears its tag by then, and that message
is lost. Here an arrival is answered on the connection it came over or not at all: RabbitMQ gives
what was not answered to somebody else, and the claim fences the copy.

One thread uses a subscription; `cancel` and the answers of its arrivals may come from any.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any, Final

import pika
import pika.exceptions

from broker.connecting import BROKER_ERRORS, HEARTBEAT_SECONDS
from broker.topology import declare_at
from workers.metrics import late_answers_dropped

CONNECT_SECONDS: Final = 2.0
ANSWER_SECONDS: Final = 3.0
"""For each thing asked of RabbitMQ: a node that is starting accepts more than it answers."""
IDLE_SECONDS_MOST: Final = 1.0
"""Below `ANSWER_SECONDS`: subscribing includes the first wait for a message."""
FLUSHES_MOST: Final = 10
FLUSH_SECONDS: Final = 0.1
_ENDED: Final = (None, None, None)

# Declaring goes over kombu. pika raises a plain OSError for a name that is not resolved, and
# asserts what a broken connection may break (Dramatiq's own consumer expects that too).
_BROKEN: Final = (pika.exceptions.AMQPError, AssertionError, *BROKER_ERRORS)


class SubscriptionLost(Exception):
    """The connection, its channel or the queue is gone; the text is the broker's or pika's own."""


@dataclass(frozen=True)
class Arrival:
    """A message as it came, and its way back to the broker; any thread may answer it, once."""

    subscription: "Subscription"
    tag: int
    body: bytes

    def ack(self) -> None:
        """Say that it is done with."""
        self.subscription.answer(partial(_ack, tag=self.tag))

    def reject(self) -> None:
        """Send it to the dead-letter queue."""
        self.subscription.answer(partial(_nack, tag=self.tag, requeue=False))

    def give_back(self) -> None:
        """Let another consumer have it."""
        self.subscription.answer(partial(_nack, tag=self.tag, requeue=True))


class Subscription:
    """A consumer of one queue, from its connection to its end."""

    def __init__(self, url: str, queue_name: str, *, prefetch: int, idle_seconds: float) -> None:
        """Connect, declare and subscribe.

        Declared each time, since each start follows the first one, a deleted queue or a broken
        connection, and a broker that comes back may have forgotten everything. It takes 10 ms.

        Args:
            url: of the broker.
            queue_name: one of `broker.routing.QUEUES`.
            prefetch: how many messages may be here unanswered.
            idle_seconds: how long `take` waits for one, to `IDLE_SECONDS_MOST`.

        Raises:
            SubscriptionLost: it could not be done.
        """
        self._idle_seconds = min(idle_seconds, IDLE_SECONDS_MOST)
        self._cancelled = False
        with _told_as_lost():
            self._connection = pika.BlockingConnection(parameters_of(url))
        try:
            with _told_as_lost():
                declare_at(url)
                with self._answered_in_time():
                    self._channel = self._connection.channel()
                    self._channel.basic_qos(prefetch_count=prefetch)
                    deliveries = self._channel.consume(
                        queue_name, inactivity_timeout=self._idle_seconds
                    )
                    # Only the first step subscribes; what it brings is the first thing taken.
                    self._deliveries = chain([next(deliveries, _ENDED)], deliveries)
        except SubscriptionLost:
            self.close()
            raise

    def take(self) -> Arrival | None:
        """Return the next message, or None when none came for a while; heartbeats go on here.

        Raises:
            SubscriptionLost: it is of no use any more; close it.
        """
        with _told_as_lost():
            if self._cancelled:
                self._connection.process_data_events(time_limit=self._idle_seconds)
                return None
            delivered: Any = next(self._deliveries, _ENDED)
        if delivered is _ENDED and not self._cancelled:
            raise SubscriptionLost("the broker ended it: its queue was deleted")
        method, _properties, body = delivered
        return None if method is None else Arrival(self, method.delivery_tag, body)

    def answer(self, send: Callable[[Any], None]) -> None:
        """Have an answer sent by the thread that owns the connection; never wait for it.

        What can not be sent any more is dropped and counted.
        Weakness: one that is left in the very moment the connection breaks is dropped uncounted.
        """
        try:
            self._connection.add_callback_threadsafe(partial(self._send, send))
        except pika.exceptions.AMQPError:
            late_answers_dropped.inc()

    def cancel(self) -> None:
        """Take no more messages; those not handed out yet go back, the others can be answered."""
        self._cancelled = True
        with suppress(pika.exceptions.AMQPError):
            self._connection.add_callback_threadsafe(self._cancel)

    def close(self) -> None:
        """Send the answers that were given and close; what is unanswered goes back to the queue."""
        if self._connection.is_open:
            with suppress(*_BROKEN), self._answered_in_time():
                self._flush()
                self._connection.close()

    def _send(self, send: Callable[[Any], None]) -> None:
        # A channel may be closed alone: so the broker does after `consumer_timeout`.
        if self._channel.is_open:
            send(self._channel)
        else:
            late_answers_dropped.inc()

    def _cancel(self) -> None:
        if self._channel.is_open:
            with self._answered_in_time():
                self._channel.cancel()

    @contextmanager
    def _answered_in_time(self) -> Iterator[None]:
        """Break the connection off when RabbitMQ does not answer; pika would wait for ever.

        Measured on 3.10: a quorum queue whose node was killed just after it was declared answers
        Basic.Consume never, though heartbeats go on. pika has no limit for it and no public way to
        break off; this is what its own heartbeat checker does when a peer is gone.
        """
        impl = self._connection._impl  # noqa: SLF001  # see above
        unanswered = pika.exceptions.AMQPConnectionError(f"no answer in {ANSWER_SECONDS} s")
        timer = impl.ioloop.call_later(ANSWER_SECONDS, partial(impl._terminate_stream, unanswered))  # noqa: SLF001  # see above
        try:
            yield
        finally:
            if impl.is_open:
                impl.ioloop.remove_timeout(timer)

    def _flush(self) -> None:
        """Let the answers go that other threads have left; pika keeps their order."""
        sent = threading.Event()
        self._connection.add_callback_threadsafe(sent.set)
        for _ in range(FLUSHES_MOST):
            if sent.is_set():
                return
            self._connection.process_data_events(time_limit=FLUSH_SECONDS)


def parameters_of(url: str) -> pika.URLParameters:
    """Return how to connect: every limit explicit, whatever the address says of them.

    The heartbeat is in the range RabbitMQ recommends (5 to 20 s, rabbitmq.com/docs/heartbeats): a
    lost host is noticed within 8 s by pika and 10 s by RabbitMQ, and a short pause cuts nobody
    off. Whoever takes is always in pika's loop, so they are sent while jobs run.
    One attempt, since the consumer itself tries again and sees meanwhile whether it shall stop.
    Never given up for being blocked: a memory or disk alarm blocks those who publish, and those
    who consume are what helps against it (rabbitmq.com/docs/connection-blocked).
    """
    parameters = pika.URLParameters(url)
    parameters.heartbeat = HEARTBEAT_SECONDS
    parameters.blocked_connection_timeout = None
    parameters.socket_timeout = CONNECT_SECONDS
    parameters.stack_timeout = ANSWER_SECONDS
    parameters.connection_attempts = 1
    return parameters


@contextmanager
def _told_as_lost() -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        raise SubscriptionLost(repr(error)) from error


def _ack(channel: Any, *, tag: int) -> None:  # noqa: ANN401  # pika publishes no types
    channel.basic_ack(tag)


def _nack(channel: Any, *, tag: int, requeue: bool) -> None:  # noqa: ANN401  # pika publishes no types
    channel.basic_nack(tag, requeue=requeue)
