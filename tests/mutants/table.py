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
        ("tests/relay/test_intake.py::test_a_transaction_that_commits_late_is_not_lost",),
        r"assert 'unknown' == 'waiting: stage' in: ",
        outbox.read_by_cursor,
        in_the_model=r"AssertionError: not settled: .*'event'",
        in_the_harness="lost",
    ),
    Mutant(
        "no_full_look",
        "what is committed a minute after its id was drawn is not looked for",
        ("tests/relay/test_intake.py::test_a_transaction_that_commits_late_is_not_lost",),
        r"assert 'unknown' == 'waiting: stage' in: ",
        relay.no_full_look,
    ),
    Mutant(
        "order_by_created_at",
        "the time at which its transaction began is an event's version",
        (
            "tests/relay/test_intake.py::test_the_order_of_commits_counts_and_not_when_a_transaction_began",
        ),
        r"assert \['Older Name'\] == \['Newer Name'\] in: ",
        outbox.order_by_created_at,
        CREATED_AS_ITS_TRANSACTION_BEGAN,
        in_the_harness="lost",
    ),
    Mutant(
        "snapshot_from_the_session",
        "a snapshot's columns come from the objects of the session",
        (
            "tests/outbox_writer/test_capture.py::test_snapshots_come_from_the_database_not_from_the_session",
        ),
        r"assert '' == 'theirs' in: ",
        outbox.snapshot_from_the_session,
    ),
    Mutant(
        "line_without_its_root",
        "a line is edited, and the snapshot read, without the invoice's lock",
        ("tests/outbox_writer/test_root_order.py::test_a_snapshot_is_read_under_the_lock",),
        r"assert \(\['inv-00'\] == \[\] in: assert \(differing\(engine\) == \[\]\) is locked",
        outbox.line_without_its_root,
    ),
    Mutant(
        "insert_before_the_lock",
        "the order of inserts is taken for that of commits",
        (
            "tests/outbox_writer/test_root_order.py::test_the_event_of_the_last_commit_is_the_newest",
        ),
        r"assert \[\['1'\], \['2'\]\] == \[\['2'\], \['1', '2'\]\] in: ",
        outbox.insert_before_the_lock,
    ),
    Mutant(
        "latch_the_newest_only",
        "a stage that a project only passed through is missed",
        (
            "tests/relay/test_intake.py::test_a_project_that_only_passed_through_the_trigger_stage_is_transferred",
        ),
        r"assert 'waiting: stage' == 'done' in: ",
        outbox.latch_the_newest_only,
    ),
    Mutant(
        "running_balance_one_by_one",
        "each running-balance invoice is booked by itself",
        (
            "tests/relay/test_running_balance.py::test_deposit_and_final_invoice_book_the_revenue_once",
        ),
        r"assert \[.*\] == \[\('running:p1', '1000\.00'\)\] in: assert booked",
        outbox.running_balance_one_by_one,
        in_the_harness="duplicates",
    ),
    Mutant(
        "dispatch_two_of_one",
        "a record is handed out again while it is in flight",
        ("tests/relay/test_in_flight_once.py::test_what_is_in_flight_is_not_handed_out_again",),
        r"assert \d+ == 1 in: assert len\(handed_out\) == 1",
        relay.dispatch_two_of_one,
    ),
    Mutant(
        "forget_places",
        "a new leader knows nothing of the places handed out before",
        ("tests/relay/test_leading.py::test_a_new_leader_publishes_every_unclaimed_place_again",),
        r"assert set\(\) == \{UUID\(.* in: assert \{message\.token for message in published\}",
        relay.forget_places,
        # A place that nobody publishes again is never given back.
        in_the_model=r"AssertionError: not settled: .*'dispatched'",
    ),
    Mutant(
        "settle_without_a_nudge",
        "a settle tells nobody who may have waited for it",
        ("tests/relay/test_waking.py::test_a_settle_wakes_who_waits_for_it_down_to_the_payment",),
        r"assert \['contact\.sync'\] == \['contact\.syn.* in: assert dispatched",
        relay.settle_without_a_nudge,
        in_the_model=r"AssertionError: \[\('\w+', .* of \{.*\} are in QuickBooks in: ",
    ),
    Mutant(
        "evidence_by_age",
        "a message is taken for lost because it is old",
        (
            "tests/relay/test_lost_messages.py::test_a_message_that_waits_in_its_queue_is_never_taken_for_lost",
        ),
        r"assert \[Message\(.* == \[Message\(.* in: assert seconds_pass\(office, 1\) == message",
        relay.evidence_by_age,
    ),
    Mutant(
        "ignore_returns",
        "a message that no queue took counts as published",
        (
            "tests/outbox_publisher/test_confirms.py::test_what_no_queue_took_is_returned_and_goes_again_into_a_queue_declared_anew",
        ),
        r"assert \[\] == \[",
        relay.ignore_returns,
    ),
    Mutant(
        "acknowledge_before_the_write",
        "a message is acknowledged before anything is done about it",
        (
            "tests/workers_rabbitmq/test_broken_connections.py::test_what_was_not_acknowledged_comes_again",
        ),
        # What is lost is seen by nothing but that it never comes.
        r"assert False in: assert comes_true\(lambda: bench\.ended\.count\(1\) == 2\)",
        workers.acknowledge_before_the_write,
    ),
    Mutant(
        "no_fencing_token",
        "a claim is given whatever token the message brings",
        ("tests/relay/test_claims.py::test_a_message_of_an_older_dispatch_changes_nothing",),
        r"assert Claim\(.* in: assert office\.worker\.claim\(message\) is None",
        workers.no_fencing_token,
    ),
    Mutant(
        "stock_consumer",
        "Dramatiq's own consumer is used",
        ("tests/workers_rabbitmq/test_strange_messages.py::test_null_options_stop_no_consumer",),
        # The second message never comes to its turn.
        r"assert False is True in: assert comes_true\(lambda: bench\.ended == \[1, 2\], ",
        workers.stock_consumer,
    ),
    Mutant(
        "new_request_id_each_time",
        "the same bytes are sent again under a new requestid",
        (
            "tests/workers/test_unknown_outcomes.py::test_with_a_proved_request_id_a_payment_is_repeated_at_once",
        ),
        # It is refused as one payment more, and looked for only then.
        r"assert \['existing_cu.*'look_up'\] == \['existing_customer'\] in: assert roofer\.reads",
        workers.new_request_id_each_time,
    ),
    Mutant(
        "request_id_without_sync_token",
        "a requestid says what is written, not to which version of the object",
        (
            "tests/workers/test_creates_and_changes.py::test_a_change_that_is_taken_back_and_made_again_is_written_each_time",
        ),
        r"assert \{'FreeFormNumber': '555-0100'\} == \{'FreeFormNumber': '555-0199'\} in: ",
        workers.request_id_without_sync_token,
    ),
    Mutant(
        "newer_while_unknown",
        "a newer snapshot is sent while an outcome is unknown",
        (
            "tests/workers/test_unknown_outcomes.py::test_a_newer_snapshot_while_the_outcome_is_unknown_makes_no_second_object",
        ),
        r'assert 2 == 1 in: assert len\(roofer\.held\("Invoice"\)\) == 1',
        workers.newer_while_unknown,
        in_the_model=r"AssertionError: \[\('\w+', .* of \{.*\} are in QuickBooks in: ",
    ),
    Mutant(
        "refresh_without_a_lease",
        "whoever finds a token old refreshes it",
        ("tests/connections/test_tokens.py::test_two_stores_of_fifty_threads_refresh_once",),
        r"assert \d+ == 1 in: assert intuit\.token_calls == 1",
        workers.refresh_without_a_lease,
    ),
    Mutant(
        "adopt_of_any_customer",
        "an object is adopted whoever's customer it is of",
        (
            "tests/workers_mapping/test_matching.py::test_another_invoice_is_not_ours",
            "tests/workers_mapping/test_matching.py::test_another_payment_is_not_ours",
        ),
        r"assert not True in: assert not is_our_",
        workers.adopt_of_any_customer,
    ),
    Mutant(
        "link_of_any_realm",
        "a link of books that were given up is used in others",
        ("tests/records/test_links_of_other_books.py::test_a_claim_brings_no_link_of_other_books",),
        r"assert Link\(.* is None in: assert claimed\.link is None",
        workers.link_of_any_realm,
    ),
    Mutant(
        "send_after_a_freeze",
        "a worker that was frozen sends what it was about to",
        (
            "tests/processes/test_frozen_workers.py::test_a_worker_frozen_before_it_sent_sends_nothing_afterwards",
        ),
        r"assert \['Ada First',.*'Ada Old'\] == .* in: assert names_written\(roofer\)",
        workers.send_after_a_freeze,
    ),
    Mutant(
        "write_beside_an_old_call",
        "what is new is written while a frozen worker's call is on its way",
        (
            "tests/processes/test_frozen_workers.py::test_what_is_new_waits_while_a_frozen_workers_call_may_be_on_its_way",
        ),
        r"assert \['Ada First',.*'Ada New'\] == .* in: assert names_written\(roofer\)",
        workers.write_beside_an_old_call,
    ),
    Mutant(
        "refusal_of_a_repeat_believed",
        "a repeat's refusal closes the write before anybody looks what its first send made",
        (
            "tests/workers/test_refused_repeats.py::test_an_invoice_renumbered_before_the_look_is_booked_once",
        ),
        r"assert \['501', '777'\] == \['777'\] in: ",
        workers.refusal_of_a_repeat_believed,
        in_the_model=r"assert \[\('\d+', 'Invoi.*\] == \[\] in: ",
    ),
    Mutant(
        "void_before_the_payments",
        "an invoice is voided while payments of it are there",
        (
            "tests/workers/test_creates_and_changes.py::test_a_void_of_an_invoice_and_its_payment_voids_the_payment_first",
        ),
        r"assert \['invoice', 'payment'\] == \['payment', 'invoice'\] in: ",
        workers.void_before_the_payments,
    ),
    Mutant(
        "void_without_the_lock",
        "an invoice is voided by what the relay saw, while a payment is being opened",
        (
            "tests/workers/test_paid_meanwhile.py::test_an_invoice_is_voided_after_the_payment_that_was_being_opened",
        ),
        r"assert \[\('\w+', .*\] == \[\('payment', .*\] in: assert written\(roofer\) == ",
        workers.void_without_the_lock,
    ),
    Mutant(
        "limiter_without_its_row",
        "calls are counted without holding the company's row",
        (
            "tests/coordination/test_limiter.py::test_sixteen_callers_never_pass_window_second_or_flight",
        ),
        r"AssertionError: window \d+, flight \d+, gap ",
        in_database=LIMITER_WITHOUT_ITS_ROW,
    ),
    Mutant(
        "now_for_the_clock",
        "the beginning of a transaction is taken for the time",
        (
            "tests/coordination/test_limiter.py::test_who_waited_for_the_realms_row_reads_the_clock_after_it",
        ),
        r"assert False in: assert isinstance\(taken, Slot\)",
        in_database=NOW_FOR_THE_CLOCK,
    ),
)
