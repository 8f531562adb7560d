"""Turns: acts that measure something are done alone, the others side by side."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """A lock for many or for one; who wants to be alone comes before who does not."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._changed = threading.Condition()
        self._together = 0
        self._alone = False
        self._want_to_be_alone = 0

    @contextmanager
    def together(self) -> Iterator[None]:
        """Act while others may, but nobody who must be alone."""
        with self._changed:
            self._changed.wait_for(lambda: not self._alone and not self._want_to_be_alone)
            self._together += 1
        try:
            yield
        finally:
            with self._changed:
                self._together -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Act while nobody else does."""
        with self._changed:
            self._want_to_be_alone += 1
            self._changed.wait_for(lambda: not self._alone and not self._together)
            self._want_to_be_alone -= 1
            self._alone = True
        try:
            yield
        finally:
            with self._changed:
                self._alone = False
                self._changed.notify_all()
