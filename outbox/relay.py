"""The relay process: one leads, the others stand by.

What a leader does is in `leader`; this module owns who leads, and the loop that outlives a database
which comes and goes.
"""

import threading
import time
from collections.abc import Callable
from uuid import UUID

import psycopg
from psycopg_pool import PoolTimeout
from structlog import get_logger

from coordination import leadership
from coordination.database import Pool
from coordination.errors import NotLeading
from outbox.leader import Leader, RelayLimits
from outbox.messages import Publisher

log = get_logger()


class Relay:
    """One relay process: stands by until it leads, then ticks.

    Args:
        pool: sessions with our timeouts; the relay uses one at a time.
        publisher: the broker's side.
        process_id: this process as `coordination.processes` registered it.
        limits: batches and intervals.
        monotonic: this process's own clock, in seconds.
    """

    def __init__(
        self,
        pool: Pool,
        publisher: Publisher,
        process_id: UUID,
        *,
        limits: RelayLimits | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare; nothing is read or written before `run` or `tick`."""
        self._pool = pool
        self._publisher = publisher
        self._process_id = process_id
        self._limits = limits or RelayLimits()
        self._monotonic = monotonic
        self._standby = leadership.Standby()
        self._leader: Leader | None = None

    @property
    def leading(self) -> bool:
        """Whether this relay believes to lead; the database has the last word."""
        return self._leader is not None

    def run(self, stop: threading.Event) -> None:
        """Stand by, lead and tick until `stop` is set."""
        while not stop.is_set():
            try:
                worked = self.tick()
            except NotLeading:
                log.warning("relay.lost_the_lead")
                self._stand_by()
                worked = False
            except (psycopg.OperationalError, PoolTimeout) as error:
                # Timeouts of statements and locks are among these: the next tick starts anew.
                log.warning("relay.database_unavailable", error=type(error).__name__)
                stop.wait(self._standby_seconds())
                worked = False
            if not worked:
                stop.wait(self._idle_seconds())
        self._resign()

    def tick(self) -> bool:
        """Do what there is to do now, once; say whether there was anything.

        Raises:
            NotLeading: another relay has taken over.
        """
        if self._leader is None:
            return self._try_to_lead()
        return self._leader.tick()

    def _try_to_lead(self) -> bool:
        with self._pool.connection() as connection:
            seen = leadership.sight(connection)
            if not self._standby.look(seen, now=self._monotonic()):
                return False
            term = leadership.acquire(connection, self._process_id, seen)
        if term is None:
            return False
        log.info("relay.leads", term=term)
        self._leader = Leader(
            self._pool, self._publisher, self._process_id, term, self._limits, self._monotonic
        )
        return True

    def _stand_by(self) -> None:
        self._leader = None
        self._standby = leadership.Standby()

    def _resign(self) -> None:
        if self._leader is None:
            return
        try:
            self._leader.resign()
        except (psycopg.OperationalError, PoolTimeout) as error:
            # A standby takes over by itself, only later.
            log.warning("relay.not_resigned", error=type(error).__name__)
        self._stand_by()

    def _idle_seconds(self) -> float:
        return self._limits.idle_ms / 1000 if self.leading else self._standby_seconds()

    def _standby_seconds(self) -> float:
        return self._limits.beat_seconds / 2
