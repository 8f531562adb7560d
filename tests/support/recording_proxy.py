"""A proxy on the way to a server that keeps every byte that passes, in both directions."""

import socket
import struct
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

PIECE = 65_536


class RecordingProxy:
    """Listens on a port of its own on loopback; `recorded` holds what has passed.

    Args:
        host: of the server.
        port: of the server.
        cut_after: how many bytes a client may send before its connection is reset; None: any.
        late_seconds: how much later each piece of the server's arrives.
    """

    def __init__(
        self, host: str, port: int, *, cut_after: int | None = None, late_seconds: float = 0.0
    ) -> None:
        """Stand before the server at this address."""
        self._target = (host, port)
        self.cut_after = cut_after
        self._late_seconds = late_seconds
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
                for way in ((client, server, 0.0), (server, client, self._late_seconds)):
                    threading.Thread(target=self._pump, args=way, daemon=True).start()

    def _pump(self, source: socket.socket, drain: socket.socket, late_seconds: float) -> None:
        passed = 0
        with suppress(OSError):
            while piece := source.recv(PIECE):
                with self._lock:
                    self._pieces.append(piece)
                threading.Event().wait(late_seconds)
                drain.sendall(piece)
                passed += len(piece)
                if self.cut_after is not None and not late_seconds and passed > self.cut_after:
                    _reset(source)
                    return
        with suppress(OSError):
            drain.shutdown(socket.SHUT_WR)


def _reset(connection: socket.socket) -> None:
    """Close it so that the other side's next write fails."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
