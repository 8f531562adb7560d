"""A claim that waits for an open intake takes what it read, and says which version that was."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from broker.claim_checks import Message
from coordination import processes
from coordination.statements import Statement
from outbox.intake import take_in
from records import claims
from tests.support.proline import contact, payment, project
from tests.support.relay_in_hand import Office
from tests.support.roofer import until

WAITING_FOR_A_LOCK = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


def test_a_claim_behind_an_open_intake_names_the_version_it_read(office: Office) -> None:
    """Read committed shows the row as it is after the wait, and the snapshot as it was before.

    Claimed as the newer version, the older content would settle it, and the edit be lost for ever.
    """
    office.say("contact", contact(phone="(303) 555-0100"))
    office.say("project", project())
    (message,) = office.hand.drain()
    office.say("contact", contact(phone="(303) 555-0199"))

    with ThreadPoolExecutor(1) as threads, office.pool.connection() as intake:
        take_in(intake, floor=0, most=10)
        claiming = threads.submit(office.worker.claim, message)
        until(lambda: office.rows(WAITING_FOR_A_LOCK)[0].count)
        intake.commit()
        claimed = claiming.result(timeout=10)

    assert claimed is not None
    assert claimed.snapshot["phone"] == "(303) 555-0100"
    assert claimed.version < office.record("contact", "c1").version
    assert office.worker.settle(claimed)
    assert office.record("contact", "c1").state == "retrying"
    office.finish()
    settled = office.record("contact", "c1")
    assert (settled.state, settled.settled_version) == ("done", settled.version)


def test_a_process_declared_gone_claims_nothing_and_the_record_comes_back(office: Office) -> None:
    """What it takes off its queue is handed back, for one that lives."""
    office.say("contact", contact())
    office.say("project", project())
    (message,) = office.hand.drain()
    with office.pool.connection() as connection:
        processes.retire(connection, office.worker.process_id)

    claimed = office.worker.claim(message)

    assert claimed is None
    assert office.state("contact", "c1") == "pending"


def test_an_edit_of_a_done_record_waits_since_the_edit(office: Office) -> None:
    """Otherwise it would look days late, and go before work that is older."""
    ids = office.say("contact", contact())
    office.say("project", project())
    office.finish()
    with office.pool.connection() as connection:
        connection.execute(
            "UPDATE proline_qbo.records SET since = since - interval '3 days'"
            " WHERE entity = 'contact'"
        )

    office.say("contact", contact(phone="(303) 555-0177"))
    office.hand.drain()

    edited = office.rows(
        "SELECT version > %s AS newer, since > proline_qbo.clock() - interval '1 hour' AS fresh"
        " FROM proline_qbo.records WHERE entity = 'contact'",
        ids[0],
    )
    assert edited[0].newer
    assert edited[0].fresh


def test_a_payment_that_failed_while_its_message_waited_is_not_booked(office: Office) -> None:
    """A claim takes no version but the one that was judged: the newer one is judged first."""
    booked = _dispatched_payment(office)
    office.say("payment", payment(status="failed"))
    office.hand.drain()

    claimed = office.worker.claim(booked)

    assert claimed is None
    office.finish()
    settled = office.record("payment", "y1")
    assert (settled.state, settled.settled_version) == ("done", settled.version)
    assert office.rows("SELECT FROM proline_qbo.links WHERE kind = 'Payment'") == []


def test_without_the_judged_version_a_failed_payment_would_be_booked(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard taken out: the claim takes the failed payment as if it were complete."""
    guard = "      AND r.judged_version = r.version\n"
    assert guard in claims._CLAIM.text
    monkeypatch.setattr(claims, "_CLAIM", Statement(claims._CLAIM.text.replace(guard, "", 1)))
    booked = _dispatched_payment(office)
    office.say("payment", payment(status="failed"))
    office.hand.drain()

    claimed = office.worker.claim(booked)

    assert claimed is not None
    assert claimed.snapshot["status"] == "failed"


def test_an_edit_while_the_message_waits_goes_out_with_it(office: Office) -> None:
    """Judged where it stands in the queue, the newer version needs no second message."""
    booked = _dispatched_payment(office)
    office.say("payment", payment(reference="check 8"))
    assert office.hand.drain() == []

    claimed = office.worker.claim(booked)

    assert claimed is not None
    assert claimed.snapshot["reference"] == "check 8"


def _dispatched_payment(office: Office) -> Message:
    office.say("contact", contact())
    office.say("project", project())
    office.finish()
    office.say("payment", payment())
    (message,) = office.hand.drain()
    return message
