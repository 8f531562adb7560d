"""Workers on a bench: brokers to compare, and a body that a test holds and watches."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import dramatiq
import pytest
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.middleware import Retries, ShutdownNotifications
from dramatiq.worker import WorkerThread
from prometheus_client import REGISTRY

from broker.routing import QUEUES
from records.claims import ClaimCheck
from workers.consuming import consuming
from workers.rabbitmq import rabbitmq_broker

MakeBroker = Callable[[str], dramatiq.Broker]
POLL_SECONDS = 0.01
HELD_AT_MOST_SECONDS = 60.0


def dramatiqs_own(url: str) -> dramatiq.Broker:
    """Make the broker that ours is made to replace, with the same middleware."""
    return RabbitmqBroker(url=url, middleware=[Retries(max_retries=0), ShutdownNotifications()])


ours_and_dramatiqs = pytest.mark.parametrize(
    ("make_broker", "ours"),
    [
        pytest.param(rabbitmq_broker, True, id="ours"),
        pytest.param(dramatiqs_own, False, id="dramatiqs"),
    ],
)
"""Each trap is shown both ways: a test that passes on Dramatiq's own class would show nothing."""


def comes_true(condition: Callable[[], object], seconds: float = 10.0) -> bool:
    """Wait until something is so; return whether it was in time."""
    never = threading.Event()
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        never.wait(POLL_SECONDS)
    return True


class Bench:
    """A body that notes which records it begins and ends, and holds those it is told to hold."""

    def __init__(self) -> None:
        """Begin with none."""
        self.begun: list[int] = []
        self.ended: list[int] = []
        self.breaks_on: set[int] = set()
        self._held: dict[int, threading.Event] = {}

    def __call__(self, check: ClaimCheck) -> None:
        """Run one record."""
        self.begun.append(check.pk)
        if check.pk in self._held:
            self._held[check.pk].wait(HELD_AT_MOST_SECONDS)
        if check.pk in self.breaks_on:
            raise RuntimeError(f"record {check.pk} breaks")
        self.ended.append(check.pk)

    def hold(self, *pks: int) -> None:
        """Hold these records from when they begin."""
        self._held |= {pk: threading.Event() for pk in pks}

    def release(self, *pks: int) -> None:
        """Let these end."""
        for pk in pks:
            self._held[pk].set()

    def began(self, pk: int) -> bool:
        """Wait until a record has begun; say whether it did in time."""
        return comes_true(lambda: pk in self.begun)

    def has_ended(self, pk: int) -> bool:
        """Wait until a record has ended; say whether it did in time."""
        return comes_true(lambda: pk in self.ended)

    @contextmanager
    def working(
        self,
        broker: dramatiq.Broker,
        *,
        queues: Sequence[str] = tuple(QUEUES.values()),
        threads: int = 1,
    ) -> Iterator[None]:
        """Run the body as a worker's until the block ends; nothing is held beyond it."""
        try:
            with consuming(broker, self, queues=queues, threads=threads):
                try:
                    yield
                finally:
                    self.release(*self._held)
        finally:
            broker.close()


def working_threads() -> list[WorkerThread]:
    """Return the living threads that run messages."""
    return [thread for thread in threading.enumerate() if isinstance(thread, WorkerThread)]


def waiting_in_memory() -> int:
    """Count the messages that came over the wire and wait for a thread; all threads share them."""
    return working_threads()[0].work_queue.qsize()


def counted(thing: str, **labels: str) -> float:
    """Return what a counter of ours shows."""
    return REGISTRY.get_sample_value(f"proline_qbo_{thing}_total", labels) or 0.0
