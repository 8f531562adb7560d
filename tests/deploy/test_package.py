"""What an installation brings along: every package of ours, its migrations and its schemas.

Installed from the folder itself, all of it is there whatever the list says; a wheel has what is
listed, and an image is made from a wheel.
"""

import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from app.migrate import MIGRATIONS
from schemas import json_schema

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
NOT_INSTALLED = {"chaos", "tests"}


def test_every_folder_with_code_is_in_the_list() -> None:
    """Migrations too, which are imported by nobody and found by their path."""
    top = {path.parent.name for path in ROOT.glob("*/__init__.py")} - NOT_INSTALLED
    files = [path for name in (*top, MIGRATIONS.name) for path in (ROOT / name).rglob("*.py")]
    folders = {".".join(path.parent.relative_to(ROOT).parts) for path in files}
    assert {"app.cli", "migrations.versions", "qbo_simulator"} <= folders
    # As setuptools finds them: by their whole name, also without an `__init__.py`.
    listed = PROJECT["packages"]["find"]
    assert listed.keys() == {"include"}
    assert [
        name for name in folders if not any(fnmatch(name, each) for each in listed["include"])
    ] == []


def test_every_schema_file_is_in_the_list() -> None:
    """Other languages read them, and they are no Python."""
    schemas = sorted((ROOT / "schemas").rglob("*.json"))

    names = [path.relative_to(ROOT / "schemas").as_posix() for path in schemas]
    assert len(names) >= 4
    patterns = PROJECT["package-data"][json_schema.__name__.partition(".")[0]]
    assert [name for name in names if not any(fnmatch(name, each) for each in patterns)] == []


def test_migrations_lie_beside_the_command_that_runs_them() -> None:
    """In a wheel as here: `app` and `migrations` are neighbours."""
    assert MIGRATIONS == ROOT / "migrations"
