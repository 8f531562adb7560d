"""The body of every actor: claim, map, slot, call, settle.

A write is three transactions: the claim, the attempt with its slot, the settle. No transaction is
open while QuickBooks is asked. What an answer means is decided in `meaning`, what is wanted in
`wanted`; a `Run` only follows.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol
from uuid import UUID

import psycopg
from structlog import get_logger

from coordination.database import Pool
from qbo_client import TokenSource
from records.claims import ClaimCheck, claim
from workers.calling import Caller
from workers.run import Run
from workers.running import RunningClaims

log = get_logger()


@dataclass(frozen=True)
class Waits:
    """How long things with an unknown end are waited for.

    Attributes:
        look_up_after: from the start of a write that QuickBooks does not itself refuse twice until
            it is looked up: Intuit answers or gives up within 120 s, and a margin.
        requestid_proved: a sandbox has shown that a request id is replayed, so such a write may be
            repeated at once.
        settle_again: between two tries of a settle while the database is away.
    """

    look_up_after: timedelta = timedelta(seconds=130)
    requestid_proved: bool = False
    settle_again: timedelta = timedelta(milliseconds=500)


class Tokens(Protocol):
    """Where a company's access tokens come from."""

    def for_company(self, company_id: str) -> TokenSource:
        """Return the source of one company."""


@dataclass(frozen=True)
class SyncBody:
    """Brings QuickBooks to where ProLine is, one claimed record at a time; threads share it.

    Args:
        pool: sessions with our timeouts.
        caller: slots and calls.
        tokens: access tokens by company.
        process_id: this process as registered.
        running: what the life beat names.
        waits: see `Waits`.
    """

    pool: Pool
    caller: Caller
    tokens: Tokens
    process_id: UUID
    running: RunningClaims
    waits: Waits = Waits()

    def __call__(self, check: ClaimCheck) -> None:
        """Do what a message asks for; it never raises, so a message is always acknowledged.

        A claim that a broken database leaves behind is no longer named by this process, and the
        relay takes it back.
        """
        with self.running.naming(check.token):
            try:
                self._sync(check)
            except psycopg.OperationalError as error:
                log.warning("record.left", record_pk=check.pk, error=type(error).__name__)

    def _sync(self, check: ClaimCheck) -> None:
        with self.pool.connection() as connection:
            claimed = claim(connection, check, self.process_id)
        if claimed is None:
            log.debug("message.fenced", record_pk=check.pk, company_id=check.company_id)
            return
        Run(
            pool=self.pool,
            caller=self.caller,
            tokens=self.tokens.for_company(claimed.company_id),
            waits=self.waits,
            claim=claimed,
        ).to_its_end()
