"""The relay process: one leads, the others stand by.

What a leader does is in `leader`; this module owns who leads, and the loop that outlives a database
which comes and goes, and whatever else breaks: a process that beats is never without its relay.
"""

import threading
import time
from collections.abc import Callable
from uuid import UUID

from structlog import get_logger

from coordination import leadership
from coordination.database import DATABASE_AWAY, Pool
from coordination.errors import NotLeading
from coordination.frames import where
from outbox import metrics
from outbox.leader import Leader
from outbox.limits import RelayLimits
from outbox.messages import Publisher
from outbox.term import Term

log = get_logger()

FAILURE_PAUSE_MOST_SECONDS = 30.0


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
        self._term: Term | None = None
        self._failures = 0

    @property
    def leading(self) -> bool:
        """Whether this relay believes to lead; the database has the last word."""
        return self._leader is not None

    def run(self, stop: threading.Event) -> None:
        """Stand by, lead and tick until `stop` is set; no error ends it before."""
        while not stop.is_set():
            pause_seconds = self._turn()
            if pause_seconds > 0:
                stop.wait(pause_seconds)
        self._resign()

    def tick(self) -> bool:
        """Do what there is to do now, once; say whether there was anything.

        Raises:
            NotLeading: another relay has taken over.
        """
        if self._leader is not None:
            return self._leader.tick()
        if self._term is None:
            self._term = self._try_to_lead()
        if self._term is None:
            return False
        # A database that goes away here leaves the term, and the next tick begins it anew.
        self._leader = Leader(self._term, self._publisher, self._limits, self._monotonic)
        return True

    def _turn(self) -> float:
        """Tick once, come what may; say how many seconds to pause before the next time."""
        led = self.leading
        try:
            worked = self.tick()
        except NotLeading:
            log.warning("relay.lost_the_lead")
            self._stand_by()
            return self._idle_seconds()
        except DATABASE_AWAY as error:
            # Timeouts of statements and locks are among these: the next tick starts anew.
            log.warning("relay.database_unavailable", error=type(error).__name__)
            return self._standby_seconds()
        except Exception as error:  # noqa: BLE001  # a thread that ends here ends unseen
            return self._survive(error)
        if led:
            self._failures = 0
        return self._rest_seconds(led=led) if worked else self._idle_seconds()

    def _survive(self, error: Exception) -> float:
        """Give up a term in which something broke that nobody foresaw; say how long to pause.

        The next term starts from the tables alone, here or in a standby that may do better.
        """
        log.error("relay.failed", error=type(error).__name__, where=where(error))
        metrics.relay_failures.inc()
        self._resign()
        self._failures += 1
        doubled = self._standby_seconds() * (1 << min(self._failures - 1, 16))
        return min(doubled, FAILURE_PAUSE_MOST_SECONDS)

    def _try_to_lead(self) -> Term | None:
        with self._pool.connection() as connection:
            seen = leadership.sight(connection)
            if not self._standby.look(seen, now=self._monotonic()):
                return None
            term = leadership.acquire(connection, self._process_id, seen)
        if term is None:
            return None
        log.info("relay.leads", term=term)
        metrics.leading.set(1)
        metrics.leads_taken.inc()
        return Term(self._pool, self._process_id, term)

    def _stand_by(self) -> None:
        # Whoever does not lead publishes nothing: its connection would only be one to keep alive.
        self._publisher.close()
        metrics.leading.set(0)
        self._leader = self._term = None
        self._standby = leadership.Standby()

    def _resign(self) -> None:
        if self._term is None:
            return
        try:
            self._term.resign()
        except Exception as error:  # noqa: BLE001  # a standby takes over by itself, only later
            log.warning("relay.not_resigned", error=type(error).__name__)
        self._stand_by()

    def _rest_seconds(self, *, led: bool) -> float:
        """Whoever has just begun to lead, or left work behind, goes on at once."""
        if not led or self._leader is None or self._leader.pressed:
            return 0.0
        return self._limits.rest_ms / 1000

    def _idle_seconds(self) -> float:
        return self._limits.idle_ms / 1000 if self.leading else self._standby_seconds()

    def _standby_seconds(self) -> float:
        return self._limits.beat_seconds
