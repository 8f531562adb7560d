"""The embedded publisher: the relay's messages into Dramatiq's in-process broker."""

from collections.abc import Collection, Mapping, Sequence

import dramatiq
from dramatiq.brokers.stub import StubBroker

from broker.claim_checks import Message


class EmbeddedPublisher:
    """Hands claim checks to the broker of this process; it confirms by returning."""

    def __init__(self, broker: StubBroker) -> None:
        """Publish to `broker`, whose queues are declared."""
        self._broker = broker

    def publish(self, messages: Sequence[Message]) -> Sequence[Message]:
        """Enqueue each; in this process's memory none goes unconfirmed."""
        for message in messages:
            self._broker.enqueue(
                dramatiq.Message(
                    queue_name=message.queue_name,
                    actor_name=message.actor_name,
                    args=message.arguments,
                    kwargs={},
                    options={},
                )
            )
        return ()

    def waiting(self, queue_names: Collection[str]) -> Mapping[str, int]:
        """Count what stands in this process's queues."""
        return {name: self._broker.queues[name].qsize() for name in queue_names}

    def keep_alive(self) -> None:
        """There is no connection to keep alive."""

    def close(self) -> None:
        """There is no connection to close."""
