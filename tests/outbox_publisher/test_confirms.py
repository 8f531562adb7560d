"""A message counts as published when a queue has it, and only then."""

from uuid import uuid4

import pytest
import structlog
from kombu import Connection, Producer

from broker.claim_checks import Message, decode, encode
from broker.routing import QUEUES
from broker.topology import EXCHANGE
from outbox import publisher as module
from outbox.publisher import PIECE, RabbitmqPublisher
from tests.outbox_publisher.conftest import ForwardClock
from tests.support.broker_hand import BrokerHand
from tests.support.roofer import until

PERSISTENT = 2
MANY = 2_000
FULL = "full"
REJECTS_THE_SECOND = {"x-max-length": 1, "x-overflow": "reject-publish"}


def message(entity: str = "contact", pk: int = 1) -> Message:
    """Give a claim check."""
    return Message(entity, pk, "acme", 1, uuid4())


def test_each_message_is_in_its_queue_when_it_is_confirmed(
    publisher: RabbitmqPublisher, hand: BrokerHand
) -> None:
    """It stands there as it was given, on disk, in the envelope its actor reads."""
    messages = [message(entity, pk) for pk, entity in enumerate(QUEUES)]

    assert list(publisher.publish(messages)) == []

    for each in messages:
        taken = hand.take(each.queue_name)
        assert decode(taken.body.encode(), each.entity) == each
        assert taken.properties["delivery_mode"] == PERSISTENT
        assert taken.properties["message_id"] == str(each.token)


def test_thousands_are_confirmed_in_one_publish(
    publisher: RabbitmqPublisher, hand: BrokerHand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They go in pieces, so that neither side's buffers have to take them all."""
    monkeypatch.setattr(module, "BATCH_SECONDS", 20.0)  # how fast it is, is no matter here
    assert MANY > 2 * PIECE
    messages = [message(pk=pk) for pk in range(MANY)]

    assert list(publisher.publish(messages)) == []

    until(lambda: hand.ready(QUEUES["contact"]) == MANY)


def test_what_no_queue_took_is_returned_and_goes_again_into_a_queue_declared_anew(
    publisher: RabbitmqPublisher, hand: BrokerHand, clock: ForwardClock
) -> None:
    """The broker confirms it all the same; whoever listens to confirms alone has lost it."""
    publisher.publish([message()])
    hand.delete_queue(QUEUES["contact"])
    lost, taken = message("contact"), message("invoice")

    assert list(publisher.publish([lost, taken])) == [lost]

    clock.let_pause_pass()
    assert list(publisher.publish([lost])) == []
    assert hand.take(QUEUES["contact"]).properties["message_id"] == str(lost.token)
    assert hand.take(QUEUES["invoice"]).properties["message_id"] == str(taken.token)
    assert hand.take(QUEUES["invoice"]) is None


def test_kombu_alone_would_call_it_published(
    publisher: RabbitmqPublisher, hand: BrokerHand, amqp_url: str
) -> None:
    """With confirms but without `mandatory` it returns as ever, and the message is nowhere."""
    publisher.publish([])
    hand.delete_queue(QUEUES["contact"])
    lost = message()

    with Connection(amqp_url, transport_options={"confirm_publish": True}) as connection:
        producer = Producer(connection.default_channel, auto_declare=False)
        sent = producer.publish(encode(lost), exchange=EXCHANGE, routing_key="contact")

    assert sent.ready
    assert not sent.failed
    assert list(publisher.publish([lost])) == [lost]


def test_a_missing_exchange_is_declared_anew(
    publisher: RabbitmqPublisher, hand: BrokerHand, clock: ForwardClock
) -> None:
    """The broker closes the channel for it, and nothing of that batch counts."""
    publisher.publish([message()])
    hand.delete_exchange()
    messages = [message(), message("payment")]

    assert list(publisher.publish(messages)) == messages

    clock.let_pause_pass()
    assert list(publisher.publish(messages)) == []
    assert hand.ready(QUEUES["payment"]) == 1


def test_what_a_queue_refused_is_not_published(
    publisher: RabbitmqPublisher, hand: BrokerHand, clock: ForwardClock
) -> None:
    """One that is full answers with a nack, if it is told to reject what is published."""
    publisher.publish([])
    hand.declare_queue(FULL, REJECTS_THE_SECOND)
    hand.bind(FULL, "contact")
    first, second, other = message(), message(), message("invoice")
    assert list(publisher.publish([first])) == []

    assert list(publisher.publish([second, other])) == [second]

    clock.let_pause_pass()
    hand.delete_queue(FULL)
    assert list(publisher.publish([second])) == []


def test_a_queue_of_another_kind_is_refused_and_told(
    publisher: RabbitmqPublisher, hand: BrokerHand, clock: ForwardClock
) -> None:
    """Its arguments can never be changed, so a person must delete it: by name."""
    name = QUEUES["invoice"]
    hand.declare_queue(name, {"x-queue-type": "classic"})
    waiting = message()

    with structlog.testing.capture_logs() as logs:
        assert list(publisher.publish([waiting])) == [waiting]

    (told,) = [each for each in logs if each["event"] == "publisher.lost"]
    assert "PRECONDITION_FAILED" in told["reason"]
    assert name in told["reason"]
    hand.delete_queue(name)
    clock.let_pause_pass()
    assert list(publisher.publish([waiting])) == []


def test_what_stands_in_a_queue_is_known_while_the_broker_answers(
    publisher: RabbitmqPublisher, hand: BrokerHand, clock: ForwardClock
) -> None:
    """Of a queue nobody can ask about, nothing is known: that is not the same as none.

    Asking connects: where a queue was deleted, nothing else may be left to publish.
    """
    names = list(QUEUES.values())
    assert publisher.waiting(names) == dict.fromkeys(names, 0)
    publisher.publish([message(), message(), message("payment")])
    assert publisher.waiting(names) == dict.fromkeys(names, 0) | {
        QUEUES["contact"]: 2,
        QUEUES["payment"]: 1,
    }

    hand.delete_queue(QUEUES["contact"])

    assert publisher.waiting(names) == {}
    clock.let_pause_pass()
    assert publisher.waiting(names)[QUEUES["contact"]] == 0
