"""What the tests of the consumer stand on: a virtual host of their own, a hand and a cable."""

import gc
import io
import logging
import warnings
from collections.abc import Generator

import dramatiq.worker
import pytest
import structlog
from dramatiq.common import dq_name

from app import logs
from broker.routing import QUEUES
from tests.workers_rabbitmq.bench import Bench
from tests.workers_rabbitmq.cable import Cable, laid_cable
from tests.workers_rabbitmq.wire import Wire


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Dramatiq's own consumer come back soon: its 3 s would only make the tests longer."""
    monkeypatch.setattr(dramatiq.worker, "CONSUMER_RESTART_DELAY_SECS", 0.2)


@pytest.fixture
def wire(amqp_url: str) -> Generator[Wire]:
    """Give the test's own connection; Dramatiq's delay queues are nobody else's to remove."""
    opened = Wire(amqp_url)
    yield opened
    for queue_name in QUEUES.values():
        opened.delete(dq_name(queue_name))
    opened.close()


@pytest.fixture
def cable(amqp_url: str) -> Generator[Cable]:
    """Give the line over which the worker connects."""
    with laid_cable(amqp_url) as cable:
        yield cable


@pytest.fixture
def bench(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Generator[Bench]:
    """Give the body of the actors.

    Dramatiq's own consumer leaves connections open, kept alive by what it logged of them. They are
    collected in silence where it is on the bench; where ours is, each would fail the run.
    """
    yield Bench()
    if "dramatiqs" in request.node.name:
        caplog.get_records("call").clear()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()


@pytest.fixture
def written() -> Generator[io.StringIO]:
    """Give what production's logging writes at INFO, and put logging back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure(level="INFO", stream=stream)
    yield stream
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)
