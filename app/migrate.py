"""Brings a database to the newest schema: what `proline-qbo migrate`, the demo and tests run."""

from pathlib import Path
from typing import Final

import psycopg
from alembic import command
from alembic.config import Config

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"

# After every migration and not within one: of tables that are yet to come too, whoever makes them,
# and of roles that an administrator has made since. Granting again changes nothing.
GRANTS: Final = """
DO $grants$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'proline_qbo_service') THEN
        GRANT USAGE ON SCHEMA proline_qbo, proline_outbox TO proline_qbo_service;
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA proline_qbo
            TO proline_qbo_service;
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA proline_qbo TO proline_qbo_service;
        -- What was done stays told: a process that was taken over cannot take its traces away.
        REVOKE UPDATE, DELETE ON proline_qbo.audit FROM proline_qbo_service;
        GRANT SELECT, DELETE ON proline_outbox.outbox_events TO proline_qbo_service;
        GRANT SELECT ON public.proline_qbo_migrations TO proline_qbo_service;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'proline_qbo_scaler') THEN
        GRANT USAGE ON SCHEMA proline_qbo TO proline_qbo_scaler;
        GRANT SELECT ON proline_qbo.eligible_work TO proline_qbo_scaler;
    END IF;
END
$grants$
"""


def migrate(url: str) -> None:
    """Run every migration the database does not have yet; running it again changes nothing.

    Args:
        url: the database's address, `postgresql://…`.
    """
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["url"] = url
    command.upgrade(config, "head")
    with psycopg.connect(url, application_name="proline-qbo migrate") as connection:
        connection.execute("SET lock_timeout = '2s'")
        connection.execute(GRANTS)
