"""Claims and settles: a token fences, and what was refused or outrun goes back where it belongs."""

from datetime import timedelta

import pytest

from broker.claim_checks import Message
from connections import companies
from coordination.clock import clock
from coordination.statements import Statement
from records import claims
from records.claims import ClaimLost
from records.links import Linked, keep_link
from records.settlement import done, handed_back, refused, retry
from tests.support.attempts import a_write, an_attempt
from tests.support.hand_worker import HandWorker
from tests.support.proline import ACME, contact, project
from tests.support.relay_in_hand import Office


@pytest.fixture
def message(office: Office) -> Message:
    """Give the message of a dispatched contact."""
    office.say("contact", contact())
    office.say("project", project())
    (only,) = office.hand.drain()
    return only


def test_the_first_claim_wins_and_the_second_is_only_acknowledged(
    office: Office, message: Message
) -> None:
    """A broker delivers twice now and then; the record is in flight once."""
    first = office.worker.claim(message)
    second = HandWorker(office.pool).claim(message)

    assert first is not None
    assert second is None
    assert office.record("contact", "c1").claimed_by == office.worker.process_id
    assert office.worker.settle(first)


def test_without_the_token_a_message_delivered_twice_would_be_worked_twice(
    office: Office, message: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard taken out."""
    fence = "AND r.dispatch_token = %(token)s AND r.claimed_by IS NULL\n      AND r.judged"
    assert fence in claims._CLAIM.text
    monkeypatch.setattr(
        claims, "_CLAIM", Statement(claims._CLAIM.text.replace(fence, "AND r.judged"))
    )

    assert office.worker.claim(message) is not None
    assert office.worker.claim(message) is not None


def test_a_message_of_an_older_dispatch_changes_nothing(office: Office, message: Message) -> None:
    """Its record was handed out again meanwhile, under a new token."""
    claimed = office.worker.claim(message)
    assert claimed is not None
    office.worker.leave(claimed, handed_back())
    (newer,) = office.hand.drain()

    before = office.record("contact", "c1")
    assert office.worker.claim(message) is None
    assert office.record("contact", "c1") == before
    assert office.worker.claim(newer) is not None


def off(office: Office) -> None:
    """Off, but what was dispatched has not been returned."""
    with office.pool.connection() as connection:
        companies.disable(connection, ACME)


def lost(office: Office) -> None:
    """QuickBooks refuses the connection."""
    with office.pool.connection() as connection:
        companies.lose(connection, ACME)


def paused(office: Office) -> None:
    """A 429 came."""
    with office.pool.connection() as connection:
        until = clock(connection) + timedelta(seconds=60)
        companies.pause(connection, ACME, until, "limit")


def of_an_older_epoch(office: Office) -> None:
    """It was reconnected, but what was dispatched has not been returned."""
    office.do("UPDATE proline_qbo.companies SET epoch = epoch + 1")


@pytest.mark.parametrize("stop", [off, lost, paused, of_an_older_epoch])
def test_a_claim_is_refused_for_the_companys_sake_and_the_record_goes_back(
    office: Office, message: Message, stop: object
) -> None:
    """In the same statement, and with a nudge, so that nothing is stranded."""
    assert callable(stop)
    stop(office)

    assert office.worker.claim(message) is None

    record = office.record("contact", "c1")
    assert (record.state, record.dispatch_token, record.claimed_by) == ("pending", None, None)
    nudged = office.rows(
        "SELECT entity, record_id FROM proline_qbo.nudges WHERE entity IS NOT NULL"
    )
    assert ("contact", "c1") in [tuple(row) for row in nudged]


def test_a_refused_record_is_dispatched_again_under_the_new_epoch(
    office: Office, message: Message
) -> None:
    """The old message could not do it; the new one names the epoch."""
    of_an_older_epoch(office)
    assert office.worker.claim(message) is None

    (newer,) = office.hand.drain()

    assert newer.epoch == message.epoch + 1
    assert newer.token != message.token
    assert office.worker.work([newer]) == 1


def test_a_fenced_settle_changes_nothing_and_gives_nothing_back(
    office: Office, message: Message
) -> None:
    """The relay took the claim back and gave it to another, who alone settles."""
    slow = office.worker.claim(message)
    assert slow is not None
    office.worker.retire()
    office.hand.after(1.0)
    heir = HandWorker(office.pool)
    (again,) = office.hand.after(1.0)
    heir_claim = heir.claim(again)
    assert heir_claim is not None
    before = office.record("contact", "c1")

    assert not office.worker.leave(slow, done(slow.version, ""))

    assert office.record("contact", "c1") == before
    assert office.rows("SELECT FROM proline_qbo.nudges") == []
    assert heir.settle(heir_claim)
    assert office.state("contact", "c1") == "done"


def test_a_newer_version_that_came_meanwhile_goes_on_at_once(
    office: Office, message: Message
) -> None:
    """`done` is only for the newest; the settled version is remembered all the same."""
    claimed = office.worker.claim(message)
    assert claimed is not None
    (newer,) = office.say("contact", contact(display_name="Newer Name"))
    assert office.hand.drain() == []

    assert office.worker.settle(claimed)

    outrun = office.record("contact", "c1")
    assert (outrun.state, outrun.settled_version) == ("retrying", claimed.version)
    assert office.finish() == 1
    assert office.record("contact", "c1").settled_version == newer
    assert office.state("contact", "c1") == "done"


def test_a_record_in_flight_is_not_dispatched_again(office: Office, message: Message) -> None:
    """However often it is edited and whoever nudges: its place is one."""
    claimed = office.worker.claim(message)
    assert claimed is not None

    for edit in range(5):
        office.say("contact", contact(display_name=f"Ada Example {edit}"))
        assert office.hand.drain() == []

    assert office.record("contact", "c1").dispatch_token == message.token


def test_a_refusal_stays_until_a_newer_snapshot_comes(office: Office, message: Message) -> None:
    """It would repeat in the same way every time."""
    claimed = office.worker.claim(message)
    assert claimed is not None
    office.worker.leave(claimed, refused(claimed.version, "", "6000", "A field is too long."))
    assert office.finish() == 0
    failed = office.record("contact", "c1")
    assert (failed.state, failed.code, failed.sentence) == (
        "failed",
        "6000",
        "A field is too long.",
    )

    office.say("contact", contact(display_name="Shorter"))
    office.finish()

    assert office.state("contact", "c1") == "retrying"
    office.do(
        "UPDATE proline_qbo.records SET retry_at = proline_qbo.clock() WHERE retry_at > now()"
    )
    assert office.finish() == 1
    assert office.state("contact", "c1") == "done"


def test_a_transient_error_goes_on_at_its_time(office: Office, message: Message) -> None:
    """The wait stands in PostgreSQL, not in a worker's memory."""
    claimed = office.worker.claim(message)
    assert claimed is not None
    with office.pool.connection() as connection:
        at = clock(connection) + timedelta(hours=1)
    office.worker.leave(claimed, retry(at, "QuickBooks is down."))
    assert office.finish() == 0
    assert office.record("contact", "c1").transient_errors == 1

    office.do(
        "UPDATE proline_qbo.records SET retry_at = proline_qbo.clock() WHERE retry_at > now()"
    )

    assert office.finish() == 1


# --- claims whose holder is gone ---------------------------------------------------------------


def test_the_claims_of_a_process_that_fell_silent_are_taken_back(
    office: Office, message: Message
) -> None:
    """Silent for four of the leader's own beats over at least three seconds."""
    claimed = office.worker.claim(message)
    assert claimed is not None
    heir = HandWorker(office.pool)

    taken: list[Message] = []
    for _ in range(6):
        heir.beat()
        taken += office.hand.after(1.0)

    assert [each.record_pk for each in taken] == [message.record_pk]
    assert not office.worker.settle(claimed)
    assert heir.work(taken) == 1


def test_a_claim_that_its_process_no_longer_names_is_taken_back(
    office: Office, message: Message
) -> None:
    """Two beats after the claim without its token: the thread that held it has let go."""
    assert office.worker.claim(message) is not None
    office.worker.beat()
    office.worker.beat()

    (again,) = office.hand.after(1.0)

    assert again.record_pk == message.record_pk
    assert again.token != message.token


def test_a_claim_of_a_forgotten_process_is_taken_back(office: Office, message: Message) -> None:
    """Its row is removed a day after it went; nothing else would say that it is gone."""
    assert office.worker.claim(message) is not None
    office.do("DELETE FROM proline_qbo.processes WHERE id = %s", office.worker.process_id)
    HandWorker(office.pool)

    (again,) = office.hand.after(1.0)

    assert again.record_pk == message.record_pk


def test_a_claim_that_its_process_names_stays(office: Office, message: Message) -> None:
    """However long the call takes."""
    claimed = office.worker.claim(message)
    assert claimed is not None
    office.worker.beat(message.token)
    office.worker.beat(message.token)

    assert office.hand.after(1.0) == []
    assert office.worker.settle(claimed)


def test_a_claim_younger_than_two_beats_stays(office: Office, message: Message) -> None:
    """The first beat after a claim may have been composed before it, however late it arrives."""
    claimed = office.worker.claim(message)
    assert claimed is not None
    office.do(
        "UPDATE proline_qbo.records SET claimed_at = claimed_at - interval '1 min'"
        " WHERE claimed_by IS NOT NULL"
    )
    office.worker.beat()

    assert office.hand.after(1.0) == []
    assert office.worker.settle(claimed)


def test_no_request_is_stored_for_a_claim_that_was_taken_back(
    office: Office, message: Message
) -> None:
    """Its thread may have waited long for a token; whoever has the record now writes it."""
    claimed = office.worker.claim(message)
    assert claimed is not None
    office.worker.beat()
    office.worker.beat()
    office.hand.after(1.0)

    with office.pool.connection() as connection, pytest.raises(ClaimLost):
        an_attempt(connection, claimed, a_write("stale"))

    assert office.rows("SELECT FROM proline_qbo.attempts") == []


def test_a_claim_is_not_taken_back_while_its_request_is_stored(
    office: Office, message: Message
) -> None:
    """The relay passes it over and looks again a second later; the call's row is there by then."""
    claimed = office.worker.claim(message)
    assert claimed is not None
    office.worker.beat()
    office.worker.beat()

    with office.pool.connection() as connection:
        an_attempt(connection, claimed, a_write("under way"))
        assert office.hand.after(1.0) == []

    assert office.record("contact", "c1").claimed_by == office.worker.process_id


def test_a_late_answer_takes_no_other_objects_place(office: Office, message: Message) -> None:
    """After the claim was taken back the link is somebody else's to change."""
    late = office.worker.claim(message)
    assert late is not None
    office.worker.beat()
    office.worker.beat()
    office.worker.work(office.hand.after(1.0))
    (before,) = office.rows("SELECT qbo_id, sync_token FROM proline_qbo.links")

    with office.pool.connection() as connection:
        kept = keep_link(connection, late, Linked("Customer", "another", "9", {}))

    assert not kept
    assert office.rows("SELECT qbo_id, sync_token FROM proline_qbo.links") == [before]
