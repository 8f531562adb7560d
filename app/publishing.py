"""The embedded publisher: the relay's messages into Dramatiq's in-process broker."""

from collections.abc import Sequence

import dramatiq

from outbox.messages import Message


class EmbeddedPublisher:
    """Hands claim checks to the broker of this process; it confirms by returning."""

    def __init__(self, broker: dramatiq.Broker) -> None:
        """Publish to `broker`, whose queues are declared."""
        self._broker = broker

    def publish(self, messages: Sequence[Message]) -> Sequence[Message]:
        """Enqueue each; in this process's memory none goes unconfirmed."""
        for message in messages:
            self._broker.enqueue(
                dramatiq.Message(
                    queue_name=message.queue_name,
                    actor_name=message.actor_name,
                    args=(
                        message.record_pk,
                        message.company_id,
                        message.epoch,
                        str(message.token),
                    ),
                    kwargs={},
                    options={},
                )
            )
        return ()
