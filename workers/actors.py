"""The four actors: each takes a claim check off its queue and hands it to the body."""

from collections.abc import Callable, Sequence
from uuid import UUID

import dramatiq
from dramatiq import Broker

from broker.routing import ACTORS, QUEUES
from records.claims import ClaimCheck

Body = Callable[[ClaimCheck], None]


def declare_actors(
    broker: Broker, body: Body, queues: Sequence[str] = tuple(QUEUES.values())
) -> None:
    """Declare the actors of these queues on a broker.

    Args:
        broker: consumes the queues.
        body: does the work; it never raises.
        queues: any of `QUEUES`' values.

    Raises:
        ValueError: a queue that no actor consumes.
    """
    unknown = sorted(set(queues) - set(QUEUES.values()))
    if unknown:
        known = ", ".join(QUEUES.values())
        raise ValueError(f"no actor consumes {', '.join(unknown)}; there are {known}")

    def sync(record_pk: int, company_id: str, epoch: int, token: str) -> None:
        body(ClaimCheck(record_pk, company_id, epoch, UUID(token)))

    for entity, queue in QUEUES.items():
        if queue in queues:
            dramatiq.actor(actor_name=ACTORS[entity], queue_name=queue, broker=broker)(sync)
