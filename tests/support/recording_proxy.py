"""A proxy on the way to a server that keeps every byte that passes, in both directions."""

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

PIECE = 65_536


class RecordingProxy:
    """Listens on a port of its own on loopback; `recorded` holds what has passed."""

    def __init__(self, host: str, port: int) -> None:
        """Stand before the server at this address."""
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._pieces: list[bytes] = []
        self._sockets: list[socket.socket] = []

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    @property
    def recorded(self) -> bytes:
        """Everything that has passed, each direction in its order."""
        with self._lock:
            return b"".join(self._pieces)

    def __enter__(self) -> Self:
        """Begin to listen."""
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close every connection."""
        self._listener.close()
        with self._lock:
            for each in self._sockets:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
                each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
                with self._lock:
                    self._sockets += [client, server]
                for way in ((client, server), (server, client)):
                    threading.Thread(target=self._pump, args=way, daemon=True).start()

    def _pump(self, source: socket.socket, drain: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(PIECE):
                with self._lock:
                    self._pieces.append(piece)
                drain.sendall(piece)
        with suppress(OSError):
            drain.shutdown(socket.SHUT_WR)
