"""`relay` and `worker` say what keeps them from starting, before they start anything."""

import pytest

from tests.support.command_line import CommandLine

WORKER_SETTINGS = {
    "AMQP_URL": "amqp://guest:guest@127.0.0.1:1/",
    "QBO_ENVIRONMENT": "simulator",
    "QBO_BASE_URL": "http://127.0.0.1:1",
    "QBO_OAUTH_URL": "http://127.0.0.1:1",
    "QBO_CLIENT_ID": "app",
    "QBO_CLIENT_SECRET": "secret",
    "QBO_REDIRECT_URI": "http://127.0.0.1:1/callback",
    "TOKEN_KEYS": "key:a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=",
}


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Give what a worker needs, of servers that do not answer."""
    for name, value in WORKER_SETTINGS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    return monkeypatch


@pytest.mark.parametrize("command", ["relay", "worker"])
def test_the_embedded_broker_carries_nothing_between_processes(
    command: str, command_line: CommandLine, configured: pytest.MonkeyPatch
) -> None:
    """Each would wait for the other for ever; the sentence says what to set."""
    configured.setenv("BROKER", "embedded")

    answer = command_line(command)

    assert answer.code == 2
    assert "BROKER=rabbitmq" in answer.err
    assert "AMQP_URL" in answer.err


@pytest.mark.parametrize("command", ["relay", "worker"])
def test_a_database_that_is_away_is_a_sentence(
    command: str, command_line: CommandLine, configured: pytest.MonkeyPatch
) -> None:
    """Its platform starts it again; nobody has to read a traceback for that."""
    answer = command_line(command)

    assert answer.code == 2
    assert answer.err.startswith("The database cannot be used:")
    assert "Traceback" not in answer.err


def test_all_missing_settings_are_named_at_once(
    command_line: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not one at each start."""
    for name in (*WORKER_SETTINGS, "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)

    answer = command_line("worker")

    assert answer.code == 2
    assert all(
        name in answer.err
        for name in ("DATABASE_URL", "AMQP_URL", "QBO_ENVIRONMENT", "QBO_CLIENT_ID", "TOKEN_KEYS")
    )


def test_a_queue_that_there_is_not_is_refused_by_name(
    command_line: CommandLine, configured: pytest.MonkeyPatch
) -> None:
    """A typing error must not become a worker that takes nothing; no server is asked for it."""
    answer = command_line("worker", "--queues", "qbo.contacts,qbo.quotes")

    assert answer.code == 2
    assert "There is no queue qbo.quotes" in answer.err
    assert "qbo.payments" in answer.err
