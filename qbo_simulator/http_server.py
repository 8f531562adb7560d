"""The simulator over HTTP/1.1: one thread a connection, kept alive, without Nagle's delay.

A shell: it turns bytes into a Request and a Response into bytes, and tells the simulator when a
client has closed its side. Listens on the loopback unless told.
"""

import gc
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from qbo_simulator.simulator import Simulator
from qbo_simulator.wire import Request, Response

MOST_BODY_BYTES = 4_000_000
IDLE_SECONDS = 300
LOOK_SECONDS = 0.05
ENDING_SECONDS = 5


class SimulatorServer(ThreadingHTTPServer):
    """A threaded HTTP server over one simulator; closing it closes every connection."""

    daemon_threads = False
    block_on_close = True
    request_queue_size = 256
    allow_reuse_address = True

    def __init__(self, simulator: Simulator, address: tuple[str, int]) -> None:
        """Listen on an address; port 0 takes a free one."""
        self.simulator = simulator
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(address, _Handler)

    @property
    def base_url(self) -> str:
        """Where the server is reached."""
        return f"http://{self.server_address[0]!s}:{self.server_port}"

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401  # as inherited
        """Remember a connection, then give it a thread."""
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401  # as inherited
        """Close a connection and forget it."""
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401  # as inherited
        """Say nothing of clients that vanished; report anything else as usual."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)

    def close_connections(self) -> None:
        """Close every open connection, so that their threads end."""
        with self._open_lock:
            for each in self._open:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)


@contextmanager
def serve(
    simulator: Simulator, port: int = 0, host: str = "127.0.0.1"
) -> Iterator[SimulatorServer]:
    """Serve a simulator from a thread of its own for as long as the block lasts."""
    server = SimulatorServer(simulator, (host, port))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="qbo-simulator")
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.close_connections()
        server.server_close()
        thread.join(ENDING_SECONDS)


def run(port: int, host: str = "127.0.0.1", simulator: Simulator | None = None) -> None:
    """Serve a simulator, a new one unless given, as all that a process does until interrupted.

    It prints one line, which ends with its address. Meanwhile no garbage is collected: of the books
    of an hour's work a whole collection would stop the process for half a second and more, and
    every call that waits would seem to be late on its way.
    """
    gc.disable()
    try:
        with serve(simulator or Simulator(), port, host) as server:
            print(f"QuickBooks Online simulator on {server.base_url}", flush=True)  # noqa: T201  # its contract
            with suppress(KeyboardInterrupt):
                wait_for_interrupt(threading.Event())
    finally:
        gc.enable()


def wait_for_interrupt(never: threading.Event) -> None:
    """Wait for an event that is never set; only SIGINT or SIGTERM ends it.

    Said of both: a shell starts what it puts in the background with SIGINT ignored.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    never.wait()


class _SocketConnection:
    """Sees by a peek whether the client has closed its side."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def wait_closed(self, timeout_seconds: float) -> bool:
        end = time.monotonic() + timeout_seconds
        while (left := end - time.monotonic()) > 0:
            if self._is_closed(left):
                return True
        return False

    def _is_closed(self, timeout_seconds: float) -> bool:
        readable, _, _ = select.select([self._connection], [], [], timeout_seconds)
        if not readable:
            return False
        try:
            if not self._connection.recv(1, socket.MSG_PEEK):
                return True
        except OSError:
            return True
        time.sleep(min(timeout_seconds, LOOK_SECONDS))  # the next request is waiting already
        return False


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS
    server: SimulatorServer

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as inherited
        """Say nothing; the simulator keeps its own log."""

    def _answer(self) -> None:
        body = self._read_body()
        if body is None:
            self.close_connection = True
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, body)
        response = self.server.simulator.handle(request, _SocketConnection(self.connection))
        if response.hang_up:
            self.close_connection = True
            return
        with suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(self._bytes(response))

    def _read_body(self) -> bytes | None:
        if self.headers.get("Transfer-Encoding"):
            self.send_error(HTTPStatus.LENGTH_REQUIRED)
            return None
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > MOST_BODY_BYTES:
            self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return None
        body = self.rfile.read(int(length))
        return body if len(body) == int(length) else None  # a client that died while sending

    def _bytes(self, response: Response) -> bytes:
        """Write an answer in one piece, so that it leaves in one packet."""
        try:
            phrase = HTTPStatus(response.status).phrase
        except ValueError:
            phrase = "Unknown"
        lines = [
            f"HTTP/1.1 {response.status} {phrase}",
            f"Date: {self.date_time_string()}",
            f"Content-Type: {response.content_type}",
            f"Content-Length: {len(response.body)}",
            "Connection: keep-alive" if not self.close_connection else "Connection: close",
            *(f"{name}: {value}" for name, value in response.headers),
        ]
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + response.body
