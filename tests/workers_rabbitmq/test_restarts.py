"""RabbitMQ killed and started again: workers come back by themselves, and say so in two lines."""

import io
import json
import time
from contextlib import closing

from app.rabbitmq import PrivateRabbitmq
from broker.routing import QUEUES
from tests.workers_rabbitmq.bench import Bench, comes_true
from tests.workers_rabbitmq.wire import Wire, claim_check
from workers.rabbitmq import rabbitmq_broker

RESUMED_WITHIN_SECONDS = 10.0


def test_work_resumes_soon_after_a_killed_broker_is_back(
    own_rabbitmq: PrivateRabbitmq, bench: Bench, written: io.StringIO
) -> None:
    """Every queue is consumed within 10 s, and what ran at the time of death comes again."""
    bench.hold(1)
    with bench.working(rabbitmq_broker(own_rabbitmq.url)):
        with closing(Wire(own_rabbitmq.url)) as wire:
            assert comes_true(lambda: all(map(wire.is_consumed, QUEUES.values())))
            wire.put(claim_check(1))
            assert bench.began(1)

        # One that just started may break a consumer off by itself (541, INTERNAL_ERROR).
        assert comes_true(lambda: _all_are_back(written.getvalue()))
        told_before = len(written.getvalue())
        own_rabbitmq.kill()
        bench.release(1)
        assert bench.has_ended(1)
        own_rabbitmq.start()

        up_at = time.monotonic()
        with closing(Wire(own_rabbitmq.url)) as wire:
            assert comes_true(lambda: all(map(wire.is_consumed, QUEUES.values())))
            assert wire.is_routed(claim_check(2, "payment"), "payment")
            assert bench.has_ended(2)
            assert time.monotonic() - up_at < RESUMED_WITHIN_SECONDS
            assert comes_true(lambda: bench.ended.count(1) == 2)
    _told_once_for_each_queue(written.getvalue()[told_before:])


def _all_are_back(log: str) -> bool:
    return log.count("consumer.lost") == log.count("consumer.back")


def _told_once_for_each_queue(log: str) -> None:
    told = [json.loads(line) for line in log.splitlines()]
    for event in ("consumer.lost", "consumer.back"):
        queues = [line["queue"] for line in told if line["event"] == event]
        assert sorted(queues) == sorted(QUEUES.values())
    assert len(told) == 2 * len(QUEUES)
