"""What the demonstration asks of the system it plays before."""

from collections.abc import Mapping
from typing import Protocol


class System(Protocol):
    """A running relay with its workers."""

    def settled(self) -> bool:
        """Whether nothing is left to do: outbox empty, nothing pending, dispatched or retrying."""
        ...

    def states(self) -> Mapping[str, int]:
        """Count the records by state."""
        ...
