"""The relay's side of the broker: the claim check of a place, and what publishes it.

`Publisher` is all the relay knows of a broker.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from broker.claim_checks import Message
from records.places import Place


def message_for(place: Place) -> Message:
    """Compose the message of a dispatched record."""
    return Message(
        entity=place.entity,
        record_pk=place.pk,
        company_id=place.company_id,
        epoch=place.epoch,
        token=place.token,
    )


class Publisher(Protocol):
    """Hands messages to a broker; used by the relay's thread alone, and none of it raises.

    Nothing here may take longer than about a second: the same thread beats.
    """

    def publish(self, messages: Sequence[Message]) -> Sequence[Message]:
        """Publish, and return those that no queue has confirmed: they are published again."""

    def waiting(self, queue_names: Collection[str]) -> Mapping[str, int]:
        """Say how many messages stand ready in each; one that cannot be asked is left out."""

    def keep_alive(self) -> None:
        """Do what an idle connection needs; called at each beat of the relay."""

    def close(self) -> None:
        """Let the connection go; the next publish opens another."""
