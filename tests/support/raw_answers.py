"""A server on a real socket that answers every call with the bytes it was given, then hangs up."""

import socket
import threading
from contextlib import suppress
from typing import Self

HEADERS_END = b"\r\n\r\n"


class RawAnswers:
    """Answers with `answer`, whatever that is, one connection at a time; a context manager."""

    def __init__(self) -> None:
        """Listen on a free port of this machine."""
        self.answer = b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def base_url(self) -> str:
        """Where it is reached."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        """Begin to answer."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, and wait for the thread."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                _read_request(connection)
                connection.sendall(self.answer)
                # What is still unread would turn the end into a reset and lose the answer.
                connection.shutdown(socket.SHUT_WR)
                connection.settimeout(5)
                connection.recv(65536)


def http_answer(status: int, body: bytes, *headers: str) -> bytes:
    """Write a whole answer as it stands on the wire."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode("latin-1") + HEADERS_END + body


def _read_request(connection: socket.socket) -> None:
    request = b""
    while HEADERS_END not in request:
        request += _piece(connection)
    head, _, body = request.partition(HEADERS_END)
    length = _content_length(head)
    while len(body) < length:
        body += _piece(connection)


def _piece(connection: socket.socket) -> bytes:
    piece = connection.recv(65536)
    if not piece:
        raise ConnectionAbortedError
    return piece


def _content_length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name == b"content-length":
            return int(value)
    return 0
