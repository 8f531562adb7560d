"""The private RabbitMQ: there with one command, private, and gone when its owner is."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pika
import pytest

from app import rabbitmq
from app.rabbitmq import PrivateRabbitmq, PrivateRabbitmqFailed

LIMIT_SECONDS = 30.0
QUORUM = {"x-queue-type": "quorum"}
OWNER = """
import sys, time
from app.rabbitmq import PrivateRabbitmq
with PrivateRabbitmq() as node:
    print(node.pid, node.url, node.directory, flush=True)
    time.sleep(60)  # until it is killed
"""


def test_what_a_quorum_queue_took_survives_a_kill(own_rabbitmq: PrivateRabbitmq) -> None:
    """A killed node is the same after its start: same address, same durable messages."""
    url, pid = own_rabbitmq.url, own_rabbitmq.pid
    _publish(url, "kept", b"a message")

    own_rabbitmq.kill()

    assert not own_rabbitmq.is_running
    assert not _is_alive(pid)
    own_rabbitmq.start()
    assert own_rabbitmq.url == url
    assert own_rabbitmq.pid != pid
    assert _consume(url, "kept") == b"a message"


def test_a_stopped_node_goes_on_with_its_data(own_rabbitmq: PrivateRabbitmq) -> None:
    """A stop in order keeps what a kill keeps, and nobody answers in between."""
    _publish(own_rabbitmq.url, "stopped", b"a message")

    own_rabbitmq.stop()

    with pytest.raises(pika.exceptions.AMQPConnectionError):
        pika.BlockingConnection(pika.URLParameters(own_rabbitmq.url))
    with pytest.raises(PrivateRabbitmqFailed, match="start it first"):
        _ = own_rabbitmq.pid
    own_rabbitmq.start()
    assert _consume(own_rabbitmq.url, "stopped") == b"a message"


def test_the_administrators_tool_speaks_to_this_node(own_rabbitmq: PrivateRabbitmq) -> None:
    """`ctl` gives what rabbitmqctl said, and fails with its words."""
    said = own_rabbitmq.ctl("list_queues", "--silent", "name")

    assert "error" not in said.lower()
    with pytest.raises(PrivateRabbitmqFailed, match=r"(?s)no_such_command failed.*no_such_command"):
        own_rabbitmq.ctl("no_such_command")


def test_a_node_runs_once(own_rabbitmq: PrivateRabbitmq) -> None:
    """A second start would put a second node on the same data."""
    with pytest.raises(PrivateRabbitmqFailed, match="runs already"):
        own_rabbitmq.start()


def test_nobody_but_this_machine_reaches_it(own_rabbitmq: PrivateRabbitmq) -> None:
    """The node listens on loopback alone, for clients and for its administrator."""
    listeners = own_rabbitmq.ctl("eval", "[inet:sockname(P) || P <- erlang:ports()].")

    assert "{127,0,0,1}" in listeners
    assert "{0,0,0,0}" not in listeners


def test_the_node_ends_with_its_owner_however_that_ended() -> None:
    """An owner that is killed cannot clean up; neither node nor port mapper may stay behind."""
    owner = subprocess.Popen(  # noqa: S603  # this Python, with the script above
        [sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True, cwd=_root()
    )
    assert owner.stdout is not None
    with owner, owner.stdout as output:
        pid, url, directory = output.readline().split()
        family = _session_of(int(pid))
        assert len(family) >= 3
        _publish(url, "lost", b"a message")

        os.kill(owner.pid, signal.SIGKILL)

        assert _comes_true(lambda: not any(map(_is_alive, family)))
        assert not Path(directory).exists()


def test_programs_that_are_missing_are_named_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without RabbitMQ on the machine one sentence says how to get it, and nothing is left."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(rabbitmq, "PLACES", ())

    with pytest.raises(PrivateRabbitmqFailed, match=r"apt install.*AMQP_URL"), PrivateRabbitmq():
        pass


def test_a_node_that_does_not_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last words of the node are in the error, and it is gone."""
    monkeypatch.setattr(rabbitmq, "SETTINGS", "no_such_setting = 1\n")
    node = PrivateRabbitmq()

    with pytest.raises(PrivateRabbitmqFailed, match="failed_to_prepare_configuration"), node:
        pass

    assert not node.is_running
    assert not node.directory.exists()


def _publish(url: str, queue_name: str, body: bytes) -> None:
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.queue_declare(queue_name, durable=True, arguments=QUORUM)
        durable = pika.BasicProperties(delivery_mode=pika.DeliveryMode.Persistent)
        channel.basic_publish("", queue_name, body, durable, mandatory=True)


def _consume(url: str, queue_name: str) -> bytes:
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        channel = connection.channel()
        taken = channel.consume(queue_name, auto_ack=True, inactivity_timeout=LIMIT_SECONDS)
        _method, _properties, body = next(taken)
        channel.cancel()
        return bytes(body or b"")


def _session_of(pid: int) -> list[int]:
    """Return the processes of a node's session: supervisor, node, port mapper."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,sess="],  # noqa: S607  # wherever ps is
        capture_output=True,
        check=True,
        text=True,
    )
    rows = [tuple(map(int, line.split())) for line in listed.stdout.splitlines()]
    session = os.getsid(pid)
    return [row[0] for row in rows if row[1] == session]


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _comes_true(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + LIMIT_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            return False
        threading.Event().wait(0.02)
    return True


def _root() -> Path:
    return Path(__file__).parents[2]
