"""The ladder of the tests' servers: the first rung that holds is taken, and nothing is skipped."""

import importlib
from contextlib import AbstractContextManager, nullcontext

import pytest

from app.postgres import EmbeddedPostgresFailed
from coordination.database import Pool
from tests.support import postgres
from tests.support.postgres import NoServer, Server, running_server


def test_a_given_server_is_taken_before_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who sets DATABASE_URL means that server, whatever else there is."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://ci@db.example.com/postgres")

    with running_server() as server:
        assert server == Server("postgresql://ci@db.example.com/postgres", "DATABASE_URL")
    assert "DATABASE_URL" in postgres.chosen_rung()


def test_docker_is_taken_before_the_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where an engine answers, the tests run on the server image that production may run on."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr(postgres, "docker_answers", lambda: True)
    monkeypatch.setattr(postgres, "_docker_server", _pretended)

    with running_server() as server:
        assert server.origin == "pretended"
    assert "Docker" in postgres.chosen_rung()


def test_what_the_docker_rung_loads_warns_of_nothing() -> None:
    """Warnings are errors here, and this rung is loaded only where an engine answers."""
    importlib.reload(importlib.import_module("testcontainers.community.postgres"))
    importlib.reload(importlib.import_module("testcontainers.core.container"))


def test_a_docker_program_without_an_engine_is_no_rung(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program is often there where its engine does not run."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")

    assert not postgres.docker_answers()


def test_without_any_rung_one_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run without PostgreSQL ends; it does not skip what it was asked to show."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr(postgres, "docker_answers", lambda: False)
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)

    with pytest.raises(NoServer, match=r"DATABASE_URL.*Docker") as raised, running_server():
        pass

    assert isinstance(raised.value.__cause__, EmbeddedPostgresFailed)


def test_sessions_of_the_pool_are_like_those_of_production(pool: Pool) -> None:
    """A statement that would run into production's timeout fails here first."""
    with pool.connection() as session:
        row = session.execute("SELECT current_setting('statement_timeout')").fetchone()

    assert row == ("2s",)


def _pretended() -> AbstractContextManager[Server]:
    return nullcontext(Server("postgresql://pretended", "pretended"))
