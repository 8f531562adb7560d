"""The demonstration on a RabbitMQ of somebody's: it looks first, and leaves it as it was."""

import pytest

from broker.routing import QUEUES
from broker.topology import declare_at
from demo.failures import DemonstrationFailed
from demo.given_broker import given_rabbitmq
from tests.support.broker_hand import BrokerHand


def test_a_virtual_host_that_nobody_uses_is_used_and_left_empty(amqp_url: str) -> None:
    """A second run finds it as the first did."""
    for _ in range(2):
        with given_rabbitmq(amqp_url) as url:
            declare_at(url)


def test_one_that_is_in_use_is_refused(amqp_url: str) -> None:
    """The demonstration's workers would take real claim checks, and real workers its own."""
    declare_at(amqp_url)

    with (
        pytest.raises(DemonstrationFailed, match=QUEUES["contact"]),
        given_rabbitmq(amqp_url),
    ):
        raise AssertionError("it was used")

    assert BrokerHand(amqp_url).ready(QUEUES["contact"]) == 0


def test_one_that_does_not_answer_is_a_sentence_without_its_password() -> None:
    """At once, and not when somebody should be killed."""
    with (
        pytest.raises(DemonstrationFailed, match="AMQP_URL cannot be used") as failed,
        given_rabbitmq("amqp://somebody:open-sesame@127.0.0.1:1/"),
    ):
        raise AssertionError("it was used")

    assert "sesame" not in str(failed.value)
