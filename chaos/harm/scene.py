"""What the acts of harm are done to, and what they look at."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event
from typing import Final

from psycopg_pool import PoolTimeout

from app.postgres import EmbeddedPostgres
from app.rabbitmq import PrivateRabbitmq
from chaos.harm.diary import Diary
from chaos.harm.turns import Turns
from chaos.platform import Member, Platform
from chaos.quickbooks import Operator
from coordination.database import DATABASE_AWAY, Pool

AWAY: Final = (*DATABASE_AWAY, PoolTimeout)
LOOK_SECONDS: Final = 0.05
WELL_SECONDS: Final = 20.0

_LEADER = """
SELECT p.pid FROM proline_qbo.leadership l JOIN proline_qbo.processes p ON p.id = l.holder
 WHERE p.gone_at IS NULL AND p.beat_at > proline_qbo.clock() - interval '1.5 seconds'
"""
_BEATING = """
SELECT count(*) FROM proline_qbo.processes
 WHERE kind = 'worker' AND gone_at IS NULL
   AND beat_at > proline_qbo.clock() - interval '1.5 seconds'
"""
_CLAIMS = """
SELECT count(*) FROM proline_qbo.records r JOIN proline_qbo.processes p ON p.id = r.claimed_by
 WHERE p.pid = %s AND p.kind = 'worker' AND p.id = (
    SELECT id FROM proline_qbo.processes WHERE pid = %s AND kind = 'worker'
     ORDER BY beat_at DESC LIMIT 1)
"""
_ANSWERED = """
SELECT count(*) FROM (SELECT slot_at, status FROM proline_qbo.calls ORDER BY id DESC LIMIT 50) last
 WHERE slot_at > %s AND status IS NOT NULL
"""


@dataclass(frozen=True)
class Scene:
    """Servers, processes, QuickBooks, and the harness's own sessions.

    Attributes:
        realms: the QuickBooks company of each contractor.
        restless: the contractor whose office changes its mind.
        over: set when the harm shall end.
        prompt: whether faults must not outlast a minute, because the run is short.
    """

    platform: Platform
    postgres: EmbeddedPostgres
    rabbitmq: PrivateRabbitmq
    quickbooks: Operator
    pool: Pool
    realms: Mapping[str, str]
    restless: str
    diary: Diary
    turns: Turns
    over: Event
    prompt: bool

    def leader(self) -> Member | None:
        """Find the relay that leads now; None: nobody does, or nobody can be asked."""
        pid = self._ask(_LEADER)
        leading = [each for each in self.platform.running("relay") if each.pid == pid]
        return leading[0] if leading else None

    def is_well(self) -> bool:
        """Whether a relay leads and two workers beat."""
        return self.leader() is not None and (self._ask(_BEATING) or 0) > 1

    def wait_until_well(self) -> bool:
        """Wait until the system is well, so that one recovery can be measured; False: too long."""
        return self.wait(self.is_well, WELL_SECONDS) is not None

    def claims_of(self, pid: int) -> int | None:
        """Count the records that a worker has claimed; None: nobody can be asked."""
        return self._ask(_CLAIMS, pid, pid)

    def now(self) -> datetime:
        """Tell the time: this machine's, which is the database's too."""
        return datetime.now(UTC)

    def answered_since(self, moment: datetime) -> bool:
        """Whether a call that left after a moment has been answered."""
        return bool(self._ask(_ANSWERED, moment))

    def wait(self, condition: Callable[[], object], seconds: float) -> float | None:
        """Wait until something is so and give how long it took; None: too long."""
        began = time.monotonic()
        while not condition():
            if time.monotonic() - began > seconds:
                return None
            time.sleep(LOOK_SECONDS)  # rows of a database that may be down: they are asked
        return time.monotonic() - began

    def pause(self, seconds: float) -> None:
        """Let time pass, but no more than there is."""
        self.over.wait(seconds)

    def _ask(self, statement: str, *arguments: object) -> int | None:
        try:
            with self.pool.connection() as connection:
                row = connection.execute(statement, arguments).fetchone()
        except AWAY:
            return None
        return None if row is None else int(row[0])
