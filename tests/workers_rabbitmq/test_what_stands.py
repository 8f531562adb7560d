"""What a worker finds and leaves in RabbitMQ: the declared topology, and nothing of Dramatiq's."""

import dramatiq
import pika.exceptions
import pytest
from dramatiq.common import dq_name

from broker.routing import QUEUES
from broker.topology import arguments_of
from tests.workers_rabbitmq.bench import Bench, MakeBroker, comes_true, ours_and_dramatiqs
from tests.workers_rabbitmq.wire import Wire, claim_check
from workers.rabbitmq import rabbitmq_broker

CONTACTS = [QUEUES["contact"]]


@ours_and_dramatiqs
def test_there_are_no_delay_queues(
    amqp_url: str, wire: Wire, bench: Bench, make_broker: MakeBroker, *, ours: bool
) -> None:
    """What has to wait waits in PostgreSQL: held back in a worker, it would die of deployments."""
    with bench.working(make_broker(amqp_url)):
        assert comes_true(lambda: all(map(wire.is_consumed, QUEUES.values())))

        there = [name for name in QUEUES.values() if wire.has(dq_name(name))]

    assert there == ([] if ours else list(QUEUES.values()))


def test_the_queues_have_the_declared_arguments(amqp_url: str, wire: Wire, bench: Bench) -> None:
    """RabbitMQ refuses to declare a queue again with others: that is how one sees them."""
    name = QUEUES["contact"]
    with bench.working(rabbitmq_broker(amqp_url), queues=CONTACTS):
        assert comes_true(wire.is_consumed)

    wire.declare(name, arguments_of(name))
    with pytest.raises(pika.exceptions.ChannelClosedByBroker, match="406"):
        wire.declare(name, {**arguments_of(name), "x-delivery-limit": 3})


@ours_and_dramatiqs
def test_a_deleted_queue_comes_back_with_its_binding(
    amqp_url: str, wire: Wire, bench: Bench, make_broker: MakeBroker, *, ours: bool
) -> None:
    """Without the binding it would stand there empty for ever: the relay sends to the exchange."""
    with bench.working(make_broker(amqp_url), queues=CONTACTS):
        assert comes_true(wire.is_consumed)
        wire.bind("contact")
        assert wire.is_routed(claim_check(1), "contact")
        assert bench.has_ended(1)

        wire.delete(QUEUES["contact"])

        assert comes_true(wire.is_consumed)
        assert wire.is_routed(claim_check(2), "contact") is ours
        assert comes_true(lambda: 2 in bench.ended, 2.0) is ours


def test_a_worker_consumes_only_what_it_is_told(amqp_url: str, wire: Wire, bench: Bench) -> None:
    """Groups of workers keep a slow entity from starving the others."""
    with bench.working(rabbitmq_broker(amqp_url), queues=CONTACTS):
        assert comes_true(wire.is_consumed)
        wire.put(claim_check(1, "invoice"), QUEUES["invoice"])

        wire.put(claim_check(2))

        assert bench.has_ended(2)
        assert [wire.consumers(name) for name in QUEUES.values()] == [1, 0, 0, 0]
    assert wire.ready(QUEUES["invoice"]) == 1
    assert bench.begun == [2]


def test_nothing_is_published_by_a_worker(amqp_url: str) -> None:
    """Only the relay publishes, with confirms; whatever else would is told so."""
    message: dramatiq.Message[object] = dramatiq.Message(
        queue_name=QUEUES["contact"], actor_name="contact.sync", args=(), kwargs={}, options={}
    )

    with pytest.raises(RuntimeError, match="only the relay publishes"):
        rabbitmq_broker(amqp_url).enqueue(message)


def test_a_queue_that_is_not_ours_is_refused(amqp_url: str) -> None:
    """No actor can bring a queue along that the topology does not know."""
    with pytest.raises(ValueError, match=r"elsewhere is no queue of ours"):
        rabbitmq_broker(amqp_url).declare_queue("elsewhere")
