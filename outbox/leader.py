"""What the leading relay does: wake, take in, retry, hand out, publish.

One after the other on one session, each in a transaction that begins by proving the leadership.
Once a second it looks around, which is in `lookout`.
Messages are published after the commit that made them true, so a message can never name a place
that does not exist, and a lost one is published again.
"""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import psycopg

from broker.claim_checks import Message
from coordination import nudges
from outbox import metrics
from outbox.dispatch import dispatch
from outbox.intake import take_in, take_in_exported
from outbox.limits import RelayLimits
from outbox.lookout import Lookout
from outbox.messages import Publisher, message_for
from outbox.missing_parents import MissingParents
from outbox.term import Term
from records.due import due_closed, due_retries, resync_slice
from records.evaluation import evaluate
from records.keys import RecordKey
from records.places import unclaimed_places
from records.ring import end_rest, join_ring, rebuild_ring
from records.waking import affected_by, missing_parents

INTAKE_HALVINGS_MOST = 16


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

    unconfirmed: list[Message] = field(default_factory=list)
    marks: deque[tuple[float, int]] = field(default_factory=deque)
    floor: int = 0
    highest_id: int = 0
    intake_halvings: int = 0
    resync_after: int = 0
    due: dict[str, float] = field(default_factory=dict)
    pressed: bool = False


class Leader:
    """One term of leadership.

    Args:
        term: what makes it the leader.
        publisher: the broker's side.
        limits: batches and intervals.
        monotonic: this process's own clock, in seconds.
    """

    def __init__(
        self,
        term: Term,
        publisher: Publisher,
        limits: RelayLimits,
        monotonic: Callable[[], float],
    ) -> None:
        """Bring back what the former leader remembered: the ring, messages perhaps unsent."""
        self._term = term
        self._publisher = publisher
        self._limits = limits
        self._monotonic = monotonic
        self._memory = _Memory()
        self._lookout = Lookout(term, publisher, limits, monotonic)
        self._missing = MissingParents(term.pool, monotonic)
        with self._term.transaction() as connection:
            rebuild_ring(connection)
            places = unclaimed_places(connection)
        self._memory.unconfirmed = [message_for(place) for place in places]

    @property
    def pressed(self) -> bool:
        """Whether the last tick left work behind that it had no room for: go on without a pause."""
        return self._memory.pressed

    def tick(self) -> bool:
        """Do what there is to do now, once; say whether there was anything.

        Raises:
            NotLeading: another relay has taken over.
        """
        if self._is_due("beat", self._limits.beat_seconds):
            self._look_around()
        worked = self._work()
        if self._is_due("closed books", self._limits.closed_books_seconds):
            worked = self._ask_of_closed_books() or worked
        if self._is_due("resync", self._limits.beat_seconds):
            worked = self._resync() or worked
        worked = self._look_up() or worked
        if self._is_due("tidy", self._limits.tidy_seconds) and not self._lookout.tidy():
            self._memory.due["tidy"] = self._monotonic() + self._limits.beat_seconds
        return worked

    def _look_around(self) -> None:
        self._publisher.keep_alive()
        self._lookout.beat()
        self._memory.unconfirmed = self._lookout.to_publish(self._memory.unconfirmed)

    def _is_due(self, what: str, every_seconds: float) -> bool:
        """Whether it is time for something periodic; then the next time is set."""
        now = self._monotonic()
        if now < self._memory.due.get(what, now):
            return False
        self._memory.due[what] = now + every_seconds
        return True

    # Every tick.

    def _work(self) -> bool:
        self._memory.pressed = False
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
        with self._term.look() as connection:
            row = connection.execute(_PROBE, [floor]).fetchone()
        if row is None:
            raise LookupError("the probe gave no row")
        return row[0], row[1], row[2], row[3]

    def _wake(self) -> bool:
        with self._term.transaction() as connection:
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
        self._press_on(len(taken) >= self._limits.nudge_batch)
        return bool(taken)

    def _intake(self, floor: int) -> bool:
        with self._halved_while_it_fails() as share, self._term.transaction() as connection:
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
        self._press_on(intake.more)
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
        with self._term.transaction() as connection:
            pks = due_retries(connection, most=self._limits.nudge_batch)
            evaluated = evaluate(connection, pks)
            join_ring(connection, evaluated.companies_with_work)
        self._press_on(len(pks) >= self._limits.nudge_batch)
        return evaluated.moved > 0

    def _dispatch(self) -> bool:
        with self._term.transaction() as connection:
            places = dispatch(
                connection,
                self._lookout.threads,
                all_threads=self._lookout.all_threads,
                pace=timedelta(milliseconds=self._limits.pace_ms),
                full_pause=timedelta(milliseconds=self._limits.full_ms),
                most=self._limits.dispatch_batch,
            )
        self._memory.unconfirmed += [message_for(place) for place in places]
        self._press_on(len(places) >= self._limits.dispatch_batch)
        return bool(places)

    def _press_on(self, full: bool) -> None:  # noqa: FBT001  # a batch was, or was not
        self._memory.pressed = self._memory.pressed or full

    def _publish(self) -> bool:
        """Publish outside every transaction; what no queue confirmed is kept for the next tick."""
        batch = self._memory.unconfirmed
        if not batch:
            return False
        unconfirmed = list(self._publisher.publish(batch))
        tokens = {each.token for each in unconfirmed}
        confirmed = [each for each in batch if each.token not in tokens]
        self._lookout.sent(confirmed)
        self._memory.unconfirmed = unconfirmed
        metrics.messages_published.inc(len(confirmed))
        metrics.messages_unconfirmed.inc(len(unconfirmed))
        return bool(confirmed)

    def _look_up(self) -> bool:
        """Read some missing parents, with no transaction of the leader open, and take them in."""
        exported = self._missing.read_next()
        if exported:
            with self._term.transaction() as connection:
                intake = take_in_exported(connection, exported)
                join_ring(connection, intake.evaluated.companies_with_work)
            self._missing.add(intake.missing)
        return exported is not None

    # Slowly.

    def _ask_of_closed_books(self) -> bool:
        """Once a day the office may have reopened the books unseen: a worker reads them again."""
        with self._term.transaction() as connection:
            evaluated = evaluate(connection, due_closed(connection, most=self._limits.nudge_batch))
            join_ring(connection, evaluated.companies_with_work)
        return evaluated.moved > 0

    def _resync(self) -> bool:
        """Look at who waits, misses a parent or has a rest, once in `resync_seconds`, in slices.

        Whatever it moves is a wake-up that was lost: counted, and 0 in every test.
        """
        limits, memory = self._limits, self._memory
        with self._term.transaction() as connection:
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
