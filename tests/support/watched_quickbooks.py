"""The simulator with an observer at its door: what arrives, byte for byte, and a word before it."""

from typing import TYPE_CHECKING

from qbo_simulator.simulator import Simulator
from qbo_simulator.wire import Connection, Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable

API = "/v3/"


def nothing(request: Request) -> None:
    """Let a call pass unseen."""


class WatchedQuickBooks(Simulator):
    """A simulator that keeps every write it receives.

    `on_call` runs in the server's thread when a call has arrived and before anything is done.
    """

    def __init__(self) -> None:
        """Start without companies."""
        super().__init__()
        self.received: list[Request] = []
        self.on_call: Callable[[Request], None] = nothing

    def handle(self, request: Request, connection: Connection | None = None) -> Response:
        """Keep a write, tell whoever listens, then answer as ever."""
        if request.path.startswith(API):
            if request.method == "POST":
                self.received.append(request)
            self.on_call(request)
        return super().handle(request, connection)
