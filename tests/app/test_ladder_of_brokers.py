"""The ladder of the tests' RabbitMQ: the first rung that holds is taken, and nothing is skipped."""

import os
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest
from amqp.exceptions import NotFound
from kombu import Connection

import app.rabbitmq
from app.rabbitmq import PrivateRabbitmqFailed
from broker.topology import declare_at
from tests.support import debian, rabbitmq
from tests.support.postgres import NoServer
from tests.support.rabbitmq import Server, fresh_virtual_host, running_server

UNANSWERED = "amqp://guest:guest@127.0.0.1:1/%2F"
RECORDING = """#!/bin/sh
echo "${0##*/} $* $DEBIAN_FRONTEND $RUNLEVEL" >>"{calls}"
"""
FAILING = RECORDING + "echo 'E: no such luck' >&2; exit 100\n"


def test_a_given_server_is_taken_before_all_others(
    monkeypatch: pytest.MonkeyPatch, amqp_url: str
) -> None:
    """Who sets AMQP_URL means that server, whatever else there is."""
    monkeypatch.setenv("AMQP_URL", amqp_url)

    with running_server() as server:
        assert server == Server(amqp_url, "AMQP_URL")
    assert "AMQP_URL" in rabbitmq.chosen_rung()
    assert not rabbitmq.needs_programs()


def test_a_given_virtual_host_is_left_as_empty_as_it_was(amqp_url: str) -> None:
    """Where the tests cannot make virtual hosts, each deletes what it declared."""
    with fresh_virtual_host(Server(amqp_url, "AMQP_URL")) as url:
        assert url == amqp_url
        declare_at(url)
        assert _has_our_queues(url)

    assert not _has_our_queues(url)


def test_a_virtual_host_in_use_is_refused(monkeypatch: pytest.MonkeyPatch, amqp_url: str) -> None:
    """The tests delete what they find: they must not find what somebody works with."""
    monkeypatch.setenv("AMQP_URL", amqp_url)
    declare_at(amqp_url)

    with pytest.raises(NoServer, match=r"qbo\.contacts.*empty virtual host"), running_server():
        pass

    assert _has_our_queues(amqp_url)


def test_a_given_server_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next rung is not taken in its place: that would test something else than was asked."""
    monkeypatch.setenv("AMQP_URL", UNANSWERED)

    with pytest.raises(NoServer, match=r"AMQP_URL does not answer"), running_server():
        pass


def test_docker_is_taken_before_the_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where an engine answers, the tests run on the server image that production may run on."""
    monkeypatch.delenv("AMQP_URL", raising=False)
    monkeypatch.setattr(rabbitmq, "docker_answers", lambda: True)
    monkeypatch.setattr(rabbitmq, "_docker_server", _pretended)

    with running_server() as server:
        assert server.origin == "pretended"
    assert "Docker" in rabbitmq.chosen_rung()


def test_without_any_rung_one_sentence_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, bare_machine: Path
) -> None:
    """A run without RabbitMQ ends; it does not skip what it was asked to show."""
    monkeypatch.delenv("AMQP_URL", raising=False)
    monkeypatch.setattr(rabbitmq, "docker_answers", lambda: False)

    with pytest.raises(NoServer, match=r"apt install.*AMQP_URL.*Docker") as raised:
        running_server().__enter__()

    assert isinstance(raised.value.__cause__, PrivateRabbitmqFailed)
    assert rabbitmq.chosen_rung() == "none is here"


def test_each_test_has_a_virtual_host_of_its_own(rabbitmq_server: Server) -> None:
    """What one test leaves is never seen by another."""
    with fresh_virtual_host(rabbitmq_server) as one, fresh_virtual_host(rabbitmq_server) as other:
        declare_at(one)

        assert _has_our_queues(one)
        if rabbitmq_server.import_definitions is not None:
            assert one != other
            assert not _has_our_queues(other)


def test_virtual_hosts_are_made_many_at_once() -> None:
    """The administrator's tool takes a second a call, far too long for every test."""
    calls: list[str] = []
    server = Server("amqp://guest:guest@127.0.0.1:5672/%2F", "pretended", calls.append)

    for _ in range(rabbitmq.VIRTUAL_HOSTS_AT_ONCE + 1):
        with fresh_virtual_host(server) as url:
            assert url.startswith("amqp://guest:guest@127.0.0.1:5672/test-")

    assert len(calls) == 2


def test_programs_that_are_here_are_not_installed(
    monkeypatch: pytest.MonkeyPatch, bare_machine: Path
) -> None:
    """An installed RabbitMQ is used as it is, whoever runs the tests."""
    monkeypatch.setattr(debian, "programs", lambda: Path("/usr/lib/rabbitmq/bin"))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    _put(bare_machine, "apt-get", RECORDING)
    said: list[str] = []

    debian.install_rabbitmq_where_missing(said.append)

    assert said == []
    assert _calls(bare_machine) == []


def test_only_root_with_apt_installs(monkeypatch: pytest.MonkeyPatch, bare_machine: Path) -> None:
    """Whoever may not install gets the sentence later, from what needs the programs."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    _put(bare_machine, "apt-get", RECORDING)
    said: list[str] = []

    debian.install_rabbitmq_where_missing(said.append)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    (bare_machine / "apt-get").unlink()
    debian.install_rabbitmq_where_missing(said.append)

    assert said == []
    assert _calls(bare_machine) == []


def test_debians_rabbitmq_is_installed_and_not_started(
    monkeypatch: pytest.MonkeyPatch, bare_machine: Path
) -> None:
    """On a machine with systemd the units are masked meanwhile, and disabled afterwards."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(debian, "SYSTEMD", bare_machine)
    for name in ("apt-get", "systemctl"):
        _put(bare_machine, name, RECORDING)
    said: list[str] = []

    debian.install_rabbitmq_where_missing(said.append)

    units = "rabbitmq-server.service epmd.service epmd.socket"
    assert _calls(bare_machine) == [
        "apt-get update noninteractive 1",
        f"systemctl mask --runtime {units} noninteractive 1",
        "apt-get install -y --no-install-recommends rabbitmq-server noninteractive 1",
        f"systemctl unmask --runtime {units} noninteractive 1",
        f"systemctl disable {units} noninteractive 1",
    ]
    assert said == [
        "Installing Debian's rabbitmq-server with apt-get: the tests need a real RabbitMQ."
    ]


def test_without_systemd_nothing_is_started_either(
    monkeypatch: pytest.MonkeyPatch, bare_machine: Path
) -> None:
    """Debian's other init starts nothing in single-user mode, and nothing at the next boot."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(debian, "SYSTEMD", bare_machine / "none")
    for name in ("apt-get", "update-rc.d"):
        _put(bare_machine, name, RECORDING)

    debian.install_rabbitmq_where_missing(lambda _line: None)

    assert _calls(bare_machine) == [
        "apt-get update noninteractive 1",
        "apt-get install -y --no-install-recommends rabbitmq-server noninteractive 1",
        "update-rc.d rabbitmq-server disable noninteractive 1",
    ]


def test_an_erlang_that_was_here_keeps_its_services(
    monkeypatch: pytest.MonkeyPatch, bare_machine: Path
) -> None:
    """What this machine does with Erlang besides is not ours to change."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(debian, "SYSTEMD", bare_machine)
    for name in ("apt-get", "systemctl", "erl"):
        _put(bare_machine, name, RECORDING)

    debian.install_rabbitmq_where_missing(lambda _line: None)

    assert not any("epmd" in call for call in _calls(bare_machine))


def test_an_installation_that_fails_is_told(
    monkeypatch: pytest.MonkeyPatch, bare_machine: Path
) -> None:
    """A machine without a mirror is told apart from one that was not asked."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(debian, "SYSTEMD", bare_machine / "none")
    _put(bare_machine, "apt-get", FAILING)
    said: list[str] = []

    debian.install_rabbitmq_where_missing(said.append)

    assert said[1] == "It could not be installed: E: no such luck"


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Give the only directory with programs on a machine without RabbitMQ."""
    monkeypatch.setattr(app.rabbitmq, "PLACES", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def _put(directory: Path, name: str, script: str) -> None:
    program = directory / name
    program.write_text(script.replace("{calls}", str(directory / "calls")))
    program.chmod(0o755)


def _calls(directory: Path) -> list[str]:
    calls = directory / "calls"
    return calls.read_text().splitlines() if calls.exists() else []


def _has_our_queues(url: str) -> bool:
    with Connection(url) as connection:
        try:
            connection.default_channel.queue_declare("qbo.contacts", passive=True)
        except NotFound:
            return False
        return True


def _pretended() -> AbstractContextManager[Server]:
    return nullcontext(Server("amqp://pretended", "pretended"))
