"""How long a connection may be about to say something: heads, bodies, and answers nobody takes.

uvicorn waits for a head and for a body as long as they may take, and counts every connection among
those it serves at once: some two hundred that say nothing would shut everybody out. Here each has
its time, however slowly bytes come in; and where there is no room, whoever has been waited for
longest goes. What is being answered is never ended, however long it takes.
"""

import asyncio
from dataclasses import dataclass
from typing import ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


@dataclass(frozen=True)
class Deadlines:
    """Seconds a peer has.

    Attributes:
        head_seconds: from connecting, or from the first byte of a later request, to its head's end.
        body_seconds: from the head's end to the body's.
        taken_seconds: until what is written has been taken.
    """

    head_seconds: float = 10.0
    body_seconds: float = 15.0
    taken_seconds: float = 60.0


class TimedProtocol(H11Protocol):
    """A connection that ends when its peer lets it wait."""

    within: ClassVar[Deadlines] = Deadlines()
    awaited: object = None
    awaited_since: float | None = None
    """None: it is being answered, and nothing is waited for."""
    _awaiting: asyncio.TimerHandle | None = None
    _writing: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Give the peer its time, and make room for it."""
        super().connection_made(transport)
        self._await(h11.IDLE)
        self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._await(None)
        self._unset_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """See what is due after this."""
        super().data_received(data)
        self._await(self.conn.their_state)

    def on_response_complete(self) -> None:
        """See that the answer is taken, and remember since when the connection idles."""
        super().on_response_complete()
        if self.conn.their_state is h11.IDLE:  # how long it may idle is uvicorn's to count
            self.awaited_since = self.loop.time()
        if self.transport.get_write_buffer_size():
            self._set_writing()

    def pause_writing(self) -> None:
        """Give the peer its time to take what is written."""
        super().pause_writing()
        self._set_writing()

    def resume_writing(self) -> None:
        """It has taken it."""
        super().resume_writing()
        self._unset_writing()

    def _await(self, state: object) -> None:
        """Give the peer its time for what is due in this state; time that runs goes on."""
        if state is self.awaited and self._awaiting is not None:
            return
        if self._awaiting is not None:
            self._awaiting.cancel()
        seconds = self._seconds_for(state)
        self.awaited = state
        self._awaiting = self.awaited_since = None
        if seconds is not None and not self.transport.is_closing():
            self.awaited_since = self.loop.time()
            self._awaiting = self.loop.call_later(seconds, self.transport.abort)

    def _seconds_for(self, state: object) -> float | None:
        if state is h11.IDLE:
            return self.within.head_seconds
        return self.within.body_seconds if state is h11.SEND_BODY else None

    def _make_room(self) -> None:
        if self.limit_concurrency is None:
            return
        here = [
            each
            for each in self.connections
            if isinstance(each, TimedProtocol) and not each.transport.is_closing()
        ]
        if len(here) < self.limit_concurrency:
            return
        others = [(each.awaited_since, id(each), each) for each in here if each is not self]
        waited_for = [(since, at, each) for since, at, each in others if since is not None]
        if waited_for:
            _, _, longest = min(waited_for)
            longest.transport.abort()

    def _set_writing(self) -> None:
        if self._writing is None:
            self._writing = self.loop.call_later(self.within.taken_seconds, self._give_up_writing)

    def _unset_writing(self) -> None:
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None

    def _give_up_writing(self) -> None:
        self._writing = None
        if self.transport.get_write_buffer_size():
            self.transport.abort()


def timed(deadlines: Deadlines) -> type[TimedProtocol]:
    """Give the kind of connection that keeps these deadlines."""

    class Timed(TimedProtocol):
        within = deadlines

    return Timed
