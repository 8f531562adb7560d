"""The simulator over real HTTP: keep-alive, lost answers, clients that go away."""

import json
import socket
import threading
from collections.abc import Iterator
from http.client import HTTPConnection, RemoteDisconnected

import pytest

from qbo_simulator import SimulatorServer, run, serve
from tests.qbo_simulator.driver import Company

LIMIT_SECONDS = 10


@pytest.fixture
def company() -> Company:
    """A connected company."""
    return Company()


@pytest.fixture
def server(company: Company) -> Iterator[SimulatorServer]:
    """The company's simulator, served."""
    with serve(company.simulator) as served:
        yield served


def _connect(server: SimulatorServer) -> HTTPConnection:
    return HTTPConnection("127.0.0.1", server.server_port, timeout=LIMIT_SECONDS)


def _ask(
    company: Company, connection: HTTPConnection, body: object = None, path: str = "customer"
) -> tuple[int, dict[str, str], bytes]:
    method = "GET" if body is None else "POST"
    sent = None if body is None else json.dumps(body)
    connection.request(method, company.target(path, {}), body=sent, headers=company.headers())
    answer = connection.getresponse()
    return answer.status, dict(answer.getheaders()), answer.read()


def test_calls_share_one_connection(company: Company, server: SimulatorServer) -> None:
    """Create and read go over the same socket, with QuickBooks' headers."""
    connection = _connect(server)

    created, headers, body = _ask(company, connection, {"DisplayName": "Ada Éxample"})
    own_socket = connection.sock
    read, _, _ = _ask(company, connection, path="customer/1")

    assert (created, read) == (200, 200)
    assert connection.sock is own_socket
    assert "Ada Éxample" in body.decode()
    assert headers["Content-Type"] == "application/json;charset=utf-8"
    assert headers["intuit_tid"]
    connection.close()


def test_a_lost_answer_closes_the_connection(company: Company, server: SimulatorServer) -> None:
    """The client sees its connection closed without a byte; the write is there."""
    company.fault({"operation": "create"}, answer="lost")
    connection = _connect(server)

    with pytest.raises(RemoteDisconnected):
        _ask(company, connection, {"DisplayName": "Ada"})

    assert len(company.rows("select * from Customer")) == 1
    connection.close()


def test_a_call_leaves_flight_when_its_client_goes(
    company: Company, server: SimulatorServer
) -> None:
    """A connection closed during a delay is noticed: the call counts as closed, not answered."""
    company.fault({"operation": "create"}, delay_ms=60_000)
    realm = company.simulator.realms.all()[0]
    with socket.create_connection(("127.0.0.1", server.server_port)) as client:
        client.sendall(_raw_create(company))
        assert _soon(lambda: realm.throttle.in_flight == 1 and "Customer" in realm.objects)

    assert _soon(lambda: realm.throttle.in_flight == 0)
    call = company.log()[-1]
    assert (call["answered_at"], call["applied"]) == (None, True)
    assert call["closed_at"] is not None


def test_a_call_may_be_carried_out_after_its_client_has_gone(
    company: Company, server: SimulatorServer
) -> None:
    """It has left the flight by then, and the same requestid meets what it comes to."""
    company.fault({"operation": "create"}, before_ms=400)
    realm = company.simulator.realms.all()[0]
    with socket.create_connection(("127.0.0.1", server.server_port)) as client:
        client.sendall(_raw_create(company))
        assert _soon(lambda: realm.throttle.in_flight == 1)

    assert _soon(lambda: realm.throttle.in_flight == 0)
    closed = company.log()[-1]
    assert (closed["closed_at"] is not None, closed["applied"]) == (True, False)
    assert _soon(lambda: company.log()[-1]["applied"])
    applied = company.log()[-1]
    assert applied["closed_at"] == closed["closed_at"]
    assert realm.throttle.in_flight == 0


def _raw_create(company: Company) -> bytes:
    body = b'{"DisplayName":"Ada"}'
    target, token = company.target("customer", {}), company.token
    head = f"POST {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
    return head.encode() + f"Content-Length: {len(body)}\r\n\r\n".encode() + body


def _soon(condition: object) -> bool:
    """Wait for a condition, looking every hundredth of a second, at most ten seconds."""
    assert callable(condition)
    pause = threading.Event()
    return any(condition() or pause.wait(0.01) for _ in range(100 * LIMIT_SECONDS))


def test_a_delayed_answer_arrives(company: Company, server: SimulatorServer) -> None:
    """A delay shorter than the client's patience is only a delay."""
    company.fault({"operation": "create"}, delay_ms=30)
    connection = _connect(server)

    status, _, _ = _ask(company, connection, {"DisplayName": "Ada"})

    assert status == 200
    connection.close()


def test_a_body_too_large_or_in_chunks_is_refused(
    company: Company, server: SimulatorServer
) -> None:
    """Bodies have a limit, and their length must be known."""
    large, chunked = _connect(server), _connect(server)

    large.putrequest("POST", company.target("customer", {}))
    large.putheader("Content-Length", "4000001")
    large.endheaders()
    chunked.putrequest("POST", company.target("customer", {}))
    chunked.putheader("Transfer-Encoding", "chunked")
    chunked.endheaders()

    assert [each.getresponse().status for each in (large, chunked)] == [413, 411]
    large.close()
    chunked.close()


def test_closing_the_server_ends_its_connections(company: Company) -> None:
    """Leaving the block ends every thread of the server, also of idle kept connections."""
    before = threading.active_count()
    with serve(company.simulator) as server:
        connection = _connect(server)
        _ask(company, connection, path="preferences")
        assert server.base_url == f"http://127.0.0.1:{server.server_port}"

    assert _soon(lambda: threading.active_count() == before)
    connection.close()


def test_running_prints_one_line_with_the_address(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`run` tells where it listens and ends quietly when interrupted."""

    def interrupt(_: threading.Event) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr("qbo_simulator.http_server.wait_for_interrupt", interrupt)

    run(0)

    assert capsys.readouterr().out.startswith("QuickBooks Online simulator on http://127.0.0.1:")


def test_a_client_that_dies_while_sending_changes_nothing(
    company: Company, server: SimulatorServer
) -> None:
    """A body shorter than announced never reaches the books, even if it reads as JSON."""
    body = b'{"DisplayName":"Ada"}'
    head = f"POST {company.target('customer', {})} HTTP/1.1\r\nHost: x\r\n"
    head += f"Authorization: Bearer {company.token}\r\nContent-Length: 99\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.server_port)) as client:
        client.settimeout(LIMIT_SECONDS)
        client.sendall(head.encode() + body)
        client.shutdown(socket.SHUT_WR)
        answer = client.recv(1)

    assert answer == b""
    assert company.rows("select * from Customer") == []
