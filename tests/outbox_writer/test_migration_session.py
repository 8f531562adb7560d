"""How migrations behave towards ProLine while they run."""

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def configured(**attributes: object) -> Config:
    """Configure Alembic as the product does, without its file."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes.update(attributes)
    return config


def test_a_migration_waits_two_seconds_for_a_lock_and_as_long_as_it_needs_for_itself(
    database_url: str,
) -> None:
    """Whatever the role's own settings are, ProLine is never blocked behind a waiting migration."""
    url = make_url(database_url).set(drivername="postgresql+psycopg")
    with create_engine(url, poolclass=NullPool).connect() as connection:
        connection.execute(text("SET lock_timeout = '1h'"))
        connection.execute(text("SET statement_timeout = '1h'"))

        command.upgrade(configured(connection=connection), "head")

        assert connection.scalar(text("SHOW lock_timeout")) == "2s"
        assert connection.scalar(text("SHOW statement_timeout")) == "0"


def test_a_migrated_database_is_found_by_its_url_and_has_nothing_left_to_do(
    database_url: str,
) -> None:
    """The version stands in `public.proline_qbo_migrations`, apart from ProLine's own Alembic."""
    command.upgrade(configured(url=database_url), "head")

    url = make_url(database_url).set(drivername="postgresql+psycopg")
    with create_engine(url, poolclass=NullPool).connect() as connection:
        versions = connection.scalars(text("SELECT version_num FROM public.proline_qbo_migrations"))
        assert len(versions.all()) == 1


def test_without_a_database_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says which setting is missing."""
    monkeypatch.delenv("DATABASE_URL", raising=False)

    with pytest.raises(SystemExit, match="DATABASE_URL"):
        command.upgrade(configured(), "head")
