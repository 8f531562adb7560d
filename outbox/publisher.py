"""The relay's publisher: claim checks into RabbitMQ through kombu, every one confirmed.

A batch is written whole, then its confirms are awaited until its deadline. Invariant: a message
counts as published only when the broker has confirmed it and has not returned it. On any error the
connection is dropped and what is unconfirmed is unsent: it is published again, and a copy that did
arrive is fenced by its token.

One thread uses it. It never raises what a broker may do, and nothing of it takes longer than about
two seconds: the same thread beats, and a standby leads after three without. Weakness: a broker that
answers, but each step of connecting only just in time, may take half as long again before it is
given up.
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import takewhile
from typing import Any, Final

from structlog import get_logger

from broker.claim_checks import Message
from broker.connecting import BROKER_ERRORS, unopened
from broker.topology import declare
from outbox import metrics
from outbox.writing import PieceWriter

log = get_logger()

CONNECT_SECONDS: Final = 1.5
"""How long connecting and declaring may take in all."""
BATCH_SECONDS: Final = 1.0
"""How long the confirms of one batch are awaited."""
PAUSE_SECONDS: Final = 0.5
"""How long after a failure nothing is tried: a broker that starts must not be stormed."""
TOLD_AGAIN_SECONDS: Final = 60.0
"""How often an outage is told while it lasts."""
PIECE: Final = 500
"""How many messages are on the way at once."""


class RabbitmqPublisher:
    """Publishes with pipelined confirms and `mandatory`, over one connection that it rebuilds.

    Args:
        url: amqp://user:password@host/vhost.
        monotonic: this process's own clock, in seconds.
    """

    def __init__(self, url: str, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Prepare; the first publish connects and declares."""
        self._url = url
        self._monotonic = monotonic
        self._open: _Confirming | None = None
        self._not_before = float("-inf")
        self._failing = False
        self._told_at = float("-inf")

    def publish(self, messages: Sequence[Message]) -> Sequence[Message]:
        """Publish, and return those that no queue has confirmed."""
        if self._monotonic() < self._not_before:
            return messages
        taken = 0
        try:
            confirming = self._confirming()
            deadline = self._monotonic() + BATCH_SECONDS
            while taken < len(messages) and self._monotonic() < deadline:
                piece = messages[taken : taken + PIECE]
                taken += len(piece)
                confirming.send(piece)
                confirming.await_confirms(deadline, self._monotonic)
        except BROKER_ERRORS as error:
            return self._unconfirmed(messages[taken:], error)
        if confirming.owes():
            # Returned, refused or late: what this connection still owes us cannot be told apart.
            return self._unconfirmed(messages[taken:], TimeoutError())
        self._tell_back()
        return messages[taken:]

    def waiting(self, queue_names: Collection[str]) -> Mapping[str, int]:
        """Say how many messages stand ready in each; nothing is known of a broker that is away.

        It connects if it must: where a queue was deleted, nothing else may be left to publish.
        """
        if self._monotonic() < self._not_before:
            return {}
        try:
            confirming = self._confirming()
            return {name: confirming.ready(name) for name in queue_names}
        except BROKER_ERRORS as error:
            self._fail(error)
            return {}

    def keep_alive(self) -> None:
        """Answer the broker's heartbeats and send ours; called at each beat of the relay."""
        if self._open is None:
            return
        try:
            self._open.beat()
        except BROKER_ERRORS as error:
            self._fail(error)

    def close(self) -> None:
        """Take leave of the broker; the next publish connects again."""
        if self._open is not None:
            self._open.close()
            self._open = None
        metrics.publisher_connected.set(0)

    def _unconfirmed(self, untried: Sequence[Message], error: BaseException) -> list[Message]:
        """Give the connection up and name what it has not confirmed, and what it was not given."""
        owed = self._open.owed() if self._open else []
        self._fail(error)
        return [*owed, *untried]

    def _confirming(self) -> "_Confirming":
        if self._open is None:
            self._open = _Confirming(self._url, self._monotonic)
            metrics.publisher_connected.set(1)
        return self._open

    def _tell_back(self) -> None:
        """Say that it works again: a connection alone says nothing, a broker may take none."""
        if self._failing:
            log.info("publisher.back")
        self._failing = False

    def _fail(self, error: BaseException) -> None:
        """Drop the connection; the next one declares anew, in case a queue or binding is gone."""
        if self._open is not None:
            self._open.drop()
            self._open = None
        metrics.publisher_connected.set(0)
        self._not_before = self._monotonic() + PAUSE_SECONDS
        metrics.publisher_failures.inc()
        if not self._failing or self._monotonic() - self._told_at >= TOLD_AGAIN_SECONDS:
            log.warning("publisher.lost", error=type(error).__name__, reason=str(error))
            self._told_at = self._monotonic()
        self._failing = True


class _Confirming:
    """One connection in confirm mode, and what it has not confirmed yet."""

    def __init__(self, url: str, monotonic: Callable[[], float]) -> None:
        """Connect, declare what must stand there, ask for confirms.

        Raises:
            one of `BROKER_ERRORS`: the broker is away or refuses.
        """
        self._connection = unopened(url)
        self._pending: dict[int, Message] = {}
        self._failed: list[Message] = []
        self._returned: set[str] = set()
        self._tag = 0
        try:
            self._channel = self._opened(monotonic() + CONNECT_SECONDS, monotonic)
        except BaseException:
            self.drop()
            raise
        self._channel.events["basic_ack"].add(self._acked)
        self._channel.events["basic_nack"].add(self._nacked)
        self._channel.events["basic_return"].add(self._was_returned)
        self._writer = PieceWriter(self._channel)

    def _opened(self, deadline: float, monotonic: Callable[[], float]) -> Any:  # noqa: ANN401  # kombu's channel has no types
        channel = self._connection.default_channel
        for step in (partial(declare, channel), channel.confirm_select):
            if monotonic() > deadline:
                raise TimeoutError(f"not connected within {CONNECT_SECONDS} s")
            step()
        return channel

    def send(self, piece: Sequence[Message]) -> None:
        """Write all of a piece; its confirms come later."""
        # Before any is written: where the connection breaks, those behind are owed as well.
        for message in piece:
            self._tag += 1
            self._pending[self._tag] = message
        self._writer.publish(piece)

    def await_confirms(self, deadline: float, monotonic: Callable[[], float]) -> None:
        """Read what the broker says until all is confirmed or the deadline has passed."""
        while self._pending:
            left_seconds = deadline - monotonic()
            if left_seconds <= 0:
                return
            with suppress(TimeoutError):
                self._connection.drain_events(timeout=left_seconds)

    def owes(self) -> bool:
        """Whether anything sent has not been taken by a queue, as far as is known."""
        return bool(self._failed or self._pending)

    def owed(self) -> list[Message]:
        """Name it."""
        return [*self._failed, *self._pending.values()]

    def ready(self, queue_name: str) -> int:
        """Ask how many messages stand ready in a queue."""
        return int(self._channel.queue_declare(queue_name, passive=True).message_count)

    def beat(self) -> None:
        """Read what has come meanwhile, then send a heartbeat if one is due."""
        with suppress(TimeoutError):
            while True:
                self._connection.drain_events(timeout=0)
        self._connection.heartbeat_check()

    def close(self) -> None:
        """Close in the protocol's own way, as far as the broker plays along."""
        with suppress(*BROKER_ERRORS):
            self._connection.release()

    def drop(self) -> None:
        """Close the socket without a word: what is on the other side is not trusted any more."""
        with suppress(*BROKER_ERRORS):
            self._connection.collect(socket_timeout=0.1)

    def _acked(self, tag: int, multiple: bool) -> None:  # noqa: FBT001  # py-amqp calls it so
        for message in self._take(tag, multiple=multiple):
            # The broker returns a message before it confirms it.
            if str(message.token) in self._returned:
                self._failed.append(message)

    def _nacked(self, tag: int, multiple: bool) -> None:  # noqa: FBT001  # py-amqp calls it so
        self._failed += self._take(tag, multiple=multiple)

    def _was_returned(
        self,
        _error: BaseException,
        _exchange: str,
        _routing_key: str,
        message: Any,  # noqa: ANN401  # py-amqp's message has no types
    ) -> None:
        self._returned.add(message.properties["message_id"])

    def _take(self, tag: int, *, multiple: bool) -> list[Message]:
        # Tags were noted in ascending order.
        tags = takewhile(tag.__ge__, self._pending) if multiple else [tag]
        return [self._pending.pop(each) for each in list(tags) if each in self._pending]
