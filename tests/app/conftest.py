"""What the tests of the command line begin with: its settings, and QuickBooks behind HTTP."""

import logging
from collections.abc import Generator

import pytest
import structlog

from app.settings import descriptions
from qbo_simulator.http_server import serve
from tests.support.command_line import CommandLine
from tests.support.consenting_quickbooks import CLIENT_SECRET, TOKEN_KEY, ConsentingQuickBooks


@pytest.fixture
def command_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Generator[CommandLine]:
    """Give the command line with nothing set, and put logging back afterwards."""
    for name in descriptions():
        monkeypatch.delenv(name, raising=False)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield CommandLine(monkeypatch, capsys)
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def on_database(
    command_line: CommandLine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    """Give the command line with DATABASE_URL and nothing else."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    return command_line


@pytest.fixture
def quickbooks(
    on_database: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> Generator[ConsentingQuickBooks]:
    """Give the simulator over HTTP, and the settings that lead to it."""
    simulator = ConsentingQuickBooks()
    with serve(simulator) as server:
        settings = {
            "QBO_ENVIRONMENT": "simulator",
            "QBO_BASE_URL": server.base_url,
            "QBO_OAUTH_URL": server.base_url,
            "QBO_CLIENT_ID": "app",
            "QBO_CLIENT_SECRET": CLIENT_SECRET,
            "QBO_REDIRECT_URI": f"{server.base_url}/callback",
            "TOKEN_KEYS": f"test:{TOKEN_KEY}",
        }
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        simulator.base_url = server.base_url
        yield simulator
