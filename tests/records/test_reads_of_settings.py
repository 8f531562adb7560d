"""What the settings and checklists of the page read: projects, services, names, questions."""

from datetime import timedelta

import pytest

from connections.settings import CompanySettings
from coordination.database import Pool
from records.changed_while_off import count_changed
from records.counting import count_questions
from records.deciding import open_questions_about, open_questions_of
from records.findings import find, list_findings, resolve_finding
from records.keys import RecordKey
from records.preview import newest_contact_and_project
from records.services import services_seen
from records.transfers import Transfer, count_ready, latch, list_ready
from tests.support.proline import ACME, WON, contact, invoice, payment, project
from tests.support.put_records import NOON, ask, know, put

OTHER = "other"
BY_STATUS = CompanySettings(trigger="statuses", statuses=("Won", "Complete"))


@pytest.fixture
def known(pool: Pool) -> Pool:
    """Give two companies that are known."""
    with pool.connection() as connection:
        know(connection, ACME, OTHER)
    return pool


def test_projects_to_transfer_are_those_in_a_chosen_stage_and_not_transferred(known: Pool) -> None:
    """Counted and listed alike, newest first, page by page; by stage or by status, as chosen."""
    with known.connection() as connection:
        for number in range(5):
            status = "Complete" if number == 0 else "Lost"
            snapshot = project(f"p{number}", stage=WON if number < 4 else "Lead", status=status)
            put(connection, "project", f"p{number}", "waiting", reason="stage", snapshot=snapshot)
        put(connection, "project", "theirs", company_id=OTHER, snapshot=project("theirs"))
        put(connection, "payment", "y1", snapshot=payment(status="Complete", stage=WON))
        put(connection, "contact", "c1", snapshot=contact(status="Complete", stage=WON))
        latch(connection, [Transfer(RecordKey(ACME, "project", "p1"), "main", "x")])
        chosen = CompanySettings()

        listed = list_ready(connection, ACME, chosen, limit=2)
        rest = list_ready(connection, ACME, chosen, after=listed[-1].pk, limit=2)

        assert [each.record_id for each in [*listed, *rest]] == ["p3", "p2", "p0"]
        assert count_ready(connection, ACME, chosen) == 3
        assert (listed[0].name, listed[0].number) == ("New roof", "2001")
        assert [each.record_id for each in list_ready(connection, ACME, BY_STATUS)] == ["p0"]
        assert count_ready(connection, ACME, BY_STATUS) == 1
        assert count_ready(connection, ACME, CompanySettings(stages=())) == 0


def test_services_are_those_of_the_companys_invoices(known: Pool) -> None:
    """Each once, in the alphabet's order; what is no service is none."""
    lines = [{"service": "Siding"}, {"service": "Gutters"}, {"service": None}, {"service": 7}, {}]
    with known.connection() as connection:
        put(connection, "invoice", "i1", snapshot=invoice() | {"lines": lines})
        put(connection, "invoice", "i2", "failed", snapshot={"lines": "misfit"})
        put(connection, "invoice", "i3", snapshot={"lines": [{"service": "Siding"}, 7, []]})
        put(connection, "invoice", "i4", snapshot={"lines": [{"service": "x" * 256}]})
        theirs = {"lines": [{"service": "Solar"}]}
        put(connection, "invoice", "i1", company_id=OTHER, snapshot=theirs)

        assert services_seen(connection, ACME) == ["Gutters", "Siding"]


def test_the_name_preview_takes_the_newest_project_whose_contact_is_known(known: Pool) -> None:
    """Its own company's; without one there is nothing to show."""
    with known.connection() as connection:
        assert newest_contact_and_project(connection, ACME) is None
        put(connection, "contact", "c1", snapshot=contact())
        put(connection, "contact", "c9", company_id=OTHER, snapshot=contact("c9"))
        put(connection, "project", "p1", snapshot=project(name="Old"), since=NOON)
        for number, contact_id in ((2, "c1"), (3, "c9")):
            snapshot = project(f"p{number}", number=f"200{number}", contact_id=contact_id)
            since = NOON + timedelta(seconds=number)
            put(connection, "project", f"p{number}", "failed", snapshot=snapshot, since=since)

        found = newest_contact_and_project(connection, ACME)

    assert found is not None
    assert (found.contact_name, found.contact_number) == ("Ada Example", "1001")
    assert (found.project_name, found.project_number) == ("New roof", "2002")


def test_open_questions_of_a_company_come_in_pages(known: Pool) -> None:
    """The oldest first, each once; what was left out by rule is only offered."""
    with known.connection() as connection:
        for number in range(3):
            pk = put(connection, "invoice", f"i{number}", "waiting", reason="decision")
            ask(connection, pk, "send_as_new")
        theirs = put(connection, "invoice", "i1", "waiting", reason="decision", company_id=OTHER)
        ask(connection, theirs, "send_as_new")
        offered = put(connection, "invoice", "offered", "skipped")
        ask(connection, offered, "sent_before_enable")

        first = open_questions_of(connection, ACME, limit=2)
        rest = open_questions_of(connection, ACME, after=first[-1], limit=2)

        assert [each.record_id for each in [*first, *rest]] == ["i0", "i1", "i2"]
        assert count_questions(connection, ACME) == {"send_as_new": 3, "sent_before_enable": 1}
        about = open_questions_about(connection, ACME, [offered, theirs])
        assert [each.record_id for each in about.values()] == ["offered"]


def test_findings_of_a_company_come_in_pages_and_are_resolved_by_it_alone(known: Pool) -> None:
    """An id of another company's finding changes nothing."""
    with known.connection() as connection:
        for number in range(3):
            find(connection, ACME, None, "moved", str(number), f"Finding {number}")
        find(connection, OTHER, None, "moved", "0", "Theirs")

        first = list_findings(connection, company_id=ACME, limit=2)
        rest = list_findings(connection, company_id=ACME, after=first[-1].id, limit=2)
        assert [each.sentence for each in [*first, *rest]] == [f"Finding {n}" for n in range(3)]

        assert not resolve_finding(connection, first[0].id, "x", company_id=OTHER)
        assert resolve_finding(connection, first[0].id, "x", company_id=ACME)
        left = [each.sentence for each in list_findings(connection, company_id=ACME)]
        assert left == ["Finding 1", "Finding 2"]


def test_what_changed_while_off_is_counted_where_it_is(known: Pool) -> None:
    """What would be sent by itself, and came after the company was turned off."""
    with known.connection() as connection:
        connection.execute("UPDATE proline_qbo.companies SET disabled_at = %s", [NOON])
        later, before = NOON + timedelta(hours=1), NOON - timedelta(hours=1)
        put(connection, "invoice", "i1", "pending", since=later)
        put(connection, "invoice", "i2", "waiting", reason="parent", since=later)
        put(connection, "invoice", "i3", "pending", since=before)
        put(connection, "invoice", "i4", "waiting", reason="unsent", since=later)
        put(connection, "invoice", "i5", "done", since=later)
        put(connection, "invoice", "i1", "pending", since=later, company_id=OTHER)

        assert count_changed(connection, ACME) == 2
