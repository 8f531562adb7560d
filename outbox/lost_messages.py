"""Which messages are lost: judged by evidence, never by age alone.

A queue that is merely long loses nothing, so an old message is no lost one. What shows a loss is
that a message published well after it has been taken, or that its queue has stood empty for so
long. Invariant: a message published again is the same message, token and place, so the first claim
wins and every other copy is fenced; a wrong suspicion costs one message and nothing else.

Weakness: what left the list of unclaimed records counts as taken, although its company may just
have been switched off; and a message that lies in the memory of a busy worker is in no queue. Both
can only make a suspicion wrong.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from broker.claim_checks import Message
from outbox import metrics

DOUBT_SECONDS = 1.0
"""How long a message may be unclaimed before its queue is looked at."""
LOOK_GAP_SECONDS = 2.5
"""Between two looks further apart than this a queue may have held anything."""

Waiting = Callable[[Collection[str]], Mapping[str, int]]
"""Says how many messages stand ready in each of these queues; a queue it cannot ask is left out."""


@dataclass(frozen=True, slots=True)
class _Sent:
    queue_name: str
    at: float


@dataclass
class LostMessages:
    """What one leader published and nobody has claimed yet: at most as many as queues may hold.

    Args:
        lost_after_seconds: how much later a message must have been published that was taken, and
            how long a queue must have been empty.
    """

    lost_after_seconds: float
    _sent: dict[UUID, _Sent] = field(default_factory=dict)
    _taken_up_to: dict[str, float] = field(default_factory=dict)
    _empty_since: dict[str, float] = field(default_factory=dict)
    _looked_at: float = float("-inf")
    _suspected: set[UUID] = field(default_factory=set)

    def sent(self, messages: Sequence[Message], *, now: float) -> None:
        """Note that a broker confirmed these, now or again."""
        for each in messages:
            self._sent[each.token] = _Sent(each.queue_name, now)
            self._suspected.discard(each.token)

    def suspect(self, queue_names: Collection[str]) -> None:
        """A consumer of these queues is gone: what was published to them may lie in its memory.

        RabbitMQ gives it to others once it notices, which for a frozen process takes two
        heartbeats.
        """
        self._suspected |= {
            token for token, sent in self._sent.items() if sent.queue_name in queue_names
        }

    def look(
        self,
        unclaimed: Sequence[Message],
        waiting: Waiting,
        *,
        now: float,
        in_hand: Collection[UUID] = (),
    ) -> list[Message]:
        """Return the messages that are lost, in the order given.

        Args:
            unclaimed: the message of every dispatched record without a claim.
            waiting: asks the broker; only where a message has been unclaimed for a while.
            now: the leader's monotonic clock, in seconds.
            in_hand: tokens of messages that are still to be published.
        """
        self._note_taken({each.token for each in unclaimed})
        candidates = [each for each in unclaimed if each.token not in in_hand]
        self._look_at_queues(candidates, waiting, now)
        return [each for each in candidates if self._is_lost(each, now)]

    def _note_taken(self, unclaimed: set[UUID]) -> None:
        for token in [each for each in self._sent if each not in unclaimed]:
            sent = self._sent.pop(token)
            self._suspected.discard(token)
            newest = self._taken_up_to.get(sent.queue_name, sent.at)
            self._taken_up_to[sent.queue_name] = max(newest, sent.at)

    def _look_at_queues(self, unclaimed: Sequence[Message], waiting: Waiting, now: float) -> None:
        if now - self._looked_at > LOOK_GAP_SECONDS:
            self._empty_since.clear()
        self._looked_at = now
        doubtful = {each.queue_name for each in unclaimed if self._age(each, now) >= DOUBT_SECONDS}
        ready = waiting(sorted(doubtful)) if doubtful else {}
        empty = {queue_name for queue_name, count in ready.items() if count == 0}
        self._empty_since = {
            queue_name: self._empty_since.get(queue_name, now) for queue_name in empty
        }

    def _age(self, message: Message, now: float) -> float:
        sent = self._sent.get(message.token)
        return now - sent.at if sent else 0.0

    def _is_lost(self, message: Message, now: float) -> bool:
        evidence = self._evidence(message, now)
        if evidence is not None:
            metrics.messages_published_again.labels(evidence=evidence).inc()
        return evidence is not None

    def _evidence(self, message: Message, now: float) -> str | None:
        sent = self._sent.get(message.token)
        if sent is None:
            # Its place was handed out, but the answer to that commit never came.
            return "never_sent"
        if message.token in self._suspected:
            return "consumer_gone"
        later = sent.at + self.lost_after_seconds
        if self._taken_up_to.get(message.queue_name, later - 1) >= later:
            return "overtaken"
        empty_since = self._empty_since.get(message.queue_name)
        if empty_since is not None and max(sent.at, empty_since) + self.lost_after_seconds <= now:
            return "queue_empty"
        return None
