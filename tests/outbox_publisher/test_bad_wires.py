"""A wire that is cut inside a batch, or slow: nothing counts as published that was not written."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from kombu.utils.url import parse_url

from broker.claim_checks import Message
from broker.routing import QUEUES
from outbox.publisher import PIECE, RabbitmqPublisher
from tests.support.broker_hand import BrokerHand
from tests.support.recording_proxy import RecordingProxy
from tests.support.roofer import until

CUT_AFTER = 40_000
"""Bytes: a batch of ours has four times as many."""
SLOW_SECONDS = 0.15
SHORT_OF_A_TAKEOVER_SECONDS = 2.9


@contextmanager
def publisher_over(
    amqp_url: str, *, cut_after: int | None = None, late_seconds: float = 0.0
) -> Iterator[RabbitmqPublisher]:
    """Give a publisher with a bad wire between it and the broker."""
    broker = parse_url(amqp_url)
    with RecordingProxy(
        broker["hostname"], broker["port"], cut_after=cut_after, late_seconds=late_seconds
    ) as proxy:
        publisher = RabbitmqPublisher(amqp_url.replace(str(broker["port"]), str(proxy.port)))
        yield publisher
        publisher.close()


def test_what_a_cut_left_unwritten_is_unsent(
    amqp_url: str, hand: BrokerHand, batch: list[Message]
) -> None:
    """Each message is in the queue or named as unconfirmed, most of them never written."""
    with publisher_over(amqp_url, cut_after=CUT_AFTER) as publisher:
        unconfirmed = publisher.publish(batch)
    until(lambda: hand.ready(QUEUES["contact"]) > 0)

    assert len(unconfirmed) > 0
    assert len(unconfirmed) + hand.ready(QUEUES["contact"]) >= PIECE


def test_a_slow_wire_costs_no_lead(amqp_url: str, batch: list[Message]) -> None:
    """Connecting takes few ways there and back: a standby must not take the leader for gone."""
    with publisher_over(amqp_url, late_seconds=SLOW_SECONDS) as publisher:
        began = time.monotonic()
        publisher.publish(batch[:1])
        took_seconds = time.monotonic() - began

    assert took_seconds < SHORT_OF_A_TAKEOVER_SECONDS
