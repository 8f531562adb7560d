"""How many messages stand ready in each of our queues, asked over a connection of its own."""

from collections.abc import Mapping
from typing import Final

from amqp.exceptions import NotFound

from broker.connecting import unopened
from broker.routing import QUEUES
from broker.topology import dead_letter_queue

ALL_QUEUES: Final = tuple(
    name for queue in QUEUES.values() for name in (queue, dead_letter_queue(queue))
)


def depths(url: str) -> Mapping[str, int | None]:
    """Ask for each queue and for where its dead go; None: there is no such queue.

    Nothing is declared: whoever looks changes nothing.

    Raises:
        one of `broker.connecting.BROKER_ERRORS`: RabbitMQ cannot be asked.
    """
    found: dict[str, int | None] = {}
    with unopened(url) as connection:
        channel = connection.default_channel
        for name in ALL_QUEUES:
            try:
                found[name] = int(channel.queue_declare(name, passive=True).message_count)
            except NotFound:
                found[name] = None
                channel = connection.channel()  # the broker has closed the one that asked
    return found
