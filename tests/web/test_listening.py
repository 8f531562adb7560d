"""Whoever connects and says nothing, or says it slowly, keeps nobody else out; real sockets."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import httpx
import pytest
from anyio.to_thread import run_sync
from starlette.types import Receive, Scope, Send

from app.web.deadlines import Deadlines
from app.web.listening import AT_ONCE_MOST, listening
from tests.support.ports import free_port

WITHIN_SECONDS = 10.0
SHORT = 0.3
LONG = 600.0
MANY = AT_ONCE_MOST + 5
HEAD = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
BIG_BYTES = 64 * 1024 * 1024


@dataclass
class Site:
    """A site that answers at once, holds an answer back, or gives a big one."""

    port: int
    asked: threading.Event = field(default_factory=threading.Event)
    let_go: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; a posted body is read first."""
        more = scope["method"] == "POST"
        while more:
            message = await receive()
            more = message.get("more_body", False)
            if message["type"] == "http.disconnect":
                self.ended.set()
                return
        if scope["path"] == "/held":
            self.asked.set()
            await run_sync(self.let_go.wait, WITHIN_SECONDS)
        body = b"x" * BIG_BYTES if scope["path"] == "/big" else b"here"
        length = str(len(body)).encode()
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-length", length)],
            }
        )
        await send(
            {"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True}
        )
        await send({"type": "http.response.body", "body": body[len(body) // 2 :]})
        self.ended.set()

    def get(self, path: str = "/") -> httpx.Response:
        """Ask as somebody who behaves."""
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=WITHIN_SECONDS)

    def connect(self, closing: ExitStack) -> socket.socket:
        """Connect, and say nothing yet."""
        address = ("127.0.0.1", self.port)
        return closing.enter_context(socket.create_connection(address, WITHIN_SECONDS))


@contextmanager
def served(deadlines: Deadlines) -> Iterator[tuple[Site, ExitStack]]:
    """Serve a site with these deadlines; what is connected closes first."""
    site = Site(free_port())
    with (
        listening(site, "127.0.0.1", site.port, deadlines=deadlines, stopped_within_seconds=1),
        ExitStack() as closing,
    ):
        yield site, closing


def ends(peer: socket.socket) -> bool:
    """Say whether the server ends a connection in time; what it says before is passed over."""
    with contextlib.suppress(ConnectionError):
        try:
            while peer.recv(1 << 20):
                pass
        except TimeoutError:
            return False
    return True


def read_answer(peer: socket.socket) -> bytes:
    """Read one short answer."""
    said = b""
    while not said.endswith(b"here"):
        said += peer.recv(1_000)
    return said


def test_more_idle_connections_than_are_served_keep_nobody_out() -> None:
    """Before any deadline: whoever has been waited for longest makes room."""
    with served(Deadlines(LONG, LONG, LONG)) as (site, closing):
        idle = [site.connect(closing) for _ in range(MANY)]

        answers = [site.get().status_code for _ in range(3)]

        assert answers == [200, 200, 200]
        assert ends(idle[0])


def test_bodies_that_do_not_come_keep_nobody_out() -> None:
    """A head is no reason to keep a place."""
    with served(Deadlines(LONG, LONG, LONG)) as (site, closing):
        for _ in range(MANY):
            peer = site.connect(closing)
            peer.sendall(
                b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n"
            )
            assert b"HTTP/1.1" in peer.recv(1_000)  # its head is there, and the body is waited for

        answers = [site.get().status_code for _ in range(3)]

        assert answers == [200, 200, 200]


def test_what_is_being_answered_makes_no_room_and_has_no_deadline() -> None:
    """However many come meanwhile, and however long it takes."""
    with served(Deadlines(SHORT, SHORT, SHORT)) as (site, closing):
        asking = site.connect(closing)
        asking.sendall(HEAD.replace(b"/ ", b"/held ", 1))
        assert site.asked.wait(WITHIN_SECONDS)

        idle = [site.connect(closing) for _ in range(MANY)]
        assert all(ends(each) for each in idle)
        site.let_go.set()

        assert read_answer(asking).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET / HTT",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n",
        # Answered before its body is there: what is left of it has its time as well.
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx",
    ],
)
def test_what_is_not_said_in_time_is_not_waited_for(begun: bytes) -> None:
    """Head or body, and with or without a length."""
    with served(Deadlines(SHORT, SHORT, LONG)) as (site, closing):
        peer = site.connect(closing)
        peer.sendall(begun)

        assert ends(peer)


@pytest.mark.parametrize(
    "begun",
    [b"GET / HTTP/1.1\r\nX: ", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999\r\n\r\n"],
)
def test_a_byte_now_and_then_wins_no_time(begun: bytes) -> None:
    """The deadline is of the whole, not of its next part."""
    with served(Deadlines(SHORT, SHORT, LONG)) as (site, closing):
        peer = site.connect(closing)
        peer.sendall(begun)
        peer.settimeout(SHORT / 10)

        for _ in range(200):
            try:
                peer.sendall(b"x")
                ended = peer.recv(1) == b""
            except TimeoutError:
                continue
            except ConnectionError:
                ended = True
            if ended:
                break

        assert ended


def test_the_next_request_of_a_connection_has_its_time_too() -> None:
    """What was answered once is no licence to hold the place."""
    with served(Deadlines(SHORT, SHORT, LONG)) as (site, closing):
        peer = site.connect(closing)
        peer.sendall(HEAD)
        first = read_answer(peer)
        peer.sendall(HEAD)
        second = read_answer(peer)
        peer.sendall(b"GET /")

        assert first.startswith(b"HTTP/1.1 200")
        assert second.startswith(b"HTTP/1.1 200")
        assert ends(peer)


def test_an_answer_that_nobody_takes_is_given_up() -> None:
    """Else whoever asks for much and reads nothing holds a place for ever."""
    with served(Deadlines(LONG, LONG, SHORT)) as (site, closing):
        peer = site.connect(closing)
        peer.sendall(HEAD.replace(b"/ ", b"/big ", 1))

        assert site.ended.wait(WITHIN_SECONDS)
        assert ends(peer)


def test_who_takes_a_big_answer_gets_the_whole() -> None:
    """The time is of each part, as long as the parts are taken."""
    with served(Deadlines(LONG, LONG, WITHIN_SECONDS)) as (site, _):
        assert len(site.get("/big").content) == BIG_BYTES
