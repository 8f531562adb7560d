# noqa: INP001 - Alembic loads this file by path
"""Runs the migrations: finds the database, and never makes ProLine wait long for a lock.

The database is named, in this order, by `config.attributes["connection"]` (an open SQLAlchemy
connection), `config.attributes["url"]`, `alembic -x url=...`, or the environment's `DATABASE_URL`.
"""

import os

from alembic import context
from sqlalchemy import Connection, create_engine, make_url
from sqlalchemy.pool import NullPool

LOCK_TIMEOUT = "2s"
VERSION_TABLE = "proline_qbo_migrations"


def main() -> None:
    """Migrate over the connection we were handed, or one of our own."""
    connection = context.config.attributes.get("connection")
    if isinstance(connection, Connection):
        _migrate(connection)
        return
    engine = create_engine(
        make_url(_url()).set(drivername="postgresql+psycopg"), poolclass=NullPool
    )
    with engine.connect() as own:
        _migrate(own)
        own.commit()


def _url() -> str:
    url = (
        context.config.attributes.get("url")
        or context.get_x_argument(as_dictionary=True).get("url")
        or os.environ.get("DATABASE_URL")
    )
    if not url:
        raise SystemExit("No database to migrate: set DATABASE_URL or pass -x url=postgresql://...")
    return str(url)


def _migrate(connection: Connection) -> None:
    # The migrations run in one transaction. A lock that ProLine holds ends it after two seconds; a
    # statement may take as long as it needs, whatever the role's own timeout is.
    connection.exec_driver_sql(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
    connection.exec_driver_sql("SET statement_timeout = 0")
    context.configure(
        connection=connection, version_table=VERSION_TABLE, version_table_schema="public"
    )
    with context.begin_transaction():
        context.run_migrations()


main()
