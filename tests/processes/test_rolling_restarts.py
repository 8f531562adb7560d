"""Deployments under load: what waits in a worker's memory goes back at each orderly stop.

The workers have one thread each and QuickBooks takes its time, so that while one message runs those
of the other queue wait behind it. Those that come again are counted as they arrive.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from broker.topology import DELIVERY_LIMIT
from connections.settings import CompanySettings
from tests.support import returned_messages
from tests.support.broker_hand import BrokerHand
from tests.support.processes import Fleet, NewRoofer
from tests.support.roofer import Roofer

CREATE = CompanySettings(existing_customers="create")
SLOW = {"latency_ms": [200, 200]}
ONE_THREAD = ("--threads", "1")
RESTARTS = 30
ROUNDS = 3
STOPPED_WITHIN_SECONDS = 30.0
COME_AGAIN_LEAST = 10
"""Counted once: 47, one of them for the sixth time."""
CONTACTS = 10
PAUSE_SECONDS = 0.03
SETTLE_SECONDS = 30.0


@contextmanager
def load(roofer: Roofer) -> Iterator[list[int]]:
    """Let ProLine change contacts and invoices; give the number of the last change of each."""
    edits = [0] * CONTACTS
    stop = threading.Event()

    def change() -> None:
        number = 0
        while not stop.wait(PAUSE_SECONDS):
            number += 1
            which = number % CONTACTS
            roofer.contact(f"c{which}", number=f"10{which}", phone=f"555-{number:07d}")
            roofer.invoice(f"i{which}", f"{number}.00")
            edits[which] = number

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield edits
    finally:
        stop.set()
        thread.join()


def restart(
    roofer: Roofer,
    fleet: Fleet,
    prepared: Callable[[], None],
    enough: Callable[[], bool] = lambda: False,
) -> list[int]:
    """Put one worker after another into the old one's place under load, then let all settle.

    Args:
        roofer: whose changes are the load.
        fleet: has no process yet.
        prepared: what each of them is prepared with.
        enough: ends the restarts before there were `RESTARTS`.

    Returns:
        The number of the last change of each contact and its invoice.
    """
    begin(roofer)
    prepare = f"{prepared.__module__}:{prepared.__name__}"
    fleet.relay(prepare=prepare)
    old = fleet.worker(*ONE_THREAD, prepare=prepare)
    roofer.settle(SETTLE_SECONDS)
    with load(roofer) as edits:
        for _ in range(RESTARTS):
            if enough():
                break
            new = fleet.worker(*ONE_THREAD, prepare=prepare)
            old.stop()
            assert old.exit_code == 0, old.said()
            old = new
    roofer.settle(SETTLE_SECONDS)
    return edits


def begin(roofer: Roofer) -> None:
    """Say the contacts that the load changes, each with an invoice."""
    for n in range(CONTACTS):
        roofer.contact(f"c{n}", number=f"10{n}", display_name=f"Contact {n}")
        roofer.project(f"p{n}", contact_id=f"c{n}", number=f"20{n}")
        roofer.invoice(f"i{n}", contact_id=f"c{n}", project_id=f"p{n}")


def came_again(fleet: Fleet) -> Counter[int]:
    """Count what came again, by how often it had been returned until then."""
    lines = fleet.said().splitlines()
    found = [line for line in lines if line.startswith(returned_messages.CAME_AGAIN)]
    return Counter(int(line.rpartition(" ")[2]) for line in found)


def assert_nothing_is_lost_or_failed(roofer: Roofer, fleet: Fleet, edits: list[int]) -> None:
    """Hold the records and the books against what ProLine said; no stop counts as a death."""
    counted = roofer.rows("SELECT state, count(*) FROM proline_qbo.records GROUP BY state")
    assert {row.state for row in counted} == {"done"}
    assert not roofer.rows("SELECT FROM proline_qbo.records WHERE unfinished_starts > 0")
    assert "Traceback" not in fleet.said()
    telephones = {
        each["DisplayName"]: each["PrimaryPhone"]["FreeFormNumber"]
        for each in roofer.held("Customer")
    }
    assert telephones == {
        f"Contact {n} - C#10{n}": f"555-{edit:07d}" for n, edit in enumerate(edits)
    }
    totals = {each["DocNumber"]: each["TotalAmt"] for each in roofer.held("Invoice")}
    assert totals == {f"50{n}": edit for n, edit in enumerate(edits)}


@pytest.mark.timeout(240)
def test_thirty_rolling_restarts_lose_and_fail_nothing(
    new_roofer: NewRoofer, amqp_url: str
) -> None:
    """Messages come again after many of them, and none so often that it is dead-lettered."""
    assert RESTARTS > DELIVERY_LIMIT
    roofer, fleet = new_roofer(settings=CREATE, books=SLOW)

    edits = restart(roofer, fleet, returned_messages.tell_what_comes_again)

    assert came_again(fleet).total() >= COME_AGAIN_LEAST
    assert BrokerHand(amqp_url).dead_letters() == 0
    assert_nothing_is_lost_or_failed(roofer, fleet, edits)


@pytest.mark.timeout(120)
def test_relays_and_workers_are_rolled_under_load(new_roofer: NewRoofer) -> None:
    """As a platform does it: the new one beats before the old one is asked to stop."""
    roofer, fleet = new_roofer(settings=CREATE, books=SLOW)
    begin(roofer)
    relays = [fleet.relay(), fleet.relay()]
    workers = [fleet.worker(), fleet.worker()]
    roofer.settle(SETTLE_SECONDS)

    with load(roofer) as edits:
        for _ in range(ROUNDS):
            for start, running in ((fleet.relay, relays), (fleet.worker, workers)):
                for place, old in enumerate(running):
                    running[place] = start()
                    began = time.monotonic()
                    old.stop()
                    assert old.exit_code == 0, old.said()
                    assert time.monotonic() - began < STOPPED_WITHIN_SECONDS
    roofer.settle(SETTLE_SECONDS)

    assert_nothing_is_lost_or_failed(roofer, fleet, edits)


@pytest.mark.timeout(120)
def test_without_returns_to_spare_the_same_restarts_would_dead_letter(
    new_roofer: NewRoofer, amqp_url: str
) -> None:
    """What the limit is good for; the relay makes up for it even so."""
    roofer, fleet = new_roofer(settings=CREATE, books=SLOW)
    hand = BrokerHand(amqp_url)

    edits = restart(
        roofer,
        fleet,
        returned_messages.let_nothing_come_again,
        enough=lambda: hand.dead_letters() > 0,
    )

    assert hand.dead_letters() > 0
    assert_nothing_is_lost_or_failed(roofer, fleet, edits)
