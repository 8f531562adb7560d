"""The body of every actor: claim, map, slot, call, settle.

A write is three transactions: the claim, the attempt with its slot, the settle. No transaction is
open while QuickBooks is asked. What an answer means is decided in `meaning`, what is wanted in
`wanted`; `run` only follows.
"""

from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from structlog import get_logger
from structlog.contextvars import bound_contextvars

from coordination.database import DATABASE_AWAY, Pool, at_once
from coordination.errors import ProcessGone
from coordination.frames import where
from qbo_client import TokenSource
from records.claims import Claim, ClaimCheck, ClaimLost, claim
from records.lost_claims import go_alone, is_suspect
from workers import metrics
from workers.calling import Caller
from workers.run import run
from workers.running import RunningClaims
from workers.session import Session
from workers.solitude import Solitude
from workers.waits import Waits

log = get_logger()

CLAIM_TRIES_MOST = 600
"""Five minutes at half a second."""


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
        solitude: who runs beside whom.
    """

    pool: Pool
    caller: Caller
    tokens: Tokens
    process_id: UUID
    running: RunningClaims
    waits: Waits = field(default_factory=Waits)
    solitude: Solitude = field(default_factory=Solitude)

    def __call__(self, check: ClaimCheck) -> None:
        """Do what a message asks for; it never raises, so a message is always acknowledged.

        A claim that a broken database leaves behind is no longer named by this process, and the
        relay takes it back.
        """
        with (
            self.running.naming(check.token, check.pk),
            bound_contextvars(record_pk=check.pk, company_id=check.company_id),
        ):
            try:
                self._sync(check)
            except (*DATABASE_AWAY, ProcessGone, ClaimLost) as error:
                log.warning("record.left", record_pk=check.pk, error=type(error).__name__)
                metrics.records_left.inc()

    def _sync(self, check: ClaimCheck) -> None:
        """Claim beside others; a suspect among them waits until it is alone."""
        with self.solitude.together():
            claimed = self._claim(check)
            if claimed is None:
                log.debug("message.fenced", record_pk=check.pk, company_id=check.company_id)
                metrics.messages_fenced.inc()
            elif not is_suspect(claimed):
                self._run(claimed)
        if claimed is not None and is_suspect(claimed):
            with self.solitude.alone():
                self._run_alone(claimed)

    def _run_alone(self, claimed: Claim) -> None:
        starts = claimed.unfinished_starts
        log.warning("record.runs_alone", record_pk=claimed.pk, unfinished_starts=starts)
        with self.pool.connection() as connection:
            holds = go_alone(connection, claimed)
        if holds:
            self._run(claimed)

    def _run(self, claimed: Claim) -> None:
        session = Session(
            pool=self.pool,
            caller=self.caller,
            tokens=self.tokens.for_company(claimed.company_id),
            waits=self.waits,
            claim=claimed,
        )
        try:
            with metrics.threads_busy.track_inprogress():
                run(session)
            metrics.claims_run.labels(claimed.entity).inc()
        except (*DATABASE_AWAY, ProcessGone, ClaimLost):
            raise
        except Exception as error:  # noqa: BLE001  # the boundary: no bug kills the thread or loses the record
            log.error(  # noqa: TRY400  # its own words may quote a customer's
                "record.broke",
                record_pk=claimed.pk,
                entity=claimed.entity,
                error=type(error).__name__,
                where=where(error),
            )
            metrics.records_broke.labels(claimed.entity).inc()
            session.refuse("internal_error", "Our software failed on this record: ask support.")

    def _claim(self, check: ClaimCheck) -> Claim | None:
        """Claim, again and again until the database is back: the message is acknowledged after.

        A claim that was committed although the answer was lost is ours no more: its message is
        fenced, the claim is not named for long, and the relay takes it back.
        """
        for _ in range(CLAIM_TRIES_MOST - 1):
            try:
                return self._claim_once(check)
            except DATABASE_AWAY as error:
                log.warning("claim.repeated", record_pk=check.pk, error=type(error).__name__)
                self.caller.wait(self.waits.settle_again.total_seconds())
        return self._claim_once(check)

    def _claim_once(self, check: ClaimCheck) -> Claim | None:
        with at_once(self.pool) as connection:
            return claim(connection, check, self.process_id)
