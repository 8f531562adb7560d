"""The life beat of one process: a thread and a session of its own, one UPDATE each second.

It runs beside the work, so a slow settle never silences its process; and it is the process's own
judge: bytes leave only while the last committed beat was begun less than `FRESH_SECONDS` ago,
which is a second less than the leader needs to declare it gone.
"""

import threading
import time
from collections.abc import Callable, Sequence
from uuid import UUID

import psycopg
import structlog

from coordination import processes
from coordination.database import Connection
from coordination.metrics import beats_failed

BEAT_SECONDS = 1.0
FRESH_SECONDS = 2.0

_log = structlog.get_logger()


class LifeBeat:
    """Beats for one process until stopped or declared gone.

    A session that fails is replaced at the next beat; until one commits, `fresh_within` says no.

    Args:
        connect: opens a session (`database.open_connection` with its url bound).
        process_id: what `processes.register` returned.
        claims: the dispatch tokens this process runs now; called at each beat.
        monotonic: the process's own clock, seconds.
    """

    def __init__(
        self,
        connect: Callable[[], Connection],
        process_id: UUID,
        claims: Callable[[], Sequence[UUID]] = tuple,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare the beat; `start` begins it."""
        self.gone = threading.Event()
        self._connect = connect
        self._process_id = process_id
        self._claims = claims
        self._monotonic = monotonic
        self._begun_at = float("-inf")
        self._connection: Connection | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="life-beat", daemon=True)

    def start(self) -> None:
        """Beat once at once, then each second from the thread."""
        self.beat_once()
        self._thread.start()

    def stop(self) -> None:
        """End the thread and its session; the row stays: `processes.retire` takes leave."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2 * FRESH_SECONDS)
        self._close()

    def fresh_within(self, seconds: float = FRESH_SECONDS) -> bool:
        """Say whether the last committed beat was begun less than so many seconds ago."""
        return not self.gone.is_set() and self._monotonic() - self._begun_at < seconds

    def is_beating(self) -> bool:
        """Say whether its thread lives; it may wait for a database that does not answer."""
        return self._thread.is_alive() and not self.gone.is_set()

    def beat_once(self) -> bool:
        """Beat once now; False when the database did not answer or this process is gone."""
        begun_at = self._monotonic()
        try:
            alive = self._beat()
        except psycopg.Error as error:
            _log.warning(
                "life.beat_failed",
                process_id=str(self._process_id),
                error=type(error).__name__,
                sqlstate=error.sqlstate,
            )
            beats_failed.inc()
            self._close()
            return False
        if not alive:
            _log.error("life.declared_gone", process_id=str(self._process_id))
            self.gone.set()
            return False
        self._begun_at = begun_at
        return True

    def _run(self) -> None:
        while not self.gone.is_set() and not self._stopping.wait(BEAT_SECONDS):
            self.beat_once()

    def _beat(self) -> bool:
        if self._connection is None:
            self._connection = self._connect()
        alive = processes.beat(self._connection, self._process_id, self._claims())
        self._connection.commit()
        return alive

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
