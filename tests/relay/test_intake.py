"""Intake: what ProLine said becomes records, and nothing it says can stop the others."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import psycopg
import pytest
from prometheus_client import REGISTRY
from psycopg.types.json import Jsonb

from connections import companies
from connections.settings import CompanySettings
from coordination.database import Connection, Pool
from outbox import intake
from outbox.events import BEYOND_MOST
from outbox.receiving import Receiving
from records.transfers import Transfer
from tests.support.hand_worker import HandWorker
from tests.support.proline import (
    ACME,
    EXPORT_VIEWS,
    LONG_AGO,
    SENT_AT,
    append,
    connect_company,
    contact,
    enable_company,
    invoice,
    pays,
    project,
    running,
    show_in_export,
)
from tests.support.relay_in_hand import Office, limits


def dropped(reason: str) -> float:
    """Read how many events were dropped for a reason."""
    name = "proline_qbo_events_dropped_total"
    return REGISTRY.get_sample_value(name, {"reason": reason}) or 0.0


def test_a_misfit_snapshot_becomes_a_failed_record_and_blocks_nobody(office: Office) -> None:
    """It says which field is wrong; what came before and after it in the same batch goes on."""
    office.say("contact", contact("c0"), {"id": "c1", "display_name": 7}, contact("c2"))
    office.say("project", project("p0", contact_id="c0"), project("p2", contact_id="c2"))

    office.finish()

    failed = office.record("contact", "c1")
    assert (failed.state, failed.code) == ("failed", "snapshot_invalid")
    assert "display_name" in failed.sentence
    assert office.state("contact", "c0") == office.state("contact", "c2") == "done"


NO_PYTHON_READS_IT = {
    "a number of 5,001 digits in a field of no meaning": ("waiting", '{"%s": 1e5000}'),
    "a number of 5,001 digits where a name belongs": ("failed", '{"display_name": 1e5000}'),
    "a fraction beyond every float": ("waiting", '{"%s": ' + "9" * 400 + ".5}"),
    "lists in lists without end": ("failed", '{"%s": ' + "[" * 3_000 + "]" * 3_000 + "}"),
}


@pytest.mark.parametrize("what", NO_PYTHON_READS_IT)
@pytest.mark.parametrize("company_id", [ACME, "nobody"])
def test_json_that_only_postgresql_reads_stops_nobody(
    office: Office, what: str, company_id: str
) -> None:
    """The outbox takes it: from then on it is a misfit like any other, or is dropped like any."""
    state, change = NO_PYTHON_READS_IT[what]
    office.do(
        "SELECT proline_outbox.append(%s, 'contact', 'c1', %s::jsonb || %s::jsonb, '')",
        company_id,
        Jsonb(contact("c1")),
        change.replace("%s", "unknown"),
    )
    office.say("contact", contact("c2"))
    office.say("project", project("p2", contact_id="c2"))

    office.finish()

    assert office.state("contact", "c2") == "done"
    assert office.state("contact", "c1").startswith(state if company_id == ACME else "unknown")


def test_a_snapshot_nested_too_deeply_says_so(office: Office) -> None:
    """Not that its fields are missing, which they are not."""
    office.say("contact", contact(deep=nested(40)))
    office.finish()

    assert "nested" in office.record("contact", "c1").sentence


def nested(depth: int) -> list[object]:
    """Put lists into lists."""
    outermost: list[object] = []
    for _ in range(depth):
        outermost = [outermost]
    return outermost


def test_a_misfit_is_replaced_by_the_next_snapshot_that_fits(office: Office) -> None:
    """A newer version takes over from a failed one."""
    office.say("contact", {"id": "c1"})
    office.say("project", project())
    office.finish()
    assert office.state("contact", "c1") == "failed"

    office.say("contact", contact())
    office.finish()

    assert office.state("contact", "c1") == "done"


def test_a_member_that_became_a_misfit_stops_nobody(office: Office) -> None:
    """Its raw text is in our tables; no statement may stumble over a time that is none."""
    office.say("contact", contact())
    office.say("project", project())
    office.say("invoice", running("r1", "900.00"))
    office.finish()

    office.say("invoice", running("r1", "900.00", sent_at="soon"))
    office.say("project", project(name="Newer name"))
    office.say("invoice", invoice("i1"))
    office.finish()

    assert office.state("invoice", "r1") == "failed"
    assert office.state("invoice", "running:p1") == office.state("invoice", "i1") == "done"


def test_the_events_of_an_unknown_company_are_dropped_and_counted(office: Office) -> None:
    """Nobody has opened its page: nothing of it is kept."""
    before = dropped("unknown_company")

    office.say("contact", contact(), contact("c2"), company_id="nobody")
    office.finish()

    assert dropped("unknown_company") == before + 2
    assert office.rows("SELECT FROM proline_qbo.records") == []
    assert office.rows("SELECT FROM proline_outbox.outbox_events") == []


def test_before_the_first_enable_people_are_kept_and_money_is_dropped(pool: Pool) -> None:
    """Contacts and projects of a known company are kept from their first event."""
    with pool.connection() as connection:
        connect_company(connection)
    office = Office(pool, HandWorker(pool))

    office.say("contact", contact())
    office.say("project", project())
    office.say("invoice", invoice("i1"), invoice("i2"))
    office.say("payment", pays("y1", "10.00", i1="10.00"))
    office.finish()

    assert office.state("contact", "c1") == office.state("project", "p1") == "waiting: stage"
    assert office.state("invoice", "i1") == office.state("payment", "y1") == "unknown"
    with pool.connection() as connection:
        company = companies.get(connection, ACME)
    assert company is not None
    assert company.dropped_events == 3


def test_an_older_version_that_comes_after_a_newer_one_is_dropped(
    office: Office, database_url: str
) -> None:
    """A transaction that committed late must not bring an older snapshot back."""
    with psycopg.connect(database_url) as slow:
        append(slow, "contact", contact(display_name="Older Name"))
        (newer,) = office.say("contact", contact(display_name="Newer Name"))
        office.finish()
        slow.commit()

    office.hand.after(2.0)

    kept = office.rows("SELECT version, snapshot FROM proline_qbo.snapshots")
    assert [(row.version, row.snapshot["display_name"]) for row in kept] == [(newer, "Newer Name")]
    assert office.record("contact", "c1").version == newer


def test_the_order_of_commits_counts_and_not_when_a_transaction_began(
    office: Office, database_url: str
) -> None:
    """Who began first and took the root's lock last has the last word."""
    with psycopg.connect(database_url) as began_first:
        began_first.execute("SELECT")
        office.say("contact", contact(display_name="Older Name"))
        newer = append(began_first, "contact", contact(display_name="Newer Name"))
        began_first.commit()

    office.finish()

    kept = office.rows("SELECT version, snapshot FROM proline_qbo.snapshots")
    assert [row.snapshot["display_name"] for row in kept] == ["Newer Name"]
    assert office.record("contact", "c1").version == newer


def test_ten_quick_edits_become_one_record_and_one_dispatch(office: Office) -> None:
    """The work is to make QuickBooks agree with the newest, not to repeat each edit."""
    office.say("project", project())
    edits = [contact(display_name=f"Ada Example {edit}") for edit in range(10)]
    *_, newest = office.say("contact", *edits)

    messages = office.hand.drain()

    record = office.record("contact", "c1")
    assert (record.state, record.version) == ("dispatched", newest)
    assert [message.record_pk for message in messages] == [record.pk]


def test_what_the_outbox_never_carried_is_read_from_the_views_as_version_0(
    office: Office,
) -> None:
    """An invoice of an older project brings the project, and that its contact."""
    office.do(EXPORT_VIEWS)
    with office.pool.connection() as connection:
        show_in_export(connection, "contact", contact())
        show_in_export(connection, "project", project(stage="Inspection"))

    office.say("invoice", invoice())
    office.finish()

    assert office.record("project", "p1").version == 0
    assert office.record("contact", "c1").version == 0
    assert office.state("invoice", "i1") == "waiting: stage"


def test_an_event_replaces_what_the_views_showed(office: Office) -> None:
    """Version 0 is older than every event."""
    office.do(EXPORT_VIEWS)
    with office.pool.connection() as connection:
        show_in_export(connection, "project", project(stage="Inspection"))
        show_in_export(connection, "contact", contact())
    office.say("invoice", invoice())
    office.finish()

    (version,) = office.say("project", project())
    office.finish()

    assert office.record("project", "p1").version == version
    assert office.state("invoice", "i1") == "done"


def test_a_missing_parent_is_named_and_its_coming_lets_the_child_go_on(office: Office) -> None:
    """Without views the child needs attention at once; it goes on by itself later."""
    office.say("project", project(contact_id="12"))
    office.say("invoice", invoice())
    office.finish()

    failed = office.record("invoice", "i1")
    assert (failed.state, failed.code) == ("failed", "parent_unknown")
    assert failed.sentence == "ProLine has not sent contact 12."

    office.say("contact", contact("12"))
    office.finish()

    assert office.state("invoice", "i1") == "done"


def test_children_that_arrive_before_their_parents_in_one_batch_wait_for_them(
    office: Office,
) -> None:
    """Entities are stored before any is judged, whatever the order of the events."""
    office.say("payment", pays("y1", "100.00", i1="100.00"))
    office.say("invoice", invoice())
    office.say("project", project())
    office.say("contact", contact())

    messages = office.hand.drain()

    assert [message.actor_name for message in messages] == ["contact.sync"]
    assert office.state("invoice", "i1") == office.state("payment", "y1") == "waiting: parent"
    office.worker.work(messages)
    office.finish()
    assert office.state("payment", "y1") == "done"


def test_a_transaction_that_commits_late_is_not_lost(office: Office, database_url: str) -> None:
    """Its id is lower than one already taken: the fast poll passes it over, the full look not."""
    with psycopg.connect(database_url) as slow:
        (first,) = office.say("contact", contact("c1"))
        late = append(slow, "contact", contact("late"))
        (last,) = office.say("contact", contact("c2"))
        assert first < late < last
        office.finish()
        office.hand.after(61.0)
        office.say("contact", contact("c3"))
        office.finish()
        slow.commit()

    office.hand.after(0.5)
    passed_over = office.state("contact", "late")
    office.hand.after(2.0)

    assert passed_over == "unknown"
    assert office.state("contact", "late") == "waiting: stage"


def test_batches_are_bounded(pool: Pool) -> None:
    """A tick takes at most a batch, so that a flood delays nobody's claim for long."""
    with pool.connection() as connection:
        enable_company(connection)
    office = Office(pool, HandWorker(pool), limits(intake_batch=3))
    office.say("contact", *(contact(f"c{index}") for index in range(7)))

    office.hand.relay.tick()
    left = []
    for _ in range(3):
        office.hand.relay.tick()
        left.append(len(office.rows("SELECT FROM proline_outbox.outbox_events")))

    assert left == [4, 1, 0]


def test_what_one_transaction_said_is_judged_together(pool: Pool) -> None:
    """A batch that ended behind the invoice would ask about payments that are void as well."""
    with pool.connection() as connection:
        enable_company(connection)
    office = Office(pool, HandWorker(pool), limits(intake_batch=2))
    office.say("contact", contact())
    office.say("project", project())
    office.say("invoice", invoice())
    office.say("payment", pays("y1", "40.00", i1="40.00"), pays("y2", "10.00", i1="10.00"))
    office.finish()
    void = {"voided_at": SENT_AT.isoformat()}

    office.say("contact", contact("c2"))
    with pool.connection() as connection:
        append(connection, "invoice", invoice() | void)
        append(connection, "payment", pays("y1", "40.00", i1="40.00") | void)
        append(connection, "payment", pays("y2", "10.00", i1="10.00") | void)
    office.say("contact", contact("c3"))

    left = left_after_each_tick(office, 1)
    assert office.state("invoice", "i1") == "waiting: children"
    assert left == [1]
    office.finish()
    assert office.state("invoice", "i1") == office.state("payment", "y1") == "done"


def test_a_large_transaction_is_taken_in_bit_by_bit(pool: Pool) -> None:
    """An import of thousands does not hold up everybody else's claims."""
    with pool.connection() as connection:
        enable_company(connection)
    office = Office(pool, HandWorker(pool), limits(intake_batch=3))
    office.hand.drain()
    with pool.connection() as connection:
        for each in range(3 * (3 + BEYOND_MOST)):
            append(connection, "contact", contact(f"c{each}"))

    assert left_after_each_tick(office, 3) == [2 * (3 + BEYOND_MOST), 3 + BEYOND_MOST, 0]


def left_after_each_tick(office: Office, ticks: int) -> list[int]:
    """Count what is left in the outbox after each tick of a relay that leads already."""
    left = []
    for _ in range(ticks):
        office.hand.relay.tick()
        left.append(len(office.rows("SELECT FROM proline_outbox.outbox_events")))
    return left


@pytest.mark.parametrize(
    ("most_bytes", "left"), [(1, [3, 2, 1]), (2_500, [2, 0, 0]), (1_000_000, [0, 0, 0])]
)
def test_batches_are_bounded_in_bytes_too(pool: Pool, most_bytes: int, left: list[int]) -> None:
    """Five hundred large invoices in one transaction would end in a timeout, again and again."""
    with pool.connection() as connection:
        enable_company(connection)
    office = Office(pool, HandWorker(pool), limits(intake_bytes=most_bytes))
    office.hand.drain()
    note = "".join(chr(0x4E00 + each) for each in range(500))
    office.say("contact", *(contact(f"c{each}", note=note) for each in range(4)))

    assert left_after_each_tick(office, 3) == left


def test_a_batch_that_takes_too_long_is_halved_until_it_passes(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the next is a full one again."""
    tried = []

    def slow(connection: Connection, *, floor: int, most: int, most_bytes: int) -> intake.Intake:
        tried.append((most, most_bytes))
        if len(tried) in {1, 2}:
            raise psycopg.errors.QueryCanceled
        return intake.take_in(connection, floor=floor, most=most, most_bytes=most_bytes)

    monkeypatch.setattr("outbox.leader.take_in", slow)
    office.hand.drain()
    office.say("contact", contact())
    for _ in range(2):
        with pytest.raises(psycopg.errors.QueryCanceled):
            office.hand.relay.tick()
    office.hand.drain()
    office.say("contact", contact("c2"))
    office.hand.drain()

    assert tried == [
        (500, 4_000_000),
        (250, 2_000_000),
        (125, 1_000_000),
        (500, 4_000_000),
    ]


# --- the latch -------------------------------------------------------------------------------


def passes_through_the_stage(office: Office) -> None:
    """A project enters the trigger stage and leaves it before the relay looks."""
    office.say("contact", contact())
    stages = ("Inspection", "Closed - Won", "In Production")
    office.say("project", *(project(stage=stage, status="Open") for stage in stages))
    office.say("invoice", invoice())
    office.finish()


def test_a_project_that_only_passed_through_the_trigger_stage_is_transferred(
    office: Office,
) -> None:
    """What must not be skipped is noticed event by event."""
    passes_through_the_stage(office)

    assert office.state("project", "p1") == "done"
    assert office.state("contact", "c1") == office.state("invoice", "i1") == "done"


def test_a_latch_that_saw_only_the_newest_snapshot_would_miss_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard taken out: the project waits, and its invoice with it."""
    latch_all = intake._transfers

    def of_the_newest(
        read: Sequence[intake._Read], known: Mapping[str, Receiving]
    ) -> list[Transfer]:
        return latch_all(list({each.key: each for each in read}.values()), known)

    monkeypatch.setattr(intake, "_transfers", of_the_newest)

    passes_through_the_stage(office)

    assert office.state("project", "p1") == office.state("invoice", "i1") == "waiting: stage"


def test_a_project_stays_transferred_when_it_leaves_the_stage(office: Office) -> None:
    """The latch never opens again: later edits go on to QuickBooks."""
    office.say("contact", contact())
    office.say("project", project())
    office.finish()

    office.say("project", project(stage="Archived", status="Closed"))
    office.say("invoice", invoice())
    office.finish()

    assert office.state("invoice", "i1") == "done"


def test_a_status_triggers_where_the_office_chose_statuses(pool: Pool) -> None:
    """Then the stage says nothing."""
    with pool.connection() as connection:
        enable_company(connection, settings=CompanySettings(trigger="statuses"))
    office = Office(pool, HandWorker(pool))

    office.say("contact", contact("c1"), contact("c2"))
    office.say("project", project("p1", status="Open"))
    office.say("project", project("p2", stage="Inspection", status="Won", contact_id="c2"))
    office.finish()

    assert office.state("project", "p1") == office.state("contact", "c1") == "waiting: stage"
    assert office.state("project", "p2") == office.state("contact", "c2") == "done"


def test_a_transferred_project_keeps_the_mode_it_was_transferred_in(office: Office) -> None:
    """Switching the customer type applies to projects transferred afterwards."""
    office.say("contact", contact())
    office.say("project", project("p1"))
    office.finish()
    with office.pool.connection() as connection:
        companies.change_settings(connection, ACME, CompanySettings(customer_mode="sub"))

    office.say("project", project("p1", name="Newer name"), project("p2"))
    office.finish()

    modes = office.rows(
        "SELECT r.record_id, t.customer_mode FROM proline_qbo.transfers t"
        " JOIN proline_qbo.records r ON r.pk = t.record_pk ORDER BY 1"
    )
    assert [tuple(row) for row in modes] == [("p1", "main"), ("p2", "sub")]
    linked = office.rows("SELECT record_pk FROM proline_qbo.links")
    assert office.record("project", "p1").pk not in {row.record_pk for row in linked}
    assert office.record("project", "p2").pk in {row.record_pk for row in linked}


# --- invoices around the stage and the enable ------------------------------------------------


def test_an_invoice_sent_before_the_stage_waits_and_is_released_with_its_payments(
    office: Office,
) -> None:
    """Nobody has to touch it again."""
    office.say("contact", contact())
    office.say("project", project(stage="Inspection", status="Open"))
    office.say("invoice", invoice())
    office.say("payment", pays("y1", "100.00", i1="100.00"))
    office.finish()
    assert office.state("invoice", "i1") == "waiting: stage"
    assert office.state("payment", "y1") == "waiting: parent"

    office.say("project", project())
    office.finish()

    assert office.state("invoice", "i1") == office.state("payment", "y1") == "done"


def test_an_invoice_sent_before_the_enable_is_skipped_by_rule(office: Office) -> None:
    """History is never sent by itself, however it becomes known; a draft of then is not history."""
    office.say("contact", contact())
    office.say("project", project())
    office.say("invoice", invoice("i1", sent_at=LONG_AGO.isoformat()))
    office.say("invoice", invoice("i2", issued_on=datetime.now(UTC).date().isoformat()))
    office.finish()

    skipped = office.record("invoice", "i1")
    assert (skipped.state, skipped.skipped_by) == ("skipped", "rule")
    assert skipped.sentence == "Sent before you enabled the integration."
    assert office.state("invoice", "i2") == "done"


def test_an_unsent_invoice_waits_until_it_is_sent(office: Office) -> None:
    """A draft is not a document yet."""
    office.say("contact", contact())
    office.say("project", project())
    office.say("invoice", invoice(sent_at=None))
    office.finish()
    assert office.state("invoice", "i1") == "waiting: unsent"

    office.say("invoice", invoice())
    office.finish()

    assert office.state("invoice", "i1") == "done"
