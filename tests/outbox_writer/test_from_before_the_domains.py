"""An outbox from before its rules were domains: migrated, it holds what it held, in order."""

from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.config import Config

from app.migrate import migrate

MIGRATIONS = Path(__file__).parents[2] / "migrations"
APPEND = "SELECT proline_outbox.append(%s, 'invoice', %s, %s, 'invoice.changed')"
EVENTS = """
SELECT id, company_id, entity, record_id, event_type, snapshot::text, created_at
FROM proline_outbox.outbox_events ORDER BY id
"""


def as_before(database_url: str) -> None:
    """Take the revision back."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = database_url
    command.downgrade(config, "0009")


def test_events_of_before_are_there_and_numbered_on(
    database_url: str, connection: psycopg.Connection
) -> None:
    """The relay may be away while a deployment migrates: what lies there then is not lost."""
    as_before(database_url)
    for record_id in ("inv-1", "inv-2"):
        connection.execute(APPEND, ["com-1", record_id, '{"total": 10.00}'])
    before = connection.execute(EVENTS).fetchall()
    connection.commit()

    migrate(database_url)

    assert connection.execute(EVENTS).fetchall() == before
    row = connection.execute(APPEND, ["com-1", "inv-3", "{}"]).fetchone()
    assert row == (before[-1][0] + 1,)


def test_a_session_of_prolines_appends_on_through_the_migration(
    database_url: str, connection: psycopg.Connection
) -> None:
    """ProLine need not be stopped: what it has prepared asks for an id, and still gets one."""
    as_before(database_url)
    connection.autocommit = True
    event = ["com-1", "inv-1", "{}"]
    before = connection.execute(APPEND, event, prepare=True).fetchone()

    migrate(database_url)

    after = connection.execute(APPEND, event, prepare=True).fetchone()
    assert before is not None
    assert after == (before[0] + 1,)
    with pytest.raises(psycopg.errors.CheckViolation):
        connection.execute(APPEND, ["", "inv-1", "{}"], prepare=True)


def test_taken_back_the_table_refuses_as_it_did(
    database_url: str, connection: psycopg.Connection
) -> None:
    """The rules are never away: they stand on the table again, and no domain is left."""
    connection.execute(APPEND, ["com-1", "inv-1", "{}"])
    connection.commit()

    as_before(database_url)

    assert len(connection.execute(EVENTS).fetchall()) == 1
    domains = connection.execute(
        "SELECT typname FROM pg_type WHERE typtype = 'd'"
        " AND typnamespace = 'proline_outbox'::regnamespace"
    )
    assert domains.fetchall() == []
    with pytest.raises(psycopg.errors.CheckViolation) as refused:
        connection.execute(APPEND, ["", "inv-1", "{}"])
    assert refused.value.diag.constraint_name == "an_event_names_its_company"
    assert refused.value.diag.table_name == "outbox_events"
