"""Twice a second the leader looks around: who lives, who is gone, what was lost on the way.

Judging is the leader's alone: it takes back what gone processes held, returns what stands in queues
that nobody consumes, publishes lost messages again, removes what no longer counts, and shortens
what a clock that went back has left too far ahead.
"""

from collections.abc import Callable, Sequence
from uuid import UUID

from structlog import get_logger

from broker.claim_checks import Message
from broker.routing import QUEUES
from coordination import leadership, processes
from coordination.limiter import end_forgotten, forget_calls
from coordination.processes import Process, Watch
from outbox import metrics
from outbox.clock_back import bring_back
from outbox.dispatch import Threads
from outbox.limits import RelayLimits
from outbox.lost_messages import LostMessages
from outbox.messages import Publisher, message_for
from outbox.roster import Roster
from outbox.term import Term
from records.attempts import empty_answered, unanswered_attempts
from records.lost_claims import take_back_lost
from records.places import return_these

log = get_logger()

TIDY_PIECES_MOST = 5


class Lookout:
    """What one leader knows of the others; a new term begins knowing nobody.

    Args:
        term: the leader's.
        publisher: the broker's side.
        limits: the beat, and how much is tidied at once.
        monotonic: this process's own clock, in seconds.
        roster: the leader's.

    Attributes:
        threads: those of the living workers.
    """

    def __init__(
        self,
        term: Term,
        publisher: Publisher,
        limits: RelayLimits,
        monotonic: Callable[[], float],
        roster: Roster,
    ) -> None:
        """Begin knowing nobody; the first beat tells who lives."""
        self.threads = Threads()
        self._roster = roster
        self._term = term
        self._publisher = publisher
        self._limits = limits
        self._monotonic = monotonic
        self._watch = Watch()
        self._planned_at = float("-inf")
        self._emptied_to = 0
        self._lost_messages = LostMessages(limits.lost_after_seconds)

    def beat(self) -> None:
        """Beat, see who lives, take back what is lost."""
        with self._term.beat() as connection:
            if self._monotonic() - self._planned_at >= self._limits.piece_seconds:
                self._planned_at = self._monotonic()
                leadership.plan_anew(connection)
            living = processes.living(connection)
        beats = {each.id: each.beats for each in living}
        silent = self._watch.look(beats, now=self._monotonic())
        before = self.threads.served
        self.threads = Threads(_threads_by_entity(living), sum(each.threads for each in living))
        if self.threads.served - before:
            # Companies whose work was all of entities without a consumer have left the ring.
            self._roster.build_anew()
        self.bring_back()
        gone = self._take_back(silent)
        for each in living:
            if each.id in gone:
                self._lost_messages.suspect(each.queues)

    def bring_back(self) -> None:
        """Shorten what a clock that went back has left too far ahead, and rests with it."""
        if bring_back(self._term.pool, self._limits):
            self._roster.ring.end_all_rests()

    def sent(self, messages: Sequence[Message]) -> None:
        """Note what the broker confirmed."""
        self._lost_messages.sent(messages, now=self._monotonic())

    def to_publish(self, unconfirmed: Sequence[Message]) -> list[Message]:
        """Return what must be published: what is still to be confirmed, and what was lost.

        A message whose record has its place no more is left out: it would only be fenced.

        Args:
            unconfirmed: what no queue has confirmed yet.
        """
        in_flight = self._roster.in_flight
        with self._term.transaction() as connection:
            in_flight.refresh(connection)
        unclaimed = [message_for(place) for place in in_flight.unclaimed]
        in_hand = {each.token for each in unconfirmed}
        lost = self._lost_messages.look(
            unclaimed, self._publisher.waiting, now=self._monotonic(), in_hand=in_hand
        )
        if lost:
            log.warning("relay.published_again", messages=len(lost))
        still = {each.token for each in unclaimed}
        return [each for each in unconfirmed if each.token in still] + lost

    def tidy(self) -> bool:
        """Remove what no longer counts, a bounded piece at a time; say whether all is done."""
        self._roster.in_flight.forget()
        with self._term.transaction() as connection:
            processes.forget_gone(connection)
        for _ in range(TIDY_PIECES_MOST):
            with self._term.transaction() as connection:
                unanswered = unanswered_attempts(connection)
                forgotten = forget_calls(
                    connection, keep_attempts=unanswered, limit=self._limits.tidy_batch
                )
            if forgotten < self._limits.tidy_batch:
                return self._empty_attempts()
        return False

    def _empty_attempts(self) -> bool:
        """A new term looks at all of them once more, a piece a minute, and writes nothing."""
        with self._term.transaction() as connection:
            self._emptied_to, old = empty_answered(
                connection, after=self._emptied_to, most=self._limits.tidy_batch
            )
        return old < self._limits.tidy_batch

    def _take_back(self, silent: dict[UUID, int]) -> list[UUID]:
        """Take back what gone processes held, and what stands in queues nobody consumes.

        Returns:
            Those that were declared gone.
        """
        served, roster = self.threads.served, self._roster
        with self._term.transaction() as connection:
            gone = processes.declare_gone(connection, silent)
            end_forgotten(connection)
            roster.in_flight.refresh(connection)
            lost = take_back_lost(connection, roster.in_flight.pks)
            unserved = return_these(
                connection,
                [each.pk for each in roster.in_flight.unclaimed if each.entity not in served],
            )
            roster.let_join(connection, {key.company_id for key in (*lost, *unserved)})
        for what, number in (
            ("processes", len(gone)),
            ("claims", len(lost)),
            ("unserved", len(unserved)),
        ):
            metrics.taken_back.labels(what).inc(number)
        if gone or lost or unserved:
            log.warning(
                "relay.took_back",
                processes=len(gone),
                claims=len(lost),
                unserved=len(unserved),
            )
        return gone


def _threads_by_entity(living: list[Process]) -> dict[str, int]:
    return {entity: processes.threads_taking(living, queue) for entity, queue in QUEUES.items()}
