"""What failed, on the command line: listed, shown with all that was tried, sent again, left out."""

import json
import time
from datetime import timedelta

import psycopg
import pytest

from coordination.database import Pool
from records import failures
from records.orders import Order
from tests.support.command_line import CommandLine
from tests.support.hand_worker import HandWorker
from tests.support.proline import enable_company
from tests.support.put_records import NOON, know, put
from tests.support.relay_in_hand import Office

MANY = 100_000
MANY_WITHIN_SECONDS = 10.0
BY = ("--by", "Kim")
WHY = ("--why", "Mended.")


@pytest.fixture
def failed(pool: Pool) -> Pool:
    """Give two companies with failures of some kinds and ages."""
    with pool.connection() as connection:
        enable_company(connection)
        know(connection, "best")
        put(connection, "payment", "y1", "failed", code="6000", since=NOON)
        put(connection, "invoice", "i1", "failed", code="6000", since=NOON + timedelta(hours=1))
        put(connection, "contact", "c1", "failed", code="2010", since=NOON + timedelta(hours=2))
        put(connection, "contact", "c1", "failed", code="2010", since=NOON, company_id="best")
        put(connection, "invoice", "i2", "done", since=NOON)
    return pool


def records(answer: object) -> list[tuple[str, str]]:
    """Give company and record of each row."""
    assert isinstance(answer, list)
    return [(row["company"], row["record"]) for row in answer]


def orders(pool: Pool) -> list[tuple[str, str, str, str]]:
    """Give what was ordered, in its order: company, entity, kind and who."""
    with pool.connection() as connection:
        return connection.execute(
            "SELECT r.company_id, r.entity, o.kind, o.ordered_by FROM proline_qbo.orders o"
            " JOIN proline_qbo.records r ON r.pk = o.record_pk ORDER BY o.id"
        ).fetchall()


def test_what_failed_is_listed_the_oldest_first(failed: Pool, on_database: CommandLine) -> None:
    """Of all companies, with code and age."""
    rows = on_database.done("failed", "list", "--json").json()

    assert records(rows) == [
        ("acme", "payment y1"),
        ("best", "contact c1"),
        ("acme", "invoice i1"),
        ("acme", "contact c1"),
    ]
    assert rows[0]["code"] == "6000"
    assert rows[0]["since"].startswith("2026-03-01T12:00:00")


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (("--company", "best"), [("best", "contact c1")]),
        (("--entity", "invoice"), [("acme", "invoice i1")]),
        (("--code", "2010", "--company", "acme"), [("acme", "contact c1")]),
        (("--code", "9999"), []),
        (("--most", "1"), [("acme", "payment y1")]),
        (("--longer-than", "1m", "--entity", "payment"), [("acme", "payment y1")]),
        (("--longer-than", "999999d"), []),
    ],
)
def test_a_filter_chooses(
    failed: Pool, on_database: CommandLine, options: tuple[str, ...], found: list[tuple[str, str]]
) -> None:
    """By company, entity, code and age."""
    assert records(on_database.done("failed", "list", "--json", *options).json()) == found


def test_a_list_that_was_cut_says_how_much_is_missing(
    failed: Pool, on_database: CommandLine
) -> None:
    """On standard error: what reads the table is not disturbed."""
    assert "3 more failed" in on_database.done("failed", "list", "--most", "1").err
    assert on_database.done("failed", "list").err == ""


def test_an_age_that_is_none_is_a_sentence(failed: Pool, on_database: CommandLine) -> None:
    """No traceback, and what to write."""
    refused = on_database("failed", "list", "--longer-than", "soon")

    assert (refused.code, "write 30m, 2h or 3d" in refused.err) == (2, True)


def test_without_yes_it_is_told_what_would_be_sent(failed: Pool, on_database: CommandLine) -> None:
    """And nothing is."""
    told = on_database.done("failed", "requeue", "--company", "acme", *BY, *WHY)

    assert "3 records would be sent again: say --yes." in told.out
    assert orders(failed) == []


def test_all_of_a_filter_are_sent_parents_first(failed: Pool, on_database: CommandLine) -> None:
    """Contact, invoice, payment, whatever their ages; each company's audit says who and why."""
    sent = on_database.done(
        "failed", "requeue", "--company", "acme", *BY, "--why", "Fixed in QuickBooks.", "--yes"
    )

    assert sent.out == "3 records are sent, each as soon as it is at rest.\n"
    assert orders(failed) == [
        ("acme", entity, "send", "Kim") for entity in ("contact", "invoice", "payment")
    ]
    with failed.connection() as connection:
        (entry,) = connection.execute(
            "SELECT company_id, user_name, via, action, after FROM proline_qbo.audit"
        ).fetchall()
    assert entry[:4] == ("acme", "Kim", "command_line", "records.send")
    assert entry[4] == {
        "records": 3,
        "meant": {"company_id": "acme"},
        "why": "Fixed in QuickBooks.",
    }


def test_what_is_ordered_is_not_ordered_again(failed: Pool, on_database: CommandLine) -> None:
    """Whoever types it twice sends once; the list shows what is about to go."""
    on_database.done("failed", "requeue", "--all", *BY, *WHY, "--yes")

    again = on_database.done("failed", "requeue", "--all", *BY, *WHY, "--yes")

    assert again.out.startswith("0 records are sent")
    assert len(orders(failed)) == 4
    assert {row["ordered"] for row in on_database.done("failed", "list", "--json").json()} == {True}


def test_a_filter_that_nothing_fits_ends_with_1(failed: Pool, on_database: CommandLine) -> None:
    """A script can tell."""
    assert on_database("failed", "requeue", "--code", "9999", *BY, *WHY, "--yes").code == 1


@pytest.mark.parametrize(
    "words",
    [
        ("failed", "requeue", *BY, *WHY, "--yes"),
        ("failed", "requeue", "--all", "--company", "acme", *BY, *WHY),
        ("failed", "requeue", "--all", *BY, "--yes"),
        ("failed", "requeue", "--longer-than", "0m", *BY, *WHY, "--yes"),
        ("failed", "skip", "--longer-than", "1m", *BY, "--why", "x", "--yes"),
        ("failed", "requeue", "i1", "--all", *BY),
        ("failed", "requeue", "i1", "--code", "6000", *BY),
        ("failed", "skip", *BY, "--why", "x", "--yes"),
        ("failed", "skip", "i1", *BY, "--why", " "),
    ],
)
def test_what_is_meant_has_to_be_said(
    failed: Pool, on_database: CommandLine, words: tuple[str, ...]
) -> None:
    """Neither nothing nor both: a mistyped line must not send a thousand records."""
    assert on_database(*words).code == 2
    assert orders(failed) == []


def test_all_of_a_filter_are_left_out_for_a_reason(failed: Pool, on_database: CommandLine) -> None:
    """In bulk: what hangs from a contact that is left out so has it sent when it needs it."""
    reason = ("--why", "Booked by hand.")
    on_database.done("failed", "skip", "--code", "2010", *BY, *reason, "--yes")

    with failed.connection() as connection:
        rows = connection.execute("SELECT kind, why, in_bulk FROM proline_qbo.orders").fetchall()
    assert rows == [("skip", "Booked by hand.", True)] * 2


def test_a_hundred_thousand_are_sent_in_order_in_seconds(
    pool: Pool, on_database: CommandLine, database_url: str
) -> None:
    """After an outage that made everything fail."""
    with pool.connection() as connection:
        enable_company(connection)
    # A session without our timeouts, which are for less than this.
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "INSERT INTO proline_qbo.records"
            " (company_id, entity, record_id, version, judged_version, state, code, since)"
            " SELECT 'acme', (ARRAY['payment', 'invoice', 'project', 'contact'])[1 + n %% 4],"
            "        'r' || n, 1, 1, 'failed', '6000', proline_qbo.clock() - n * interval '1 s'"
            " FROM generate_series(1, %s) AS n",
            [MANY],
        )
    with pool.connection() as connection:
        connection.execute("DELETE FROM proline_qbo.nudges")
    began = time.monotonic()

    on_database.done("failed", "requeue", "--code", "6000", *BY, *WHY, "--yes")

    took_seconds = time.monotonic() - began
    with pool.connection() as connection:
        ordered = connection.execute(
            "SELECT r.entity, r.since FROM proline_qbo.orders o"
            " JOIN proline_qbo.records r ON r.pk = o.record_pk ORDER BY o.id"
        ).fetchall()
        (nudges,) = connection.execute("SELECT count(*) FROM proline_qbo.nudges").fetchone() or ()
    rank = {"contact": 0, "project": 1, "invoice": 2, "payment": 3}
    assert len(ordered) == nudges == MANY
    assert ordered == sorted(ordered, key=lambda row: (rank[row[0]], row[1]))
    assert took_seconds < MANY_WITHIN_SECONDS, took_seconds


def test_what_goes_on_meanwhile_is_left_alone(failed: Pool) -> None:
    """Between the filter and its piece a newer version may have come."""
    wanted = failures.Wanted(company_id="acme")
    with failed.connection() as connection:
        (pks,) = failures.pieces_of(connection, wanted)
        connection.execute(
            "UPDATE proline_qbo.records SET state = 'pending', code = NULL WHERE pk = %s", [pks[0]]
        )
        counted = failures.order_failures(connection, pks, Order(0, "send", "Kim"))

    assert counted == {"acme": 2}
    assert [entity for _, entity, _, _ in orders(failed)] == ["invoice", "payment"]


def test_a_record_is_shown_with_all_that_was_tried(pool: Pool, on_database: CommandLine) -> None:
    """Each attempt and call with what Intuit asks for, and nothing of the customer."""
    with pool.connection() as connection:
        enable_company(connection)
    office = Office(pool, HandWorker(pool))
    with pool.connection() as connection:
        pk = put(connection, "invoice", "i1", "failed", code="6000", since=NOON)
        connection.execute(
            "INSERT INTO proline_qbo.attempts (record_pk, realm_id, generation, version, basis,"
            " operation, kind, path, params, body, request_id, answer, answered_at, status,"
            " fault_code, intuit_tid) VALUES (%s, '1', 0, 1, '', 'create', 'Invoice', 'invoice',"
            " '[]', %s, 'r-1', 'refused', proline_qbo.clock(), 400, '6000', 'tid-1')"
            " RETURNING id",
            [pk, json.dumps(BODY).encode()],
        )
        connection.execute(
            "INSERT INTO proline_qbo.limiters (realm_id) VALUES ('1') ON CONFLICT DO NOTHING"
        )
        connection.execute(
            "INSERT INTO proline_qbo.calls (realm_id, company_id, record_pk, attempt_id,"
            " process_id, kind, purpose, slot_at, ended_at, status, fault_code, intuit_tid)"
            " SELECT '1', 'acme', %s, a.id, p.id, 'write', 'create', proline_qbo.clock(),"
            " proline_qbo.clock(), 400, '6000', 'tid-1'"
            " FROM proline_qbo.attempts a, proline_qbo.processes p LIMIT 1",
            [pk],
        )
    on_database.done("failed", "requeue", "i1", *BY, "--why", "Once more.")

    told = on_database.done("failed", "show", "i1").out
    shown = on_database.done("failed", "show", "i1", "--json").json()

    assert "requestid r-1: refused" in told
    assert "HTTP 400 code 6000 intuit_tid tid-1 worker" in told
    assert "records.send by Kim (command_line)" in told
    (attempt,) = shown["attempts"]
    assert attempt["body"] == {
        "CustomerRef": {"value": "61"},
        "CustomerMemo": {"value": "…"},
        "Line": [{"Amount": "…", "SalesItemLineDetail": {"ItemRef": {"value": "7"}}}],
        "sparse": True,
    }
    assert "Ada" not in told + json.dumps(shown)
    assert office.pool is pool


BODY = {
    "CustomerRef": {"value": "61"},
    "CustomerMemo": {"value": "For Ada Example"},
    "Line": [{"Amount": 100.0, "SalesItemLineDetail": {"ItemRef": {"value": "7"}}}],
    "sparse": True,
}


def test_the_newest_calls_of_each_attempt_are_shown(pool: Pool, on_database: CommandLine) -> None:
    """Whatever an old attempt went through; and it says that some are left off."""
    with pool.connection() as connection:
        enable_company(connection)
        pk = put(connection, "invoice", "i1", "failed", code="6000", since=NOON)
        connection.execute("INSERT INTO proline_qbo.limiters (realm_id) VALUES ('1')")
        for request_id, calls in (("old", 200), ("new", 1)):
            connection.execute(
                "WITH a AS (INSERT INTO proline_qbo.attempts (record_pk, realm_id, generation,"
                " version, basis, operation, kind, path, params, body, request_id, answer,"
                " answered_at, sends) VALUES (%s, '1', 0, 1, '', 'create', 'Invoice', 'invoice',"
                " '[]', '', %s, 'refused', proline_qbo.clock(), %s) RETURNING id)"
                " INSERT INTO proline_qbo.calls (realm_id, company_id, record_pk, attempt_id,"
                " process_id, kind, purpose, slot_at, ended_at, status)"
                " SELECT '1', 'acme', %s, a.id, gen_random_uuid(), 'write', 'create',"
                " proline_qbo.clock(), proline_qbo.clock(), 400 + n"
                " FROM a, generate_series(1, %s) AS n",
                [pk, request_id, calls, pk, calls],
            )

    new, old = on_database.done("failed", "show", "i1", "--json").json()["attempts"]

    assert [each["status"] for each in new["calls"]] == [401]
    assert [each["status"] for each in old["calls"]] == list(range(581, 601))
    assert new["calls"][0]["worker"]
    assert "Sent 200 times; of the calls the newest" in on_database.done("failed", "show", "i1").out


def test_one_that_has_not_failed_is_left_alone_unless_it_is_meant(
    pool: Pool, on_database: CommandLine
) -> None:
    """A mistyped id must not leave a healthy invoice out, nor send again what is done."""
    with pool.connection() as connection:
        enable_company(connection)
        put(connection, "invoice", "i1", "pending", since=NOON)
        put(connection, "invoice", "i2", "done", since=NOON)
    skip = ("failed", "skip", "i1", *BY, "--why", "x")
    send = ("failed", "requeue", "i2", *BY)

    for words in (skip, send):
        refused = on_database(*words)
        assert (refused.code, "say --yes" in refused.err) == (2, True)
    assert orders(pool) == []

    on_database.done(*skip, "--yes")
    on_database.done(*send, "--yes")
    assert len(orders(pool)) == 2


def test_one_that_was_never_sent_says_so(failed: Pool, on_database: CommandLine) -> None:
    """Our own mapping refused it."""
    assert "Nothing was sent to QuickBooks for it." in on_database.done("failed", "show", "y1").out
    assert on_database("failed", "show", "nobody").code == 2
    assert on_database("failed", "show", "c1").code == 2
