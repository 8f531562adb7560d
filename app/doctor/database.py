"""The database: its version, our schema, what the role we log in with may do, and its clock."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import psycopg
from alembic.config import Config
from alembic.script import ScriptDirectory

from app.doctor.verdict import Verdict, ok, problem, warning
from app.migrate import MIGRATIONS
from coordination.database import Connection

VERSION_LEAST: Final = 15
SKEW_SECONDS: Final = 2.0
NEEDED: Final = ("SELECT", "INSERT", "UPDATE", "DELETE")
ONLY_ADDED_TO: Final = "audit"

_SERVER = """
SELECT current_setting('server_version_num')::int / 10000, current_setting('server_version')
"""
_MAY_SEE = """
SELECT coalesce(bool_and(has_schema_privilege(oid, 'USAGE')), true)
FROM pg_namespace WHERE nspname IN ('proline_qbo', 'proline_outbox')
"""
_REVISION = "SELECT version_num FROM public.proline_qbo_migrations"
_ROLE = """
SELECT current_user, rolsuper, has_schema_privilege('proline_qbo', 'CREATE')
FROM pg_roles WHERE rolname = current_user
"""
_LACKS = """
SELECT t.tablename, p.privilege
FROM pg_tables t CROSS JOIN unnest(%s::text[]) AS p (privilege)
WHERE t.schemaname = 'proline_qbo'
  AND NOT (t.tablename = %s AND p.privilege IN ('UPDATE', 'DELETE'))
  AND NOT has_table_privilege(format('proline_qbo.%%I', t.tablename), p.privilege)
ORDER BY 1, 2
"""
_MAY_TAKE = """
SELECT CASE WHEN has_schema_privilege('proline_outbox', 'USAGE') THEN
           has_table_privilege('proline_outbox.outbox_events', 'SELECT')
           AND has_table_privilege('proline_outbox.outbox_events', 'DELETE')
       ELSE false END
"""
_WRITERS = """
SELECT count(*) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid
WHERE r.rolname = 'proline_outbox_writer'
"""


def newest_revision() -> str:
    """Name the newest revision this code brings along."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return ScriptDirectory.from_config(config).get_current_head() or ""


def has_schema(connection: Connection) -> bool:
    """Whether our tables are there at all."""
    row = connection.execute("SELECT to_regclass('proline_qbo.records') IS NOT NULL").fetchone()
    return bool(row and row[0])


def examine_database(connection: Connection) -> Iterator[Verdict]:
    """Look at the server, the schema, the role and the clock.

    Args:
        connection: each statement is a transaction by itself: one may fail.
    """
    yield _server(connection)
    yield _clock(connection)
    if not _may_see(connection):
        name = connection.info.user
        yield problem(
            "role",
            f"Role {name} may not even look into our schema: make it a member of"
            " proline_qbo_service (docs/security.md).",
        )
        return
    yield _schema(connection)
    if has_schema(connection):
        yield from _role(connection)


def _server(connection: Connection) -> Verdict:
    major, version = connection.execute(_SERVER).fetchone() or (0, "unknown")
    if major < VERSION_LEAST:
        return problem(
            "database", f"PostgreSQL {version} is too old: {VERSION_LEAST} is the oldest we run on."
        )
    return ok("database", f"PostgreSQL {version} answers.")


def _schema(connection: Connection) -> Verdict:
    newest = newest_revision()
    try:
        revision = _revision(connection)
    except psycopg.errors.InsufficientPrivilege:
        return problem(
            "schema", "This role may not even see its revision: see the verdict on the role."
        )
    if revision is None:
        return problem("schema", "Our schema is not there: run proline-qbo migrate.")
    if revision < newest:
        return problem(
            "schema",
            f"It is at revision {revision}, this version brings {newest}: run proline-qbo migrate.",
        )
    if revision > newest:
        return warning(
            "schema",
            f"It is at revision {revision}, newer than this version's {newest}: an upgrade is under"
            " way, or this is an old version.",
        )
    return ok("schema", f"It is at the newest revision, {revision}.")


def _may_see(connection: Connection) -> bool:
    row = connection.execute(_MAY_SEE).fetchone()
    return bool(row and row[0])


def _revision(connection: Connection) -> str | None:
    try:
        row = connection.execute(_REVISION).fetchone()
    except psycopg.errors.UndefinedTable:
        return None
    return str(row[0]) if row else None


def _role(connection: Connection) -> Iterator[Verdict]:
    name, is_super, owns = connection.execute(_ROLE).fetchone() or ("?", False, False)
    lacks = connection.execute(_LACKS, [list(NEEDED), ONLY_ADDED_TO]).fetchall()
    may_take = connection.execute(_MAY_TAKE).fetchone() == (True,)
    if lacks or not may_take:
        tables = ", ".join(sorted({table for table, _ in lacks})) or "the outbox"
        yield problem(
            "role",
            f"Role {name} may not use {tables}: make it a member of proline_qbo_service"
            " (docs/security.md).",
        )
    elif is_super or owns:
        yield warning(
            "role",
            f"Role {name} may change the schema itself: let all but proline-qbo migrate log in as a"
            " member of proline_qbo_service (docs/security.md).",
        )
    else:
        yield ok("role", f"Role {name} may do what it needs and no more.")
    writers = connection.execute(_WRITERS).fetchone() or (0,)
    if writers[0] == 0:
        yield warning(
            "outbox writer",
            "No role is a member of proline_outbox_writer: grant it to the one ProLine logs in"
            " with, unless that one owns the schema.",
        )
    else:
        yield ok("outbox writer", "ProLine's role may append to the outbox.")


def _clock(connection: Connection) -> Verdict:
    """Compare within the round trip: what it took bounds how far the answer may be off."""
    before = time.time()
    row = connection.execute("SELECT clock_timestamp()").fetchone()
    after = time.time()
    said: datetime = row[0] if row else datetime.now(UTC)
    behind = said.timestamp() - (before + after) / 2
    if abs(behind) - (after - before) / 2 > SKEW_SECONDS:
        return warning(
            "clock",
            f"The database's clock is {behind:+.1f} s from this machine's: keep both by NTP.",
        )
    return ok("clock", "The database's clock agrees with this machine's.")
