"""A claim that waits for an open intake takes what it read, and says which version that was."""

from concurrent.futures import ThreadPoolExecutor

from coordination import processes
from outbox.intake import take_in
from tests.support.proline import contact, project
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
