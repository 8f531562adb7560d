"""The README is what a newcomer follows: its commands, examples, links and rows are held true."""

import ast
import importlib
import importlib.util
import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from joserfc.jwk import ECKey

from access.launch import read_launch
from access.people import Person, Role

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
EXTERNAL = ("http://", "https://", "mailto:")


def blocks(language: str) -> list[str]:
    """Return the README's code blocks in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def test_every_make_command_of_the_readme_exists() -> None:
    """A newcomer's first command must not be unknown."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    named = set(
        re.findall(r"\bmake ([a-z]+)`", README)
        + re.findall(r"^make ([a-z]+)", README, re.MULTILINE)
    )

    assert named >= {"demo", "test", "check", "help"}
    assert named <= targets


@pytest.mark.parametrize("command", sorted(set(re.findall(r"`proline-qbo ([a-z]+)", README))))
def test_every_command_of_the_readme_exists(command: str) -> None:
    """The command line answers `--help` for whatever the README tells people to run."""
    script = "import sys; from app.cli import main; sys.argv[0] = 'proline-qbo'; main()"

    asked = subprocess.run(  # noqa: S603  # this Python, and words of our README
        [sys.executable, "-c", script, command, "--help"],
        capture_output=True,
        check=False,
        cwd=ROOT,
        text=True,
        timeout=60,
    )

    assert asked.returncode == 0, asked.stderr


def test_the_python_examples_import_what_exists() -> None:
    """An example that cannot be imported teaches nothing."""
    examples = [ast.parse(block) for block in blocks("python")]

    imports = [node for tree in examples for node in tree.body if isinstance(node, ast.ImportFrom)]
    assert {node.module for node in imports} == {"joserfc", "joserfc.jwk", "outbox", "schemas"}
    for node in imports:
        names = [name.name for name in node.names]
        assert [name for name in names if not _is_in(str(node.module), name)] == []


def test_the_launch_example_opens_the_page() -> None:
    """The token a ProLine engineer signs so is one that the page believes."""
    (example,) = [block for block in blocks("python") if "jwt.encode" in block]
    key = ECKey.generate_key("P-256")
    names = {"private_key_pem": key.as_pem(private=True)}

    exec(example, names)  # noqa: S102  # words of our README

    jwks = json.dumps({"keys": [{**key.as_dict(private=False), "kid": "proline-1"}]})
    launch = read_launch(str(names["token"]), jwks, now=datetime.now(UTC))
    assert launch.person == Person("company-1", "user-1", "Jane Example", Role.ADMIN)
    assert launch.company_name == "Example Roofing"


def test_the_sql_example_writes_an_event(connection: psycopg.Connection) -> None:
    """The statement a ProLine engineer copies works on the database as migrated."""
    (example,) = blocks("sql")

    connection.execute(example.encode())

    row = connection.execute("SELECT record_id FROM proline_outbox.outbox_events").fetchone()
    assert row == ("contact-12",)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_inside_the_repository_resolves(document: Path) -> None:
    """A link that leads nowhere is found here and not by its reader."""
    targets = re.findall(r"\]\(([^)#]+)", document.read_text())

    inside = [target for target in targets if not target.startswith(EXTERNAL)]
    assert [target for target in inside if not (document.parent / target).exists()] == []


def test_every_package_has_a_row() -> None:
    """Whoever opens a folder finds in the README what it owns."""
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}

    rows = set(re.findall(r"^\| \[([\w/]+)\]", README, re.MULTILINE))

    assert packages <= rows


def test_every_library_has_a_reason() -> None:
    """A dependency without a line in the decision about libraries has not been decided."""
    project = (ROOT / "pyproject.toml").read_text().partition("[project.scripts]")[0]
    lists = project.partition("\ndependencies = [")[2]

    reasons = (ROOT / "docs" / "decisions" / "0001-libraries.md").read_text()
    libraries = re.findall(r'"([a-z0-9-]+)(?:\[[a-z,]+\])?(?:>=[\d.]+)?"', lists)

    assert len(libraries) > 20
    rows = " ".join(re.findall(r"^\| ([a-z0-9, -]+) \|", reasons, re.MULTILINE))
    assert [name for name in libraries if not re.search(rf"(^|[ ,]){name}([ ,]|$)", rows)] == []


def _is_in(module: str, name: str) -> bool:
    """Say whether a module offers a name, or a package a module of that name."""
    if hasattr(importlib.import_module(module), name):
        return True
    return importlib.util.find_spec(f"{module}.{name}") is not None
