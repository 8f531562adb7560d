"""What stands in RabbitMQ: one exchange, a quorum queue for each entity, and where the dead go.

Declared here and nowhere else, at deployment and by each process as it connects; declaring again
changes nothing. Every argument is explicit, so that RabbitMQ 3.10, 3.13 and 4.x act alike: 4.x
would otherwise give a queue a delivery limit of its own.

Dramatiq's delay queues are not among these: what has to wait waits in PostgreSQL.
"""

from collections.abc import Mapping
from typing import Final

from amqp.channel import Channel

from broker.connecting import unopened
from broker.routing import QUEUES

EXCHANGE: Final = "proline.qbo"
DELIVERY_LIMIT: Final = 20
"""RabbitMQ 4.x's own default. A message that comes back more often is dead-lettered; the relay
finds its record by evidence and publishes a new one, so nothing is lost by it."""
DEAD_FOR_MS: Final = 7 * 24 * 3600 * 1000
"""How long a refused message is kept for whoever looks why."""


def dead_letter_queue(queue_name: str) -> str:
    """Name the queue of what the workers refused: Dramatiq's own convention."""
    return f"{queue_name}.XQ"


def arguments_of(queue_name: str) -> Mapping[str, str | int]:
    """Return a work queue's arguments; they can never be changed on an existing queue."""
    return {
        "x-queue-type": "quorum",
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": dead_letter_queue(queue_name),
    }


def declare(channel: Channel) -> None:
    """Declare all of it on an open channel of kombu's.

    Only the last is waited for: what was refused before it closes the channel, and is told there.
    So it takes one way to the broker and back, however far that is.

    Raises:
        amqp.AMQPError: the broker refused: a queue of that name has other arguments.
        OSError: the connection broke.
    """
    exchange = {"type": "topic", "durable": True, "auto_delete": False}
    durable = {"durable": True, "auto_delete": False, "nowait": True}
    channel.exchange_declare(EXCHANGE, nowait=True, **exchange)
    for entity, queue_name in QUEUES.items():
        dead = dead_letter_queue(queue_name)
        dead_arguments = {"x-queue-type": "quorum", "x-message-ttl": DEAD_FOR_MS}
        channel.queue_declare(dead, arguments=dead_arguments, **durable)
        channel.queue_declare(queue_name, arguments=dict(arguments_of(queue_name)), **durable)
        channel.queue_bind(queue_name, EXCHANGE, routing_key=entity, nowait=True)
    channel.exchange_declare(EXCHANGE, **exchange)


def declare_at(url: str) -> None:
    """Declare all of it over a connection of its own.

    Raises:
        one of `broker.connecting.BROKER_ERRORS`: it could not be done.
    """
    with unopened(url) as connection:
        declare(connection.default_channel)
