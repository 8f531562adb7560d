"""Where records stand, why, and a person's transfer of a project."""

import psycopg
import pytest

from connections import companies
from coordination.database import Pool
from tests.support.command_line import CommandLine
from tests.support.hand_worker import HandWorker
from tests.support.proline import (
    append,
    connect_company,
    contact,
    enable_company,
    invoice,
    project,
)
from tests.support.relay_in_hand import Office

CUSTOMER = "Ada Example"


@pytest.fixture
def office(pool: Pool) -> Office:
    """Give a company that is on, with a relay and a worker in hand."""
    with pool.connection() as connection:
        enable_company(connection)
    return Office(pool, HandWorker(pool))


def test_status_counts_what_is_not_done(on_database: CommandLine, office: Office) -> None:
    """By company, state and reason, with the oldest; the same as a table and as JSON."""
    office.say("contact", contact(display_name=CUSTOMER))
    office.say("project", project(stage="Lead"))
    office.say("invoice", invoice("i1"), invoice("i2", sent_at=None))
    office.finish()

    rows = on_database.done("status", "--json").json()["records"]
    table = on_database.done("status")

    counted = {
        tuple(row[name] for name in ("entity", "state", "reason", "records")) for row in rows
    }
    assert ("project", "waiting", "stage", 1) in counted
    assert ("invoice", "waiting", "unsent", 1) in counted
    assert {row["company"] for row in rows} == {"acme"}
    assert all(row["since"] for row in rows)
    assert "unsent" in table.out
    assert CUSTOMER not in table.out


def test_status_of_nothing_is_a_sentence_and_an_empty_list(on_database: CommandLine) -> None:
    """A quiet system is good news; what is not running is named all the same."""
    told = on_database.done("status").out
    assert "Everything ProLine has is done.\n" in told
    assert "none is running: start one with proline-qbo relay" in told
    assert "none is running: start one with proline-qbo worker" in told
    assert on_database.done("status", "--json").json()["records"] == []


def test_what_lies_in_the_outbox_is_neither_done_nor_unknown(
    on_database: CommandLine, pool: Pool
) -> None:
    """Sent and not taken in yet: both commands say so, and that no relay is running."""
    with pool.connection() as connection:
        enable_company(connection)
        append(connection, "contact", contact())

    outbox = on_database.done("status", "--json").json()["outbox"]
    (record,) = on_database.done("explain", "c1", "--json").json()
    told = on_database.done("explain", "c1").out
    elsewhere = on_database("explain", "c1", "--company", "other")

    assert (outbox["events"], outbox["by_company"]) == (1, {"acme": 1})
    assert outbox["since"]
    assert "Outbox   1 events since 20" in on_database.done("status").out
    assert record["state"] == "outbox"
    assert "contact c1 of company acme: sent, and in the outbox since 20" in told
    assert "No relay is running: start one with proline-qbo relay." in told
    assert elsewhere.code == 1


def test_a_newer_version_in_the_outbox_is_told_beside_the_record(
    on_database: CommandLine, office: Office
) -> None:
    """The record may be done, and what the office has just changed is under way."""
    office.say("contact", contact())
    office.say("project", project())
    office.finish()
    office.say("contact", contact(email="new@example.com"))

    states = [row["state"] for row in on_database.done("explain", "c1", "--json").json()]

    assert states == ["done", "outbox"]
    assert "A relay is running and takes it in." in on_database.done("explain", "c1").out


def test_a_company_that_waits_is_the_reason_of_its_records(
    on_database: CommandLine, office: Office
) -> None:
    """Its own waits are stored once, on the company, and shown for each record."""
    with office.pool.connection() as connection:
        companies.disable(connection, "acme")
    office.say("contact", contact())
    office.say("project", project())
    office.finish()

    standing = on_database.done("status", "--json").json()
    explained = on_database.done("explain", "c1", "--json").json()

    assert {row["reason"] for row in standing["records"] if row["state"] == "pending"} == {"off"}
    assert standing["companies"] == {"off": 1}
    assert [each["because"] for each in explained] == ["The integration is off for this company."]


def test_explain_says_what_a_record_waits_for_and_since_when(
    on_database: CommandLine, office: Office
) -> None:
    """One sentence a person understands, the state it stands in, and no customer's name."""
    office.say("contact", contact(display_name=CUSTOMER))
    office.say("project", project(stage="Lead"))
    office.finish()

    told = on_database.done("explain", "p1")
    (record,) = on_database.done("explain", "p1", "--json").json()

    first, second = told.out.splitlines()
    assert first.startswith("project p1 of company acme: waiting (stage) since 20")
    assert second == f"  {record['because']}"
    assert record["since"][:10] in first
    assert (record["entity"], record["state"], record["reason"]) == ("project", "waiting", "stage")
    assert CUSTOMER not in told.out


def test_explain_names_company_and_kind_where_several_records_match(
    on_database: CommandLine, office: Office
) -> None:
    """One id may be a contact here and a project there; the options pick one."""
    with office.pool.connection() as connection:
        enable_company(connection, "zenith")
    for company_id in ("acme", "zenith"):
        office.say("contact", contact("same"), company_id=company_id)
    office.say("project", project("same", stage="Lead", contact_id="same"))
    office.finish()

    told = on_database.done("explain", "same")
    of_kind = on_database.done("explain", "same", "--entity", "contact", "--json").json()
    of_company = on_database.done("explain", "same", "--company", "zenith", "--json").json()

    names = [line.partition(":")[0] for line in told.out.splitlines()[::2]]
    assert names == [
        "contact same of company acme",
        "project same of company acme",
        "contact same of company zenith",
    ]
    assert [each["company_id"] for each in of_kind] == ["acme", "zenith"]
    assert [each["entity"] for each in of_company] == ["contact"]


def test_explain_of_an_unknown_record_leaves_with_one(on_database: CommandLine) -> None:
    """A script can tell "nothing there" from "cannot be asked"."""
    told, empty = on_database("explain", "nobody"), on_database("explain", "nobody", "--json")

    assert (told.code, told.out) == (1, "ProLine has sent no record nobody.\n")
    assert (empty.code, empty.json()) == (1, [])


def test_explain_refuses_a_kind_there_is_not(on_database: CommandLine) -> None:
    """A typing error in a kind must not look like a record that is not there."""
    answer = on_database("explain", "p1", "--entity", "quote")

    assert (answer.code, answer.out) == (2, "")
    assert "quote" in answer.err


def test_a_project_is_transferred_by_hand_once(
    on_database: CommandLine, office: Office, connection: psycopg.Connection
) -> None:
    """Who asked is kept, the project goes on at once, and a second time changes nothing."""
    office.say("contact", contact())
    office.say("project", project(stage="Lead"))
    office.finish()
    transfer = ("project", "transfer", "p1", "--company", "acme", "--by")

    first = on_database(*transfer, "Sam")
    office.finish()
    second = on_database(*transfer, "Kim")

    assert (first.code, first.out) == (0, "Project p1 is transferred from now on.\n")
    assert office.state("project", "p1") == "done"
    assert (second.code, "before" in second.out) == (1, True)
    by = connection.execute("SELECT transferred_by FROM proline_qbo.transfers").fetchall()
    assert by == [("Sam",)]


def test_a_project_that_proline_has_not_sent_is_not_transferred(
    on_database: CommandLine, pool: Pool
) -> None:
    """There is nothing it could be transferred on."""
    with pool.connection() as connection:
        connect_company(connection)

    answer = on_database("project", "transfer", "p9", "--company", "acme", "--by", "Sam")

    assert (answer.code, "has not sent it" in answer.out) == (1, True)


def test_records_that_no_worker_takes_say_so(on_database: CommandLine, pool: Pool) -> None:
    """Their entity has no living consumer: nothing is dispatched, and nobody would know why."""
    with pool.connection() as connection:
        enable_company(connection)
    office = Office(pool, HandWorker(pool, entities=["contact"]))
    office.say("contact", contact())
    office.say("project", project())
    office.say("invoice", invoice())
    office.finish()

    (waiting,) = on_database.done("explain", "i1", "--json").json()
    (counted,) = on_database.done("status", "--json").json()["records"]
    HandWorker(pool, entities=["invoice"])
    (served,) = on_database.done("explain", "i1", "--json").json()
    (after,) = on_database.done("status", "--json").json()["records"]

    assert waiting["because"] == "No worker that takes invoices is running."
    assert served["because"] == "It stands in the queue for a worker."
    assert (counted["state"], counted["without_worker"]) == ("pending", 1)
    assert after["without_worker"] == 0
