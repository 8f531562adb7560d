"""An upgrade without a stop: the schema is migrated first, then processes are changed one by one.

So for a while old code runs on the new schema. It does if nothing it knows is gone or changed, and
nothing new is asked of what it writes. Held for each revision from `FROM` on; those before it say
in CHANGELOG.md what has to be stopped.
"""

from collections.abc import Iterator

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from app.migrate import MIGRATIONS

FROM = "0013"
OURS = "n.nspname IN ('proline_qbo', 'proline_outbox')"
KNOWN = {
    "columns": f"""
        SELECT n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {OURS} AND c.relkind IN ('r', 'v') AND a.attnum > 0 AND NOT a.attisdropped""",
    "functions": f"""
        SELECT n.nspname, p.proname, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid)
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {OURS}""",
    "indexes": f"""
        SELECT n.nspname, c.relname, pg_get_indexdef(c.oid), ''
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {OURS} AND c.relkind = 'i'""",
}
ASKED = {
    "constraints": f"""
        SELECT n.nspname, t.relname, c.conname, pg_get_constraintdef(c.oid)
        FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
        JOIN pg_namespace n ON n.oid = t.relnamespace WHERE {OURS} AND c.contype <> 'n'""",
    "rules of domains": f"""
        SELECT n.nspname, t.relname, c.conname, pg_get_constraintdef(c.oid)
        FROM pg_constraint c JOIN pg_attribute a ON a.atttypid = c.contypid
        JOIN pg_class t ON t.oid = a.attrelid
        JOIN pg_namespace n ON n.oid = t.relnamespace
        WHERE {OURS} AND t.relkind = 'r' AND NOT a.attisdropped
          AND NOT (a.attnotnull
                   AND pg_get_constraintdef(c.oid) LIKE 'CHECK ((VALUE IS NOT NULL))%')""",
    "triggers": f"""
        SELECT n.nspname, t.relname, g.tgname, pg_get_triggerdef(g.oid)
        FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid
        JOIN pg_namespace n ON n.oid = t.relnamespace WHERE {OURS} AND NOT g.tgisinternal""",
    "columns without a default": f"""
        SELECT n.nspname, c.relname, a.attname, ''
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {OURS} AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
          AND a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''""",
}
Catalogue = dict[str, set[tuple[str, str, str, str]]]


def revisions() -> Iterator[tuple[str, str]]:
    """Give each revision from `FROM` on with the one before it."""
    for each in ScriptDirectory(str(MIGRATIONS)).walk_revisions():
        if each.revision >= FROM:
            assert isinstance(each.down_revision, str)
            yield each.down_revision, each.revision


def catalogue(database_url: str) -> Catalogue:
    """Read what the schema holds."""
    with psycopg.connect(database_url) as connection:
        return {
            name: set(connection.execute(statement.encode()).fetchall())
            for name, statement in (KNOWN | ASKED).items()
        }


def objections(before: Catalogue, after: Catalogue) -> list[str]:
    """Say what old code would miss, or would be refused for."""
    gone = [f"gone: {name} {each}" for name in KNOWN for each in before[name] - after[name]]
    old = {(schema, table) for schema, table, _, _ in before["columns"]}
    asked = [
        f"asked: {name} {each}"
        for name in ASKED
        for each in after[name] - before[name]
        if each[:2] in old
    ]
    return gone + asked


@pytest.mark.parametrize(("before", "after"), list(revisions()))
def test_a_revision_takes_nothing_away_and_asks_nothing_new(
    database_url: str, before: str, after: str
) -> None:
    """Old code finds all it knows, and what it writes is taken."""
    to(database_url, before)
    old = catalogue(database_url)
    to(database_url, after)

    assert objections(old, catalogue(database_url)) == []


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE proline_qbo.records DROP COLUMN transient_errors",
        "ALTER TABLE proline_qbo.records ALTER COLUMN generation TYPE bigint",
        "ALTER TABLE proline_qbo.nudges ADD COLUMN asked_by text NOT NULL",
        "ALTER TABLE proline_qbo.nudges ADD CHECK (company_id <> 'x')",
        "ALTER DOMAIN proline_outbox.record_id ADD CHECK (VALUE <> 'x')",
        "DROP INDEX proline_qbo.records_pending",
        "DROP FUNCTION proline_outbox.append",
    ],
)
def test_the_look_finds_what_old_code_would_trip_over(database_url: str, change: str) -> None:
    """It would pass over anything if it did not."""
    old = catalogue(database_url)
    with psycopg.connect(database_url) as connection:
        connection.execute(change.encode())

    assert objections(old, catalogue(database_url))


def to(database_url: str, revision: str) -> None:
    """Bring the schema to a revision, from whichever it has."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = database_url
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT version_num FROM public.proline_qbo_migrations").fetchone()
    assert row is not None
    (command.downgrade if row[0] > revision else command.upgrade)(config, revision)
