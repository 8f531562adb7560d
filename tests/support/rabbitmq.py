"""A real RabbitMQ for the tests, on whatever machine they run.

The first rung of the ladder that holds is taken: `AMQP_URL`, a Docker engine, a private node of
the programs on this machine. Nothing is skipped when none holds: the run ends with a sentence.

Each test has a virtual host of its own, made with the administrator's tool where the server is
ours. A given server has none for us: the tests share the virtual host of its address, one after
the other, and delete what stands there of ours after each.
"""

import json
import os
import tempfile
import time
import uuid
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from amqp.channel import Channel
from amqp.exceptions import NotFound
from kombu import Connection

from app.rabbitmq import PrivateRabbitmq, PrivateRabbitmqFailed, programs
from broker.connecting import BROKER_ERRORS, unopened
from broker.routing import QUEUES
from broker.topology import EXCHANGE, dead_letter_queue
from tests.support.debian import may_install
from tests.support.postgres import NoServer, docker_answers

DOCKER_IMAGE: Final = "rabbitmq:4-alpine"
AMQP_PORT: Final = 5672
DOCKER_START_SECONDS: Final = 90.0
# One call of the administrator's tool takes a second, however many it makes.
VIRTUAL_HOSTS_AT_ONCE: Final = 16
OURS: Final = (*QUEUES.values(), *map(dead_letter_queue, QUEUES.values()))


@dataclass(frozen=True)
class Server:
    """A running server: an address of it, where it is from, and what makes virtual hosts there.

    `import_definitions` takes RabbitMQ's definitions as JSON; None: the virtual host of the address
    is the only one.
    """

    url: str
    origin: str
    import_definitions: Callable[[str], None] | None = None
    unused: list[str] = field(default_factory=list)


def chosen_rung() -> str:
    """Return in words which server the tests will use, for the header of the run."""
    if os.environ.get("AMQP_URL"):
        return "the server of AMQP_URL"
    if docker_answers():
        return f"Docker ({DOCKER_IMAGE})"
    try:
        return f"a private node of the programs in {programs()}"
    except PrivateRabbitmqFailed:
        if may_install():
            return "a private node of Debian's rabbitmq-server, once that is installed"
        return "none is here"


def needs_programs() -> bool:
    """Return whether only a private node can be the tests' server."""
    return not os.environ.get("AMQP_URL") and not docker_answers()


@contextmanager
def running_server() -> Generator[Server]:
    """Take the first rung that holds and keep its server until the context ends.

    Raises:
        NoServer: none holds.
    """
    given = os.environ.get("AMQP_URL")
    if given:
        _refuse_what_is_in_use(given)
        yield Server(given, "AMQP_URL")
        return
    rung = _docker_server if docker_answers() else _private_server
    with rung() as server:
        yield server


@contextmanager
def fresh_virtual_host(server: Server) -> Generator[str]:
    """Give the address of a virtual host in which nothing stands of ours."""
    if server.import_definitions is None:
        yield server.url
        clear(server.url)
        return
    if not server.unused:
        names = [f"test-{uuid.uuid4().hex[:12]}" for _ in range(VIRTUAL_HOSTS_AT_ONCE)]
        server.import_definitions(_definitions(names))
        server.unused.extend(names)
    # Not deleted afterwards: the server of this run ends with it, and an idle one costs nothing.
    yield urlsplit(server.url)._replace(path=f"/{server.unused.pop()}").geturl()


def clear(url: str) -> None:
    """Delete our queues and our exchange, with what stands in them and whoever consumes."""
    # Without the limits of production: a restarted node may need a while to delete.
    with Connection(url) as connection:
        channel = connection.default_channel
        for name in OURS:
            channel.queue_delete(name)
        channel.exchange_delete(EXCHANGE)


def _refuse_what_is_in_use(url: str) -> None:
    """Keep the tests off a virtual host where somebody's work may stand: they would delete it."""
    try:
        with unopened(url) as connection:
            stands = [name for name in OURS if _stands(connection.channel(), name)]
    except BROKER_ERRORS as error:
        message = f"The RabbitMQ of AMQP_URL does not answer: {error}. Start it, or unset AMQP_URL."
        raise NoServer(message) from error
    if stands:
        raise NoServer(
            f"The virtual host of AMQP_URL has the queue {stands[0]}, and the tests delete what "
            "they find: name an empty virtual host, or delete its qbo queues yourself."
        )


def _stands(channel: Channel, queue_name: str) -> bool:
    try:
        channel.queue_declare(queue_name, passive=True)
    except NotFound:
        return False
    return True


@contextmanager
def _private_server() -> Iterator[Server]:
    with ExitStack() as stack:
        try:
            node = stack.enter_context(PrivateRabbitmq())
        except PrivateRabbitmqFailed as error:
            message = f"{error} A Docker engine would do too."
            raise NoServer(message) from error
        # It answers AMQP a moment before rabbitmqctl may change anything: seen on a busy machine.
        node.ctl("await_startup")
        yield Server(node.url, "programs", lambda text: _import_into(node, text))


def _import_into(node: PrivateRabbitmq, text: str) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".json") as definitions:
        definitions.write(text)
        definitions.flush()
        node.ctl("import_definitions", definitions.name)


@contextmanager
def _docker_server() -> Iterator[Server]:
    from testcontainers.core.container import DockerContainer  # noqa: PLC0415  # slow to import, and only for this rung

    # Not RabbitMqContainer: in importing it one gets a warning, and warnings are errors here.
    with DockerContainer(DOCKER_IMAGE).with_exposed_ports(AMQP_PORT) as container:

        def import_definitions(text: str) -> None:
            script = f"printf %s '{text}' | rabbitmqctl --quiet import_definitions"
            code, said = container.exec(["sh", "-c", script])
            if code != 0:
                raise NoServer(f"rabbitmqctl failed in the container: {said.decode()}")

        host, port = container.get_container_host_ip(), container.get_exposed_port(AMQP_PORT)
        url = f"amqp://guest:guest@{host}:{port}/%2F"
        _wait_until_it_answers(url)
        yield Server(url, "Docker", import_definitions)


def _wait_until_it_answers(url: str) -> None:
    deadline = time.monotonic() + DOCKER_START_SECONDS
    while True:
        try:
            with unopened(url) as connection:
                connection.connect()
        except BROKER_ERRORS as error:
            if time.monotonic() > deadline:
                message = "The RabbitMQ of the container does not answer: is Docker overloaded?"
                raise NoServer(message) from error
            time.sleep(0.1)
        else:
            return


def _definitions(names: list[str]) -> str:
    may = {"configure": ".*", "write": ".*", "read": ".*"}
    return json.dumps(
        {
            "vhosts": [{"name": name} for name in names],
            "permissions": [{"user": "guest", "vhost": name, **may} for name in names],
        }
    )
