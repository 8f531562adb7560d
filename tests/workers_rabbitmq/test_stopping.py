"""An orderly stop: running messages end and are acknowledged, all others go to other workers."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dramatiq

from broker.routing import QUEUES
from tests.workers_rabbitmq.bench import (
    Bench,
    MakeBroker,
    comes_true,
    ours_and_dramatiqs,
    waiting_in_memory,
)
from tests.workers_rabbitmq.wire import Wire, claim_check
from workers.consuming import consuming
from workers.rabbitmq import rabbitmq_broker

INVOICES = QUEUES["invoice"]


@ours_and_dramatiqs
def test_what_waits_in_memory_goes_back_before_the_last_thread_is_done(
    amqp_url: str, wire: Wire, bench: Bench, make_broker: MakeBroker, *, ours: bool
) -> None:
    """Others may be idle while a call goes on: they get the prefetched messages at once."""
    body = claim_check(2, "invoice")
    with _held_at_work(make_broker(amqp_url), bench, wire) as stop:
        wire.put(body, INVOICES)
        assert comes_true(lambda: waiting_in_memory() == 1)

        stop.set()

        assert comes_true(lambda: wire.ready(INVOICES) == 1, 2.0) is ours
    assert bench.ended == [1]
    assert wire.ready() == 0
    assert wire.take(INVOICES) == body


@ours_and_dramatiqs
def test_nothing_new_is_taken_during_a_stop(
    amqp_url: str, wire: Wire, bench: Bench, make_broker: MakeBroker, *, ours: bool
) -> None:
    """It would wait for nothing, and each return brings a message nearer to its delivery limit."""
    with _held_at_work(make_broker(amqp_url), bench, wire) as stop:
        stop.set()
        assert comes_true(lambda: wire.consumers(INVOICES) == 0, 2.0) is ours

        wire.put(claim_check(2, "invoice"), INVOICES)

        assert comes_true(lambda: wire.ready(INVOICES) == 1, 1.0) is ours
    assert bench.ended == [1]
    assert wire.ready() == 0  # what ran through the stop is acknowledged


def test_another_worker_takes_over_what_was_given_back(
    amqp_url: str, wire: Wire, bench: Bench
) -> None:
    """Unharmed, and each runs once."""
    with _held_at_work(rabbitmq_broker(amqp_url), bench, wire) as stop:
        for pk in range(2, 50):
            wire.put(claim_check(pk, "invoice"), INVOICES)
        assert comes_true(lambda: waiting_in_memory() == 1)
        stop.set()
        assert comes_true(lambda: wire.ready(INVOICES) == 48)
    assert bench.ended == [1]

    with bench.working(rabbitmq_broker(amqp_url), threads=2):
        assert comes_true(lambda: len(bench.ended) >= 49)

    assert sorted(bench.ended) == list(range(1, 50))
    assert wire.ready(INVOICES) == 0


def test_a_thread_that_does_not_end_in_time_is_left_behind(
    amqp_url: str, wire: Wire, bench: Bench
) -> None:
    """A stop has a limit; the message goes to somebody else, and an ack that comes late is void."""
    bench.hold(1)
    body = claim_check(1)
    broker = rabbitmq_broker(amqp_url)
    with consuming(broker, bench, queues=[QUEUES["contact"]], threads=1, stop_within_seconds=0.3):
        assert comes_true(wire.is_consumed)
        wire.put(body)
        assert bench.began(1)

    assert comes_true(lambda: wire.ready() == 1)
    bench.release(1)
    assert bench.has_ended(1)
    assert wire.take() == body


@contextmanager
def _held_at_work(broker: dramatiq.Broker, bench: Bench, wire: Wire) -> Iterator[threading.Event]:
    """Let a worker's one thread hold record 1; the event begins its stop, the block's end ends it.

    The stop is another thread's, since it lasts for as long as the record is held.
    """
    stop = threading.Event()
    bench.hold(1)

    def work() -> None:
        with consuming(broker, bench, queues=tuple(QUEUES.values()), threads=1):
            stop.wait()
        broker.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        assert comes_true(lambda: all(map(wire.is_consumed, QUEUES.values())))
        wire.put(claim_check(1))
        assert bench.began(1)
        yield stop
    finally:
        stop.set()
        bench.release(1)
        thread.join()
