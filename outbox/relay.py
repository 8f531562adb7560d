"""The relay: one leads, the others stand by; it alone makes records pending and hands out places.

A tick is one cheap probe; where it finds something, wake, intake, retries and dispatch follow one
after the other, each in a transaction that begins by proving the leadership. Messages are published
after the commit that made them true, so a lost one can be found by evidence and a message can never
name a place that does not exist.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import psycopg
from structlog import get_logger

from coordination import leadership, nudges, processes
from coordination.database import Connection, Pool
from coordination.errors import NotLeading
from coordination.processes import Watch
from outbox import metrics
from outbox.dispatch import ENTITIES, dispatch
from outbox.intake import take_in
from outbox.messages import QUEUES, Message, Publisher, message_for
from records.due import due_retries, nudge_held_records, resync_slice
from records.evaluation import evaluate
from records.keys import RecordKey
from records.places import return_unserved, take_back_lost, unclaimed_places
from records.ring import join_ring, rebuild_ring
from records.waking import affected_by

log = get_logger()


@dataclass(frozen=True)
class RelayLimits:
    """How often and how much at a time; every batch, loop and wait of the relay has its limit here.

    `pace_ms` is the least time between two turns of one company: the limiter's own pace, so that a
    worker's thread rarely waits for a slot.
    """

    idle_ms: int = 5
    intake_batch: int = 500
    nudge_batch: int = 500
    dispatch_batch: int = 500
    pace_ms: int = 117
    beat_seconds: float = 1.0
    full_look_seconds: float = 2.0
    floor_age_seconds: float = 60.0
    resync_seconds: float = 600.0
    resync_slice: int = 500


_PROBE = """
SELECT EXISTS (SELECT FROM proline_outbox.outbox_events WHERE id > %s),
       EXISTS (SELECT FROM proline_qbo.nudges),
       EXISTS (SELECT FROM proline_qbo.records
               WHERE state = 'retrying' AND retry_at <= (SELECT proline_qbo.clock())),
       EXISTS (SELECT FROM proline_qbo.ring
               WHERE position IS NOT NULL AND not_before <= (SELECT proline_qbo.clock()))
"""


@dataclass
class _Term:
    """What a leader remembers of its term; a new one starts from the tables alone."""

    number: int
    watch: Watch = field(default_factory=Watch)
    threads: dict[str, int] = field(default_factory=dict)
    unconfirmed: list[Message] = field(default_factory=list)
    marks: deque[tuple[float, int]] = field(default_factory=deque)
    floor: int = 0
    highest_id: int = 0
    beat_at: float = float("-inf")
    full_look_at: float = float("-inf")
    resync_at: float = float("-inf")
    resync_after: int = 0


class Relay:
    """One relay process: stands by until it leads, then ticks.

    Args:
        pool: sessions with our timeouts; the relay uses one at a time.
        publisher: the broker's side.
        process_id: this process as `coordination.processes` registered it.
        limits: batches and intervals.
        monotonic: this process's own clock, in seconds.
    """

    def __init__(
        self,
        pool: Pool,
        publisher: Publisher,
        process_id: UUID,
        *,
        limits: RelayLimits | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare; nothing is read or written before `run` or `tick`."""
        self._pool = pool
        self._publisher = publisher
        self._process_id = process_id
        self._limits = limits or RelayLimits()
        self._monotonic = monotonic
        self._standby = leadership.Standby()
        self._term: _Term | None = None

    @property
    def leading(self) -> bool:
        """Whether this relay believes to lead; the database has the last word."""
        return self._term is not None

    def run(self, stop: threading.Event) -> None:
        """Stand by, lead and tick until `stop` is set; survive a database that comes and goes."""
        while not stop.is_set():
            try:
                worked = self.tick()
            except NotLeading:
                log.warning("relay.lost_the_lead")
                self._step_down()
                worked = False
            except (psycopg.OperationalError, psycopg.errors.QueryCanceled) as error:
                log.warning("relay.database_unavailable", error=type(error).__name__)
                worked = False
                stop.wait(self._limits.beat_seconds / 2)
            if not worked:
                stop.wait(self._idle_seconds())
        self._resign()

    def tick(self) -> bool:
        """Do what there is to do now, once; say whether there was anything."""
        if self._term is None:
            return self._try_to_lead()
        self._beat_if_due(self._term)
        worked = self._work(self._term)
        return self._resync_if_due(self._term) or worked

    def _idle_seconds(self) -> float:
        return self._limits.idle_ms / 1000 if self.leading else self._limits.beat_seconds / 2

    # --- leading -------------------------------------------------------------------------------

    def _try_to_lead(self) -> bool:
        with self._pool.connection() as connection:
            seen = leadership.sight(connection)
            if not self._standby.look(seen, now=self._monotonic()):
                return False
            number = leadership.acquire(connection, self._process_id, seen)
        if number is None:
            return False
        log.info("relay.leads", term=number)
        self._term = _Term(number)
        self._begin_term(self._term)
        return True

    def _begin_term(self, term: _Term) -> None:
        """Bring back what the former leader remembered: the ring, messages perhaps unsent."""
        with self._leading(term) as connection:
            rebuild_ring(connection)
            term.unconfirmed = [message_for(place) for place in unclaimed_places(connection)]

    def _step_down(self) -> None:
        self._term = None
        self._standby = leadership.Standby()

    def _resign(self) -> None:
        if self._term is not None:
            with self._pool.connection() as connection:
                leadership.resign(connection, self._process_id, self._term.number)
            self._step_down()

    @contextmanager
    def _leading(self, term: _Term) -> Iterator[Connection]:
        """Open a transaction that nobody else can lead beside."""
        with self._pool.connection() as connection:
            leadership.assert_leading(connection, self._process_id, term.number)
            yield connection

    # --- once a second -------------------------------------------------------------------------

    def _beat_if_due(self, term: _Term) -> None:
        now = self._monotonic()
        if now - term.beat_at < self._limits.beat_seconds:
            return
        with self._pool.connection() as connection:
            leadership.renew(connection, self._process_id, term.number)
            living = processes.living(connection)
        term.beat_at = now
        silent = term.watch.look({each.id: each.beats for each in living}, now=self._monotonic())
        term.threads = _threads_by_entity(living)
        self._take_back(term, silent)

    def _take_back(self, term: _Term, silent: dict[UUID, int]) -> None:
        """Take back what gone processes held, and what stands in queues nobody consumes."""
        beat = timedelta(seconds=self._limits.beat_seconds)
        with self._leading(term) as connection:
            gone = processes.declare_gone(connection, silent)
            lost = take_back_lost(connection, beat=beat)
            unserved = return_unserved(connection, [e for e in ENTITIES if term.threads.get(e)])
        if gone or lost or unserved:
            log.warning("relay.took_back", processes=len(gone), claims=len(lost), unserved=unserved)

    # --- every tick ----------------------------------------------------------------------------

    def _work(self, term: _Term) -> bool:
        now = self._monotonic()
        full_look = now - term.full_look_at >= self._limits.full_look_seconds
        if full_look:
            term.full_look_at = now
        floor = 0 if full_look else self._floor(term, now)
        events, waiting, due, turns = self._probe(floor)
        worked = waiting and self._wake(term)
        worked = (events and self._intake(term, floor, now)) or worked
        worked = (due and self._retry(term)) or worked
        handed_out = (turns or worked) and self._dispatch(term)
        return self._publish(term) or bool(worked or handed_out)

    def _probe(self, floor: int) -> tuple[bool, bool, bool, bool]:
        with self._pool.connection() as connection:
            row = connection.execute(_PROBE, [floor]).fetchone()
        if row is None:
            raise LookupError("the probe gave no row")
        return row[0], row[1], row[2], row[3]

    def _wake(self, term: _Term) -> bool:
        with self._leading(term) as connection:
            taken = nudges.take(connection, self._limits.nudge_batch)
            companies = sorted({each.company_id for each in taken if each.record_id is None})
            if companies:
                nudge_held_records(connection, companies)
            keys = {
                RecordKey(each.company_id, each.entity, each.record_id)
                for each in taken
                if each.entity and each.record_id
            }
            evaluate(connection, affected_by(connection, sorted(keys)))
            join_ring(connection, {each.company_id for each in taken})
        return bool(taken)

    def _intake(self, term: _Term, floor: int, now: float) -> bool:
        with self._leading(term) as connection:
            intake = take_in(connection, floor=floor, most=self._limits.intake_batch)
            join_ring(connection, intake.evaluated.companies_with_work)
        if intake.highest_id > term.highest_id:
            term.highest_id = intake.highest_id
            term.marks.append((now, intake.highest_id))
        return intake.taken > 0

    def _retry(self, term: _Term) -> bool:
        with self._leading(term) as connection:
            pks = due_retries(connection, most=self._limits.nudge_batch)
            evaluated = evaluate(connection, pks)
            join_ring(connection, evaluated.companies_with_work)
        return evaluated.moved > 0

    def _dispatch(self, term: _Term) -> bool:
        with self._leading(term) as connection:
            places = dispatch(
                connection,
                term.threads,
                pace=timedelta(milliseconds=self._limits.pace_ms),
                most=self._limits.dispatch_batch,
            )
        term.unconfirmed += [message_for(place) for place in places]
        return bool(places)

    def _publish(self, term: _Term) -> bool:
        """Publish outside every transaction; what no queue confirmed is kept for the next tick."""
        if not term.unconfirmed:
            return False
        batch = term.unconfirmed
        term.unconfirmed = list(self._publisher.publish(batch))
        metrics.messages_published.inc(len(batch) - len(term.unconfirmed))
        metrics.messages_unconfirmed.inc(len(term.unconfirmed))
        return len(term.unconfirmed) < len(batch)

    def _floor(self, term: _Term, now: float) -> int:
        """The highest id seen a minute ago: the fast poll passes over dead rows below it."""
        while term.marks and now - term.marks[0][0] >= self._limits.floor_age_seconds:
            term.floor = term.marks.popleft()[1]
        return term.floor

    # --- the slow look -------------------------------------------------------------------------

    def _resync_if_due(self, term: _Term) -> bool:
        """Look at every waiting record once in `resync_seconds`, a slice at a time.

        Whatever it moves is a wake-up that was lost: counted, and 0 in every test.
        """
        now = self._monotonic()
        if now < term.resync_at:
            return False
        with self._leading(term) as connection:
            pks = resync_slice(connection, after=term.resync_after, most=self._limits.resync_slice)
            evaluated = evaluate(connection, pks)
            join_ring(connection, evaluated.companies_with_work)
        term.resync_after = pks[-1] if pks else 0
        term.resync_at = now + (self._limits.beat_seconds if pks else self._limits.resync_seconds)
        metrics.resync_finds.inc(evaluated.moved)
        return evaluated.moved > 0


def _threads_by_entity(living: list[processes.Process]) -> dict[str, int]:
    return {
        entity: sum(each.threads for each in living if queue in each.queues)
        for entity, queue in QUEUES.items()
    }
