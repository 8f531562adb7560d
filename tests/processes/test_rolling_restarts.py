"""Deployments under load: more orderly stops than RabbitMQ would deliver a message again."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from broker.connecting import unopened
from broker.routing import QUEUES
from broker.topology import DELIVERY_LIMIT, dead_letter_queue
from tests.support.processes import NewRoofer
from tests.support.roofer import Roofer

RESTARTS = 50
CONTACTS = 40
PAUSE_SECONDS = 0.03
SETTLE_SECONDS = 60.0


@contextmanager
def load(roofer: Roofer) -> Iterator[list[int]]:
    """Let ProLine change contacts all the while; give the number of the last change of each."""
    edits = [0] * CONTACTS
    stop = threading.Event()

    def change() -> None:
        number = 0
        while not stop.wait(PAUSE_SECONDS):
            number += 1
            which = number % CONTACTS
            roofer.contact(f"c{which}", number=f"10{which}", phone=f"555-{number:07d}")
            edits[which] = number

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield edits
    finally:
        stop.set()
        thread.join()


def dead_letters(amqp_url: str) -> int:
    """Count what stands in all dead-letter queues."""
    with unopened(amqp_url) as connection:
        channel = connection.default_channel
        names = [dead_letter_queue(name) for name in QUEUES.values()]
        return sum(channel.queue_declare(each, passive=True).message_count for each in names)


@pytest.mark.timeout(240)
def test_fifty_rolling_restarts_lose_and_fail_nothing(new_roofer: NewRoofer, amqp_url: str) -> None:
    """A message that went back at each of them is not dead-lettered, and no stop is a death."""
    assert RESTARTS > DELIVERY_LIMIT
    roofer, fleet = new_roofer()
    for n in range(CONTACTS):
        roofer.contact(f"c{n}", number=f"10{n}", display_name=f"Contact {n}")
        roofer.project(f"p{n}", contact_id=f"c{n}", number=f"20{n}")
    fleet.relay()
    old = fleet.worker()
    with load(roofer) as edits:
        for _ in range(RESTARTS):
            new = fleet.worker()
            old.stop()
            assert old.exit_code == 0, old.said()
            old = new
    roofer.settle(SETTLE_SECONDS)

    counted = roofer.rows("SELECT state, count(*) FROM proline_qbo.records GROUP BY state")
    assert {row.state for row in counted} == {"done"}
    assert not roofer.rows("SELECT FROM proline_qbo.records WHERE unfinished_starts > 0")
    assert dead_letters(amqp_url) == 0
    assert "Traceback" not in fleet.said()
    held = {
        each["DisplayName"]: each["PrimaryPhone"]["FreeFormNumber"]
        for each in roofer.held("Customer")
    }
    assert held == {f"Contact {n} - C#10{n}": f"555-{edits[n]:07d}" for n in range(CONTACTS)}
