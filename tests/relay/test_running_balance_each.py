"""Running-balance invoices, the other way: each is booked with what it first asked for."""

from datetime import timedelta

import psycopg
import pytest
from alembic.script import ScriptDirectory

from app.migrate import MIGRATIONS
from connections import companies
from connections.settings import CompanySettings
from coordination.database import Pool
from outbox import intake
from records import running_balance, running_bookings
from records.explaining import explain
from records.orders import Order, order
from tests.support.hand_worker import HandWorker
from tests.support.proline import (
    ACME,
    LONG_AGO,
    SENT_AT,
    Snapshot,
    append,
    contact,
    enable_company,
    payment,
    pays,
    project,
    running,
)
from tests.support.relay_in_hand import Office

EACH = CompanySettings(running_balance="each")
ONE = CompanySettings(running_balance="one_invoice")
VOIDED = {"voided_at": SENT_AT.isoformat()}


def deposit(**changes: object) -> Snapshot:
    """Give the first invoice of the project: its sum then, asking for a part of it."""
    return running("r1", "900.00", amount_due="300.00") | changes


def final(**changes: object) -> Snapshot:
    """Give the last one: the sum grew meanwhile."""
    return running("r2", "1000.00", amount_due="700.00") | changes


@pytest.fixture
def job(pool: Pool) -> Office:
    """Give a company that books each invoice, and whose project is transferred."""
    with pool.connection() as connection:
        enable_company(connection, settings=EACH)
    office = Office(pool, HandWorker(pool))
    office.say("contact", contact())
    office.say("project", project())
    office.finish()
    return office


def choose(office: Office, settings: CompanySettings) -> None:
    """Let the office choose otherwise."""
    with office.pool.connection() as connection:
        companies.change_settings(connection, ACME, settings)


def booked(job: Office) -> list[tuple[str, str]]:
    """List the invoices QuickBooks has, alive, with their totals."""
    found = job.rows(
        "SELECT r.record_id, l.total::numeric(12, 2)::text AS total FROM proline_qbo.links l"
        " JOIN proline_qbo.records r ON r.pk = l.record_pk"
        " WHERE l.kind = 'Invoice' AND NOT l.voided ORDER BY r.record_id"
    )
    return [tuple(row) for row in found]


def held(job: Office) -> list[tuple[str, str]]:
    """List which invoices hold money, and how much."""
    found = job.rows(
        "SELECT i.record_id, sum(a.held)::numeric(12, 2)::text AS held"
        " FROM proline_qbo.applications a JOIN proline_qbo.records i ON i.pk = a.invoice_pk"
        " WHERE a.held > 0 GROUP BY 1 ORDER BY 1"
    )
    return [tuple(row) for row in found]


def asked(job: Office) -> list[str]:
    """List the questions that stand open."""
    rows = job.rows("SELECT question FROM proline_qbo.decisions WHERE answer IS NULL ORDER BY 1")
    return [row.question for row in rows]


def because(job: Office, record_id: str) -> str:
    """Say what `explain` says of an invoice."""
    with job.pool.connection() as connection:
        (found,) = explain(connection, record_id, entity="invoice")
    return found.because(None, {"invoice"})


# --- what is booked ---------------------------------------------------------------------------


def test_each_member_is_booked_itself_and_nothing_stands_for_them(job: Office) -> None:
    """Together they come to the project's sum, once."""
    job.say("invoice", deposit())
    job.finish()
    job.say("invoice", final())
    job.finish()

    assert booked(job) == [("r1", "300.00"), ("r2", "700.00")]
    assert job.record("invoice", "running:p1") is None


def test_the_amount_is_of_the_first_sent_version_of_one_batch_too(job: Office) -> None:
    """The draft asked for more, and what was paid since made it ask for less."""
    job.say("invoice", deposit(sent_at=None, amount_due="900.00"), deposit())
    job.say("invoice", deposit(amount_due="0.00"))
    job.finish()

    assert booked(job) == [("r1", "300.00")]


def test_the_newest_version_of_a_batch_would_book_what_is_left_to_pay(
    job: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard taken out: only the newest of the batch is looked at, 50.00 for a 300.00."""
    every = intake._amounts_due
    monkeypatch.setattr(intake, "_amounts_due", lambda read: every(read[-1:]))

    job.say("invoice", deposit(), deposit(amount_due="50.00"))
    job.finish()

    assert booked(job) == [("r1", "50.00")]


def test_a_later_amount_is_not_booked(job: Office) -> None:
    """It falls with every payment, and rises with every change of the job."""
    job.say("invoice", deposit())
    job.finish()

    job.say("invoice", deposit(amount_due="120.00", total="1200.00"))
    job.finish()

    assert booked(job) == [("r1", "300.00")]


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("0.00", "It asked for 0 when it was first sent: there is nothing to book."),
        ("-50.00", "It asked for -50 when it was first sent: there is nothing to book."),
    ],
)
def test_an_invoice_that_asks_for_nothing_is_left_out(job: Office, amount: str, said: str) -> None:
    """What shows that all is paid is no mistake; a person may send it all the same."""
    job.say("invoice", deposit(amount_due=amount))

    assert job.finish() == 0
    assert job.state("invoice", "r1") == "skipped"
    assert because(job, "r1") == said
    assert asked(job) == ["asks_for_nothing"]


def test_an_invoice_that_asked_for_nothing_stays_out_when_it_asks_later(job: Office) -> None:
    """What it asks for later is what another invoice of the project has asked for first."""
    job.say("invoice", deposit(amount_due="0.00"))
    job.finish()

    job.say("invoice", deposit(amount_due="40.00"))

    assert job.finish() == 0
    assert job.state("invoice", "r1") == "skipped"


def test_a_member_that_is_void_in_proline_is_void(job: Office) -> None:
    """The others stay as they are."""
    job.say("invoice", deposit(), final())
    job.finish()

    job.say("invoice", deposit(**VOIDED))
    job.finish()

    assert booked(job) == [("r2", "700.00")]


def test_a_member_that_cannot_be_read_does_not_hold_the_others(job: Office) -> None:
    """Nothing is summed up, so nothing is missing from a sum."""
    job.say("invoice", deposit(sent_at=None))
    job.say("invoice", {"id": "r1", "total": 7})
    job.say("invoice", final())
    job.finish()

    assert booked(job) == [("r2", "700.00")]


def test_a_member_sent_before_the_enable_is_left_out_and_raises_no_question(job: Office) -> None:
    """What was booked by hand for it is no part of what the next one asks for."""
    job.say("invoice", deposit(sent_at=LONG_AGO.isoformat()), final())
    job.finish()

    assert job.state("invoice", "r1") == "skipped"
    assert asked(job) == ["sent_before_enable"]
    assert booked(job) == [("r2", "700.00")]


# --- the pin ----------------------------------------------------------------------------------


def test_a_project_keeps_its_way_when_the_office_chooses_another(job: Office) -> None:
    """Only projects without a sent running-balance invoice follow the new choice."""
    job.say("invoice", deposit())
    job.say("invoice", running("d2", "80.00", sent_at=None, project_id="p2"))
    job.finish()

    choose(job, ONE)
    job.say("project", project("p2"))
    job.say("invoice", final())
    job.say("invoice", running("d2", "80.00", amount_due="8.00", project_id="p2"))
    job.finish()

    assert booked(job) == [("r1", "300.00"), ("r2", "700.00"), ("running:p2", "80.00")]


def test_a_project_of_one_invoice_keeps_it_too(job: Office) -> None:
    """Its sum is in the books: parts of it beside that would be revenue twice."""
    choose(job, ONE)
    job.say("invoice", deposit())
    job.finish()

    choose(job, EACH)
    job.say("invoice", final())
    job.finish()

    assert booked(job) == [("running:p1", "1000.00")]


def test_without_the_pin_a_project_would_be_booked_in_both_ways(
    job: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard taken out: 1,600.00 for a roof of 1,000.00."""

    def as_chosen_now(connection: psycopg.Connection, projects: object) -> set[tuple[str, str]]:
        company = companies.get(connection, ACME)
        each = company is not None and company.settings.running_balance == "each"
        return {("acme", "p1")} if projects and each else set()

    monkeypatch.setattr(running_balance, "pin", as_chosen_now)
    choose(job, ONE)
    job.say("invoice", deposit())
    job.finish()

    choose(job, EACH)
    job.say("invoice", final())
    job.finish()

    assert booked(job) == [("r2", "700.00"), ("running:p1", "900.00")]


def test_the_schema_knows_one_way_for_a_project_and_only_two(job: Office) -> None:
    """Whatever else goes wrong."""
    again = (
        "INSERT INTO proline_qbo.running_bookings (company_id, project_id, booking)"
        " VALUES ('acme', 'p1', %s)"
    )
    job.do(again, "each")

    with pytest.raises(psycopg.errors.UniqueViolation):
        job.do(again, "one_invoice")
    with pytest.raises(psycopg.errors.CheckViolation):
        job.do(again.replace("p1", "p2"), "both")


def test_history_that_a_person_sends_pins_its_project(job: Office) -> None:
    """From then on it counts like any other."""
    job.say("invoice", deposit(sent_at=LONG_AGO.isoformat()))
    job.finish()
    with job.pool.connection() as connection:
        order(connection, [Order(job.record("invoice", "r1").pk, "send", "Ada")])
    job.finish()

    choose(job, ONE)
    job.say("invoice", final())
    job.finish()

    assert booked(job) == [("r1", "300.00"), ("r2", "700.00")]


def test_a_project_of_one_invoice_keeps_it_through_the_migration(job: Office) -> None:
    """Before there were two ways none was pinned; what is in the books says which it was."""
    choose(job, ONE)
    job.say("invoice", deposit())
    job.finish()
    job.do("DROP TABLE proline_qbo.running_bookings, proline_qbo.amounts_due")
    job.do("ALTER TABLE proline_qbo.members DROP COLUMN booked_itself")

    job.do(ScriptDirectory(str(MIGRATIONS)).get_revision("0007").module.SCHEMA)
    choose(job, EACH)
    job.say("invoice", final())
    job.finish()

    assert booked(job) == [("running:p1", "1000.00")]
    amounts = job.rows("SELECT amount::numeric(12, 2)::text AS a FROM proline_qbo.amounts_due")
    assert [row.a for row in amounts] == ["300.00", "700.00"]


# --- moving and changing ------------------------------------------------------------------------


def test_a_member_booked_itself_stays_so_in_a_project_of_one_invoice(job: Office) -> None:
    """It is in the books with its part: not in that project's sum once more, nor paid there."""
    job.say("project", project("p2"))
    job.say("invoice", deposit())
    job.finish()
    choose(job, ONE)
    job.say("invoice", final(project_id="p2"))
    job.finish()

    later = (SENT_AT + timedelta(days=1)).isoformat()
    job.say("invoice", deposit(project_id="p2", sent_at=later))
    job.say("payment", pays("y1", "300.00", r1="300.00"))
    job.finish()

    assert booked(job) == [("r1", "300.00"), ("running:p2", "1000.00")]
    assert held(job) == [("r1", "300.00")]


def test_a_member_that_moves_out_of_a_sum_is_booked_with_its_first_amount(job: Office) -> None:
    """What it asked for first was remembered although its project did not need it."""
    job.say("project", project("p2"))
    job.say("invoice", final(project_id="p2"))
    job.finish()
    choose(job, ONE)
    job.say("invoice", deposit())
    job.finish()

    job.say("invoice", deposit(project_id="p2", amount_due="20.00"))
    job.finish()

    assert booked(job) == [("r1", "300.00"), ("r2", "700.00")]


def test_a_member_that_becomes_standalone_is_booked_as_it_is(job: Office) -> None:
    """An update of the invoice it has."""
    job.say("invoice", deposit())
    job.finish()

    job.say("invoice", deposit(kind="standalone", total="120.00"))
    job.finish()

    assert booked(job) == [("r1", "120.00")]


# --- money ------------------------------------------------------------------------------------


def test_money_allocated_to_a_member_pays_that_member(job: Office) -> None:
    """Up to what it asked for; what a customer pays beyond that is credit."""
    job.say("invoice", deposit(), final())
    job.say("payment", pays("y1", "300.00", r1="300.00"), pays("y2", "750.00", r2="750.00"))
    job.finish()

    assert held(job) == [("r1", "300.00"), ("r2", "700.00")]


def test_money_that_names_nothing_pays_the_only_open_member(job: Office) -> None:
    """The first is paid, so the second is meant: what the invoices are called decides nothing."""
    job.say("invoice", deposit(), final())
    job.say("payment", pays("y1", "300.00", r1="300.00"))
    job.finish()

    job.say("payment", payment("y2", "500.00"))
    job.finish()

    assert held(job) == [("r1", "300.00"), ("r2", "500.00")]


def test_money_that_names_nothing_asks_where_several_members_are_open(job: Office) -> None:
    """As for any several invoices."""
    job.say("invoice", deposit(), final())
    job.finish()

    job.say("payment", payment("y1", "50.00"))
    job.finish()

    assert asked(job) == ["which_invoice"]


def test_money_does_not_wait_for_an_invoice_that_asks_for_nothing(job: Office) -> None:
    """It is left out, and the one that is open is paid."""
    job.say("invoice", deposit(), running("r3", "1000.00", amount_due="0.00"))
    job.say("payment", payment("y1", "100.00"))
    job.finish()

    assert held(job) == [("r1", "100.00")]


def test_money_of_a_member_that_is_void_before_it_was_booked_asks(job: Office) -> None:
    """Done without an invoice is not "another stands for it"."""
    job.say("invoice", deposit(**VOIDED))
    job.say("payment", pays("y1", "300.00", r1="300.00"))
    job.finish()

    assert job.state("invoice", "r1") == "done"
    assert asked(job) == ["invoice_voided"]


# --- explained ----------------------------------------------------------------------------------


def test_explain_says_what_stands_in_quickbooks_in_either_way(job: Office) -> None:
    """Neither sentence is true in the other way."""
    job.say("invoice", deposit())
    job.say("invoice", running("d1", "900.00", sent_at=None, **VOIDED))
    job.finish()
    choose(job, ONE)
    job.say("project", project("p2"))
    job.say("invoice", final(project_id="p2"))
    job.finish()

    qbo_id = job.record("invoice", "r1").pk
    assert because(job, "r1") == f"It is in QuickBooks as {qbo_id}, with the 300.00 it asked for."
    assert because(job, "d1") == "It needs nothing in QuickBooks."
    job.say("invoice", deposit(**VOIDED))
    job.finish()
    assert "300.00" not in because(job, "r1")
    assert because(job, "r2") == (
        "One QuickBooks invoice stands for all running-balance invoices of its project."
    )


def test_a_late_version_does_not_take_the_place_of_what_was_remembered(
    job: Office, database_url: str
) -> None:
    """What is booked may be in QuickBooks already: it never changes under a record."""
    with psycopg.connect(database_url) as late:
        append(late, "invoice", deposit(amount_due="900.00"))
        job.say("invoice", deposit())
        job.finish()
        late.commit()
    job.hand.clock.now += 2.0
    job.finish()

    assert booked(job) == [("r1", "300.00")]
    with job.pool.connection() as connection:
        assert running_bookings.pin(connection, [(ACME, "p1")]) == {(ACME, "p1")}
