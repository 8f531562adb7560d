"""A way to PostgreSQL on which one answer is lost: the server has committed, and nobody is told.

It follows the messages of the protocol as far as it must know which statements a transaction has
run (https://www.postgresql.org/docs/current/protocol-message-formats.html). It listens on a Unix
socket, where nobody asks for TLS.
"""

import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import make_url

PORT = 5432
PIECE_BYTES = 65_536
LENGTH_BYTES = 4
PARSE, BIND, QUERY, COMPLETED, READY = b"P", b"B", b"Q", b"C", b"Z"
IDLE = b"I"


class LostAnswers:
    """Passes everything on but the answer it is told to lose; `url` leads through it."""

    def __init__(self, database_url: str, directory: Path) -> None:
        """Stand before the database at this address."""
        self.url = (
            make_url(database_url)
            .set(host=None, port=None)
            .update_query_dict({"host": str(directory)})
            .render_as_string(hide_password=False)
        )
        self._target = _address_of(database_url)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(directory / f".s.PGSQL.{PORT}"))
        self._listener.listen()
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self._marker: bytes | None = None
        threading.Thread(target=self._accept, daemon=True).start()

    def lose_answer(self, marker: str) -> None:
        """Cut the next connection whose transaction has run such a statement when it has committed.

        A statement without a transaction around it is one by itself.

        Args:
            marker: a part of the statement's text.
        """
        with self._lock:
            self._marker = marker.encode()

    @property
    def has_lost(self) -> bool:
        """Whether the answer that was to be lost is lost."""
        with self._lock:
            return self._marker is None

    def close(self) -> None:
        """End every connection."""
        _cut(self._listener)
        with self._lock:
            for each in self._sockets:
                _cut(each)

    def loses(self, statements: list[bytes]) -> bool:
        """Say whether the answer to this transaction's COMMIT is the one; it is only once."""
        with self._lock:
            if self._marker is None or not any(self._marker in each for each in statements):
                return False
            self._marker = None
            return True

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(self._target[0])
                with self._lock:
                    self._sockets += [client, server]
                try:
                    server.connect(self._target[1])
                except OSError:
                    _cut(client)
                    _cut(server)
                    continue
                session = _Session(self, client, server)
                for way in (session.ask, session.answer):
                    threading.Thread(target=way, daemon=True).start()


@dataclass
class _Session:
    """One session on its way; each direction is one thread's."""

    answers: LostAnswers
    client: socket.socket
    server: socket.socket
    _prepared: dict[bytes, bytes] = field(default_factory=dict)
    _transaction: list[bytes] = field(default_factory=list)

    def ask(self) -> None:
        """Pass on what the client says, and remember which statements its transaction runs."""
        with suppress(OSError), _both_ends(self.client, self.server):
            messages = _Messages(self.client)
            self.server.sendall(messages.start_up())
            for kind, body, whole in messages:
                self._note(kind, body)
                self.server.sendall(whole)

    def answer(self) -> None:
        """Pass on what the server says, but for the answer that is to be lost."""
        with suppress(OSError), _both_ends(self.client, self.server):
            undone = False
            for kind, body, whole in _Messages(self.server):
                if kind == COMPLETED:
                    undone = body == b"ROLLBACK\0"
                # Ready, and in no transaction any more: what was asked is committed.
                if (kind, body) == (READY, IDLE):
                    if not undone and self.answers.loses(self._transaction):
                        return
                    self._transaction.clear()
                self.client.sendall(whole)

    def _note(self, kind: bytes, body: bytes) -> None:
        if kind == PARSE:
            name, statement, _ = body.split(b"\0", 2)
            self._prepared[name] = statement
        elif kind == BIND:
            _, name, _ = body.split(b"\0", 2)
            self._transaction.append(self._prepared[name])
        elif kind == QUERY and body == b"BEGIN\0":
            self._transaction.clear()


class _Messages:
    """What one side of the protocol says, message by message."""

    def __init__(self, source: socket.socket) -> None:
        self._source = source
        self._read = b""

    def start_up(self) -> bytes:
        """Return the client's first message, the only one without a kind."""
        return self._take(LENGTH_BYTES) + self._take(int.from_bytes(self._last) - LENGTH_BYTES)

    def __iter__(self) -> Iterator[tuple[bytes, bytes, bytes]]:
        """Give kind, body and all the bytes of each, until its side closes."""
        while True:
            kind = self._take(1)
            length = self._take(LENGTH_BYTES)
            body = self._take(int.from_bytes(length) - LENGTH_BYTES)
            yield kind, body, kind + length + body

    def _take(self, size: int) -> bytes:
        while len(self._read) < size:
            piece = self._source.recv(PIECE_BYTES)
            if not piece:
                raise ConnectionResetError
            self._read += piece
        self._last, self._read = self._read[:size], self._read[size:]
        return self._last


@contextmanager
def lost_answers(database_url: str) -> Iterator[LostAnswers]:
    """Lay such a way to a database and take it up in the end."""
    with tempfile.TemporaryDirectory(prefix="pq-") as directory:
        way = LostAnswers(database_url, Path(directory))
        try:
            yield way
        finally:
            way.close()


@contextmanager
def _both_ends(client: socket.socket, server: socket.socket) -> Iterator[None]:
    """Cut both ends when either direction has ended, however."""
    try:
        yield
    finally:
        _cut(client)
        _cut(server)


def _cut(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


def _address_of(database_url: str) -> tuple[socket.AddressFamily, str | tuple[str, int]]:
    given = conninfo_to_dict(database_url)
    host, port = str(given.get("host") or "localhost"), int(given.get("port") or PORT)
    if host.startswith("/"):
        return socket.AF_UNIX, f"{host}/.s.PGSQL.{port}"
    return socket.AF_INET, (host, port)
