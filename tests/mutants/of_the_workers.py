"""Defects of claiming, writing and settling."""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from dramatiq.brokers.rabbitmq import RabbitmqBroker

from connections import token_rows
from coordination.database import Connection
from qbo_client import ApiRequest
from records import claims, eligibility, evaluation
from records.attempts import answer_attempt
from records.claims import Claim, ClaimCheck, OpenAttempt
from records.facts import NOT_PAID, Facts
from records.verdicts import Verdict
from tests.mutants.hands import put, rewrite
from tests.support.guards_out import ignore_its_own_beat, let_slots_grow_old
from workers import body, claim_consumer, drafting, mapping, taking_off, writing
from workers.mapping import matching
from workers.rabbitmq import ConsumingBroker
from workers.subscription import Arrival


def acknowledge_before_the_write() -> None:
    """Acknowledge a message when it comes, before anything is done about it."""
    reads = claim_consumer.ClaimConsumer._read

    def read(consumer: Any, arrival: Arrival) -> Any:  # noqa: ANN401  # handed on as they come
        delivery = reads(consumer, arrival)
        if delivery is not None:
            arrival.ack()
        return delivery

    put(claim_consumer.ClaimConsumer, "_read", read)
    put(claim_consumer.ClaimConsumer, "ack", lambda _consumer, _message: None)


def no_fencing_token() -> None:
    """Claim a record that is dispatched, whatever token the message brings."""
    rewrite(claims, "_CLAIM", ("AND r.dispatch_token = %(token)s", "AND r.state = 'dispatched'"))


def stock_consumer() -> None:
    """Consume with Dramatiq's own consumer."""
    put(ConsumingBroker, "consume", RabbitmqBroker.consume)


def new_request_id_each_time() -> None:
    """Send the same bytes again under another requestid."""
    stored = drafting.request_of

    def request_of(attempt: OpenAttempt) -> ApiRequest:
        request = stored(attempt)
        params = tuple(
            (name, str(uuid4()) if name == "requestid" else value) for name, value in request.params
        )
        return replace(request, params=params)

    put(writing, "request_of", request_of)


def request_id_without_sync_token() -> None:
    """Derive the requestid from what is said, not from what it is said to."""
    derive: Any = mapping.request_id

    def request_id(*parts: Any) -> Any:  # noqa: ANN401  # handed on
        said = json.loads(parts[-1])
        said.pop("SyncToken", None)
        return derive(*parts[:-2], 0, json.dumps(said).encode())

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
    put(matching, "_reference", lambda _thing, _name: None)


def link_of_any_realm() -> None:
    """Use the link a record has in whichever books."""
    rewrite(
        claims,
        "_CLAIM",
        ("WHERE realm_id = c.realm_id AND record_pk = c.pk", "WHERE record_pk = c.pk"),
    )


def send_after_a_freeze() -> None:
    """Send however late after its slot and its last beat."""
    let_slots_grow_old()
    ignore_its_own_beat()


def write_beside_an_old_call() -> None:
    """Write what is new while a call of a process that is gone may be on its way."""
    put(writing, "on_its_way_until", lambda *_given: None)


def void_before_the_payments() -> None:
    """Void an invoice while its payments are still there."""
    judges = eligibility.judge

    def judge(facts: Facts, now: datetime) -> Verdict | None:
        return judges(replace(facts, paid=NOT_PAID), now)

    put(evaluation, "judge", judge)
    put(taking_off, "load_locked", lambda *_given: NOT_PAID)


def void_without_the_lock() -> None:
    """Void or lower an invoice by what the relay saw, though a payment is just being opened."""
    put(taking_off, "load_locked", lambda *_given: NOT_PAID)
