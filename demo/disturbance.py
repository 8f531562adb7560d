"""Kills processes while the scenario plays, as a machine or its operator would: with SIGKILL.

First a worker in the middle of its claims, later the relay that leads.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event
from time import monotonic
from typing import Final

from coordination.database import Pool
from demo.failures import DemonstrationFailed
from demo.fleet import Fleet

AFTER: Final = {"a worker in the middle of its claims": 0.3, "the leading relay": 0.55}
"""After which share of the changes each is killed."""
LOOK_EVERY_SECONDS: Final = 0.01
WITHIN_SECONDS: Final = 120.0

_VICTIMS: Final = {
    "a worker in the middle of its claims": """
        SELECT p.pid FROM proline_qbo.records r
        JOIN proline_qbo.processes p ON p.id = r.claimed_by LIMIT 1""",
    "the leading relay": """
        SELECT p.pid FROM proline_qbo.leadership l
        JOIN proline_qbo.processes p ON p.id = l.holder""",
}


@dataclass(frozen=True)
class Killer:
    """Kills one process of each kind, each once."""

    pool: Pool
    fleet: Fleet

    def __call__(self, committed: Callable[[], int], planned: int) -> Sequence[str]:
        """Kill each in its time and say what was killed.

        Args:
            committed: how many changes ProLine has committed.
            planned: how many it will.
        """
        until = monotonic() + WITHIN_SECONDS
        told = []
        for what, share in AFTER.items():
            while committed() < share * planned and monotonic() < until:
                Event().wait(LOOK_EVERY_SECONDS)
            pid = self._find(_VICTIMS[what], until)
            self.fleet.kill(pid)
            told.append(f"killed {what}, process {pid}, with SIGKILL")
        return told

    def _find(self, query: str, until: float) -> int:
        while True:
            with self.pool.connection() as connection:
                row = connection.execute(query).fetchone()
            if row is not None:
                return int(row[0])
            if monotonic() > until:
                raise DemonstrationFailed(
                    "No worker had a claim, or no relay led, so nobody could be killed: do the"
                    " processes reach PostgreSQL and RabbitMQ?"
                )
            Event().wait(LOOK_EVERY_SECONDS)
