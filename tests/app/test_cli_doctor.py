"""`doctor`: every problem at once, each with what to do; and nothing is changed by looking."""

import psycopg
import pytest

from connections import companies
from coordination.database import Pool
from tests.support.command_line import CommandLine
from tests.support.consenting_quickbooks import ConsentingQuickBooks
from tests.support.hand_worker import HandWorker
from tests.support.proline import append, connect_company, contact, enable_company
from tests.support.roles import login_in

NOWHERE = "amqp://guest:guest@127.0.0.1:1/"
VIEWS = """
CREATE SCHEMA proline_export;
CREATE VIEW proline_export.project_stages AS
SELECT 'acme'::text AS company_id, 'Lead'::text AS stage, 1 AS position;
"""
RECORD_VIEW = """
CREATE VIEW proline_export.{name} AS
SELECT 'acme'::text AS company_id, 'x1'::text AS record_id, '{{}}'::jsonb AS snapshot,
       now() AS updated_at
"""


def found(answer: list[dict[str, str]], level: str) -> dict[str, str]:
    """Give the sentences of one level by their subject; several of one subject in one text."""
    sentences: dict[str, str] = {}
    for each in answer:
        if each["level"] == level:
            before = sentences.get(each["subject"], "")
            sentences[each["subject"]] = f"{before} {each['sentence']}".strip()
    return sentences


def test_with_nothing_set_every_setting_is_named_once(command_line: CommandLine) -> None:
    """With the processes that need it, and exit code 1."""
    answer = command_line("doctor", "--json")

    problems = [each["sentence"] for each in answer.json() if each["level"] == "problem"]
    assert answer.code == 1
    assert sum(each.startswith("DATABASE_URL is not set") for each in problems) == 1
    assert any(
        each.startswith("TOKEN_KEYS is not set") and each.endswith("(worker, web)")
        for each in problems
    )


def test_all_problems_are_told_at_once(
    quickbooks: ConsentingQuickBooks,
    on_database: CommandLine,
    pool: Pool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No relay, no worker, no broker, a key that is missing, no views."""
    monkeypatch.setenv("AMQP_URL", NOWHERE)
    with pool.connection() as connection:
        connect_company(connection)
        connection.execute(
            "INSERT INTO proline_qbo.tokens (company_id, realm_id, access_token, refresh_token,"
            " access_expires_at, refresh_expires_at, refreshed_at)"
            " SELECT id, realm_id, '\\x036f6c64aa', '\\x036f6c64bb', proline_qbo.clock(),"
            "        proline_qbo.clock(), proline_qbo.clock() FROM proline_qbo.companies"
        )

    answer = on_database("doctor", "--for", "worker", "--json")

    problems = found(answer.json(), "problem")
    assert answer.code == 1
    assert "nothing is taken in" in problems["relays"]
    assert "Nobody takes qbo.contacts" in problems["workers"]
    assert "RabbitMQ does not answer" in problems["broker"]
    assert "2 tokens lie under old, which TOKEN_KEYS does not have" in problems["keys"]
    assert "proline_export.contacts is not there" in found(answer.json(), "warning")["ProLine"]
    assert found(answer.json(), "ok")["QuickBooks"]


def test_a_system_that_is_well_has_no_problem(
    quickbooks: ConsentingQuickBooks,
    on_database: CommandLine,
    pool: Pool,
    amqp_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It says of each thing that it is well, with exit code 0."""
    monkeypatch.setenv("AMQP_URL", amqp_url)
    with pool.connection() as connection:
        connection.execute(VIEWS)
        for name in ("contacts", "projects", "invoices", "payments"):
            connection.execute(RECORD_VIEW.format(name=name))
        enable_company(connection)
    HandWorker(pool)
    relays_in(pool)

    answer = on_database("doctor", "--for", "relay", "--json")

    assert found(answer.json(), "problem") == {}
    assert answer.code == 0
    well = found(answer.json(), "ok")
    assert set(well) >= {"settings", "database", "schema", "relays", "workers", "broker", "queues"}
    assert "ok      relays: 2 are running" in on_database.done("doctor", "--for", "relay").out
    # A stage that was chosen and is not shown; and the tests' own role, which may do anything.
    assert set(found(answer.json(), "warning")) == {"stages", "role", "outbox writer"}


def relays_in(pool: Pool) -> None:
    """Have two relays live, of which one leads."""
    with pool.connection() as connection:
        connection.execute(
            "INSERT INTO proline_qbo.processes (id, kind, host, pid)"
            " SELECT gen_random_uuid(), 'relay', 'here', n FROM generate_series(1, 2) AS n"
        )
        connection.execute(
            "UPDATE proline_qbo.leadership SET term = 1, beat_at = proline_qbo.clock(),"
            " holder = (SELECT id FROM proline_qbo.processes WHERE kind = 'relay' LIMIT 1)"
        )


def test_companies_that_stand_still_are_named(on_database: CommandLine, pool: Pool) -> None:
    """Everything of ours may be well, and a contractor's books wait all the same."""
    with pool.connection() as connection:
        enable_company(connection)
        companies.lose(connection, "acme")
    lost = found(on_database("doctor", "--json").json(), "warning")
    with pool.connection() as connection:
        connection.execute(
            "UPDATE proline_qbo.companies SET connection = 'connected',"
            " pause_reason = 'unavailable', paused_until = proline_qbo.clock() + interval '1 min'"
        )
    silent = found(on_database("doctor", "--json").json(), "warning")

    assert "reconnect to QuickBooks on the page: acme." in lost["companies"]
    assert "QuickBooks does not answer for them" in silent["companies"]


def test_who_has_not_beaten_lately_is_not_running(on_database: CommandLine, pool: Pool) -> None:
    """Killed with the last relay they are declared gone by nobody; no sentence counts on them."""
    with pool.connection() as connection:
        enable_company(connection)
        append(connection, "contact", contact())
    HandWorker(pool)
    relays_in(pool)
    with pool.connection() as connection:
        connection.execute(
            "UPDATE proline_qbo.processes SET beat_at = proline_qbo.clock() - interval '11 s'"
        )

    problems = found(on_database("doctor", "--json").json(), "problem")

    assert "nothing is taken in" in problems["relays"]
    assert "Nobody takes" in problems["workers"]
    assert "No relay is running" in on_database.done("explain", "c1").out
    assert "none is running" in on_database.done("status").out


def test_a_database_without_our_schema_says_what_to_run(
    on_database: CommandLine, connection: psycopg.Connection
) -> None:
    """And the examinations that need it are left out, not broken."""
    connection.execute("DROP SCHEMA proline_qbo CASCADE")
    connection.execute("DROP TABLE public.proline_qbo_migrations")
    connection.commit()

    problems = found(on_database("doctor", "--json").json(), "problem")

    assert problems["schema"] == "Our schema is not there: run proline-qbo migrate."
    assert "relays" not in problems


@pytest.mark.parametrize(
    ("revision", "level", "words"),
    [("0001", "problem", "run proline-qbo migrate"), ("9999", "warning", "upgrade is under way")],
)
def test_another_revision_is_told(
    on_database: CommandLine, connection: psycopg.Connection, revision: str, level: str, words: str
) -> None:
    """An older one has to be migrated; a newer one is an upgrade under way."""
    connection.execute("UPDATE public.proline_qbo_migrations SET version_num = %s", [revision])
    connection.commit()

    assert words in found(on_database("doctor", "--json").json(), level)["schema"]


def test_a_role_that_may_see_nothing_is_told_so(
    on_database: CommandLine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The case the verdict on the role is for; what else there is to look at is looked at."""
    with login_in(database_url, "pg_monitor") as url:
        monkeypatch.setenv("DATABASE_URL", url)
        answer = on_database("doctor", "--json")

    assert "make it a member of proline_qbo_service" in found(answer.json(), "problem")["role"]
    assert "settings" in found(answer.json(), "problem")
    assert "clock" in found(answer.json(), "ok")


def test_a_view_that_takes_too_long_hides_nothing_else(
    quickbooks: ConsentingQuickBooks, on_database: CommandLine, pool: Pool
) -> None:
    """One row of it comes at once, all of it does not."""
    with pool.connection() as connection:
        enable_company(connection)
        connection.execute("CREATE SCHEMA proline_export")
        connection.execute(
            "CREATE VIEW proline_export.project_stages AS SELECT 'acme'::text AS company_id,"
            " 'Lead ' || n AS stage, n AS position FROM generate_series(1, 2) AS n"
            " WHERE n = 1 OR pg_sleep(5) IS NULL"
        )

    answer = on_database("doctor", "--json").json()

    assert "It cannot be looked at" in found(answer, "problem")["ProLine"]
    assert "QuickBooks" in found(answer, "ok")
    assert "keys" in found(answer, "ok")


def test_a_view_that_cannot_be_read_hides_nothing_else(
    on_database: CommandLine, pool: Pool
) -> None:
    """It is ProLine's; whatever is wrong with it is a sentence."""
    with pool.connection() as connection:
        connection.execute(VIEWS)
        connection.execute("CREATE VIEW proline_export.contacts AS SELECT 1 AS one")

    answer = on_database("doctor", "--json").json()

    assert "proline_export.contacts cannot be read" in found(answer, "problem")["ProLine"]
    assert "proline_export.projects is not there" in found(answer, "warning")["ProLine"]


def test_a_process_that_there_is_not_is_refused(on_database: CommandLine) -> None:
    """By name, with those there are."""
    refused = on_database("doctor", "--for", "relays")

    assert (refused.code, "--for takes relay, worker, web" in refused.err) == (2, True)


def test_looking_changes_nothing_in_the_tables(on_database: CommandLine, pool: Pool) -> None:
    """Not even a process is registered."""
    on_database("doctor")

    with pool.connection() as connection:
        assert connection.execute("SELECT FROM proline_qbo.processes").fetchall() == []
