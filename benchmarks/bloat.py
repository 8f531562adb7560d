"""The relay under an old snapshot: what a transaction that stays open in ProLine's database costs.

While a REPEATABLE READ transaction that has read stays open, PostgreSQL may remove no row that has
died since, in any table of that database: what the relay takes, moves and deletes stays behind as
dead rows and dead index entries, and every look steps over some of them. Edits of contacts that
QuickBooks has go the relay's whole way, a batch a round; a settle of all that was handed out stands
for the workers and is not timed, nor is the broker. What is timed is every tick that did work:
before, in the last third of the time the transaction is open, and after it has ended.
"""

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Final

import psycopg

from app.living import living
from benchmarks.figures import Figure, at_most, beside
from benchmarks.fleet import UNPACED
from benchmarks.options import Options, progress
from benchmarks.stage import (
    add_companies,
    company_ids,
    database,
    put_into_quickbooks,
    say_chains,
    session,
)
from broker.claim_checks import Message
from broker.routing import QUEUES
from coordination.database import open_pool
from outbox.limits import RelayLimits
from outbox.relay import Relay

COMPANIES: Final = 200
CONTACTS: Final = 50
EDITS: Final = 500
WORKERS: Final = 2
THREADS: Final = 256
BEFORE_SECONDS: Final = 20.0
OPEN_SECONDS: Final = 100.0
LONG_OPEN_SECONDS: Final = 600.0
LONG_EVENTS: Final = 2_000_000
AFTER_SECONDS: Final = 60.0
RATIO_MOST: Final = 2.0
GROWTH_MOST: Final = 1.1
MB: Final = 1_000_000


class Nowhere:
    """A broker that confirms at once and keeps nothing."""

    def publish(self, messages: Sequence[Message]) -> Sequence[Message]:
        """Confirm all."""
        del messages
        return ()

    def waiting(self, queue_names: Collection[str]) -> Mapping[str, int]:
        """Say that messages stand in every queue, so that none is thought to be lost."""
        return dict.fromkeys(queue_names, 1)

    def keep_alive(self) -> None:
        """There is no connection to keep alive."""

    def close(self) -> None:
        """There is no connection to close."""


@dataclass
class Played:
    """What some rounds took: the ticks that did work, the looks at the whole outbox, the events."""

    ticks_ms: list[float] = field(default_factory=list)
    looks_ms: list[float] = field(default_factory=list)
    events: int = 0

    @property
    def p99_ms(self) -> float:
        """What one tick in a hundred took longer than."""
        return quantiles(self.ticks_ms, n=100)[98]

    def last_third(self) -> "Played":
        """Keep what came last."""
        return Played(self.ticks_ms[-len(self.ticks_ms) // 3 :], self.looks_ms, self.events)


def run(options: Options) -> list[Figure]:
    """Play before, beside and after an open transaction."""
    with database() as url, session(url) as connection, _leading(url) as relay:
        _fill(connection, relay)
        before = _play(connection, relay, BEFORE_SECONDS)
        with _open_transaction(url):
            progress("a transaction stays open")
            beside_it = _play(
                connection,
                relay,
                LONG_OPEN_SECONDS if options.long else OPEN_SECONDS,
                LONG_EVENTS if options.long else 0,
            )
            largest = _size_mb(connection)
        progress("it has ended")
        after = _play(connection, relay, AFTER_SECONDS)
        left = _size_mb(connection)
    return [
        beside(
            "bloat: p99 of a tick under an old snapshot",
            beside_it.last_third().p99_ms,
            "ms",
            control=before.p99_ms,
            bar=at_most(RATIO_MOST, "ratio"),
        ),
        Figure("bloat: events under it", beside_it.events, "events"),
        beside(
            "bloat: worst full look under an old snapshot",
            max(beside_it.looks_ms),
            "ms",
            control=max(before.looks_ms),
        ),
        beside("bloat: p99 of a tick afterwards", after.p99_ms, "ms", control=before.p99_ms),
        beside(
            "bloat: disk afterwards beside the largest",
            left,
            "MB",
            control=largest,
            bar=at_most(GROWTH_MOST, "ratio"),
        ),
    ]


@contextmanager
def _leading(url: str) -> Iterator[Relay]:
    queues = tuple(QUEUES.values())
    with ExitStack() as living_on:
        pool = living_on.enter_context(open_pool(url, max_size=2, application_name="bench relay"))
        me = living_on.enter_context(living(url, pool, "relay"))
        for _ in range(WORKERS):
            living_on.enter_context(living(url, pool, "worker", queues=queues, threads=THREADS))
        relay = Relay(pool, Nowhere(), me.process_id, limits=RelayLimits(**UNPACED))
        while not relay.leading:
            relay.tick()
        yield relay


def _fill(connection: psycopg.Connection, relay: Relay) -> None:
    ids = company_ids(COMPANIES)
    add_companies(connection, ids)
    say_chains(connection, ids, chains=CONTACTS, entities=("contact",))
    while relay.tick():
        pass
    put_into_quickbooks(connection)
    connection.execute("VACUUM (ANALYZE)")


# Some of each company's contacts, others each time, with another e-mail address.
_EDIT = """
INSERT INTO proline_outbox.outbox_events (company_id, entity, record_id, event_type, snapshot)
SELECT r.company_id, r.entity, r.record_id, 'benchmark',
       s.snapshot || jsonb_build_object('email', 'jane' || %(round)s || '@example.com')
FROM (SELECT * FROM proline_qbo.records
      WHERE mod(pk + %(round)s, %(every)s) = 0 LIMIT %(edits)s) r
JOIN proline_qbo.snapshots s ON s.record_pk = r.pk
"""
_SETTLE = """
WITH settled AS (
    UPDATE proline_qbo.records
    SET state = 'done', settled_version = version, settled_basis = '', since = proline_qbo.clock(),
        dispatch_token = NULL, dispatched_at = NULL
    WHERE state = 'dispatched'
    RETURNING company_id, entity, record_id
)
INSERT INTO proline_qbo.nudges (company_id, entity, record_id) SELECT * FROM settled
"""
_FULL_LOOK = "SELECT EXISTS (SELECT FROM proline_outbox.outbox_events WHERE id > 0)"


def _play(connection: psycopg.Connection, relay: Relay, seconds: float, events: int = 0) -> Played:
    played = Played()
    until = time.monotonic() + seconds
    number = 0
    while time.monotonic() < until or played.events < events:
        number += 1
        played.events += _edit(connection, number)
        while True:
            began = time.perf_counter()
            worked = relay.tick()
            taken_ms = (time.perf_counter() - began) * 1_000
            if not worked:
                break
            played.ticks_ms.append(taken_ms)
        connection.execute(_SETTLE)
        began = time.perf_counter()
        connection.execute(_FULL_LOOK)
        played.looks_ms.append((time.perf_counter() - began) * 1_000)
    return played


def _edit(connection: psycopg.Connection, number: int) -> int:
    every = COMPANIES * CONTACTS // EDITS
    arguments = {"round": number, "edits": EDITS, "every": every}
    return connection.execute(_EDIT, arguments).rowcount


@contextmanager
def _open_transaction(url: str) -> Iterator[None]:
    with psycopg.connect(url) as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        reader.execute("SELECT count(*) FROM proline_outbox.outbox_events")
        yield
        reader.rollback()


_SIZE = """
SELECT sum(pg_total_relation_size(oid)) FROM pg_class
WHERE relkind = 'r'
  AND relnamespace IN ('proline_qbo'::regnamespace, 'proline_outbox'::regnamespace)
"""


def _size_mb(connection: psycopg.Connection) -> float:
    row = connection.execute(_SIZE).fetchone()
    return float(row[0]) / MB if row else 0.0
