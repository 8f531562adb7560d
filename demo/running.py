"""Relays and workers that run somewhere, seen through the tables they share."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Event
from time import monotonic
from typing import Final

from app.settled import is_settled, states
from coordination.database import Pool
from coordination.processes import living
from demo.failures import DemonstrationFailed

UP_WITHIN_SECONDS: Final = 60.0
LOOK_EVERY_SECONDS: Final = 0.2


@dataclass(frozen=True)
class RunningSystem:
    """A system that was not started here."""

    pool: Pool

    def settled(self) -> bool:
        """Whether nothing is left to do."""
        return is_settled(self.pool)

    def states(self) -> Mapping[str, int]:
        """Count the records by state."""
        return states(self.pool)

    def beating(self) -> Counter[str]:
        """Count who lives, by kind."""
        with self.pool.connection() as connection:
            return Counter(each.kind for each in living(connection))

    def wait_until_up(self) -> None:
        """Wait until a relay and a worker live.

        Raises:
            DemonstrationFailed: none came.
        """
        until = monotonic() + UP_WITHIN_SECONDS
        while not self.beating().keys() >= {"relay", "worker"}:
            if monotonic() > until:
                raise DemonstrationFailed(
                    f"No relay and worker came up in {UP_WITHIN_SECONDS:.0f} s: start them with"
                    " proline-qbo relay and proline-qbo worker."
                )
            Event().wait(LOOK_EVERY_SECONDS)
