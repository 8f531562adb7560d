"""A publisher on a real RabbitMQ, with a clock that can be put forward."""

import time
from collections.abc import Generator
from dataclasses import dataclass
from uuid import uuid4

import pytest

from broker.claim_checks import Message
from outbox.publisher import PAUSE_SECONDS, PIECE, RabbitmqPublisher
from tests.support.broker_hand import BrokerHand


@dataclass
class ForwardClock:
    """This process's own clock, and how far it was put forward."""

    ahead: float = 0.0

    def __call__(self) -> float:
        """Return the time in seconds."""
        return time.monotonic() + self.ahead

    def let_pause_pass(self) -> None:
        """Put it forward by what a publisher rests after a failure."""
        self.ahead += PAUSE_SECONDS


@pytest.fixture
def clock() -> ForwardClock:
    """Give the publisher's clock."""
    return ForwardClock()


@pytest.fixture
def publisher(amqp_url: str, clock: ForwardClock) -> Generator[RabbitmqPublisher]:
    """Give a publisher that is not connected yet."""
    publisher = RabbitmqPublisher(amqp_url, monotonic=clock)
    yield publisher
    publisher.close()


@pytest.fixture
def hand(amqp_url: str) -> BrokerHand:
    """Give the test's hand in RabbitMQ."""
    return BrokerHand(amqp_url)


@pytest.fixture
def batch() -> list[Message]:
    """Give as many claim checks as are on the way at once."""
    return [Message("contact", pk, "acme", 1, uuid4()) for pk in range(PIECE)]
