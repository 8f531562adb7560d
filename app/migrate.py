"""Brings a database to the newest schema: what `proline-qbo migrate`, the demo and tests run."""

from pathlib import Path

from alembic import command
from alembic.config import Config

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


def migrate(url: str) -> None:
    """Run every migration the database does not have yet; running it again changes nothing.

    Args:
        url: the database's address, `postgresql://…`.
    """
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["url"] = url
    command.upgrade(config, "head")
