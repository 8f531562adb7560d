"""The defects, each with the tests that must catch it."""

from typing import Final

from tests.mutants import of_the_outbox as outbox
from tests.mutants import of_the_relay as relay
from tests.mutants import of_the_workers as workers
from tests.mutants.mutant import Mutant
from tests.mutants.of_the_database import (
    CREATED_AS_ITS_TRANSACTION_BEGAN,
    LIMITER_WITHOUT_ITS_ROW,
    NOW_FOR_THE_CLOCK,
)

MUTANTS: Final = (
    Mutant(
        "read_by_cursor",
        "events are read above the highest id seen",
        ("tests/relay/test_slow_look.py", "tests/relay/test_intake.py"),
        outbox.read_by_cursor,
    ),
    Mutant(
        "order_by_created_at",
        "the time at which its transaction began is an event's version",
        ("tests/relay/test_intake.py",),
        outbox.order_by_created_at,
        CREATED_AS_ITS_TRANSACTION_BEGAN,
    ),
    Mutant(
        "snapshot_from_the_session",
        "a snapshot's columns come from the objects of the session",
        ("tests/outbox_writer/test_capture.py", "tests/outbox_writer/test_root_order.py"),
        outbox.snapshot_from_the_session,
    ),
    Mutant(
        "line_without_its_root",
        "a line is edited, and the snapshot read, without the invoice's lock",
        ("tests/outbox_writer/test_root_order.py",),
        outbox.line_without_its_root,
    ),
    Mutant(
        "insert_before_the_lock",
        "the order of inserts is taken for that of commits",
        ("tests/outbox_writer/test_root_order.py",),
        outbox.insert_before_the_lock,
    ),
    Mutant(
        "latch_the_newest_only",
        "a stage that a project only passed through is missed",
        ("tests/relay/test_intake.py",),
        outbox.latch_the_newest_only,
    ),
    Mutant(
        "running_balance_one_by_one",
        "each running-balance invoice is booked by itself",
        ("tests/relay/test_running_balance.py",),
        outbox.running_balance_one_by_one,
    ),
    Mutant(
        "dispatch_two_of_one",
        "a record is handed out again while it is in flight",
        ("tests/relay/test_places.py",),
        relay.dispatch_two_of_one,
    ),
    Mutant(
        "forget_places",
        "a new leader knows nothing of the places handed out before",
        ("tests/relay/test_leading.py", "tests/relay/test_in_flight.py"),
        relay.forget_places,
    ),
    Mutant(
        "settle_without_a_nudge",
        "a settle tells nobody who may have waited for it",
        ("tests/relay/test_waking.py",),
        relay.settle_without_a_nudge,
    ),
    Mutant(
        "evidence_by_age",
        "a message is taken for lost because it is old",
        ("tests/relay/test_lost_messages.py",),
        relay.evidence_by_age,
    ),
    Mutant(
        "ignore_returns",
        "a message that no queue took counts as published",
        ("tests/outbox_publisher/test_confirms.py",),
        relay.ignore_returns,
    ),
    Mutant(
        "acknowledge_before_the_write",
        "a message is acknowledged before anything is done about it",
        ("tests/workers_rabbitmq", "tests/processes/test_killed_workers.py"),
        workers.acknowledge_before_the_write,
    ),
    Mutant(
        "no_fencing_token",
        "a claim is given whatever token the message brings",
        ("tests/relay/test_claims.py",),
        workers.no_fencing_token,
    ),
    Mutant(
        "stock_consumer",
        "Dramatiq's own consumer is used",
        ("tests/workers_rabbitmq",),
        workers.stock_consumer,
    ),
    Mutant(
        "new_request_id_each_time",
        "the same bytes are sent again under a new requestid",
        ("tests/workers/test_unknown_outcomes.py",),
        workers.new_request_id_each_time,
    ),
    Mutant(
        "request_id_without_sync_token",
        "a requestid says what is written, not to which version of the object",
        ("tests/workers",),
        workers.request_id_without_sync_token,
    ),
    Mutant(
        "newer_while_unknown",
        "a newer snapshot is sent while an outcome is unknown",
        ("tests/workers/test_unknown_outcomes.py",),
        workers.newer_while_unknown,
    ),
    Mutant(
        "refresh_without_a_lease",
        "whoever finds a token old refreshes it",
        ("tests/connections/test_tokens.py",),
        workers.refresh_without_a_lease,
    ),
    Mutant(
        "adopt_of_any_customer",
        "an object is adopted whoever's customer it is of",
        ("tests/workers_mapping/test_matching.py", "tests/workers"),
        workers.adopt_of_any_customer,
    ),
    Mutant(
        "link_of_any_realm",
        "a link of books that were given up is used in others",
        ("tests/behaviour", "tests/records"),
        workers.link_of_any_realm,
    ),
    Mutant(
        "send_after_a_freeze",
        "a worker that was frozen sends what it was about to",
        ("tests/processes/test_frozen_workers.py",),
        workers.send_after_a_freeze,
    ),
    Mutant(
        "void_before_the_payments",
        "an invoice is voided while payments of it are there",
        ("tests/behaviour", "tests/workers"),
        workers.void_before_the_payments,
    ),
    Mutant(
        "limiter_without_its_row",
        "calls are counted without holding the company's row",
        ("tests/coordination/test_limiter.py",),
        in_database=LIMITER_WITHOUT_ITS_ROW,
    ),
    Mutant(
        "now_for_the_clock",
        "the beginning of a transaction is taken for the time",
        ("tests/coordination/test_limiter.py",),
        in_database=NOW_FOR_THE_CLOCK,
    ),
)
