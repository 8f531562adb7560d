"""A connection that breaks under a running message: nothing is lost, nobody waits for it."""

import io
import json
import re

from dramatiq.worker import POST_PROCESS_MESSAGE_RETRY_DELAY_SECS

from broker.routing import QUEUES
from tests.workers_rabbitmq.bench import (
    Bench,
    MakeBroker,
    comes_true,
    counted,
    ours_and_dramatiqs,
    waiting_in_memory,
)
from tests.workers_rabbitmq.cable import ACK_OF_NOTHING, BROKEN_FRAME, Cable
from tests.workers_rabbitmq.wire import Wire, claim_check
from workers.rabbitmq import rabbitmq_broker
from workers.subscription import ANSWER_SECONDS

LOST_CONTACTS = re.compile(r'"qbo\.contacts"|\(qbo\.contacts\)')
"""How ours names its queue when it is lost, and Dramatiq's its logger."""
SOON_SECONDS = 3.0
assert SOON_SECONDS < POST_PROCESS_MESSAGE_RETRY_DELAY_SECS  # which is what a late ack costs there


@ours_and_dramatiqs
def test_an_ack_after_a_reconnect_never_takes_another_message(
    cable: Cable, wire: Wire, bench: Bench, make_broker: MakeBroker, *, ours: bool
) -> None:
    """Tags count from 1 on every connection: an old ack of 1 took whatever is now 1 with it."""
    bench.hold(1, 2)
    with bench.working(make_broker(cable.url), queues=[QUEUES["contact"]]):
        assert comes_true(wire.is_consumed)
        wire.put(claim_check(1))
        assert bench.began(1)
        cable.cut()
        assert comes_true(wire.take)  # another worker has the first message now
        wire.put(claim_check(2))
        cable.mend()
        assert comes_true(lambda: waiting_in_memory() == 1)  # this connection's first message

        bench.release(1)
        assert bench.began(2)
        cable.cut()  # as if the worker had been killed before it was done with the second

        assert comes_true(lambda: wire.consumers() == 0)
        assert wire.ready() == (1 if ours else 0)


@ours_and_dramatiqs
def test_a_late_ack_keeps_no_thread_from_its_work(
    cable: Cable,
    wire: Wire,
    bench: Bench,
    written: io.StringIO,
    make_broker: MakeBroker,
    *,
    ours: bool,
) -> None:
    """While the broker is away an ack is dropped and counted; the thread takes the next message."""
    before = counted("late_answers_dropped")
    bench.hold(1, 2)
    with bench.working(make_broker(cable.url)):
        assert comes_true(lambda: wire.is_consumed() and wire.is_consumed(QUEUES["invoice"]))
        wire.put(claim_check(1))
        assert bench.began(1)
        wire.put(claim_check(2, "invoice"), QUEUES["invoice"])
        assert comes_true(lambda: waiting_in_memory() == 1)
        cable.cut()
        assert comes_true(lambda: LOST_CONTACTS.search(written.getvalue()))

        bench.release(1)

        assert comes_true(lambda: 2 in bench.begun, SOON_SECONDS) is ours
        assert counted("late_answers_dropped") - before == (1 if ours else 0)


def test_what_was_not_acknowledged_comes_again(cable: Cable, wire: Wire, bench: Bench) -> None:
    """A dropped ack loses nothing: the message is delivered once more, for the claim to fence."""
    bench.hold(1)
    with bench.working(rabbitmq_broker(cable.url), threads=2):
        assert comes_true(wire.is_consumed)
        wire.put(claim_check(1))
        assert bench.began(1)
        # An ack that had left before the next message came would be there by now.
        wire.put(claim_check(2))
        assert bench.has_ended(2)
        cable.cut()
        bench.release(1)
        assert bench.has_ended(1)

        cable.mend()

        assert comes_true(lambda: bench.ended.count(1) == 2)
        assert comes_true(lambda: wire.ready() == 0)
    assert wire.ready() == 0


def test_a_connection_the_broker_closes_is_replaced(
    cable: Cable, wire: Wire, bench: Bench, written: io.StringIO
) -> None:
    """Consuming again within seconds, and told in two lines: lost, with the broker's word; back."""
    with bench.working(rabbitmq_broker(cable.url), queues=[QUEUES["contact"]]):
        assert comes_true(wire.is_consumed)

        cable.say(BROKEN_FRAME)

        assert comes_true(lambda: "consumer.back" in written.getvalue(), SOON_SECONDS)
        wire.put(claim_check(1))
        assert bench.has_ended(1)
    told = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [line["event"] for line in told] == ["consumer.lost", "consumer.back"]
    assert "501" in told[0]["reason"]
    assert {line["queue"] for line in told} == {QUEUES["contact"]}


@ours_and_dramatiqs
def test_a_channel_the_broker_closes_leaves_no_connection_behind(
    cable: Cable, wire: Wire, bench: Bench, make_broker: MakeBroker, *, ours: bool
) -> None:
    """So it does after `consumer_timeout`; each connection left open would hold a socket on."""
    with bench.working(make_broker(cable.url), queues=[QUEUES["contact"]]):
        assert comes_true(wire.is_consumed)
        before = list(cable.lines)

        cable.say(ACK_OF_NOTHING)

        assert comes_true(lambda: set(cable.lines) - set(before))
        wire.put(claim_check(1))
        assert bench.has_ended(1)
        assert comes_true(lambda: len(cable.lines) == 1, SOON_SECONDS) is ours


@ours_and_dramatiqs
def test_a_broker_that_never_answers_is_asked_again(
    cable: Cable, wire: Wire, bench: Bench, make_broker: MakeBroker, *, ours: bool
) -> None:
    """A client of pika waits for ever: the queue looked consumed, and nothing came."""
    cable.lose_answer_to_consuming(QUEUES["contact"])
    with bench.working(make_broker(cable.url), queues=[QUEUES["contact"]]):
        assert comes_true(wire.is_consumed)
        wire.put(claim_check(1))

        assert comes_true(lambda: bench.ended == [1], ANSWER_SECONDS + SOON_SECONDS) is ours
        cable.cut()  # which lets the other one stop
        cable.mend()


def test_a_broker_that_is_away_at_the_start_is_waited_for(
    cable: Cable, wire: Wire, bench: Bench, written: io.StringIO
) -> None:
    """Said once, not at each attempt, and without a traceback."""
    cable.cut()
    with bench.working(rabbitmq_broker(cable.url), queues=[QUEUES["contact"]]):
        assert comes_true(lambda: "consumer.lost" in written.getvalue())
        attempts = len(written.getvalue())

        cable.mend()

        assert comes_true(wire.is_consumed)
        wire.put(claim_check(1))
        assert bench.has_ended(1)
    assert attempts
    assert written.getvalue().count("consumer.lost") == 1
    assert "Traceback" not in written.getvalue()
