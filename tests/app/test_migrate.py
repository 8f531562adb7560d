"""Migrations bring any database of ours to the newest schema, and do nothing the second time."""

import psycopg
from alembic.script import ScriptDirectory

from app.migrate import MIGRATIONS, migrate

VERSION = "SELECT version_num FROM public.proline_qbo_migrations"


def test_a_migrated_database_is_at_the_newest_revision(connection: psycopg.Connection) -> None:
    """The revisions form one line with one end."""
    newest = ScriptDirectory(str(MIGRATIONS)).get_current_head()

    row = connection.execute(VERSION).fetchone()

    assert row == (newest,)


def test_migrating_again_changes_nothing(database_url: str, connection: psycopg.Connection) -> None:
    """A deployment may run `migrate` every time."""
    connection.execute("CREATE TABLE proline_qbo.of_this_test (n int)")
    connection.commit()

    migrate(database_url)

    row = connection.execute("SELECT count(*) FROM proline_qbo.of_this_test").fetchone()
    assert row == (0,)
