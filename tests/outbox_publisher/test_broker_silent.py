"""A broker that is frozen, away, or closes connections: the publisher says so soon, and comes back.

The thread that publishes also beats: whatever the broker does, it is back in time.
"""

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from app.rabbitmq import PrivateRabbitmq
from broker import connecting
from broker.claim_checks import Message
from broker.routing import QUEUES
from broker.topology import arguments_of, dead_letter_queue
from coordination.processes import SILENT_SECONDS
from outbox.publisher import RabbitmqPublisher
from tests.outbox_publisher.conftest import ForwardClock
from tests.support.broker_hand import BrokerHand
from tests.support.roofer import until

BACK_SECONDS = SILENT_SECONDS
"""A leader that is silent for longer loses the lead; it takes one or two on an idle machine."""
AT_ONCE_SECONDS = 0.3
HEARTBEAT_SECONDS = 2
MANY = 2_000


@pytest.fixture
def amqp_url(own_rabbitmq: PrivateRabbitmq) -> str:
    """Give the address of a node that a test may freeze."""
    return own_rabbitmq.url


def messages(number: int = 3) -> list[Message]:
    """Give claim checks."""
    return [Message("contact", pk, "acme", 1, uuid4()) for pk in range(number)]


@contextmanager
def frozen(node: PrivateRabbitmq) -> Iterator[None]:
    """Stop a node in the middle of whatever it does, until the block ends."""
    os.kill(node.pid, signal.SIGSTOP)
    until(lambda: _stands_still(node.pid))
    try:
        yield
    finally:
        os.kill(node.pid, signal.SIGCONT)


def _stands_still(pid: int) -> bool:
    """Whether each of its threads has stopped: on a busy machine one may go on for a moment."""
    states = [
        task.joinpath("stat").read_text().rpartition(")")[2].split()[0]
        for task in Path(f"/proc/{pid}/task").iterdir()
    ]
    return set(states) == {"T"}


@contextmanager
def back_within(seconds: float) -> Iterator[None]:
    """Hold that the block does not take longer."""
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < seconds


@pytest.mark.parametrize("number", [1, MANY])
def test_a_batch_for_a_frozen_broker_is_given_back_at_its_deadline(
    publisher: RabbitmqPublisher, own_rabbitmq: PrivateRabbitmq, clock: ForwardClock, number: int
) -> None:
    """Nothing of it is confirmed, so all of it is unsent, however much of it the socket took."""
    publisher.publish(messages())
    batch = messages(number)

    with frozen(own_rabbitmq), back_within(BACK_SECONDS):
        unconfirmed = list(publisher.publish(batch))

    assert sorted(each.record_pk for each in unconfirmed) == [each.record_pk for each in batch]
    clock.let_pause_pass()
    assert list(publisher.publish(batch[:1])) == []


def test_a_frozen_broker_keeps_nobody_who_connects(
    publisher: RabbitmqPublisher, own_rabbitmq: PrivateRabbitmq, clock: ForwardClock
) -> None:
    """Its machine accepts the connection, and it says nothing."""
    batch = messages()

    with frozen(own_rabbitmq), back_within(BACK_SECONDS):
        assert list(publisher.publish(batch)) == batch

    clock.let_pause_pass()
    assert list(publisher.publish(batch)) == []


@pytest.mark.parametrize(
    "ask",
    [
        lambda publisher: publisher.waiting(QUEUES.values()),
        lambda publisher: publisher.keep_alive(),
        lambda publisher: publisher.close(),
    ],
    ids=["waiting", "keep alive", "close"],
)
def test_nothing_else_waits_for_a_frozen_broker(
    publisher: RabbitmqPublisher,
    own_rabbitmq: PrivateRabbitmq,
    ask: Callable[[RabbitmqPublisher], object],
) -> None:
    """Looking, keeping alive and taking leave are bounded like publishing, and raise as little."""
    publisher.publish(messages())

    with frozen(own_rabbitmq), back_within(BACK_SECONDS):
        assert not ask(publisher)


def test_a_broker_that_is_away_is_left_alone_for_a_while(clock: ForwardClock) -> None:
    """A refused connection costs nothing; a broker that starts is not stormed."""
    with closing(socket.socket()) as door:
        door.bind(("127.0.0.1", 0))
        publisher = RabbitmqPublisher(f"amqp://127.0.0.1:{door.getsockname()[1]}", monotonic=clock)
        batch = messages()
        with back_within(AT_ONCE_SECONDS):
            assert list(publisher.publish(batch)) == batch
        door.listen()
        door.settimeout(0)

        with back_within(AT_ONCE_SECONDS):
            assert list(publisher.publish(batch)) == batch

        with pytest.raises(BlockingIOError):
            door.accept()
        clock.let_pause_pass()
        with back_within(BACK_SECONDS):
            assert list(publisher.publish(batch)) == batch
        door.accept()[0].close()


@pytest.mark.parametrize(
    "notice",
    [lambda publisher: publisher.publish(messages(1)), lambda publisher: publisher.keep_alive()],
    ids=["publishing", "keeping alive"],
)
def test_a_connection_the_broker_closed_is_replaced(
    publisher: RabbitmqPublisher,
    own_rabbitmq: PrivateRabbitmq,
    clock: ForwardClock,
    hand: BrokerHand,
    notice: Callable[[RabbitmqPublisher], object],
) -> None:
    """Whoever notices drops it; the next publish connects and declares anew."""
    publisher.publish(messages(1))
    own_rabbitmq.ctl("close_all_connections", "by a person")

    notice(publisher)

    clock.let_pause_pass()
    assert list(publisher.publish(messages(1))) == []
    assert hand.ready(QUEUES["contact"]) == 2


@pytest.mark.parametrize("kept_alive", [True, False], ids=["kept alive", "left alone"])
def test_an_idle_connection_lives_by_being_kept_alive(
    publisher: RabbitmqPublisher, monkeypatch: pytest.MonkeyPatch, *, kept_alive: bool
) -> None:
    """RabbitMQ closes one that is silent for longer than its heartbeat allows."""
    monkeypatch.setattr(connecting, "HEARTBEAT_SECONDS", HEARTBEAT_SECONDS)
    publisher.publish(messages(1))

    for _ in range(3 * HEARTBEAT_SECONDS):
        threading.Event().wait(1.0)  # the relay's beat
        if kept_alive:
            publisher.keep_alive()

    batch = messages(1)
    assert (list(publisher.publish(batch)) == []) is kept_alive


def test_every_argument_of_a_queue_is_explicit(
    publisher: RabbitmqPublisher, own_rabbitmq: PrivateRabbitmq
) -> None:
    """What RabbitMQ 3.10, 3.13 and 4.x would choose by themselves differs."""
    publisher.publish([])

    listed = json.loads(own_rabbitmq.ctl("list_queues", "name", "arguments", "--formatter", "json"))

    stands = {
        each["name"]: {name: value for name, _, value in each["arguments"]} for each in listed
    }
    for name in QUEUES.values():
        assert stands[name] == arguments_of(name)
        assert stands[name].keys() >= {"x-queue-type", "x-delivery-limit"}
        assert stands[dead_letter_queue(name)]["x-queue-type"] == "quorum"
