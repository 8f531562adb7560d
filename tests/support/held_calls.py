"""Calls held at QuickBooks' door: they have arrived, and nothing is done until they are let in."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from qbo_simulator.wire import Request
from tests.support.roofer import Roofer
from tests.support.watched_quickbooks import nothing

HELD_SECONDS_MOST = 60.0


class HeldCalls:
    """The calls that stand at the door; `let_in` opens it for them and for all others."""

    def __init__(self, ending: str, containing: str) -> None:
        """Hold calls whose path ends so and whose body contains this."""
        self.arrived: list[Request] = []
        self._ending = ending
        self._containing = containing.encode()
        self._open = threading.Event()

    def let_in(self) -> None:
        """Hold nothing any more."""
        self._open.set()

    def on_call(self, request: Request) -> None:
        """Hold a call in its own thread."""
        meant = request.path.endswith(self._ending) and self._containing in request.body
        if meant and not self._open.is_set():
            self.arrived.append(request)
            self._open.wait(HELD_SECONDS_MOST)


@contextmanager
def held_calls(roofer: Roofer, ending: str = "", containing: str = "") -> Iterator[HeldCalls]:
    """Hold some calls until they are let in, or the block ends.

    Args:
        roofer: whose QuickBooks.
        ending: of the path of those that are held, such as `/customer`.
        containing: what stands in their body.
    """
    held = HeldCalls(ending, containing)
    roofer.quickbooks.on_call = held.on_call
    try:
        yield held
    finally:
        held.let_in()
        roofer.quickbooks.on_call = nothing
