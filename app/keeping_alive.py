"""Keeping connections alive: a thread of every worker that refreshes idle tokens and tidies up.

A refresh token dies unused after a hundred days, so each is refreshed at least weekly
(https://developer.intuit.com/app/developer/qbo/docs/develop/authentication-and-authorization/oauth-2.0).
What was to be revoked and could not be is revoked here, and consents that nobody confirmed end.
Every worker does it: the lease of `connections.tokens` lets one of them refresh, and of two that
revoke the second finds it done. Nothing that fails here stops anything: it is tried again.
"""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import psycopg
from structlog import get_logger

from app.quickbooks import QuickBooks
from app.revoking import end_expired_consents, revoke_left_over
from connections import token_rows
from connections.errors import TokenUnreadable
from connections.token_rows import Idle
from coordination.database import Pool
from qbo_client import QuickBooksError

IDLE_DAYS: Final = 7
REFRESHED_MOST: Final = 500
ROUND_SECONDS: Final = 300.0
# Tokens are looked for once an hour, what is to be revoked every round.
ROUNDS_PER_HOUR: Final = 12
JITTER: Final = 0.2

log = get_logger()


@dataclass
class Keeper:
    """The rounds of one process.

    Attributes:
        pool: one session at a time, none during a call.
        quickbooks: this process's access.
        stop: once set, a round ends after the connection it is at.
        rounds: how many were gone.
    """

    pool: Pool
    quickbooks: QuickBooks
    stop: threading.Event = field(default_factory=threading.Event)
    rounds: int = 0

    def run(self) -> None:
        """Go a round every few minutes until stopped; the first one only after a wait."""
        while not self.stop.wait(_next_in_seconds()):
            self.go_round()

    def go_round(self) -> None:
        """Do what is due, each part whatever became of the others."""
        if self.rounds % ROUNDS_PER_HOUR == 0:
            self._part(self._refresh_idle)
        self.rounds += 1
        self._part(lambda: end_expired_consents(self.pool, self.quickbooks))
        self._part(lambda: revoke_left_over(self.pool, self.quickbooks))

    def _part(self, part: Callable[[], object]) -> None:
        if self.stop.is_set():
            return
        try:
            part()
        except psycopg.Error as error:
            log.warning("keeping_alive.database", error=type(error).__name__)

    def _refresh_idle(self) -> None:
        with self.pool.connection() as connection:
            idle = token_rows.idle(connection, days=IDLE_DAYS, limit=REFRESHED_MOST)
        for each in idle:
            if self.stop.is_set():
                return
            self._refresh(each)

    def _refresh(self, idle: Idle) -> None:
        """Refresh one connection; a refusal for good has been stored where it is found."""
        try:
            self.quickbooks.tokens.refresh(idle.company_id, idle.realm_id, version=idle.version)
        except (QuickBooksError, TokenUnreadable) as error:
            log.warning("token.idle_refresh_failed", company_id=idle.company_id, error=str(error))
        else:
            log.info("token.kept_alive", company_id=idle.company_id)


def _next_in_seconds() -> float:
    # So that processes started together do not ask together.
    return ROUND_SECONDS * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311  # spreads load


@contextmanager
def keeping_alive(pool: Pool, quickbooks: QuickBooks) -> Iterator[None]:
    """Go the rounds beside the block; a call under way is ended before it is left."""
    keeper = Keeper(pool, quickbooks)
    thread = threading.Thread(target=keeper.run, name="keeping alive")
    thread.start()
    try:
        yield
    finally:
        # Not cut short: a refresh whose answer is lost may cost the connection.
        keeper.stop.set()
        thread.join()
