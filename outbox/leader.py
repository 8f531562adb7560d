"""What the leading relay does: wake, take in, retry, hand out, publish; once a second, look around.

One after the other on one session, each in a transaction that begins by proving the leadership.
Messages are published after the commit that made them true, so a message can never name a place
that does not exist, and a lost one is published again.
"""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import psycopg
from structlog import get_logger

from broker.routing import QUEUES
from coordination import leadership, nudges, processes
from coordination.database import Connection, Pool
from coordination.limiter import end_forgotten, forget_calls
from coordination.processes import Process, Watch
from outbox import metrics
from outbox.dispatch import ENTITIES, dispatch
from outbox.intake import BYTES_MOST, take_in, take_in_exported
from outbox.messages import Message, Publisher, message_for
from outbox.missing_parents import MissingParents
from records.due import due_retries, resync_slice
from records.evaluation import evaluate
from records.keys import RecordKey
from records.places import return_unserved, take_back_lost, unclaimed_places
from records.ring import end_rest, join_ring, rebuild_ring
from records.waking import affected_by, missing_parents

log = get_logger()

INTAKE_HALVINGS_MOST = 16
TIDY_PIECES_MOST = 5


@dataclass(frozen=True)
class RelayLimits:
    """How often and how much at a time; every batch, loop and wait of the relay has its limit here.

    `pace_ms` is the least time between two turns of one company: the limiter's own pace, so that a
    worker's thread rarely waits for a slot. `full_ms` is how long a company is passed over whose
    work is all of entities with a full queue.
    """

    idle_ms: int = 5
    intake_batch: int = 500
    intake_bytes: int = BYTES_MOST
    nudge_batch: int = 500
    dispatch_batch: int = 500
    pace_ms: int = 117
    full_ms: int = 100
    beat_seconds: float = 1.0
    full_look_seconds: float = 2.0
    floor_age_seconds: float = 60.0
    resync_seconds: float = 600.0
    resync_slice: int = 500
    tidy_seconds: float = 60.0
    tidy_batch: int = 5_000


_PROBE = """
SELECT EXISTS (SELECT FROM proline_outbox.outbox_events WHERE id > %s),
       EXISTS (SELECT FROM proline_qbo.nudges),
       EXISTS (SELECT FROM proline_qbo.records
               WHERE state = 'retrying' AND retry_at <= (SELECT proline_qbo.clock())),
       EXISTS (SELECT FROM proline_qbo.ring
               WHERE position IS NOT NULL AND not_before <= (SELECT proline_qbo.clock()))
"""


@dataclass
class _Memory:
    """What a leader remembers of its term; a new one starts from the tables alone."""

    watch: Watch = field(default_factory=Watch)
    threads: dict[str, int] = field(default_factory=dict)
    unconfirmed: list[Message] = field(default_factory=list)
    marks: deque[tuple[float, int]] = field(default_factory=deque)
    floor: int = 0
    highest_id: int = 0
    intake_halvings: int = 0
    resync_after: int = 0
    due: dict[str, float] = field(default_factory=dict)


class Leader:
    """One term of leadership.

    Args:
        pool: sessions with our timeouts; one is used at a time.
        publisher: the broker's side.
        process_id: this process as `coordination.processes` registered it.
        term: what `coordination.leadership.acquire` gave.
        limits: batches and intervals.
        monotonic: this process's own clock, in seconds.
    """

    def __init__(
        self,
        pool: Pool,
        publisher: Publisher,
        process_id: UUID,
        term: int,
        limits: RelayLimits,
        monotonic: Callable[[], float],
    ) -> None:
        """Bring back what the former leader remembered: the ring, messages perhaps unsent."""
        self._pool = pool
        self._publisher = publisher
        self._process_id = process_id
        self._term = term
        self._limits = limits
        self._monotonic = monotonic
        self._memory = _Memory()
        self._missing = MissingParents(pool, monotonic)
        with self._leading() as connection:
            rebuild_ring(connection)
            places = unclaimed_places(connection)
        self._memory.unconfirmed = [message_for(place) for place in places]

    def tick(self) -> bool:
        """Do what there is to do now, once; say whether there was anything.

        Raises:
            NotLeading: another relay has taken over.
        """
        if self._is_due("beat", self._limits.beat_seconds):
            self._beat()
        worked = self._work()
        if self._is_due("resync", self._limits.beat_seconds):
            worked = self._resync() or worked
        worked = self._look_up() or worked
        if self._is_due("tidy", self._limits.tidy_seconds):
            self._tidy()
        return worked

    def resign(self) -> None:
        """Give the lead up in an orderly stop, so that a standby need not wait."""
        with self._pool.connection() as connection:
            leadership.resign(connection, self._process_id, self._term)

    @contextmanager
    def _leading(self) -> Iterator[Connection]:
        """Open a transaction that nobody else can lead beside."""
        with self._pool.connection() as connection:
            leadership.assert_leading(connection, self._process_id, self._term)
            yield connection

    def _is_due(self, what: str, every_seconds: float) -> bool:
        """Whether it is time for something periodic; then the next time is set."""
        now = self._monotonic()
        if now < self._memory.due.get(what, now):
            return False
        self._memory.due[what] = now + every_seconds
        return True

    # Once a second.

    def _beat(self) -> None:
        with self._pool.connection() as connection:
            leadership.renew(connection, self._process_id, self._term)
            living = processes.living(connection)
        beats = {each.id: each.beats for each in living}
        silent = self._memory.watch.look(beats, now=self._monotonic())
        before = self._served()
        self._memory.threads = _threads_by_entity(living)
        self._take_back(silent)
        if self._served() - before:
            self._let_all_join()

    def _served(self) -> set[str]:
        return {entity for entity in ENTITIES if self._memory.threads.get(entity)}

    def _let_all_join(self) -> None:
        """Companies whose work was all of entities without a consumer have left the ring."""
        with self._leading() as connection:
            rebuild_ring(connection)

    def _take_back(self, silent: dict[UUID, int]) -> None:
        """Take back what gone processes held, and what stands in queues nobody consumes."""
        served = sorted(self._served())
        with self._leading() as connection:
            gone = processes.declare_gone(connection, silent)
            end_forgotten(connection)
            lost = take_back_lost(connection, beat=timedelta(seconds=self._limits.beat_seconds))
            unserved = return_unserved(connection, served)
            join_ring(connection, {key.company_id for key in (*lost, *unserved)})
        if gone or lost or unserved:
            log.warning(
                "relay.took_back",
                processes=len(gone),
                claims=len(lost),
                unserved=len(unserved),
            )

    def _tidy(self) -> None:
        """Remove what no longer counts, a bounded piece at a time; what is left, a beat later."""
        with self._leading() as connection:
            processes.forget_gone(connection)
        for _ in range(TIDY_PIECES_MOST):
            with self._leading() as connection:
                forgotten = forget_calls(connection, limit=self._limits.tidy_batch)
            if forgotten < self._limits.tidy_batch:
                return
        self._memory.due["tidy"] = self._monotonic() + self._limits.beat_seconds

    # Every tick.

    def _work(self) -> bool:
        full_look = self._is_due("full look", self._limits.full_look_seconds)
        floor = 0 if full_look else self._floor()
        events, nudged, due, turns = self._probe(floor)
        worked = nudged and self._wake()
        worked = (events and self._intake(floor)) or worked
        worked = (due and self._retry()) or worked
        if turns or worked:
            worked = self._dispatch() or worked
        return self._publish() or worked

    def _probe(self, floor: int) -> tuple[bool, bool, bool, bool]:
        with self._pool.connection() as connection:
            row = connection.execute(_PROBE, [floor]).fetchone()
        if row is None:
            raise LookupError("the probe gave no row")
        return row[0], row[1], row[2], row[3]

    def _wake(self) -> bool:
        with self._leading() as connection:
            taken = nudges.take(connection, self._limits.nudge_batch)
            end_rest(connection, {each.company_id for each in taken if each.record_id is None})
            keys = {
                RecordKey(each.company_id, each.entity, each.record_id)
                for each in taken
                if each.entity and each.record_id
            }
            evaluated = evaluate(connection, affected_by(connection, sorted(keys)))
            join_ring(
                connection,
                {each.company_id for each in taken} | evaluated.companies_with_work,
            )
        return bool(taken)

    def _intake(self, floor: int) -> bool:
        with self._halved_while_it_fails() as share, self._leading() as connection:
            intake = take_in(
                connection,
                floor=floor,
                most=max(self._limits.intake_batch // share, 1),
                most_bytes=max(self._limits.intake_bytes // share, 1),
            )
            join_ring(connection, intake.evaluated.companies_with_work)
        self._missing.add(intake.missing)
        if intake.highest_id > self._memory.highest_id:
            self._memory.highest_id = intake.highest_id
            self._memory.marks.append((self._monotonic(), intake.highest_id))
        return intake.taken > 0

    @contextmanager
    def _halved_while_it_fails(self) -> Iterator[int]:
        """Give what a batch of intake is divided by: one that ran into a timeout was too large."""
        memory = self._memory
        try:
            yield 1 << memory.intake_halvings
        except psycopg.Error:
            memory.intake_halvings = min(memory.intake_halvings + 1, INTAKE_HALVINGS_MOST)
            raise
        memory.intake_halvings = 0

    def _floor(self) -> int:
        """The highest id seen a minute ago: the fast poll passes over dead rows below it."""
        marks = self._memory.marks
        while marks and self._monotonic() - marks[0][0] >= self._limits.floor_age_seconds:
            self._memory.floor = marks.popleft()[1]
        return self._memory.floor

    def _retry(self) -> bool:
        with self._leading() as connection:
            pks = due_retries(connection, most=self._limits.nudge_batch)
            evaluated = evaluate(connection, pks)
            join_ring(connection, evaluated.companies_with_work)
        return evaluated.moved > 0

    def _dispatch(self) -> bool:
        with self._leading() as connection:
            places = dispatch(
                connection,
                self._memory.threads,
                pace=timedelta(milliseconds=self._limits.pace_ms),
                full_pause=timedelta(milliseconds=self._limits.full_ms),
                most=self._limits.dispatch_batch,
            )
        self._memory.unconfirmed += [message_for(place) for place in places]
        return bool(places)

    def _publish(self) -> bool:
        """Publish outside every transaction; what no queue confirmed is kept for the next tick."""
        batch = self._memory.unconfirmed
        if not batch:
            return False
        self._memory.unconfirmed = list(self._publisher.publish(batch))
        metrics.messages_published.inc(len(batch) - len(self._memory.unconfirmed))
        metrics.messages_unconfirmed.inc(len(self._memory.unconfirmed))
        return len(self._memory.unconfirmed) < len(batch)

    def _look_up(self) -> bool:
        """Read some missing parents, with no transaction of the leader open, and take them in."""
        exported = self._missing.read_next()
        if exported:
            with self._leading() as connection:
                intake = take_in_exported(connection, exported)
                join_ring(connection, intake.evaluated.companies_with_work)
            self._missing.add(intake.missing)
        return exported is not None

    # Slowly.

    def _resync(self) -> bool:
        """Look at who waits, misses a parent or has a rest, once in `resync_seconds`, in slices.

        Whatever it moves is a wake-up that was lost: counted, and 0 in every test.
        """
        limits, memory = self._limits, self._memory
        with self._leading() as connection:
            piece = resync_slice(connection, after=memory.resync_after, most=limits.resync_slice)
            evaluated = evaluate(connection, piece.pks)
            join_ring(connection, evaluated.companies_with_work)
            missing = missing_parents(connection, piece.pks)
        self._missing.add(missing)
        memory.resync_after = piece.read_to
        if not piece.read_to:
            memory.due["resync"] = self._monotonic() + limits.resync_seconds
        metrics.resync_finds.inc(evaluated.moved)
        return evaluated.moved > 0


def _threads_by_entity(living: list[Process]) -> dict[str, int]:
    return {
        entity: sum(each.threads for each in living if queue in each.queues)
        for entity, queue in QUEUES.items()
    }
