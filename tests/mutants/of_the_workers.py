"""Defects of claiming, writing and settling."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from dramatiq.broker import Consumer
from dramatiq.brokers.rabbitmq import RabbitmqBroker

from broker.topology import declare_at
from connections import token_rows
from coordination.database import Connection
from coordination.life import FRESH_SECONDS, LifeBeat
from qbo_client import ApiRequest, QuickBooksError
from records import claims, eligibility, evaluation
from records.attempts import answer_attempt
from records.claims import Claim, ClaimCheck, OpenAttempt
from records.facts import NOT_PAID, Facts, Holders
from records.verdicts import Verdict
from tests.mutants.hands import put, rewrite
from tests.support.guards_out import let_slots_grow_old
from workers import body, drafting, earlier_sends, mapping, sending, taking_off, writing
from workers.claim_consumer import ClaimConsumer, Delivery
from workers.earlier_sends import Found
from workers.lookups import is_repeatable
from workers.mapping import matching
from workers.rabbitmq import ConsumingBroker
from workers.session import Session
from workers.subscription import Arrival


def acknowledge_before_the_write() -> None:
    """Acknowledge a message when it comes, before anything is done about it."""
    reads = ClaimConsumer._read

    def read(self: ClaimConsumer, arrival: Arrival) -> Delivery | None:
        delivery = reads(self, arrival)
        if delivery is not None:
            arrival.ack()
        return delivery

    def ack(self: ClaimConsumer, message: Delivery) -> None:
        """It was acknowledged when it came."""

    put(ClaimConsumer, "_read", read)
    put(ClaimConsumer, "ack", ack)


def no_fencing_token() -> None:
    """Claim a record that is dispatched, whatever token the message brings."""
    rewrite(claims, "_CLAIM", ("AND r.dispatch_token = %(token)s", "AND r.state = 'dispatched'"))


def stock_consumer() -> None:
    """Consume with Dramatiq's own consumer."""

    def consume(
        self: ConsumingBroker, queue_name: str, prefetch: int = 1, timeout: int = 5000
    ) -> Consumer:
        # Our broker leaves it to its own consumer to declare; without a queue none would begin.
        declare_at(self.url)
        return RabbitmqBroker.consume(self, queue_name, prefetch, timeout)

    put(ConsumingBroker, "consume", consume)


def new_request_id_each_time() -> None:
    """Send the same bytes again under another requestid."""
    stored = drafting.request_of

    def request_of(attempt: OpenAttempt) -> ApiRequest:
        request = stored(attempt)
        params = tuple(
            (name, str(uuid4()) if name == "requestid" else value) for name, value in request.params
        )
        return replace(request, params=params)

    put(sending, "request_of", request_of)


def request_id_without_sync_token() -> None:
    """Derive the requestid from what is said, not from what it is said to."""
    derive = mapping.request_id

    def request_id(  # noqa: PLR0913, PLR0917  # the product's
        realm_id: str,
        company_id: str,
        entity: str,
        record_id: str,
        part: str,
        operation: str,
        generation: int,
        answers: int,
        body: bytes,
    ) -> str:
        said = json.loads(body)
        said.pop("SyncToken", None)
        told = json.dumps(said).encode()
        return derive(realm_id, company_id, entity, record_id, part, operation, generation, 0, told)

    put(drafting, "request_id", request_id)


def newer_while_unknown() -> None:
    """Give up an attempt whose outcome is unknown and write the newest snapshot instead."""
    takes = claims.claim

    def claim(connection: Connection, check: ClaimCheck, process_id: Any) -> Claim | None:  # noqa: ANN401  # handed on
        taken = takes(connection, check, process_id)
        if taken is None or taken.attempt is None:
            return taken
        answer_attempt(connection, taken.attempt.id, "unsent")
        return replace(taken, attempt=None)

    put(body, "claim", claim)


def refresh_without_a_lease() -> None:
    """Let everybody refresh a token who finds that it is old."""
    rewrite(
        token_rows,
        "_LEASE",
        ("AND (refresh_until < proline_qbo.clock()", "AND (refresh_until IS NOT NULL"),
    )


def adopt_of_any_customer() -> None:
    """Take an object for ours by its note and total, whoever's customer it is of."""

    def reference(thing: Mapping[str, Any], name: str) -> object:
        return None

    put(matching, "_reference", reference)


def link_of_any_realm() -> None:
    """Use the link a record has in whichever books."""
    rewrite(
        claims,
        "_CLAIM",
        ("WHERE realm_id = c.realm_id AND record_pk = c.pk", "WHERE record_pk = c.pk"),
    )


def send_after_a_freeze() -> None:
    """Send however late after its slot and its last beat."""

    def fresh_within(self: LifeBeat, seconds: float = FRESH_SECONDS) -> bool:
        return True

    let_slots_grow_old()
    put(LifeBeat, "fresh_within", fresh_within)


def write_beside_an_old_call() -> None:
    """Write what is new while a call of a process that is gone may be on its way."""

    def on_its_way_until(
        connection: Connection,
        record_pk: int,
        at_most: timedelta,
        name: str | None,
        codes: Sequence[str] | None = None,
    ) -> datetime | None:
        return None

    put(writing, "on_its_way_until", on_its_way_until)


def refusal_of_a_repeat_believed() -> None:
    """Close a write by what its repeat is refused for, before anybody looks what is there."""
    looks = earlier_sends.look

    def look(
        session: Session, attempt: OpenAttempt, refusal: QuickBooksError | None = None
    ) -> Found | None:
        return None if is_repeatable(attempt) else looks(session, attempt, refusal)

    put(sending, "look", look)


def void_before_the_payments() -> None:
    """Void an invoice while its payments are still there."""
    judges = eligibility.judge

    def judge(facts: Facts, now: datetime) -> Verdict | None:
        return judges(replace(facts, paid=NOT_PAID), now)

    put(evaluation, "judge", judge)
    put(taking_off, "load_locked", _not_paid)


def void_without_the_lock() -> None:
    """Void or lower an invoice by what the relay saw, though a payment is just being opened."""
    put(taking_off, "load_locked", _not_paid)


def _not_paid(connection: Connection, realm_id: str, invoice_pk: int) -> Holders:
    return NOT_PAID
