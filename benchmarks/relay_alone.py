"""The relay alone: changes taken in, dispatched, published and confirmed, beside bare publishing.

A change is an edit of a contact that is in QuickBooks already, so each is taken in, judged, given a
place and published. Every company is given ten, as many as it has places, and processes beat that
say they have threads enough for all: neither places nor room in a queue hold anything back, and
nothing waits for a worker. Between two runs the benchmark itself gives the places back
and empties the queues; that is not counted. The control publishes the same bytes to the same quorum
queues through kombu: confirmed, mandatory, 500 on the way at once, and composed beforehand.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from math import ceil
from typing import Any, Final
from uuid import uuid4

import psycopg
from kombu import Connection, Producer

from app.living import living
from app.standing import collect_rarely
from benchmarks.figures import Figure, at_least, of_pairs
from benchmarks.fleet import UNPACED
from benchmarks.options import Options, progress
from benchmarks.stage import (
    Servers,
    add_companies,
    company_ids,
    put_into_quickbooks,
    say_chains,
    servers,
    session,
)
from broker.claim_checks import Message, encode
from broker.connecting import STEP_SECONDS
from broker.routing import QUEUES
from broker.topology import EXCHANGE
from coordination.database import open_pool
from outbox.dispatch import ALL_PER_THREAD
from outbox.limits import RelayLimits
from outbox.messages import message_for
from outbox.publisher import RabbitmqPublisher
from outbox.relay import Relay
from records.places import PLACES_PER_COMPANY, held_places

COMPANIES: Final = 200
CHANGES: Final = COMPANIES * PLACES_PER_COMPANY
PAIRS: Final = 15
PIECE: Final = 500
RATIO_LEAST: Final = 0.3
THREADS_MOST: Final = 256
"""What one process may say it has."""
GIVEN_UP_AFTER_SECONDS: Final = 60.0


def run(options: Options) -> list[Figure]:
    """Measure pairs, turn and turn about; of each the changes a second."""
    pairs, beside_our_own = [], []
    with servers() as where, session(where.database_url) as connection, leading(where) as relay:
        fill(connection, relay)
        with bare_publishing(where) as bare:
            for _ in range(PAIRS if not options.long else 3 * PAIRS):
                ours, bodies = changed(connection, relay)
                drain(connection, bare)
                control = bare.publish(bodies)
                drain(connection, bare)
                own = _publish_again(where, bodies)
                drain(connection, bare)
                beside_our_own.append((ours, own))
                progress(f"{ours:,.0f} changes/s beside {control:,.0f} messages/s")
                pairs.append((ours, control))
    bar = at_least(RATIO_LEAST, of="ratio")
    return [
        of_pairs("relay alone: changes confirmed", pairs, "changes/s", bar),
        of_pairs("relay alone: beside its own publisher", beside_our_own, "changes/s"),
    ]


def _publish_again(where: Servers, bodies: Sequence[tuple[str, bytes]]) -> float:
    """Publish as many claim checks by the relay's own publisher; give the rate."""
    publisher = RabbitmqPublisher(where.amqp_url)
    messages = [
        Message(entity, pk, "company-1", 1, uuid4()) for pk, (entity, _) in enumerate(bodies)
    ]
    publisher.publish(messages[:1])
    began = time.monotonic()
    if publisher.publish(messages):
        raise RuntimeError("not all was confirmed")
    rate = len(messages) / (time.monotonic() - began)
    publisher.close()
    return rate


@contextmanager
def leading(where: Servers) -> Iterator[Relay]:
    """Give a relay that leads, beside processes that beat and say they have threads enough."""
    url = where.database_url
    queues = tuple(QUEUES.values())
    with ExitStack() as living_on:
        pool = living_on.enter_context(
            open_pool(url, max_size=1, application_name="proline-qbo relay")
        )
        me = living_on.enter_context(living(url, pool, "relay"))
        for _ in range(ceil(CHANGES / ALL_PER_THREAD / THREADS_MOST)):
            living_on.enter_context(
                living(url, pool, "worker", queues=queues, threads=THREADS_MOST)
            )
        publisher = RabbitmqPublisher(where.amqp_url)
        collect_rarely()
        relay = Relay(pool, publisher, me.process_id, limits=RelayLimits(**UNPACED))
        while not relay.leading:
            relay.tick()
        yield relay
        publisher.close()


def fill(connection: psycopg.Connection, relay: Relay) -> None:
    """Put contacts into QuickBooks: taken in by the relay, linked and settled here."""
    ids = company_ids(COMPANIES)
    add_companies(connection, ids)
    say_chains(connection, ids, chains=PLACES_PER_COMPANY, entities=("contact",))
    _tick_until(connection, relay, _ALL_TAKEN_IN)
    put_into_quickbooks(connection)
    connection.execute("VACUUM (ANALYZE)")


_ALL_TAKEN_IN = "SELECT NOT EXISTS (SELECT FROM proline_outbox.outbox_events)"
_ALL_DISPATCHED = f"""
{_ALL_TAKEN_IN}
   AND (SELECT count(*) FROM proline_qbo.records WHERE state = 'dispatched') = {CHANGES}
"""


def changed(connection: psycopg.Connection, relay: Relay) -> tuple[float, list[tuple[str, bytes]]]:
    """Edit every contact and time the way to the last confirm; give the messages' bytes as well."""
    say_chains(connection, company_ids(COMPANIES), chains=PLACES_PER_COMPANY, entities=("contact",))
    began = time.monotonic()
    # A tick that finds nothing left to do comes after one that has confirmed all.
    while relay.tick():
        pass
    taken_seconds = time.monotonic() - began
    if connection.execute(_ALL_DISPATCHED).fetchone() != (True,):
        raise RuntimeError("the relay stood still before all was handed out")
    places = [each.place for each in held_places(connection)]
    return CHANGES / taken_seconds, [(each.entity, encode(message_for(each))) for each in places]


def _tick_until(connection: psycopg.Connection, relay: Relay, condition: str) -> None:
    deadline = time.monotonic() + GIVEN_UP_AFTER_SECONDS
    while connection.execute(condition).fetchone() != (True,):
        relay.tick()
        if time.monotonic() > deadline:
            raise TimeoutError(condition)


class Bare:
    """A kombu channel in confirm mode on what the relay has declared, and what it awaits."""

    def __init__(self, channel: Any) -> None:  # noqa: ANN401  # py-amqp has no types
        """Ask for confirms."""
        self.channel = channel
        self._producer = Producer(channel, auto_declare=False)
        self._pending: set[int] = set()
        self._tag = 0
        channel.confirm_select()
        channel.events["basic_ack"].add(self._acked)

    def publish(self, bodies: Sequence[tuple[str, bytes]]) -> float:
        """Publish by (routing key, body) and time the way to the last confirm; give the rate."""
        began = time.monotonic()
        for start in range(0, len(bodies), PIECE):
            for routing_key, body in bodies[start : start + PIECE]:
                self._tag += 1
                self._pending.add(self._tag)
                self._producer.publish(
                    body,
                    exchange=EXCHANGE,
                    routing_key=routing_key,
                    mandatory=True,
                    delivery_mode="persistent",
                    content_type="application/json",
                    content_encoding="utf-8",
                    retry=False,
                )
            while self._pending:
                self.channel.connection.drain_events(timeout=STEP_SECONDS)
        return len(bodies) / (time.monotonic() - began)

    def _acked(self, tag: int, multiple: bool) -> None:  # noqa: FBT001  # py-amqp calls it so
        if multiple:
            self._pending = {each for each in self._pending if each > tag}
        else:
            self._pending.discard(tag)


@contextmanager
def bare_publishing(where: Servers) -> Iterator[Bare]:
    """Open the control's own connection."""
    with Connection(where.amqp_url) as connection:
        yield Bare(connection.default_channel)


# As a settle leaves it, but for the links and the nudge.
_SETTLED = """
UPDATE proline_qbo.records
SET state = 'done', settled_version = version, settled_basis = '', since = proline_qbo.clock(),
    dispatch_token = NULL, dispatched_at = NULL
WHERE state = 'dispatched'
"""


def drain(connection: psycopg.Connection, bare: Bare) -> None:
    """Give all places back and empty the queues."""
    connection.execute(_SETTLED)
    for name in QUEUES.values():
        bare.channel.queue_purge(name)
