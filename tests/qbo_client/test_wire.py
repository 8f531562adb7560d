"""The wire: on real sockets, no server can hold a call beyond its deadline."""

from __future__ import annotations

import datetime as dt
import ipaddress
import logging
import socket
import ssl
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from qbo_client import NotSent, OutcomeUnknown, Throttled, open_http
from qbo_client.errors import About
from qbo_client.exchange import Reply, exchange
from qbo_client.faults import parse_fault
from qbo_client.verdict import error_from_fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ABOUT = About("create", "invoice", "123", writes=True)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: a=b\r\n\r\n{}"
DEADLINE_SECONDS = 0.4

# Far above the deadline, far below what the servers below would take.
PATIENCE_SECONDS = 5.0


class RawServer:
    """Serves each connection by a function of bytes; keeps what it was sent."""

    def __init__(self, serve: Callable[[RawServer, socket.socket], None]) -> None:
        """Listen on a free port of this machine."""
        self.received = bytearray()
        self.connections = 0
        self.closing = threading.Event()
        self._serve = serve
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._listener.getsockname()[1])

    def read_request(self, connection: socket.socket) -> bool:
        """Read one request without a body; False when the client has gone."""
        request = bytearray()
        while not request.endswith(b"\r\n\r\n"):
            piece = connection.recv(65536)
            if not piece:
                return False
            request += piece
            self.received += piece
        return True

    def drip(self, connection: socket.socket, piece: bytes) -> None:
        """Send a piece now and then until the client goes or the test ends."""
        while not self.closing.wait(0.02):
            connection.sendall(piece)

    def close(self) -> None:
        """Stop, and wait for every thread."""
        self.closing.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE_SECONDS)

    def _accept(self) -> None:
        while not self.closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            thread = threading.Thread(target=self._serve_one, args=[connection], daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve_one(self, connection: socket.socket) -> None:
        with connection:
            try:
                self._serve(self, connection)
            except OSError:
                return


@contextmanager
def serving(serve: Callable[[RawServer, socket.socket], None]) -> Iterator[RawServer]:
    """Run a server for one test."""
    server = RawServer(serve)
    try:
        yield server
    finally:
        server.close()


def drips_body(server: RawServer, connection: socket.socket) -> None:
    """Promise a long body and send a byte of it now and then."""
    server.read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    server.drip(connection, b"x")


def drips_headers(server: RawServer, connection: socket.socket) -> None:
    """Send headers without end, one now and then."""
    server.read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    server.drip(connection, b"X-More: 1\r\n")


def says_nothing(server: RawServer, connection: socket.socket) -> None:
    """Take everything and answer nothing."""
    server.read_request(connection)
    server.closing.wait(PATIENCE_SECONDS * 2)


def reads_nothing(server: RawServer, connection: socket.socket) -> None:
    """Accept the connection and take no byte."""
    server.closing.wait(PATIENCE_SECONDS * 2)


def hangs_up(server: RawServer, connection: socket.socket) -> None:
    """Take the request and close."""
    server.read_request(connection)


def answers(server: RawServer, connection: socket.socket) -> None:
    """Answer every request of the connection."""
    while server.read_request(connection):
        connection.sendall(OK)


def breaks_off(status: int) -> Callable[[RawServer, socket.socket], None]:
    """Answer with a status and half of the body."""

    def serve(server: RawServer, connection: socket.socket) -> None:
        server.read_request(connection)
        head = f"HTTP/1.1 {status} X\r\nContent-Length: 100\r\nintuit_tid: 1-x\r\n\r\n"
        connection.sendall(head.encode() + b"half")

    return serve


def call(
    http: httpx.Client,
    port: int,
    *,
    before_send: Callable[[], None] | None = None,
    scheme: str = "http",
    content: bytes | None = None,
    deadline_seconds: float = DEADLINE_SECONDS,
) -> Reply:
    """Make one call to a server of this machine."""
    request = http.build_request("POST", f"{scheme}://127.0.0.1:{port}/x", content=content)
    return exchange(
        http, request, ABOUT, deadline_seconds=deadline_seconds, before_send=before_send
    )


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    """Give the client production uses."""
    with open_http() as opened:
        yield opened


@pytest.mark.parametrize("serve", [drips_body, drips_headers, says_nothing])
def test_the_deadline_holds_against_a_server_that_drips(
    http: httpx.Client, serve: Callable[[RawServer, socket.socket], None]
) -> None:
    """Each byte comes in time, and the call still ends: body, headers, or nothing at all."""
    with serving(serve) as server:
        began = time.monotonic()

        with pytest.raises(OutcomeUnknown):
            call(http, server.port)

        assert DEADLINE_SECONDS * 0.5 < time.monotonic() - began < PATIENCE_SECONDS


def test_the_deadline_holds_while_writing(http: httpx.Client) -> None:
    """A server that takes nothing ends the call too; some bytes have left, so it is unknown."""
    with serving(reads_nothing) as server:
        began = time.monotonic()

        with pytest.raises(OutcomeUnknown):
            call(http, server.port, content=b"x" * 30_000_000)

        assert time.monotonic() - began < PATIENCE_SECONDS


def test_the_deadline_of_the_body_holds_with_any_client() -> None:
    """The exchange looks at the clock itself between the pieces of a body."""
    with httpx.Client(trust_env=False) as plain, serving(drips_body) as server:
        began = time.monotonic()

        with pytest.raises(OutcomeUnknown):
            call(plain, server.port)

        assert time.monotonic() - began < PATIENCE_SECONDS


def test_a_tls_handshake_that_never_ends_was_not_sent(http: httpx.Client) -> None:
    """Connecting is part of the deadline, and no byte of a request has left."""
    with serving(reads_nothing) as server:
        began = time.monotonic()

        with pytest.raises(NotSent):
            call(http, server.port, scheme="https")

        assert time.monotonic() - began < PATIENCE_SECONDS


def test_a_refused_connection_was_not_sent(http: httpx.Client) -> None:
    """Nobody listens: nothing happened."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    with pytest.raises(NotSent):
        call(http, port)


def test_a_host_without_an_address_was_not_sent(http: httpx.Client) -> None:
    """A name that does not resolve is a connection that did not come about."""
    request = http.build_request("GET", "http://nowhere.invalid/")

    with pytest.raises(NotSent):
        exchange(http, request, ABOUT, deadline_seconds=PATIENCE_SECONDS)


def test_a_server_that_hangs_up_leaves_the_outcome_unknown(http: httpx.Client) -> None:
    """The request was taken; what became of it nobody said."""
    with serving(hangs_up) as server, pytest.raises(OutcomeUnknown):
        call(http, server.port, deadline_seconds=PATIENCE_SECONDS)


def test_a_fault_broken_off_is_unknown_with_its_status(http: httpx.Client) -> None:
    """Without the code nobody can say what a 400 meant; the same bytes will ask again."""
    with serving(breaks_off(400)) as server, pytest.raises(OutcomeUnknown) as caught:
        call(http, server.port, deadline_seconds=PATIENCE_SECONDS)

    assert (caught.value.status, caught.value.intuit_tid) == (400, "1-x")


def test_a_throttle_broken_off_is_still_a_throttle(http: httpx.Client) -> None:
    """With 429 the status says all."""
    with serving(breaks_off(429)) as server:
        reply = call(http, server.port, deadline_seconds=PATIENCE_SECONDS)

    fault = parse_fault(reply.status, reply.headers, reply.body)
    assert fault is not None
    assert type(error_from_fault(fault, ABOUT)) is Throttled


def test_the_guard_is_asked_again_when_a_connection_had_to_be_made(http: httpx.Client) -> None:
    """While connecting, a slot or a claim may be lost; a kept connection takes no time."""
    asked: list[int] = []
    with serving(answers) as server:
        call(http, server.port, before_send=lambda: asked.append(1))
        with_connecting = len(asked)
        call(http, server.port, before_send=lambda: asked.append(2))

        assert (with_connecting, len(asked), server.connections) == (2, 3, 1)


def test_a_guard_that_refuses_after_connecting_keeps_every_byte_back(http: httpx.Client) -> None:
    """NotSent is true to the last moment: the server saw a connection and no byte."""
    asked: list[int] = []

    def refuse_the_second_time() -> None:
        asked.append(1)
        if len(asked) == 2:
            raise NotSent

    with serving(answers) as server, pytest.raises(NotSent):
        call(http, server.port, before_send=refuse_the_second_time)

    assert server.received == b""


def test_no_cookie_goes_from_one_call_to_the_next(http: httpx.Client) -> None:
    """Calls of different companies share a client and nothing else."""
    with serving(answers) as server:
        call(http, server.port)
        call(http, server.port)

    assert server.received.count(b"POST /x") == 2
    assert b"cookie" not in server.received.lower()


def test_an_address_is_not_logged(http: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    """A query's address holds customers' names, and httpx would log it at INFO."""
    with caplog.at_level(logging.INFO), serving(answers) as server:
        call(http, server.port)

    assert "/x" not in caplog.text


def test_a_deadline_that_has_passed_sends_nothing(http: httpx.Client) -> None:
    """A guard that waits too long has used up the call's own time, connected or not."""
    with serving(answers) as server:
        call(http, server.port, deadline_seconds=PATIENCE_SECONDS)

        with pytest.raises(NotSent):
            call(http, server.port, deadline_seconds=0.05, before_send=lambda: _wait_out(0.1))

    assert server.received.count(b"POST") == 1


def test_a_call_over_tls_comes_back(tmp_path: Path) -> None:
    """Production speaks nothing else; the certificate is checked."""
    inside, outside = certified(tmp_path)

    def serve(server: RawServer, connection: socket.socket) -> None:
        with inside.wrap_socket(connection, server_side=True) as secured:
            answers(server, secured)

    with serving(serve) as server, open_http(verify=outside) as trusting:
        reply = call(trusting, server.port, scheme="https", deadline_seconds=PATIENCE_SECONDS)
    with serving(serve) as server, open_http() as other, pytest.raises(NotSent):
        call(other, server.port, scheme="https", deadline_seconds=PATIENCE_SECONDS)

    assert (reply.status, reply.body) == (200, b"{}")


def certified(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Make a certificate of this machine; give the server's context and one that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "books.example.com")])
    now = dt.datetime.now(dt.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    inside = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    inside.load_cert_chain(path)
    return inside, ssl.create_default_context(cafile=str(path))


def _wait_out(seconds: float) -> None:
    threading.Event().wait(seconds)
