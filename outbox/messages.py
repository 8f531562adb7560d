"""What travels through the broker: claim checks, and nothing of a customer.

A message names a record, its company, the connection epoch and the dispatch token that fences it.
`Publisher` is all the relay knows of a broker.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from broker.routing import ACTORS, QUEUES
from records.places import Place


@dataclass(frozen=True)
class Message:
    """A claim check on its way to the actor of its entity."""

    queue_name: str
    actor_name: str
    record_pk: int
    company_id: str
    epoch: int
    token: UUID


def message_for(place: Place) -> Message:
    """Compose the message of a dispatched record."""
    return Message(
        queue_name=QUEUES[place.entity],
        actor_name=ACTORS[place.entity],
        record_pk=place.pk,
        company_id=place.company_id,
        epoch=place.epoch,
        token=place.token,
    )


class Publisher(Protocol):
    """Hands messages to a broker."""

    def publish(self, messages: Sequence[Message]) -> Sequence[Message]:
        """Publish, and return those that no queue has confirmed: they are published again."""
