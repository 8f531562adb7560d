"""Who runs beside whom in this process: everybody together, a suspect alone.

Invariant: while one is alone, nothing else runs. Whoever wants to be alone lets those that run
finish, and nobody begins before it has been alone.

Weakness: an orderly stop does not know who waits here. Whoever does begins one call more, so a stop
beside a suspect may take two calls' time.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Solitude:
    """A lock that many hold together or one holds alone; who waits to be alone goes first."""

    def __init__(self) -> None:
        """Begin with nobody in."""
        self._changed = threading.Condition()
        self._together = 0
        self._alone = False
        self._wanting = 0

    @contextmanager
    def together(self) -> Iterator[None]:
        """Run beside others; wait while one is alone or wants to be."""
        with self._changed:
            self._changed.wait_for(lambda: not self._alone and not self._wanting)
            self._together += 1
        try:
            yield
        finally:
            with self._changed:
                self._together -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Run while nothing else does; never from inside `together`: it would wait for itself."""
        with self._changed:
            self._wanting += 1
            try:
                self._changed.wait_for(lambda: not self._alone and not self._together)
            finally:
                self._wanting -= 1
                self._changed.notify_all()
            self._alone = True
        try:
            yield
        finally:
            with self._changed:
                self._alone = False
                self._changed.notify_all()
