"""One claim, from the moment it is taken to its release.

A run is a loop: while QuickBooks teaches something new (a name is taken, the object was changed,
the customer is there already) the next turn acts on it; every other end releases the claim. While
an attempt's outcome is unknown, no turn does anything but resolve it.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from structlog import get_logger

from connections import books
from connections.companies import lose, pause
from connections.settings import CompanySettings
from coordination.clock import clock
from coordination.database import Connection, Pool
from coordination.limiter import Full, throttled
from coordination.limiter import Kind as CallKind
from qbo_client import (
    ApiRequest,
    AuthorizationExpired,
    BusinessFault,
    DuplicateDocNumber,
    DuplicateName,
    ObjectNotFound,
    QuickBooksError,
    ReconnectRequired,
    Response,
    TokenSource,
)
from qbo_client.requests import read
from records.allocation import Resolution
from records.applications import hold, resolve_locked
from records.attempts import Answer, count_answers, open_attempt, send_again
from records.claims import Claim, OpenAttempt
from records.facts import Link
from records.findings import find
from records.links import Linked, keep_link, owner_of
from records.settlement import Release, done, handed_back, refused, retry
from schemas import Entity, SnapshotInvalid, parse_snapshot
from workers.answers import linked, linked_by, object_in, objects_in
from workers.backoff import backoff_seconds
from workers.books import context_of
from workers.calling import Caller, TimedSlot
from workers.closing import (
    Closing,
    end_with_answer,
    end_with_error,
    write_error,
    write_success,
)
from workers.drafting import draft_for, request_of, write_of
from workers.lookups import (
    customer_to_link,
    is_ours,
    is_repeatable,
    made_by,
    plain_query_for_contact,
    query_for,
    query_for_contact,
)
from workers.mapping import MappingRefused, compare_with_theirs, owned_fields
from workers.mapping.customer import DISTINCTION
from workers.mapping.invoice import RENUMBERED
from workers.meaning import Action, Meaning, meaning_of
from workers.wanted import Naming, Wanted, is_gone, wanted_of

if TYPE_CHECKING:
    from workers.body import Waits

log = get_logger()

TURNS_MOST = 8
"""Writes, repeats and reads of one claim; one that needs more goes on later."""

QUERY_NOT_PARSED = "4000"
"""QuickBooks' query parser stumbled, as it does over curly quotes in names."""

SUSPENDED = timedelta(hours=1)
"""How long a company whose subscription lapsed rests before the next record probes it."""


class _WindowFull(Exception):  # not an error: the transaction is taken back, no more
    """No slot before `until`."""

    def __init__(self, until: datetime) -> None:
        super().__init__("the window is full")
        self.until = until


class Run:
    """The progress of one claim; used once, by one thread."""

    def __init__(
        self, *, pool: Pool, caller: Caller, tokens: TokenSource, waits: "Waits", claim: Claim
    ) -> None:
        """Prepare a run.

        Args:
            pool: sessions with our timeouts.
            caller: slots and calls of this process.
            tokens: access tokens of the claim's company.
            waits: how long unknown outcomes are waited for.
            claim: the record, just claimed.
        """
        self._pool = pool
        self._caller = caller
        self._tokens = tokens
        self._waits = waits
        self._claim = claim
        self._closing = Closing(pool, claim, waits.settle_again)
        self._settings = CompanySettings.model_validate(claim.settings)
        self._naming = _naming_of(claim.link)
        self._basis = ""
        self._freed: tuple[tuple[str, str], ...] = ()
        self._token: str | None = None
        self._refreshed = False
        self._looked_up = False
        self._reread_before = False

    def to_its_end(self) -> None:
        """Turn until the claim is released.

        Raises:
            psycopg.OperationalError: the database went away; the relay takes the claim back.
        """
        try:
            if not any(self._turn() for _ in range(TURNS_MOST)):
                self._retry_later("It needs more steps than one turn takes.")
        except _WindowFull as full:
            self._wait_for_window(full.until)
        except MappingRefused as refusal:
            self._refuse(refusal.code, refusal.sentence)
        except SnapshotInvalid as misfit:
            self._refuse("snapshot_invalid", misfit.sentence)
        except QuickBooksError as error:
            self._end_without_write(error)
        except Exception:
            # The boundary: a bug must neither kill the thread nor lose the record.
            log.exception("record.broke", record_pk=self._claim.pk, entity=self._claim.entity)
            self._park()
            raise

    def _turn(self) -> bool:
        """Do the next thing; True when the claim is released."""
        if self._claim.attempt is not None:
            return self._resolve(self._claim.attempt)
        if self._should_look_up():
            return self._look_up()
        return self._write()

    # --- a write -------------------------------------------------------------------------------

    def _write(self) -> bool:
        self._access_token()
        with self._pool.connection() as connection:
            resolution = self._resolution(connection)
            if resolution is not None and (resolution.reason or resolution.question):
                # Something changed since it was dispatched: the relay looks again.
                self._closing.leave(connection, handed_back(), self._freed)
                return True
            wanted = self._wanted(connection, resolution)
            draft = draft_for(wanted, self._claim.link) if wanted else None
            if wanted is None or draft is None:
                self._leave_done(connection, wanted)
                return True
            answers = count_answers(connection, self._claim, "")
            write = write_of(self._claim, wanted, draft, answers=answers)
            attempt = open_attempt(connection, self._claim, write)
            if self._claim.entity == Entity.PAYMENT:
                hold(connection, self._claim, "", resolution.lines if resolution else ())
            self._note(connection, wanted)
            timed = self._take(connection, "write", draft.operation, attempt.id)
        return self._send(attempt, timed)

    def _resolution(self, connection: Connection) -> Resolution | None:
        if self._claim.entity != Entity.PAYMENT:
            return None
        payment = parse_snapshot(Entity.PAYMENT, self._claim.snapshot).snapshot
        if is_gone(payment):
            return None
        resolution = resolve_locked(connection, self._claim, payment)
        self._basis = resolution.basis
        return resolution

    def _wanted(self, connection: Connection, resolution: Resolution | None) -> Wanted | None:
        context = context_of(books.get(connection, self._claim.realm_id), self._settings)
        wanted = wanted_of(self._claim, context, self._naming, resolution)
        self._basis = wanted.basis if wanted else self._basis
        return wanted

    def _leave_done(self, connection: Connection, wanted: Wanted | None) -> None:
        if wanted is not None:
            self._note(connection, wanted)
        self._closing.leave(connection, done(self._claim.version, self._basis), self._freed)

    def _note(self, connection: Connection, wanted: Wanted) -> None:
        """What had to be left out is said once for each version."""
        for note in wanted.notes:
            find(
                connection,
                self._claim.company_id,
                self._claim.pk,
                "left_out",
                note,
                note,
            )

    def _send(self, attempt: OpenAttempt, timed: TimedSlot) -> bool:
        try:
            response = self._caller.call(
                self._claim, timed, request_of(attempt), self._access_token()
            )
            found = object_in(response, attempt.kind)
        except QuickBooksError as error:
            return self._not_applied(attempt, timed, error)
        new = linked_by(attempt, found, self._claim.link)
        return self._applied(attempt, new, timed, response)

    def _applied(
        self,
        attempt: OpenAttempt,
        new: Linked,
        timed: TimedSlot | None = None,
        response: Response | None = None,
    ) -> bool:
        """Settle a write that QuickBooks has; a newer snapshot goes on in the same claim."""
        finished = attempt.version == self._claim.version

        def write(connection: Connection) -> None:
            if timed is not None and response is not None:
                end_with_answer(connection, timed, response)
            freed = write_success(
                connection,
                self._claim,
                attempt,
                new,
                status=response.status if response else None,
                intuit_tid=response.intuit_tid if response else None,
            )
            self._freed = tuple({*self._freed, *freed})
            if finished:
                self._closing.leave(connection, done(attempt.version, attempt.basis), self._freed)

        self._closing.commit(write)
        log.info(
            "record.synced",
            entity=self._claim.entity,
            company_id=self._claim.company_id,
            record_pk=self._claim.pk,
            operation=attempt.operation,
            attempt_id=attempt.id,
        )
        self._claim = replace(self._claim, link=_as_link(new), attempt=None)
        return finished

    # --- a write that was not applied, or perhaps ----------------------------------------------

    def _not_applied(self, attempt: OpenAttempt, timed: TimedSlot, error: QuickBooksError) -> bool:
        if isinstance(error, AuthorizationExpired) and not self._refreshed:
            return self._refresh(attempt, timed, error)
        meaning = meaning_of(error)
        if meaning.action is Action.RESOLVE:
            return self._unknown(attempt, timed, error, meaning)
        if not self._can_learn(error, meaning):
            return self._close(attempt, timed, error, meaning)
        self._closing.commit(
            lambda connection: self._write_error(connection, attempt, timed, error, meaning)
        )
        self._claim = replace(self._claim, attempt=None)
        return self._learn(attempt, error, meaning)

    def _can_learn(self, error: QuickBooksError, meaning: Meaning) -> bool:
        """Whether the refusal says what to look at next, and it has not been looked at before."""
        match meaning.action:
            case Action.REREAD:
                return not self._reread_before
            case Action.ADOPT_NAME:
                return isinstance(error, DuplicateName) and error.holder_id is not None
            case Action.ADOPT_NUMBER:
                return isinstance(error, DuplicateDocNumber) and error.holder_id is not None
            case _:
                return False

    def _learn(self, attempt: OpenAttempt, error: QuickBooksError, meaning: Meaning) -> bool:
        if meaning.action is Action.REREAD:
            return self._reread(attempt)
        if isinstance(error, DuplicateName):
            return self._adopt_name(attempt, error)
        if isinstance(error, DuplicateDocNumber):
            return self._adopt_number(attempt, error)
        raise AssertionError(f"nothing can be learnt from {meaning.action}")

    def _write_error(
        self,
        connection: Connection,
        attempt: OpenAttempt,
        timed: TimedSlot,
        error: QuickBooksError,
        meaning: Meaning,
    ) -> None:
        end_with_error(connection, timed, error)
        answer: Answer = "refused" if meaning.answered else "unsent"
        freed = write_error(connection, self._claim, attempt, answer, error)
        self._freed = tuple({*self._freed, *freed})

    def _close(
        self, attempt: OpenAttempt, timed: TimedSlot, error: QuickBooksError, meaning: Meaning
    ) -> bool:
        def write(connection: Connection) -> None:
            self._write_error(connection, attempt, timed, error, meaning)
            self._leave_by(connection, meaning, attempt.basis)

        self._closing.commit(write)
        return True

    def _leave_by(self, connection: Connection, meaning: Meaning, basis: str) -> None:
        """Release the claim as the error's meaning says, and hold the company where it says so."""
        claim = self._claim
        now = clock(connection)
        match meaning.action:
            case Action.PAUSE:
                limits = self._caller.limits
                whose = throttled(connection, claim.realm_id, limits)
                until = now + timedelta(seconds=limits.foreign_pause_seconds)
                pause(connection, claim.company_id, until, "limit")
                log.warning("realm.throttled", company_id=claim.company_id, whose=whose)
                end = handed_back()
            case Action.RECONNECT:
                lose(connection, claim.company_id)
                end = handed_back()
            case Action.SUSPEND:
                pause(connection, claim.company_id, now + SUSPENDED, "subscription")
                end = handed_back()
            case Action.RETRY | Action.RESOLVE | Action.REREAD:
                wait = timedelta(seconds=backoff_seconds(claim.transient_errors))
                end = retry(now + wait, meaning.sentence)
            case Action.REFUSE | Action.ADOPT_NAME | Action.ADOPT_NUMBER:
                log.warning(
                    "record.refused",
                    record_pk=claim.pk,
                    company_id=claim.company_id,
                    code=meaning.code,
                    who=meaning.who,
                )
                end = refused(claim.version, basis, meaning.code, meaning.sentence)
        self._closing.leave(connection, end, self._freed)

    def _refresh(self, attempt: OpenAttempt, timed: TimedSlot, error: QuickBooksError) -> bool:
        """401: a fresh token, and the same bytes in a new slot, once."""
        self._closing.commit(lambda connection: end_with_error(connection, timed, error))
        try:
            self._renew_token()
        except QuickBooksError as failure:
            return self._close(attempt, timed, failure, meaning_of(failure))
        return self._repeat(attempt)

    # --- an unknown outcome --------------------------------------------------------------------

    def _unknown(
        self, attempt: OpenAttempt, timed: TimedSlot, error: QuickBooksError, meaning: Meaning
    ) -> bool:
        """The first time at once, then with backoff: the same bytes, or a look-up first."""
        self._claim = replace(self._claim, attempt=attempt)
        at_once = self._may_repeat(attempt) and attempt.sends == 1

        def write(connection: Connection) -> None:
            end_with_error(connection, timed, error)
            if not at_once:
                self._closing.leave(connection, self._again(connection, attempt, meaning.sentence))

        self._closing.commit(write)
        log.warning(
            "attempt.outcome_unknown",
            record_pk=self._claim.pk,
            attempt_id=attempt.id,
            status=error.status,
        )
        return not at_once

    def _may_repeat(self, attempt: OpenAttempt) -> bool:
        return self._waits.requestid_proved or is_repeatable(attempt)

    def _again(self, connection: Connection, attempt: OpenAttempt, sentence: str) -> Release:
        wait = timedelta(seconds=backoff_seconds(self._claim.transient_errors))
        at = clock(connection) + wait
        if not self._may_repeat(attempt):
            at = max(at, attempt.started_at + self._waits.look_up_after)
        return retry(at, sentence)

    def _resolve(self, attempt: OpenAttempt) -> bool:
        if self._may_repeat(attempt):
            return self._repeat(attempt)
        due = attempt.started_at + self._waits.look_up_after
        if self._now() < due:
            self._end(retry(due, "Waits until QuickBooks must have an answer.", transient=False))
            return True
        found = objects_in(self._read(query_for(attempt), "look_up"), attempt.kind)
        made = made_by(attempt, found)
        if made is None:
            return self._repeat(attempt)
        log.info("attempt.found", record_pk=self._claim.pk, attempt_id=attempt.id)
        return self._applied(attempt, linked_by(attempt, made, self._claim.link))

    def _repeat(self, attempt: OpenAttempt) -> bool:
        self._access_token()
        with self._pool.connection() as connection:
            if not send_again(connection, attempt.id):
                # A late answer came in between; the relay looks at what is so now.
                self._closing.leave(connection, handed_back())
                return True
            timed = self._take(connection, "write", attempt.operation, attempt.id)
        return self._send(replace(attempt, sends=attempt.sends + 1), timed)

    # --- what a refusal taught -----------------------------------------------------------------

    def _reread(self, attempt: OpenAttempt) -> bool:
        """5010: base, theirs and ours, for the fields we own only."""
        self._reread_before = True
        link = self._claim.link
        if link is None:
            return self._refuse("5010", "QuickBooks says that a new object was changed.")
        theirs = object_in(self._read(read(attempt.kind, link.qbo_id), "reread"), attempt.kind)
        seen = compare_with_theirs(attempt.kind, link.owned, theirs, attempt.wanted)
        if seen.conflicts:
            fields = ", ".join(conflict.field for conflict in seen.conflicts)
            return self._refuse(
                "changed_in_quickbooks", f"Somebody changed {fields} in QuickBooks."
            )
        return self._link_to(linked(attempt.kind, theirs, seen.owned, adopted=link.adopted))

    def _adopt_name(self, attempt: OpenAttempt, error: DuplicateName) -> bool:
        try:
            response = self._read(read("Customer", error.holder_id or ""), "name_taken")
        except ObjectNotFound:
            # No customer: a vendor or an employee has the name. The suffix is added once.
            if self._naming.distinguished:
                return self._refuse("6240", "The name is taken in QuickBooks, also with a suffix.")
            self._naming = replace(self._naming, distinguished=True)
            return False
        return self._adopt_or_refuse(attempt, object_in(response, "Customer"))

    def _adopt_or_refuse(self, attempt: OpenAttempt, found: dict[str, object]) -> bool:
        if not is_ours(attempt, found) or self._belongs_to_another(attempt.kind, found):
            return self._refuse("6240", "Another customer in QuickBooks has this name already.")
        return self._adopt(attempt, found)

    def _adopt_number(self, attempt: OpenAttempt, error: DuplicateDocNumber) -> bool:
        if error.holder_type == "Invoice":
            response = self._read(read("Invoice", error.holder_id or ""), "number_taken")
            found = object_in(response, "Invoice")
            if is_ours(attempt, found) and not self._belongs_to_another("Invoice", found):
                return self._adopt(attempt, found)
        if self._naming.renumbered:
            return self._refuse("6140", "The number is taken in QuickBooks, also with a suffix.")
        self._naming = replace(self._naming, renumbered=True)
        return False

    def _adopt(self, attempt: OpenAttempt, found: dict[str, object]) -> bool:
        log.info("object.adopted", record_pk=self._claim.pk, kind=attempt.kind)
        owned = owned_fields(attempt.kind, found, attempt.wanted)
        return self._link_to(linked(attempt.kind, found, owned))

    def _belongs_to_another(self, kind: str, found: dict[str, object]) -> bool:
        with self._pool.connection() as connection:
            owner = owner_of(connection, self._claim.realm_id, kind, str(found["Id"]))
        return owner is not None and owner != self._claim.pk

    def _link_to(self, new: Linked) -> bool:
        self._closing.commit(lambda connection: keep_link(connection, self._claim, new))
        self._claim = replace(self._claim, link=_as_link(new))
        self._naming = _naming_of(self._claim.link)
        return False

    # --- the one look-up of a contact's first transfer -----------------------------------------

    def _should_look_up(self) -> bool:
        return (
            self._claim.entity == Entity.CONTACT
            and self._claim.link is None
            and not self._looked_up
            and self._settings.existing_customers != "create"
        )

    def _look_up(self) -> bool:
        self._looked_up = True
        contact = parse_snapshot(Entity.CONTACT, self._claim.snapshot).snapshot
        try:
            response = self._read(query_for_contact(contact), "existing_customer")
        except BusinessFault as fault:
            plain = plain_query_for_contact(contact)
            if fault.code != QUERY_NOT_PARSED or plain is None:
                raise
            response = self._read(plain, "existing_customer")
        match = customer_to_link(contact, objects_in(response, "Customer"))
        if match is None or self._belongs_to_another("Customer", match):
            return False
        if self._settings.existing_customers == "ask":
            return self._refuse("existing_customer", "QuickBooks has this customer already.")
        with self._pool.connection() as connection:
            wanted = self._wanted(connection, None)
        fields = wanted.fields if wanted and wanted.fields else {}
        return self._link_to(
            linked("Customer", match, owned_fields("Customer", match, fields), adopted=True)
        )

    # --- calls and tokens ----------------------------------------------------------------------

    def _take(
        self, connection: Connection, kind: CallKind, purpose: str, attempt_id: int | None = None
    ) -> TimedSlot:
        timed = self._caller.take(connection, self._claim, kind, purpose, attempt_id)
        if isinstance(timed, Full):
            raise _WindowFull(timed.until)
        return timed

    def _read(self, request: ApiRequest, purpose: str) -> Response:
        """Make a metered call, and once more after a 401.

        Raises:
            QuickBooksError: it brought no answer, or a refusal.
        """
        try:
            return self._read_once(request, purpose)
        except AuthorizationExpired:
            if self._refreshed:
                raise
        self._renew_token()
        return self._read_once(request, purpose)

    def _read_once(self, request: ApiRequest, purpose: str) -> Response:
        token = self._access_token()
        with self._pool.connection() as connection:
            timed = self._take(connection, "read", purpose)
        try:
            response = self._caller.call(self._claim, timed, request, token)
        except QuickBooksError as error:
            ended = error
            self._closing.commit(lambda connection: end_with_error(connection, timed, ended))
            raise
        self._closing.commit(lambda connection: end_with_answer(connection, timed, response))
        return response

    def _access_token(self) -> str:
        """Ask before a slot is taken and before a transaction is open: it may have to refresh."""
        if self._token is None:
            self._token = self._tokens.access_token(self._claim.realm_id)
        return self._token

    def _renew_token(self) -> None:
        self._refreshed = True
        self._token = self._tokens.refused(self._claim.realm_id, self._access_token())

    # --- ends without a write ------------------------------------------------------------------

    def _end(self, end: Release) -> None:
        self._closing.commit(lambda connection: self._closing.leave(connection, end, self._freed))

    def _end_without_write(self, error: QuickBooksError) -> None:
        """A read or a token failed. An open attempt is never parked: it has to be resolved."""
        meaning = meaning_of(error)
        if isinstance(error, ReconnectRequired):
            meaning = replace(meaning, action=Action.RECONNECT)
        elif meaning.answered and self._claim.attempt is not None:
            meaning = replace(meaning, action=Action.RETRY)
        self._closing.commit(lambda connection: self._leave_by(connection, meaning, self._basis))

    def _now(self) -> datetime:
        with self._pool.connection() as connection:
            return clock(connection)

    def _wait_for_window(self, until: datetime) -> None:
        """No slot: the record goes back, and the company waits for the window."""

        def write(connection: Connection) -> None:
            pause(connection, self._claim.company_id, until, "limit")
            self._closing.leave(connection, handed_back(), self._freed)

        self._closing.commit(write)

    def _refuse(self, code: str, sentence: str) -> bool:
        if self._claim.attempt is not None:
            self._retry_later(sentence)
            return True
        self._end(refused(self._claim.version, self._basis, code, sentence))
        return True

    def _retry_later(self, sentence: str) -> None:
        wait = timedelta(seconds=backoff_seconds(self._claim.transient_errors))
        self._end(retry(self._now() + wait, sentence))

    def _park(self) -> None:
        self._refuse("internal_error", "Our software failed on this record: ask support.")


def _naming_of(link: Link | None) -> Naming:
    owned = link.owned if link else {}
    return Naming(
        distinguished=str(owned.get("DisplayName", "")).endswith(DISTINCTION),
        renumbered=str(owned.get("DocNumber", "")).endswith(RENUMBERED),
    )


def _as_link(new: Linked) -> Link:
    return Link(
        qbo_id=new.qbo_id,
        sync_token=new.sync_token,
        customer_id=new.customer_id,
        total=new.total,
        owned=new.owned,
        adopted=new.adopted,
        voided=new.voided,
    )
