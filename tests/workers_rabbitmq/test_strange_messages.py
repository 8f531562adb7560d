"""What stands in a queue although no relay wrote it so: repaired or put aside, told once."""

import io
import json
import random
import threading

import pytest

from broker.routing import QUEUES
from broker.topology import dead_letter_queue
from tests.workers_rabbitmq.bench import (
    Bench,
    MakeBroker,
    comes_true,
    counted,
    dramatiqs_own,
    ours_and_dramatiqs,
    working_threads,
)
from tests.workers_rabbitmq.wire import Wire, claim_check
from workers.rabbitmq import rabbitmq_broker

CONTACTS = [QUEUES["contact"]]
DEAD = dead_letter_queue(QUEUES["contact"])
LAST = 1_000_000
STRANGE_MANY = 90
STRANGE_ARGUMENTS: tuple[object, ...] = (
    None,
    [],
    {},
    "acme",
    [[]],
    [1],
    [1.5, "acme", 1, "x"],
    [True] * 4,
    [None] * 9,
)
STRANGE = {
    "no json": b"Ada Example, 555-0100",
    "no bytes of a text": b"\xff\xfe Ada Example",
    "other fields": b'{"args": [], "Ada Example": 1}',
    "other arguments": claim_check(1, args=["Ada Example"]),
    "a token that is none": claim_check(1, args=[1, "acme", 1, "Ada Example"]),
    "too long": claim_check(1, kwargs={"note": "Ada Example" * 1_000}),
    "nothing": b"",
}


@ours_and_dramatiqs
def test_a_foreign_queue_name_kills_no_thread(
    amqp_url: str,
    wire: Wire,
    bench: Bench,
    monkeypatch: pytest.MonkeyPatch,
    make_broker: MakeBroker,
    *,
    ours: bool,
) -> None:
    """An envelope is answered where it came from, whatever queue it names; the next one runs."""
    monkeypatch.setattr(threading, "excepthook", lambda _args: None)  # the death we look for
    with bench.working(make_broker(amqp_url), queues=CONTACTS):
        assert comes_true(wire.is_consumed)

        wire.put(claim_check(1, queue_name=QUEUES["invoice"], actor_name="contact.sync"))

        assert bench.has_ended(1)
        wire.put(claim_check(2))
        assert comes_true(lambda: 2 in bench.ended, 2.0) is ours
        assert len(working_threads()) == (1 if ours else 0)
    assert wire.ready() == (0 if ours else 2)


@ours_and_dramatiqs
def test_null_options_stop_no_consumer(
    amqp_url: str, wire: Wire, bench: Bench, make_broker: MakeBroker, *, ours: bool
) -> None:
    """Options are ours alone: `null` is no reason to start again and again before one message."""
    with bench.working(make_broker(amqp_url), queues=CONTACTS):
        assert comes_true(wire.is_consumed)

        wire.put(claim_check(1, options=None))
        wire.put(claim_check(2))

        assert comes_true(lambda: bench.ended == [1, 2], 2.0) is ours
    assert wire.ready() == (0 if ours else 2)


@pytest.mark.parametrize("body", STRANGE.values(), ids=STRANGE)
def test_what_is_no_claim_check_is_put_aside_untold(
    amqp_url: str, wire: Wire, bench: Bench, written: io.StringIO, body: bytes
) -> None:
    """It goes to the dead-letter queue; one line tells where, how long and why, never what."""
    before = counted("messages_refused", queue=QUEUES["contact"])
    with bench.working(rabbitmq_broker(amqp_url), queues=CONTACTS):
        assert comes_true(lambda: wire.is_consumed() and wire.takes(DEAD))

        wire.put(body)
        wire.put(claim_check(2))

        assert bench.has_ended(2)
        assert comes_true(lambda: wire.ready(DEAD) == 1)
    (told,) = [json.loads(line) for line in written.getvalue().splitlines()]
    assert told["event"] == "message.refused"
    assert (told["queue"], told["size"]) == (QUEUES["contact"], len(body))
    assert told["reason"]
    assert counted("messages_refused", queue=QUEUES["contact"]) - before == 1
    assert bench.begun == [2]
    assert wire.take(DEAD) == body


@pytest.mark.parametrize("entity", QUEUES)
def test_any_number_of_strange_messages_stops_no_queue(
    amqp_url: str, wire: Wire, bench: Bench, entity: str
) -> None:
    """Random bytes, our own envelopes with a bit turned, and those of other kinds: all put aside.

    What is a claim check all the same runs; behind them the next one does.
    """
    queue_name, chance = QUEUES[entity], random.Random(f"strange {entity}")  # noqa: S311  # bytes
    dead = dead_letter_queue(queue_name)
    with bench.working(rabbitmq_broker(amqp_url), threads=4):
        assert comes_true(lambda: wire.is_consumed(queue_name) and wire.takes(dead))

        for number in range(STRANGE_MANY):
            wire.put(_strange(chance, entity, number), queue_name)
        wire.put(claim_check(LAST, entity), queue_name)

        assert bench.has_ended(LAST)
        assert comes_true(lambda: wire.ready(dead) + len(bench.ended) == STRANGE_MANY + 1)
        assert len(working_threads()) == 4
    assert wire.ready(queue_name) == 0
    assert wire.ready(dead) > STRANGE_MANY / 2


def _strange(chance: random.Random, entity: str, number: int) -> bytes:
    match number % 3:
        case 0:
            return chance.randbytes(chance.randint(0, 400))
        case 1:
            body = bytearray(claim_check(number + 1, entity))
            place = chance.randrange(len(body))
            body[place] ^= 1 << chance.randrange(8)
            return bytes(body)
        case _:
            return claim_check(number + 1, entity, args=chance.choice(STRANGE_ARGUMENTS))


@pytest.mark.parametrize("strange", ["other fields", "other arguments"])
def test_dramatiqs_own_tells_what_it_cannot_read(
    amqp_url: str, wire: Wire, bench: Bench, written: io.StringIO, strange: str
) -> None:
    """Why ours reads bodies itself: the other one's log quotes them, with a traceback."""
    with bench.working(dramatiqs_own(amqp_url), queues=CONTACTS):
        assert comes_true(lambda: wire.is_consumed() and wire.takes(DEAD))

        wire.put(STRANGE[strange])

        assert comes_true(lambda: wire.ready(DEAD) == 1)
    assert "Traceback" in written.getvalue()
    assert "Ada Example" in written.getvalue()


def test_an_actor_that_raises_has_its_message_put_aside(
    amqp_url: str, wire: Wire, bench: Bench
) -> None:
    """Nothing is tried again here, and nothing is acknowledged unseen; the next message runs."""
    bench.breaks_on.add(1)
    body = claim_check(1)
    with bench.working(rabbitmq_broker(amqp_url), queues=CONTACTS):
        assert comes_true(lambda: wire.is_consumed() and wire.takes(DEAD))

        wire.put(body)
        wire.put(claim_check(2))

        assert bench.has_ended(2)
        assert comes_true(lambda: wire.ready(DEAD) == 1)
    assert bench.begun == [1, 2]
    assert wire.take(DEAD) == body
    assert wire.ready() == 0
