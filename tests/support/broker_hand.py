"""A hand in RabbitMQ: it takes away what stands there, and looks what is left."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from broker.connecting import unopened
from broker.routing import QUEUES
from broker.topology import EXCHANGE, dead_letter_queue


@dataclass(frozen=True)
class BrokerHand:
    """Does one thing after the other, each over a connection of its own.

    Args:
        url: of the virtual host.
    """

    url: str

    def ready(self, queue_name: str) -> int:
        """Count what stands in a queue and is with no consumer."""
        return int(self._ask("queue_declare", queue_name, passive=True).message_count)

    def dead_letters(self) -> int:
        """Count what stands in all dead-letter queues."""
        return sum(self.ready(dead_letter_queue(name)) for name in QUEUES.values())

    def purge(self) -> int:
        """Take away all that stands in our queues and is with no consumer; say how many."""
        return sum(int(self._ask("queue_purge", name)) for name in QUEUES.values())

    def take(self, queue_name: str) -> Any:  # noqa: ANN401  # py-amqp's message has no types
        """Take the first message of a queue away for good; None: there is none."""
        return self._ask("basic_get", queue_name, no_ack=True)

    def declare_queue(self, queue_name: str, arguments: Mapping[str, object]) -> None:
        """Declare a queue with these arguments.

        Raises:
            amqp.PreconditionFailed: it stands there with others.
        """
        durable = {"durable": True, "auto_delete": False}
        self._ask("queue_declare", queue_name, arguments=dict(arguments), **durable)

    def bind(self, queue_name: str, entity: str) -> None:
        """Let a queue have a copy of the messages of an entity."""
        self._ask("queue_bind", queue_name, EXCHANGE, routing_key=entity)

    def delete_queue(self, queue_name: str) -> None:
        """Delete a queue with all that stands in it."""
        self._ask("queue_delete", queue_name)

    def delete_exchange(self) -> None:
        """Delete the exchange, and with it every binding."""
        self._ask("exchange_delete", EXCHANGE)

    def unbind(self, entity: str) -> None:
        """Let the exchange forget where the messages of an entity go."""
        self._ask("queue_unbind", QUEUES[entity], EXCHANGE, routing_key=entity)

    def _ask(self, method: str, *arguments: object, **options: object) -> Any:  # noqa: ANN401  # kombu's channel has no types
        with unopened(self.url) as connection:
            return getattr(connection.default_channel, method)(*arguments, **options)
