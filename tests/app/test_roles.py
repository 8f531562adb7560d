"""What each role of ours may do in the database, and that it is enough for the whole way."""

import psycopg
import pytest
from psycopg import errors

from app.doctor.database import examine_database
from app.migrate import migrate
from tests.support.proline import enable_company
from tests.support.roles import login_in

SERVICE, SCALER, WRITER = "proline_qbo_service", "proline_qbo_scaler", "proline_outbox_writer"
APPEND = "SELECT proline_outbox.append('acme', 'contact', 'c1', '{}'::jsonb, '')"
INSERT = """
INSERT INTO proline_outbox.outbox_events (company_id, entity, record_id, snapshot)
VALUES ('acme', 'contact', 'c1', '{}')
"""
READ_OUTBOX = "SELECT * FROM proline_outbox.outbox_events"
FORBIDDEN = {
    SERVICE: [
        "CREATE TABLE proline_qbo.mine (n int)",
        "DROP TABLE proline_qbo.nudges",
        "ALTER TABLE proline_qbo.records ADD COLUMN mine int",
        "TRUNCATE proline_qbo.calls",
        "UPDATE proline_qbo.audit SET user_name = 'nobody'",
        "DELETE FROM proline_qbo.audit",
        APPEND,
        INSERT,
        "CREATE ROLE mine",
    ],
    SCALER: [
        "SELECT * FROM proline_qbo.records",
        "SELECT * FROM proline_qbo.tokens",
        "SELECT * FROM proline_qbo.companies",
        READ_OUTBOX,
        "INSERT INTO proline_qbo.nudges (company_id) VALUES ('acme')",
    ],
    WRITER: [
        READ_OUTBOX,
        "DELETE FROM proline_outbox.outbox_events",
        "SELECT * FROM proline_qbo.records",
    ],
}
ALLOWED = {
    SERVICE: ["SELECT * FROM proline_qbo.audit", "DELETE FROM proline_outbox.outbox_events"],
    SCALER: ["SELECT entity, usable, oldest_seconds FROM proline_qbo.eligible_work"],
    WRITER: [APPEND],
}


@pytest.mark.parametrize(
    ("role", "statement"), [(role, each) for role, every in FORBIDDEN.items() for each in every]
)
def test_a_role_may_not_do_more_than_its_part(database_url: str, role: str, statement: str) -> None:
    """A process that was taken over can change neither the schema nor what was told of it."""
    with (
        login_in(database_url, role) as url,
        psycopg.connect(url) as connection,
        pytest.raises(errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())


@pytest.mark.parametrize(
    ("role", "statement"), [(role, each) for role, every in ALLOWED.items() for each in every]
)
def test_a_role_may_do_its_part(database_url: str, role: str, statement: str) -> None:
    """The other side of it."""
    with login_in(database_url, role) as url, psycopg.connect(url) as connection:
        connection.execute(statement.encode())


def test_the_service_may_use_every_table_there_is(
    database_url: str, connection: psycopg.Connection
) -> None:
    """A migration that makes one and forgets the grant is found here, and not at night."""
    enable_company(connection)
    connection.commit()
    with login_in(database_url, SERVICE) as url, psycopg.connect(url, autocommit=True) as service:
        verdicts = {each.subject: each for each in examine_database(service)}

    assert verdicts["role"].level == "ok", verdicts["role"].sentence


def test_a_role_that_may_too_little_is_told(database_url: str) -> None:
    """The doctor says so, and what to do."""
    with login_in(database_url, SCALER) as url, psycopg.connect(url, autocommit=True) as connection:
        (role,) = [each for each in examine_database(connection) if each.subject == "role"]

    assert role.level == "problem"
    assert "proline_qbo_service" in role.sentence


def test_migrating_again_grants_what_is_missing(
    database_url: str, connection: psycopg.Connection
) -> None:
    """Of tables that came since, and of a role that an administrator has made since."""
    connection.execute("CREATE TABLE proline_qbo.of_this_test (n int)")
    connection.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA proline_qbo FROM {SERVICE}".encode())
    connection.commit()

    migrate(database_url)

    with login_in(database_url, SERVICE) as url, psycopg.connect(url) as service:
        service.execute("INSERT INTO proline_qbo.of_this_test VALUES (1)")
        service.execute("SELECT * FROM proline_qbo.records")


def test_a_role_that_lacks_one_table_is_told_which(
    database_url: str, connection: psycopg.Connection
) -> None:
    """An administrator took something away, or a table came by another way."""
    connection.execute(f"REVOKE UPDATE ON proline_qbo.limiters FROM {SERVICE}".encode())
    connection.commit()
    with login_in(database_url, SERVICE) as url, psycopg.connect(url, autocommit=True) as service:
        (role,) = [each for each in examine_database(service) if each.subject == "role"]

    assert (role.level, "may not use limiters" in role.sentence) == ("problem", True)
