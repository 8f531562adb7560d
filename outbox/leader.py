"""What the leading relay does: wake, take in, retry, hand out, publish.

One after the other on one session, in a transaction that begins by proving the leadership. Once a
second it looks around, which is in `lookout`.
Messages are published after the commit that made them true, so a message can never name a place
that does not exist, and a lost one is published again.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import psycopg

from broker.claim_checks import Message
from coordination import nudges
from coordination.database import Connection
from coordination.nudges import Nudge
from outbox import metrics
from outbox.dispatch import dispatch
from outbox.floor import Floor
from outbox.intake import Intake, take_in, take_in_exported
from outbox.limits import RelayLimits
from outbox.lookout import Lookout
from outbox.messages import Publisher, message_for
from outbox.missing_parents import MissingParents
from outbox.probe import Probe, Seen
from outbox.roster import Roster
from outbox.term import Term
from records.due import due_closed, due_retries, resync_slice
from records.evaluation import evaluate
from records.keys import RecordKey
from records.places import Place
from records.waking import affected_by, missing_parents

INTAKE_HALVINGS_MOST = 16
RESYNC_REST = 19
"""After each slice of the slow look the next one waits so many times as long as it took."""
RESYNC_REST_LEAST_SECONDS = 0.1


@dataclass
class _Memory:
    """What a leader remembers of its term; a new one starts from the tables alone."""

    events: Floor
    nudges: Floor
    unconfirmed: list[Message] = field(default_factory=list)
    intake_halvings: int = 0
    resync_after: int = 0
    due: dict[str, float] = field(default_factory=dict)
    pressed: bool = False
    crowded: bool = False


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
        """Bring back what the former leader published, perhaps; the ring is built by the ticks."""
        self._term = term
        self._publisher = publisher
        self._limits = limits
        self._monotonic = monotonic
        self._memory = _Memory(Floor(limits.floor_age_seconds), Floor(limits.floor_age_seconds))
        self._roster = Roster()
        self._probe = Probe(term.pool)
        self._lookout = Lookout(term, publisher, limits, monotonic, self._roster)
        self._missing = MissingParents(term.pool, monotonic)
        with self._term.transaction() as connection:
            self._roster.in_flight.refresh(connection)
        self._memory.unconfirmed = [
            message_for(place) for place in self._roster.in_flight.unclaimed
        ]

    @property
    def pressed(self) -> bool:
        """Whether the last tick left work behind that it had no room for: go on without a pause."""
        return self._memory.pressed

    def tick(self) -> bool:
        """Do what there is to do now, once; say whether there was anything.

        Raises:
            NotLeading: another relay has taken over.
        """
        try:
            return self._tick()
        except BaseException:
            # Something may not have been committed, or was lost with a database that comes back.
            self._roster.forget()
            raise

    def _tick(self) -> bool:
        if self._is_due("beat", self._limits.beat_seconds):
            self._look_around()
        worked = self._work()
        if self._is_due("closed books", self._limits.closed_books_seconds):
            worked = self._ask_of_closed_books() or worked
        if self._is_due("resync", self._limits.piece_seconds):
            worked = self._resync() or worked
        worked = self._look_up() or worked
        if self._is_due("tidy", self._limits.tidy_seconds) and not self._lookout.tidy():
            self._memory.due["tidy"] = self._monotonic() + self._limits.piece_seconds
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
        events_above, nudges_above = self._floors()
        seen = self._probe.look(events_above, nudges_above)
        if self._roster.ring.is_behind(seen.now):
            # First: whoever took a turn now would find limits that lie ahead, and pause for them.
            self._lookout.bring_back()
        turns = self._roster.tell(seen.now) or not self._roster.is_known
        worked = False
        if seen.events or seen.nudged or seen.due or turns:
            with metrics.tick_seconds.time():
                worked = self._carry_out(seen, events_above, nudges_above)
        return self._publish() or worked

    def _floors(self) -> tuple[int, int]:
        """Above which ids to look for events and for nudges."""
        if self._is_due("full look", self._limits.full_look_seconds):
            return 0, 0
        now = self._monotonic()
        return self._memory.events.at(now), self._memory.nudges.at(now)

    def _carry_out(self, seen: Seen, events_above: int, nudges_above: int) -> bool:
        """Do what was seen in one transaction: one proof of the leadership and one commit a tick.

        A single change pays for both; of a full tick, whose batches have their limits, it is a
        fraction of a percent.
        """
        taken: list[Nudge] = []
        intake = None
        with self._halved_while_it_fails(), self._term.transaction() as connection:
            if seen.nudged:
                taken = nudges.take(connection, self._limits.nudge_batch, above=nudges_above)
            # After the nudges: what was released until now is seen, what comes later nudges anew.
            self._roster.in_flight.refresh(connection)
            self._roster.let_next_join(connection)
            self._wake(connection, taken)
            if seen.events:
                intake = self._intake(connection, events_above)
            retried = seen.due and self._retry(connection)
            places = self._dispatch(connection) if self._roster.tell(seen.now) else []
        # Somebody still has a turn: there was no room for it.
        self._memory.crowded = self._roster.tell(seen.now)
        self._note(taken, intake)
        for place in places:
            metrics.records_dispatched.labels(place.entity).inc()
        self._memory.unconfirmed += [message_for(place) for place in places]
        took_in = intake is not None and intake.taken > 0
        return bool(taken or took_in or retried or places)

    def _wake(self, connection: Connection, taken: Sequence[Nudge]) -> None:
        if not taken:
            return
        self._roster.ring.end_rests({each.company_id for each in taken if each.record_id is None})
        keys = {
            RecordKey(each.company_id, each.entity, each.record_id)
            for each in taken
            if each.entity and each.record_id
        }
        evaluated = evaluate(connection, affected_by(connection, sorted(keys)))
        self._roster.let_join(
            connection, {each.company_id for each in taken} | evaluated.companies_with_work
        )
        self._press_on(len(taken) >= self._limits.nudge_batch)

    def _intake(self, connection: Connection, above: int) -> Intake:
        limits = self._limits
        batch = limits.intake_batch_beside if self._memory.crowded else limits.intake_batch
        share = 1 << self._memory.intake_halvings
        intake = take_in(
            connection,
            floor=above,
            most=max(batch // share, 1),
            most_bytes=max(limits.intake_bytes // share, 1),
        )
        self._roster.let_join(connection, intake.evaluated.companies_with_work)
        self._press_on(intake.more)
        return intake

    @contextmanager
    def _halved_while_it_fails(self) -> Iterator[None]:
        """Take in half as much after a tick that ran into a timeout: it was too large."""
        memory = self._memory
        try:
            yield
        except psycopg.Error:
            memory.intake_halvings = min(memory.intake_halvings + 1, INTAKE_HALVINGS_MOST)
            raise

    def _note(self, taken: Sequence[Nudge], intake: Intake | None) -> None:
        """Remember what a committed tick has shown."""
        if taken:
            metrics.nudges_taken.inc(len(taken))
            self._memory.nudges.saw(taken[-1].id, now=self._monotonic())
        if intake is not None:
            self._memory.intake_halvings = 0
            self._missing.add(intake.missing)
            self._memory.events.saw(intake.highest_id, now=self._monotonic())

    def _retry(self, connection: Connection) -> bool:
        pks = due_retries(connection, most=self._limits.nudge_batch)
        evaluated = evaluate(connection, pks)
        self._roster.let_join(connection, evaluated.companies_with_work)
        self._press_on(len(pks) >= self._limits.nudge_batch)
        return evaluated.moved > 0

    def _dispatch(self, connection: Connection) -> list[Place]:
        places = dispatch(
            connection,
            self._roster,
            self._lookout.threads,
            pace=timedelta(milliseconds=self._limits.pace_ms),
            full_pause=timedelta(milliseconds=self._limits.full_ms),
            most=self._limits.dispatch_batch,
        )
        self._press_on(len(places) >= self._limits.dispatch_batch)
        return places

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
                self._roster.let_join(connection, intake.evaluated.companies_with_work)
            self._missing.add(intake.missing)
        return exported is not None

    # Slowly.

    def _ask_of_closed_books(self) -> bool:
        """Once a day the office may have reopened the books unseen: a worker reads them again."""
        with self._term.transaction() as connection:
            evaluated = evaluate(connection, due_closed(connection, most=self._limits.nudge_batch))
            self._roster.let_join(connection, evaluated.companies_with_work)
        return evaluated.moved > 0

    def _resync(self) -> bool:
        """Look at who waits, misses a parent or has a rest, once in `resync_seconds`, in slices.

        However many wait, it takes a twentieth of the relay's time, and the round so much longer.
        Whatever it moves is a wake-up that was lost: counted, and 0 in every test.
        """
        limits, memory = self._limits, self._memory
        began = self._monotonic()
        with self._term.transaction() as connection:
            piece = resync_slice(connection, after=memory.resync_after, most=limits.resync_slice)
            evaluated = evaluate(connection, piece.pks)
            self._roster.let_join(connection, evaluated.companies_with_work)
            missing = missing_parents(connection, piece.pks)
        self._missing.add(missing)
        memory.resync_after = piece.read_to
        ended = self._monotonic()
        rest_seconds = max(RESYNC_REST * (ended - began), RESYNC_REST_LEAST_SECONDS)
        if not piece.read_to:
            self._roster.build_anew()
            rest_seconds = limits.resync_seconds
        memory.due["resync"] = ended + rest_seconds
        metrics.resync_finds.inc(evaluated.moved)
        return evaluated.moved > 0
