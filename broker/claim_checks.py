"""What travels: a claim check in Dramatiq's envelope, and nothing of a customer.

A claim check names a record, its company, the connection epoch and the dispatch token that fences
it. The relay writes the envelope, the workers read it strictly: whatever is no claim check of ours
is refused whole, never half understood.
"""

import json
import time
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, ValidationError

from broker.routing import ACTORS, QUEUES

BODY_MOST_BYTES = 4_096
"""Many times what an envelope of ours needs; a longer body is read by nobody."""


class NoClaimCheck(ValueError):
    """A message's body is no claim check; the sentence says why, and quotes nothing of it."""


@dataclass(frozen=True)
class Message:
    """A claim check on its way to the actor of its entity."""

    entity: str
    record_pk: int
    company_id: str
    epoch: int
    token: UUID

    @property
    def queue_name(self) -> str:
        """Where it waits for a worker."""
        return QUEUES[self.entity]

    @property
    def actor_name(self) -> str:
        """Which actor takes it."""
        return ACTORS[self.entity]

    @property
    def arguments(self) -> tuple[int, str, int, str]:
        """What its actor is called with."""
        return (self.record_pk, self.company_id, self.epoch, str(self.token))


def encode(message: Message) -> bytes:
    """Write the envelope that Dramatiq decodes.

    The token is the message's id as well: a copy that is published again is the same message.
    """
    pk, company_id, epoch, token = message.arguments
    arguments = f'{pk},{json.dumps(company_id)},{epoch},"{token}"'
    milliseconds = time.time_ns() // 1_000_000
    head = _HEADS[message.entity]
    return (
        f'{head}"args":[{arguments}],"kwargs":{{}},"options":{{}},'
        f'"message_id":"{token}","message_timestamp":{milliseconds}}}'
    ).encode()


# Composed once: of all that the envelope says only these two are the same for a whole queue.
_HEADS = {
    entity: f'{{"queue_name":"{queue_name}","actor_name":"{ACTORS[entity]}",'
    for entity, queue_name in QUEUES.items()
}


def decode(body: bytes, entity: str) -> Message:
    """Read the claim check in an envelope that came from the queue of `entity`.

    The queue it came from is the queue it belongs to, whatever the envelope says of queue, actor
    and options: only its arguments are believed.

    Raises:
        NoClaimCheck: it is none.
    """
    if len(body) > BODY_MOST_BYTES:
        raise NoClaimCheck(f"it has {len(body)} bytes")
    try:
        pk, company_id, epoch, token = _Envelope.model_validate_json(body).args
    except ValidationError as error:
        # Without the cause: its words quote what somebody sent by mistake.
        kinds = sorted({problem["type"] for problem in error.errors(include_input=False)})
        raise NoClaimCheck(f"it cannot be read ({', '.join(kinds)})") from None
    return Message(entity, pk, company_id, epoch, token)


_Bigint = Annotated[int, Field(strict=True, ge=0, le=2**63 - 1)]
_CompanyId = Annotated[str, Field(strict=True, min_length=1, max_length=64, pattern=r"^[^\x00]+$")]


class _Envelope(BaseModel):
    """Of an envelope's fields the one that is believed; nothing in it that PostgreSQL refuses."""

    args: tuple[_Bigint, _CompanyId, _Bigint, UUID]
