"""What one claim's steps share: the record as it now is, its token, its reads, and its release.

Used by one thread. The claim changes as QuickBooks teaches something: a link is kept, an attempt is
opened or answered. Every way to end a claim is here, and each writes one transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from structlog import get_logger

from connections.companies import lose, pause
from connections.settings import CompanySettings, read_settings
from coordination.clock import clock
from coordination.database import Connection, Pool
from coordination.limiter import Full, answered_later, throttled
from coordination.limiter import Kind as CallKind
from qbo_client import (
    ApiRequest,
    AuthorizationExpired,
    NotSent,
    QuickBooksError,
    Response,
    TokenSource,
)
from records.allocation import Resolution
from records.attempts import Write
from records.claims import Claim, OpenAttempt
from records.deciding import ask
from records.facts import Link
from records.links import Linked, keep_link
from records.questions import Question
from records.settlement import Release, asked, done, handed_back, refused, retry
from workers import metrics
from workers.backoff import backoff_seconds
from workers.books import context_of
from workers.calling import Caller, TimedSlot
from workers.closing import Closing, Dependants, end_with_answer, end_with_error
from workers.mapping.customer import DISTINCTION, INACTIVE
from workers.mapping.invoice import RENUMBERED
from workers.meaning import Action, Meaning
from workers.reads import Read
from workers.waits import Waits
from workers.wanted import Naming, Wanted, basis_of, wanted_of

log = get_logger()

SUSPENDED = timedelta(hours=1)
"""How long a company whose subscription lapsed rests before the next record probes it."""


class WindowFull(Exception):
    """No slot before `until`: the open transaction is taken back, and the company waits."""

    def __init__(self, until: datetime) -> None:
        """Keep when a slot may be had, on the database's clock."""
        super().__init__("the window is full")
        self.until = until


@dataclass
class Session:
    """One claim under way.

    Attributes:
        pool: sessions with our timeouts.
        caller: slots and calls of this process.
        tokens: access tokens of the claim's company.
        waits: how long unknown outcomes are waited for.
        claim: the record as it is now.
        naming: suffixes that refusals have taught.
        basis: what the wanted state rests on beside the snapshot, as last composed.
        freed: invoices that have room again, to be named when the claim is released.
        refreshed: a 401 has been answered with a fresh token already.
        looked_up: the contact has been looked for.
        looked_at: what a refusal referred to has been looked at.
        reactivating: the basis of a person's word that the customer shall be active again.
        several: the record is more than one object there, and another may still want a write.
        behind: an attempt was resolved, and there is more to write, of a newer version or of what
            was found there: whether that may be written, the relay judges.
        resolved: an attempt that was left unfinished was gone on with.
        looked_for: the attempt whose object was looked for, when it had to be there, and is not.
        reread: a changed object has been read again.
        silent: the call that brought nothing for so long that its company rests.
        opened: an attempt was opened or resolved here, so that there may be more business answers
            than the claim brought along.
    """

    pool: Pool
    caller: Caller
    tokens: TokenSource
    waits: Waits
    claim: Claim
    naming: Naming = field(init=False)
    settings: CompanySettings = field(init=False)
    closing: Closing = field(init=False)
    basis: str = field(init=False)
    freed: Dependants = ()
    refreshed: bool = False
    looked_up: bool = False
    looked_at: bool = False
    reactivating: str | None = None
    several: bool = False
    behind: bool = False
    resolved: bool = False
    looked_for: int | None = None
    reread: bool = False
    opened: bool = False
    silent: TimedSlot | None = None
    _token: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Read what the claim brings along."""
        self.closing = Closing(self.pool, self.claim, self.waits.settle_again)
        self.settings = read_settings(self.claim.settings)
        self.naming = _naming_of(self.claim.link)
        self.basis = basis_of(self.claim)

    # What is wanted, and what is there.

    def wanted(self, resolution: Resolution | None = None) -> tuple[Wanted, ...]:
        """Say what QuickBooks shall hold; nothing when it needs nothing there.

        Raises:
            MappingRefused: it cannot be booked without inventing or losing money.
            SnapshotInvalid: a snapshot it needs does not fit.
        """
        context = context_of(self.claim.books, self.settings)
        wanted = wanted_of(self.claim, context, self.naming, resolution)
        self.basis = wanted[0].basis if wanted else self.basis
        return wanted

    def link_to(self, new: Linked) -> None:
        """Keep a link and go on with it."""
        self.closing.commit(lambda connection: keep_link(connection, self.claim, new))
        self.know(new)

    def know(self, new: Linked) -> None:
        """Go on with a link that has been kept."""
        link = Link(
            qbo_id=new.qbo_id,
            sync_token=new.sync_token,
            customer_id=new.customer_id,
            total=new.total,
            owned=new.owned,
            adopted=new.adopted,
            voided=new.voided,
            doc_number=new.doc_number,
            currency=new.currency,
            kept=new.kept,
        )
        self._know({**self.claim.parts, new.part: link})

    def forget(self, part: str) -> None:
        """Go on without a part that we have voided ourselves."""
        self._know({name: link for name, link in self.claim.parts.items() if name != part})

    def keep(self, part: str, kept: dict[str, Any]) -> None:
        """Go on with what a person left as QuickBooks has it."""
        self._know({**self.claim.parts, part: replace(self.claim.parts[part], kept=kept)})

    def _know(self, parts: dict[str, Link]) -> None:
        link = min(parts.items(), key=lambda each: (each[1].voided, each[0]))[1] if parts else None
        self.claim = replace(self.claim, link=link, parts=parts)
        self.naming = _naming_of(link)

    def free(self, freed: Dependants) -> None:
        """Remember invoices that have room again."""
        self.freed = tuple({*self.freed, *freed})

    # Tokens, slots and reads.

    def access_token(self) -> str:
        """Ask before a slot is taken and before a transaction is open: it may have to refresh."""
        if self._token is None:
            self._token = self.tokens.access_token(self.claim.realm_id)
        return self._token

    def renew_token(self) -> None:
        """Get another token than the one QuickBooks has just refused; once in a claim."""
        self.refreshed = True
        self._token = self.tokens.refused(self.claim.realm_id, self.access_token())

    def take_slot(
        self, connection: Connection, kind: CallKind, purpose: str, attempt_id: int | None = None
    ) -> TimedSlot:
        """Take a slot as the last step of a transaction.

        Raises:
            WindowFull: there is none soon.
        """
        timed = self.caller.take(connection, self.claim, kind, purpose, attempt_id)
        if isinstance(timed, Full):
            raise WindowFull(timed.until)
        return timed

    def open(self, connection: Connection, write: Write) -> tuple[OpenAttempt, TimedSlot]:
        """Open an attempt with its slot as the last step of a transaction, or as the only one.

        Raises:
            WindowFull: there is no slot soon, and nothing was opened.
            ClaimLost: the claim was taken back.
        """
        opened = self.caller.open(connection, self.claim, write)
        if isinstance(opened, Full):
            raise WindowFull(opened.until)
        return opened

    def read(self, request: ApiRequest, purpose: Read) -> Response:
        """Make a metered call, and once more after a 401.

        Raises:
            QuickBooksError: it brought no answer, or a refusal.
        """
        try:
            return self._read_once(request, purpose)
        except AuthorizationExpired:
            if self.refreshed:
                raise
        self.renew_token()
        return self._read_once(request, purpose)

    def _read_once(self, request: ApiRequest, purpose: Read) -> Response:
        self.access_token()
        with self.pool.connection() as connection:
            timed = self.take_slot(connection, "read", purpose)
        metrics.reads.labels(purpose).inc()
        try:
            response = self.call(timed, request)
        except QuickBooksError as error:
            ended = error
            self.closing.commit(lambda connection: end_with_error(connection, timed, ended))
            raise
        self.closing.commit(lambda connection: end_with_answer(connection, timed, response))
        return response

    def call(self, timed: TimedSlot, request: ApiRequest) -> Response:
        """Make a call in its slot, and note where it met silence.

        Raises:
            QuickBooksError: it brought no answer, or a refusal.
        """
        try:
            return self.caller.call(self.claim, timed, request, self.access_token())
        except QuickBooksError as error:
            took_seconds = self.caller.monotonic() - timed.departs_at
            if _says_nothing(error) and took_seconds >= self.waits.silence.total_seconds():
                self.silent = timed
            raise

    # The ends of a claim.

    def leave(self, connection: Connection, end: Release) -> None:
        """Release the claim in the caller's transaction; after a silence its company rests."""
        # First: a company is locked before its records.
        if self.silent is not None:
            self._rest(connection, self.silent)
        self.closing.leave(connection, end, self.freed)

    def end(self, end: Release) -> None:
        """Release the claim in a transaction of its own."""
        self.closing.commit(lambda connection: self.leave(connection, end))

    def done(self) -> Release:
        """QuickBooks agrees with the claimed version."""
        return done(self.claim.version, self.basis)

    def judge_anew(self) -> None:
        """Give the record back to be judged at once."""
        self.closing.commit(
            lambda connection: self.leave(
                connection, retry(clock(connection), "It is judged anew.", transient=False)
            )
        )

    def look_again(self, connection: Connection) -> None:
        """Have the relay judge the record again; not at once, should it judge as before."""
        self.leave(connection, self._after_backoff(connection, "It has to be looked at again."))

    def retry_later(self, sentence: str) -> None:
        """Go on by itself, with backoff."""
        self.closing.commit(
            lambda connection: self.leave(connection, self._after_backoff(connection, sentence))
        )

    def refuse(self, code: str, sentence: str) -> None:
        """It needs attention; but an open attempt is never parked: it has to be resolved."""
        if self.claim.attempt is not None:
            self.retry_later(sentence)
        else:
            self.end(refused(self.claim.version, self.basis, code, sentence))

    def ask(
        self, question: Question, about: str, sentence: str, shown: Mapping[str, Any] | None = None
    ) -> None:
        """A person has to choose; what is shown is a customer's data, and stays in the database."""

        def write(connection: Connection) -> None:
            ask(connection, self.claim, question, about, shown or {})
            self.leave(connection, asked(sentence))

        self.closing.commit(write)

    def wait_for_window(self, until: datetime) -> None:
        """No slot: the record goes back, and the company waits for the window."""

        def write(connection: Connection) -> None:
            pause(connection, self.claim.company_id, until, "limit")
            self.leave(connection, handed_back())

        self.closing.commit(write)
        metrics.windows_full.inc()

    def leave_by(self, connection: Connection, meaning: Meaning, basis: str) -> None:
        """Release the claim as an error's meaning says, and hold the company where it says so."""
        self._tell(meaning)
        match meaning.action:
            case Action.PAUSE:
                self._pause_company(connection)
                end = handed_back()
            case Action.RECONNECT:
                lose(connection, self.claim.company_id, self.claim.realm_id)
                end = handed_back()
            case Action.SUSPEND:
                until = clock(connection) + SUSPENDED
                pause(connection, self.claim.company_id, until, "subscription")
                end = handed_back()
            case Action.RETRY | Action.RESOLVE | Action.REREAD:
                end = self._after_backoff(connection, meaning.sentence)
            case (
                Action.REFUSE
                | Action.ADOPT_NAME
                | Action.ADOPT_NUMBER
                | Action.CLOSED_BOOKS
                | Action.LOOK_AT_REFERENCE
            ):
                end = refused(self.claim.version, basis, meaning.code, meaning.sentence)
        self.leave(connection, end)

    def _after_backoff(self, connection: Connection, sentence: str) -> Release:
        wait = timedelta(seconds=backoff_seconds(self.claim.transient_errors))
        return retry(clock(connection) + wait, sentence)

    def _rest(self, connection: Connection, silent: TimedSlot) -> None:
        """A call that left later and was answered shows that it was this one's own matter."""
        if answered_later(connection, silent.slot.call_id):
            return
        pause(connection, self.claim.company_id, clock(connection) + self.waits.rest, "unavailable")
        log.warning("realm.silent", company_id=self.claim.company_id)

    def _pause_company(self, connection: Connection) -> None:
        # The company before its limiter, as a connect and a change of settings lock them.
        limits = self.caller.limits
        until = clock(connection) + timedelta(seconds=limits.foreign_pause_seconds)
        pause(connection, self.claim.company_id, until, "limit")
        whose = throttled(connection, self.claim.realm_id, limits)
        log.warning("realm.throttled", company_id=self.claim.company_id, whose=whose)

    def _tell(self, meaning: Meaning) -> None:
        log.warning(
            "record.not_synced",
            record_pk=self.claim.pk,
            company_id=self.claim.company_id,
            attempt_id=self.claim.attempt.id if self.claim.attempt else None,
            action=meaning.action,
            code=meaning.code,
            who=meaning.who,
        )


def _says_nothing(error: QuickBooksError) -> bool:
    """No answer of QuickBooks itself: none at all, or a gateway's."""
    if isinstance(error, NotSent):
        return False
    return error.status is None or error.status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _naming_of(link: Link | None) -> Naming:
    owned = link.owned if link else {}
    name = str(owned.get("DisplayName", "")).removesuffix(INACTIVE)
    return Naming(
        distinguished=name.endswith(DISTINCTION),
        renumbered=str(owned.get("DocNumber", "")).endswith(RENUMBERED),
    )
