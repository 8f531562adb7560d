"""`migrate`: brings the database to the newest schema."""

import typer

from app.cli.opening import reachable_database
from app.migrate import migrate as migrate_database


def migrate() -> None:
    """Bring the database to the newest schema; running it again changes nothing."""
    migrate_database(reachable_database())
    typer.echo("The database has the newest schema.")
