"""Reads how everything stands whenever Prometheus asks, and rests in proportion to what that took.

Relays show it, the standby too: what both say is the same, and it is still said while one of them
is down. Nothing is read while nobody asks. Invariant: it takes at most a twentieth of one session's
time, however much waits, and an answer that could not be read anew is not given as if it were:
then `proline_qbo_census_ok` is 0, and nothing else of it is there.
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

import psycopg
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from structlog import get_logger

from app.observing.figures import figures
from app.observing.stand import Stand, read_stand
from coordination.database import open_connection

NAME: Final = "proline-qbo census"
KEPT_LEAST_SECONDS: Final = 5.0
RESTS: Final = 19

log = get_logger()


class Census:
    """How everything stands, read at most so often; for the threads of one process.

    Args:
        database_url: each reading has a session of its own.
        amqp_url: of RabbitMQ, whose queues are looked at; None: they are not.
        monotonic: this process's own clock, in seconds.
    """

    def __init__(
        self,
        database_url: str,
        amqp_url: str | None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin having read nothing."""
        self._database_url = database_url
        self._amqp_url = amqp_url
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._stand: Stand | None = None
        self._read_at = self._good_until = float("-inf")
        self._took_seconds = 0.0

    def read(self, asked_for: Sequence[str] = ()) -> list[Metric]:
        """Give the figures; `asked_for` are companies that have series of their own."""
        with self._lock:
            if self._monotonic() >= self._good_until:
                self._read_anew()
            stand, age = self._stand, self._monotonic() - self._read_at
        own: list[Metric] = [
            GaugeMetricFamily(
                "proline_qbo_census_ok", "Whether the tables could be read", value=int(bool(stand))
            ),
            GaugeMetricFamily(
                "proline_qbo_census_seconds", "What reading them took", value=self._took_seconds
            ),
        ]
        if stand is None:
            return own
        own.append(
            GaugeMetricFamily("proline_qbo_census_age_seconds", "When they were read", value=age)
        )
        return [*own, *figures(stand, asked_for)]

    def _read_anew(self) -> None:
        began = self._monotonic()
        try:
            self._stand = _read(self._database_url, self._amqp_url)
        except psycopg.Error as error:
            log.warning("census.unreadable", error=type(error).__name__, sqlstate=error.sqlstate)
            self._stand = None
        self._read_at = self._monotonic()
        self._took_seconds = self._read_at - began
        self._good_until = self._read_at + max(KEPT_LEAST_SECONDS, RESTS * self._took_seconds)


def _read(database_url: str, amqp_url: str | None) -> Stand:
    with open_connection(database_url, application_name=NAME) as connection:
        connection.autocommit = True
        return read_stand(connection, amqp_url)
