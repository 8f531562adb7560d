"""What Dramatiq iterates over: claim checks from one queue, whatever becomes of connections.

Dramatiq ends a consumer whose connection broke, calls that critical, and waits 3 s before it makes
another; a message that cannot be read breaks some of its threads. Here a broken connection is an
ordinary thing that ends nothing, and what cannot be read is put aside.
"""

import threading
import time
from functools import partial
from typing import Final

import dramatiq
from dramatiq.broker import Consumer, MessageProxy
from structlog import get_logger

from broker.claim_checks import NoClaimCheck, decode
from broker.routing import QUEUES
from workers.metrics import consumer_restarts, messages_refused
from workers.subscription import Arrival, Subscription, SubscriptionLost

log = get_logger()

RESTART_SECONDS: Final = 0.5
"""Between two attempts to subscribe. Dramatiq's own pause is set by an environment variable that
is read when it is imported; it is left as it is and strikes only after a bug."""
TELL_AGAIN_SECONDS: Final = 60.0
_ENTITIES: Final = {queue: entity for entity, queue in QUEUES.items()}


class Delivery(MessageProxy):
    """A claim check as Dramatiq handles it, tied to the connection it came over."""

    def __init__(self, message: dramatiq.Message[object], arrival: Arrival) -> None:
        """Keep what answers it beside the message."""
        super().__init__(message)
        self.arrival = arrival


class ClaimConsumer(Consumer):
    """Consumes one queue for as long as its worker runs, over one subscription after another.

    Weakness: what a lost subscription had handed out stays in the worker's memory and runs beside
    the copy RabbitMQ delivers again. The claim lets one of them through, so it costs a look each.
    """

    def __init__(self, url: str, queue_name: str, *, prefetch: int, idle_seconds: float) -> None:
        """Begin without a connection."""
        self._subscribe = partial(
            Subscription, url, queue_name, prefetch=prefetch, idle_seconds=idle_seconds
        )
        self._queue_name = queue_name
        self._subscription: Subscription | None = None
        self._stopping = threading.Event()
        self._lost_since: float | None = None
        self._told_at = float("-inf")

    @property
    def is_subscribed(self) -> bool:
        """Whether it has a subscription, as far as is known; from any thread."""
        return self._subscription is not None

    def __next__(self) -> Delivery | None:
        """Return the next claim check, or None: nothing came, or it came to nothing."""
        try:
            arrival = self._subscribed().take()
        except SubscriptionLost as lost:
            self._lose(str(lost))
            return None
        self._note_return()
        return None if arrival is None else self._read(arrival)

    def ack(self, message: Delivery) -> None:  # type: ignore[override]  # it meets no other kind
        """Acknowledge a message, whichever connection it came over."""
        message.arrival.ack()

    def nack(self, message: Delivery) -> None:  # type: ignore[override]  # it meets no other kind
        """Send a message to the dead-letter queue, whichever connection it came over."""
        message.arrival.reject()

    def stop_taking(self) -> None:
        """Take no more messages, from any thread; what was handed out can still be answered."""
        self._stopping.set()
        if self._subscription is not None:
            self._subscription.cancel()

    def close(self) -> None:
        """Close the connection; what is unanswered goes back to the queue."""
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            subscription.close()

    def _subscribed(self) -> Subscription:
        if self._subscription is None:
            self._subscription = self._subscribe()
            if self._stopping.is_set():  # it came too late for `stop_taking`
                self._subscription.cancel()
        return self._subscription

    def _read(self, arrival: Arrival) -> Delivery | None:
        """Read a claim check; whatever is none is refused without a word of what it says."""
        try:
            check = decode(arrival.body, _ENTITIES[self._queue_name])
        except NoClaimCheck as error:
            size = len(arrival.body)
            log.warning("message.refused", queue=self._queue_name, size=size, reason=str(error))
            messages_refused.labels(self._queue_name).inc()
            arrival.reject()
            return None
        message: dramatiq.Message[object] = dramatiq.Message(
            queue_name=check.queue_name,
            actor_name=check.actor_name,
            args=check.arguments,
            kwargs={},
            options={},
            message_id=str(check.token),
        )
        return Delivery(message, arrival)

    def _lose(self, reason: str) -> None:
        """Close what is left, tell it once a minute, and rest before the next attempt."""
        self.close()
        consumer_restarts.labels(self._queue_name).inc()
        now = time.monotonic()
        self._lost_since = self._lost_since or now
        if now - self._told_at >= TELL_AGAIN_SECONDS:
            log.warning("consumer.lost", queue=self._queue_name, reason=reason)
            self._told_at = now
        time.sleep(RESTART_SECONDS)

    def _note_return(self) -> None:
        if self._lost_since is not None:
            seconds = round(time.monotonic() - self._lost_since, 1)
            log.info("consumer.back", queue=self._queue_name, after_seconds=seconds)
            self._lost_since, self._told_at = None, float("-inf")
