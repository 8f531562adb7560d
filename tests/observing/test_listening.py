"""The server of figures: what it answers, to whom, and what it refuses to start with."""

import http.client
import socket
import threading
from collections.abc import Generator
from contextlib import closing

import pytest
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.parser import text_string_to_metric_families

from app.addresses import ListenAddress
from app.observing.health import Health
from app.observing.listening import NotObserved, observed
from tests.support.ports import free_port


@pytest.fixture
def registry() -> CollectorRegistry:
    """Give a registry with one counter."""
    registry = CollectorRegistry()
    Counter("proline_qbo_tried", "Tried", registry=registry).inc(3)
    return registry


@pytest.fixture
def port(registry: CollectorRegistry) -> Generator[int]:
    """Give the port of a process that lives and is not ready."""
    health = Health({"beat": lambda: None}, {"database": lambda: "It is away."})
    address = ListenAddress("127.0.0.1", free_port())
    with observed(address, health, registry=registry) as listening:
        assert listening is not None
        yield listening


def ask(port: int, path: str, method: str = "GET") -> tuple[int, str]:
    """Ask once; give the status and the body."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def test_figures_are_in_prometheus_own_format(port: int) -> None:
    """As its parser reads them."""
    status, body = ask(port, "/metrics")

    families = {family.name: family for family in text_string_to_metric_families(body)}
    assert status == 200
    assert families["proline_qbo_tried"].samples[0].value == 3


def test_life_and_readiness_are_a_status_and_a_line_each(port: int) -> None:
    """Whoever runs it reads the status, and a person the line."""
    assert ask(port, "/livez") == (200, "beat: ok\n")
    assert ask(port, "/readyz") == (503, "database: It is away.\n")
    assert ask(port, "/livez", "HEAD") == (200, "")
    assert ask(port, "/")[0] == 404
    assert ask(port, "/metrics", "POST")[0] == 501


def test_somebody_who_says_nothing_keeps_nobody_waiting(port: int) -> None:
    """Each asker has a thread of their own."""
    silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
    try:
        assert ask(port, "/livez")[0] == 200
    finally:
        for each in silent:
            each.close()


def test_without_a_port_nothing_listens(registry: CollectorRegistry) -> None:
    """It is off unless it is asked for."""
    before = threading.active_count()

    with observed(None, Health(), registry=registry) as port:
        assert port is None
        assert threading.active_count() == before


def test_a_port_that_is_taken_is_a_sentence(port: int, registry: CollectorRegistry) -> None:
    """Of two processes on one machine each needs its own."""
    address = ListenAddress("127.0.0.1", port)

    with pytest.raises(NotObserved, match="needs a port of its own"):
        observed(address, Health(), registry=registry).__enter__()


@pytest.mark.parametrize("name", ["PROMETHEUS_MULTIPROC_DIR", "prometheus_multiproc_dir"])
def test_shared_files_are_refused(
    name: str, registry: CollectorRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They would mix the figures of processes that are gone into ours."""
    monkeypatch.setenv(name, "/nowhere")

    with pytest.raises(NotObserved, match=name):
        observed(ListenAddress("127.0.0.1", 1), Health(), registry=registry).__enter__()
