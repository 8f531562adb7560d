"""A record's own page: all that is known of it, and nothing of any other company."""

import pytest

from coordination.database import Pool
from records.finding_one import Seen, find_record
from records.orders import Order, order
from records.standings import Standing
from tests.support.hand_worker import HandWorker
from tests.support.proline import (
    ACME,
    contact,
    enable_company,
    invoice,
    payment,
    pays,
    project,
    realm_of,
    running,
)
from tests.support.put_records import ask, know, put
from tests.support.relay_in_hand import Office

OTHER = "other"


@pytest.fixture
def job(pool: Pool) -> Pool:
    """Give a company whose contact has a project with invoices and a payment, all of them sent."""
    with pool.connection() as connection:
        enable_company(connection)
    office = Office(pool, HandWorker(pool))
    office.say("contact", contact())
    office.say("project", project())
    office.say("invoice", invoice(), running("r1", "50.00"), running("r2", "60.00"))
    office.say("payment", pays("y1", "40.00", i1="40.00"))
    office.finish()
    return pool


def find(pool: Pool, entity: str, record_id: str, company_id: str = ACME) -> Seen | None:
    """Find a record that may be there."""
    with pool.connection() as connection:
        return find_record(connection, company_id, entity, record_id)


def seen(pool: Pool, entity: str, record_id: str) -> Seen:
    """Find a record that is there."""
    found = find(pool, entity, record_id)
    assert found is not None
    return found


def test_a_record_names_what_it_hangs_from_and_what_hangs_from_it(job: Pool) -> None:
    """Each with where it stands."""
    found = seen(job, "invoice", "i1")

    assert ("project", "p1") in [(each.entity, each.record_id) for each in found.parents]
    assert [(each.entity, each.record_id) for each in found.children] == [("payment", "y1")]
    (child,) = found.children
    assert child.shown is not None
    assert child.shown.standing is Standing.SENT


def test_a_parent_proline_never_sent_is_named_all_the_same(job: Pool) -> None:
    """It is what the record waits for."""
    with job.connection() as connection:
        pk = put(connection, "payment", "y9", "failed")
        connection.execute(
            "INSERT INTO proline_qbo.dependencies VALUES (%s, %s, 'invoice', 'never-sent')",
            [pk, ACME],
        )

    (parent,) = seen(job, "payment", "y9").parents

    assert (parent.entity, parent.record_id, parent.shown) == ("invoice", "never-sent", None)


def test_a_member_names_what_stands_for_it_and_that_its_members(job: Pool) -> None:
    """A running-balance invoice shows where its project's one invoice stands."""
    member = seen(job, "invoice", "r1")
    standing_for = seen(job, "invoice", "running:p1")

    assert member.stood_for_by is not None
    assert member.stood_for_by.stands_for_project == "p1"
    assert member.stood_for_by.qbo_id is not None
    assert {each.record_id for each in standing_for.children} == {"r1", "r2"}
    assert standing_for.stood_for_by is None


def test_what_was_tried_is_told_newest_first(job: Pool) -> None:
    """With QuickBooks' own id of each call, and an outcome that is not known as none."""
    attempt = """
    INSERT INTO proline_qbo.attempts (record_pk, realm_id, generation, version, basis, operation,
        kind, path, params, body, request_id, answer, answered_at, status, fault_code, intuit_tid)
    SELECT pk, %s, 0, g.n, '', 'update', 'Invoice', '/', '[]', '', g.n::text,
           CASE WHEN g.n < 30 THEN 'refused' END, CASE WHEN g.n < 30 THEN proline_qbo.clock() END,
           400, '6000', 'tid-' || g.n
    FROM proline_qbo.records, generate_series(1, 30) AS g (n)
    WHERE company_id = %s AND record_id = 'i1' ORDER BY g.n
    """
    with job.connection() as connection:
        connection.execute(attempt, [realm_of(ACME), ACME])

    tried = seen(job, "invoice", "i1").attempts

    assert [each.intuit_tid for each in tried] == [f"tid-{n}" for n in range(30, 10, -1)]
    assert [each.answer for each in tried[:2]] == [None, "refused"]


def test_an_open_question_and_an_order_are_told(job: Pool) -> None:
    """With the choices there are, and who ordered what."""
    with job.connection() as connection:
        pk = put(connection, "invoice", "i9", "waiting", reason="decision")
        ask(connection, pk, "send_as_new")
        order(connection, [Order(pk, "skip", "Jane Example", "Not ours")])

    found = seen(job, "invoice", "i9")

    assert found.question is not None
    assert [choice.answer for choice in found.question.choices] == ["new", "leave"]
    assert [(each.kind, each.ordered_by, each.why) for each in found.orders] == [
        ("skip", "Jane Example", "Not ours")
    ]


def test_former_links_are_told(job: Pool) -> None:
    """Where it was in QuickBooks before it was sent as new."""
    former = """
    INSERT INTO proline_qbo.former_links (realm_id, record_pk, part, generation, kind, qbo_id)
    SELECT 'r', pk, '', 0, 'Invoice', '41' FROM proline_qbo.records WHERE record_id = 'i1'
    """
    with job.connection() as connection:
        connection.execute(former)

    assert [each.qbo_id for each in seen(job, "invoice", "i1").former_links] == ["41"]


def test_no_list_of_it_is_longer_than_its_limit(job: Pool) -> None:
    """A contact may have thousands of projects."""
    with job.connection() as connection:
        for number in range(60):
            pk = put(connection, "project", f"many-{number}")
            connection.execute(
                "INSERT INTO proline_qbo.dependencies VALUES (%s, %s, 'contact', 'c1')", [pk, ACME]
            )

    children = seen(job, "contact", "c1").children

    assert len(children) == 50
    assert children[0].record_id == "many-59"


@pytest.mark.parametrize(
    ("entity", "record_id"),
    [("invoice", "c1"), ("invoice", ""), ("", "i1"), ("invoice", "\0"), ("\ud800", "i1"),
     ("invoice", "x" * 9_999), ("invoice", "theirs")],
)  # fmt: skip
def test_an_address_that_names_no_record_of_the_company_finds_none(
    job: Pool, entity: str, record_id: str
) -> None:
    """Nor one of another company, whose id somebody knows."""
    with job.connection() as connection:
        know(connection, OTHER)
        put(connection, "invoice", "theirs", company_id=OTHER)

    assert find(job, entity, record_id) is None
    assert find(job, "invoice", "i1", OTHER) is None


def test_relations_stay_within_the_company(job: Pool) -> None:
    """Two companies may use the same ids."""
    with job.connection() as connection:
        know(connection, OTHER)
        put(connection, "project", "p1", company_id=OTHER)
        pk = put(connection, "payment", "y1", company_id=OTHER, snapshot=payment())
        connection.execute(
            "INSERT INTO proline_qbo.dependencies VALUES (%s, %s, 'project', 'p1')", [pk, OTHER]
        )

    theirs = find(job, "project", "p1", OTHER)

    assert theirs is not None
    assert [each.record_id for each in theirs.children] == ["y1"]
    ours = [each.shown for each in seen(job, "project", "p1").children]
    assert {each.explained.company_id for each in ours if each is not None} == {ACME}
