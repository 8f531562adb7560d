"""Running-balance invoices repeat the whole project sum: revenue is booked once."""

from collections.abc import Sequence
from datetime import timedelta

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from records import running_balance
from records.running_balance import Member, derive
from schemas import Entity, parse_snapshot
from tests.support.proline import (
    LONG_AGO,
    SENT_AT,
    Snapshot,
    append,
    contact,
    pays,
    project,
    running,
)
from tests.support.relay_in_hand import Office

VOIDED = {"voided_at": (SENT_AT + timedelta(days=9)).isoformat()}


def member(raw: Snapshot, version: int = 1) -> Member:
    """Read a snapshot as a member."""
    return Member(version, raw, parse_snapshot(Entity.INVOICE, raw).snapshot)


def deposit(**changes: object) -> Snapshot:
    """Give the first invoice of the project: its sum then, asking for a part of it."""
    return running("r1", "900.00", memo="Deposit", amount_due="300.00") | changes


def final(**changes: object) -> Snapshot:
    """Give the last one: the sum grew meanwhile."""
    sent_at = (SENT_AT + timedelta(days=1)).isoformat()
    return running("r2", "1000.00", memo="Final", sent_at=sent_at) | changes


# --- pure ------------------------------------------------------------------------------------


def test_nothing_stands_for_members_of_which_none_was_sent() -> None:
    """Drafts are not documents."""
    assert derive([member(deposit(sent_at=None))]) is None


def test_lines_and_sum_are_of_the_newest_and_the_number_of_the_first() -> None:
    """The number a customer has seen once stays for ever."""
    derived = derive([member(final()), member(deposit())])

    assert derived is not None
    assert (derived["total"], derived["lines"]) == ("1000.00", final()["lines"])
    assert (derived["id"], derived["number"], derived["memo"]) == ("r1", "N-r1", "Final")
    assert derived["sent_at"] == deposit()["sent_at"]


def test_members_sent_at_the_same_moment_are_told_apart_by_id() -> None:
    """Otherwise two relays could book two sums."""
    one, other = running("a", "1.00"), running("b", "2.00")

    assert derive([member(one), member(other)]) == derive([member(other), member(one)])
    assert (derive([member(other), member(one)]) or {})["total"] == "2.00"


def test_the_number_stays_that_of_the_first_sent_when_that_one_is_void() -> None:
    """It is what QuickBooks and the customer know it by."""
    derived = derive([member(deposit(**VOIDED)), member(final())]) or {}

    assert (derived["number"], derived["total"], derived["voided_at"]) == ("N-r1", "1000.00", None)


@given(st.permutations([deposit(), final(), running("r3", "7.00", sent_at=None)]))
def test_the_order_in_which_members_are_read_says_nothing(members: Sequence[Snapshot]) -> None:
    """It is a pure function of the set of them."""
    derived = derive([member(raw) for raw in members])

    assert derived is not None
    assert (derived["number"], derived["total"]) == ("N-r1", "1000.00")


# --- through intake ---------------------------------------------------------------------------


@pytest.fixture
def job(office: Office) -> Office:
    """Give a company whose project is transferred."""
    office.say("contact", contact())
    office.say("project", project())
    office.finish()
    return office


def booked(job: Office) -> list[tuple[str, str]]:
    """List the invoices QuickBooks has, alive, with their totals."""
    found = job.rows(
        "SELECT r.record_id, l.total::numeric(12, 2)::text AS total FROM proline_qbo.links l"
        " JOIN proline_qbo.records r ON r.pk = l.record_pk"
        " WHERE l.kind = 'Invoice' AND NOT l.voided ORDER BY r.pk"
    )
    return [tuple(row) for row in found]


def test_deposit_and_final_invoice_book_the_revenue_once(job: Office) -> None:
    """One record stands for both; the members themselves never go to QuickBooks."""
    job.say("invoice", deposit())
    job.finish()
    job.say("invoice", final())
    job.finish()

    assert booked(job) == [("running:p1", "1000.00")]
    assert job.state("invoice", "r1") == job.state("invoice", "r2") == "done"


def test_without_the_members_rule_the_revenue_would_be_booked_twice(
    job: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard taken out: each invoice for itself, 1,900.00 for a roof of 1,000.00."""
    monkeypatch.setattr("outbox.intake._member_of", lambda _snapshot: None)

    job.say("invoice", deposit())
    job.say("invoice", final())
    job.finish()

    assert booked(job) == [("r1", "900.00"), ("r2", "1000.00")]


def test_voiding_a_member_computes_the_sum_anew(job: Office) -> None:
    """The newest of those left says what is owed."""
    job.say("invoice", deposit(), final())
    job.finish()

    job.say("invoice", final(**VOIDED))
    job.finish()

    assert booked(job) == [("running:p1", "900.00")]


def test_the_invoice_is_void_when_no_member_is_left(job: Office) -> None:
    """And only then."""
    job.say("invoice", deposit(), final())
    job.finish()

    job.say("invoice", deposit(**VOIDED), final(**VOIDED))
    job.finish()

    assert booked(job) == []
    assert job.state("invoice", "running:p1") == "done"
    assert job.rows("SELECT FROM proline_qbo.links WHERE kind = 'Invoice' AND voided") != []


def test_a_payment_of_a_member_pays_what_stands_for_it(job: Office) -> None:
    """Whichever invoice of the project the customer paid, there is one in QuickBooks."""
    job.say("invoice", deposit())
    job.say("payment", pays("y1", "300.00", r1="300.00"))
    job.say("invoice", final())
    job.say("payment", pays("y2", "700.00", r2="700.00"))
    job.finish()

    held = job.rows(
        "SELECT i.record_id, sum(a.settled)::numeric(12, 2)::text AS paid"
        " FROM proline_qbo.applications a JOIN proline_qbo.records i ON i.pk = a.invoice_pk"
        " GROUP BY 1"
    )
    assert [tuple(row) for row in held] == [("running:p1", "1000.00")]


def test_a_project_with_a_member_sent_before_the_enable_asks_once(job: Office) -> None:
    """Its sum may be in QuickBooks already, by hand: a person decides."""
    job.say("invoice", deposit(sent_at=LONG_AGO.isoformat()))
    job.say("invoice", final())
    job.finish()

    assert job.state("invoice", "running:p1") == "waiting: decision"
    questions = job.rows(
        "SELECT question FROM proline_qbo.decisions d"
        " JOIN proline_qbo.records r ON r.pk = d.record_pk WHERE r.state = 'waiting'"
    )
    assert [row.question for row in questions] == ["running_balance_began_before"]
    assert booked(job) == []


def test_a_member_that_cannot_be_read_leaves_the_sum_as_it_is(job: Office) -> None:
    """Leaving it out could void the invoice."""
    job.say("invoice", deposit(), final())
    job.finish()

    job.say("invoice", {"id": "r2", "total": 7})
    job.say("invoice", deposit(total="901.00"))
    job.finish()

    assert booked(job) == [("running:p1", "1000.00")]


def test_a_member_that_commits_late_still_counts(job: Office, database_url: str) -> None:
    """Ids ascend within one record, not across the members of a project."""
    job.say("invoice", deposit())
    job.finish()
    with psycopg.connect(database_url) as late:
        append(late, "invoice", final())
        job.say("invoice", deposit(memo="Deposit, please"))
        job.finish()
        late.commit()

    job.hand.clock.now += 2.0
    job.finish()

    assert booked(job) == [("running:p1", "1000.00")]


def test_an_edit_that_changes_nothing_of_the_sum_writes_nothing(job: Office) -> None:
    """A draft beside the invoice is no new version of it."""
    job.say("invoice", deposit())
    job.finish()
    before = job.record("invoice", "running:p1")

    job.say("invoice", running("r3", "7.00", sent_at=None))

    assert job.finish() == 0
    assert job.record("invoice", "running:p1").version == before.version


def test_a_member_that_moves_counts_in_its_new_project_alone(job: Office) -> None:
    """The project it left is left with nothing: its invoice is void, no revenue twice."""
    job.say("project", project("p2"))
    job.say("invoice", deposit())
    job.finish()

    job.say("invoice", deposit(project_id="p2"))
    job.finish()

    assert booked(job) == [("running:p2", "900.00")]
    assert job.state("invoice", "running:p1") == "done"


def test_the_project_a_member_left_keeps_the_others(job: Office) -> None:
    """Its sum is that of those left."""
    job.say("project", project("p2"))
    job.say("invoice", deposit(), final())
    job.finish()

    job.say("invoice", final(project_id="p2"))
    job.finish()

    assert booked(job) == [("running:p1", "900.00"), ("running:p2", "1000.00")]


def test_a_draft_left_behind_does_not_hold_the_sum(job: Office) -> None:
    """What was never sent books nothing."""
    job.say("project", project("p2"))
    job.say("invoice", deposit(), running("r3", "7.00", sent_at=None))
    job.finish()

    job.say("invoice", deposit(project_id="p2"))
    job.finish()

    assert booked(job) == [("running:p2", "900.00")]


def test_a_member_that_becomes_standalone_is_booked_as_it_is(job: Office) -> None:
    """And no longer stands in its project's sum."""
    job.say("invoice", deposit(), final())
    job.finish()

    job.say("invoice", final(kind="standalone", total="100.00"))
    job.finish()

    assert booked(job) == [("r2", "100.00"), ("running:p1", "900.00")]


def test_a_payment_follows_its_member_into_another_project(job: Office) -> None:
    """Its money is not left on an invoice that is void."""
    job.say("project", project("p2"))
    job.say("invoice", deposit())
    job.say("payment", pays("y1", "300.00", r1="300.00"))
    job.finish()

    job.say("invoice", deposit(project_id="p2"))
    job.finish()

    held = job.rows(
        "SELECT i.record_id FROM proline_qbo.applications a"
        " JOIN proline_qbo.records i ON i.pk = a.invoice_pk WHERE a.held > 0"
    )
    assert [row.record_id for row in held] == ["running:p2"]
    assert booked(job) == [("running:p2", "900.00")]


def test_a_version_that_is_as_old_as_the_members_would_lose_the_late_one(
    job: Office, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard taken out: the late member is taken in, and the sum stays the old one."""
    monkeypatch.setattr(running_balance, "_version", lambda members, _: newest_of(members))

    with psycopg.connect(database_url) as late:
        append(late, "invoice", final())
        job.say("invoice", deposit())
        job.finish()
        late.commit()
    job.hand.clock.now += 2.0
    job.finish()

    assert booked(job) == [("running:p1", "900.00")]


def newest_of(members: Sequence[Member]) -> int:
    """Give the version a derived record had of its members alone."""
    return max(each.version for each in members)
