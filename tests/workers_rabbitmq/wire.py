"""A test's own hand on RabbitMQ: it puts messages down, takes them away and looks what stands."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from uuid import uuid4

import pika
import pika.exceptions

from broker.claim_checks import Message, encode
from broker.routing import QUEUES
from broker.topology import EXCHANGE


def claim_check(pk: int, entity: str = "contact", **changes: object) -> bytes:
    """Return the envelope of a claim check, with some of its fields as somebody else wrote them."""
    envelope = json.loads(encode(Message(entity, pk, "acme", 1, uuid4())))
    return json.dumps(envelope | changes).encode()


class Wire:
    """One connection to RabbitMQ; used by the test's thread."""

    def __init__(self, url: str) -> None:
        """Connect."""
        self._connection = pika.BlockingConnection(pika.URLParameters(f"{url}?heartbeat=0"))

    def put(self, body: bytes, queue_name: str = QUEUES["contact"]) -> None:
        """Put a message into a queue; it stands there when this returns."""
        with self._connection.channel() as channel:
            channel.confirm_delivery()
            channel.basic_publish("", queue_name, body, mandatory=True)

    def takes(self, queue_name: str) -> bool:
        """Say whether a queue keeps what it is given: a young one may have no leader yet.

        RabbitMQ moves a dead letter once at most, and loses what no leader takes.
        """
        try:
            self.put(b"rehearsal", queue_name)
        except pika.exceptions.NackError:
            return False
        return self.take(queue_name) == b"rehearsal"

    def is_routed(self, body: bytes, entity: str) -> bool:
        """Send a message to the exchange; say whether a queue took it."""
        with self._connection.channel() as channel:
            channel.confirm_delivery()
            try:
                channel.basic_publish(EXCHANGE, entity, body, mandatory=True)
            except pika.exceptions.UnroutableError:
                return False
            return True

    def take(self, queue_name: str = QUEUES["contact"]) -> bytes | None:
        """Take the first message of a queue away for good, as another worker would."""
        with self._connection.channel() as channel:
            _method, _properties, body = channel.basic_get(queue_name, auto_ack=True)
            return body if body is None else bytes(body)

    def ready(self, queue_name: str = QUEUES["contact"]) -> int:
        """Count the messages of a queue that nobody holds."""
        return int(self._state_of(queue_name).message_count)

    def consumers(self, queue_name: str = QUEUES["contact"]) -> int:
        """Count who consumes a queue."""
        return int(self._state_of(queue_name).consumer_count)

    def is_consumed(self, queue_name: str = QUEUES["contact"]) -> bool:
        """Say whether there is such a queue, and somebody consumes it."""
        return self.has(queue_name) and self.consumers(queue_name) > 0

    def has(self, queue_name: str) -> bool:
        """Say whether there is such a queue."""
        try:
            self._state_of(queue_name)
        except pika.exceptions.ChannelClosedByBroker:
            return False
        return True

    def declare(self, queue_name: str, arguments: Mapping[str, object]) -> None:
        """Declare a queue with these arguments."""
        with self._connection.channel() as channel:
            channel.queue_declare(queue_name, durable=True, arguments=dict(arguments))

    def bind(self, entity: str) -> None:
        """Bind an entity's queue to the exchange."""
        with self._connection.channel() as channel:
            channel.exchange_declare(EXCHANGE, "topic", durable=True)
            channel.queue_bind(QUEUES[entity], EXCHANGE, entity)

    def delete(self, queue_name: str) -> None:
        """Delete a queue with what stands in it."""
        with self._connection.channel() as channel:
            channel.queue_delete(queue_name)

    def close(self) -> None:
        """Disconnect, unless the broker is gone already."""
        with suppress(pika.exceptions.AMQPError):
            self._connection.close()

    def _state_of(self, queue_name: str) -> Any:  # noqa: ANN401  # pika publishes no types
        with self._connection.channel() as channel:
            return channel.queue_declare(queue_name, passive=True).method
