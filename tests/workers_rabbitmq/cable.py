"""A line between a worker and RabbitMQ that a test cuts, mends and speaks into."""

import select
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

AMQP_PORT = 5672
CHUNK_BYTES = 65_536
BROKEN_FRAME = b"\xff" * 16
"""No frame at all: RabbitMQ answers it with Connection.Close, 501 FRAME_ERROR."""
ACK_OF_NOTHING = bytes.fromhex("01 0001 0000000d 003c 0050 0000000000000309 00 ce")
"""Basic.Ack of tag 777 on channel 1: RabbitMQ answers it with Channel.Close, 406."""
CONSUME = bytes.fromhex("003c 0014 0000")
"""How Basic.Consume begins; the queue's name follows, its length first."""
CONSUMING = bytes.fromhex("003c 0015")
"""How the answer to it begins, Basic.Consume-Ok."""


class Cable(socketserver.ThreadingTCPServer):
    """Passes bytes on in both directions, as long as it is whole."""

    daemon_threads = True

    def __init__(self, url: str) -> None:
        """Lead to the broker at `url`."""
        super().__init__(("127.0.0.1", 0), _Line)
        far = urlsplit(url)
        self.far_end = (far.hostname or "localhost", far.port or AMQP_PORT)
        login = f"{far.username}:{far.password}@" if far.username else ""
        self.url = far._replace(netloc=f"{login}127.0.0.1:{self.server_address[1]}").geturl()
        self.whole = True
        self.unanswered = b""
        self.lines: list[tuple[socket.socket, socket.socket]] = []

    def cut(self) -> None:
        """Break every connection, and every later one until it is mended."""
        self.whole = False
        for ends in tuple(self.lines):
            for end in ends:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """Let connections through again."""
        self.whole = True

    def lose_answer_to_consuming(self, queue_name: str) -> None:
        """Lose, once, what the broker answers to whoever asks for the messages of this queue.

        A worker may ask for several queues at once, each over a line of its own.
        """
        self.unanswered = CONSUME + bytes([len(queue_name)]) + queue_name.encode()

    def say(self, words: bytes) -> None:
        """Send the broker something over each connection, as if the worker had."""
        for _near, far in tuple(self.lines):
            far.sendall(words)


class _Line(socketserver.BaseRequestHandler):
    """One connection through the cable."""

    server: Cable
    request: socket.socket
    asked = False

    def handle(self) -> None:
        """Pass on until one end closes."""
        with socket.create_connection(self.server.far_end) as far:
            ends = (self.request, far)
            self.server.lines.append(ends)
            with suppress(OSError):
                while self.server.whole and self._passed_on(*ends):
                    pass
            self.server.lines.remove(ends)

    def _passed_on(self, near: socket.socket, far: socket.socket) -> bool:
        readable, _, _ = select.select([near, far], [], [])
        for end in readable:
            said = end.recv(CHUNK_BYTES)
            if not said:
                return False
            if end is near:
                unanswered = self.server.unanswered
                self.asked = self.asked or (unanswered != b"" and unanswered in said)
                far.sendall(said)
            elif not self._is_lost(said):
                near.sendall(said)
        return True

    def _is_lost(self, said: bytes) -> bool:
        if not self.asked or CONSUMING not in said:
            return False
        self.asked, self.server.unanswered = False, b""
        return True


@contextmanager
def laid_cable(url: str) -> Iterator[Cable]:
    """Lay a cable to the broker at `url` and take it up in the end."""
    with Cable(url) as cable:
        thread = threading.Thread(target=cable.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield cable
        finally:
            cable.shutdown()
            cable.cut()
            thread.join()
