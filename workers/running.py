"""Which claims this process is running now: what its life beat names."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID


class RunningClaims:
    """The dispatch tokens of the claims under way; threads share it."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lock = threading.Lock()
        self._tokens: set[UUID] = set()

    def tokens(self) -> tuple[UUID, ...]:
        """Name them, for a beat."""
        with self._lock:
            return tuple(self._tokens)

    @contextmanager
    def naming(self, token: UUID) -> Iterator[None]:
        """Name a claim from before it is taken until after it is settled."""
        with self._lock:
            self._tokens.add(token)
        try:
            yield
        finally:
            with self._lock:
                self._tokens.discard(token)
