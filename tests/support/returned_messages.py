"""What a test puts into the processes to hear of messages that come again, or to forbid it.

Each function is a `prepare` of `Fleet.relay` or `Fleet.worker`: it runs in the forked process
alone, before anything else.
"""

import os
from collections.abc import Iterator
from typing import Any

from pika.adapters.blocking_connection import BlockingChannel

from broker import topology

CAME_AGAIN = "came again, returned so often:"


def tell_what_comes_again() -> None:
    """Write into the log, for each message that was returned before, how often it was."""
    consumes = BlockingChannel.consume

    def consume(channel: BlockingChannel, *arguments: Any, **options: Any) -> Iterator[Any]:  # noqa: ANN401  # pika publishes no types
        for delivered in consumes(channel, *arguments, **options):
            method, properties, _body = delivered
            if method is not None and method.redelivered:
                returned = properties.headers["x-delivery-count"]
                os.write(1, f"{CAME_AGAIN} {returned}\n".encode())
            yield delivered

    BlockingChannel.consume = consume


def let_nothing_come_again() -> None:
    """Declare the queues so that what is returned once is dead-lettered."""
    topology.DELIVERY_LIMIT = 0  # type: ignore[misc]  # in this process alone
    tell_what_comes_again()
