"""A leading relay that dies, freezes or stops: the standby leads, and nothing is done twice."""

import os
import signal
import time
from collections.abc import Callable

import pytest

from app.standing import GONE
from connections.settings import CompanySettings
from tests.support import told_relays
from tests.support.processes import Fleet, NewRoofer, Process
from tests.support.roofer import Roofer, until

CREATE = CompanySettings(existing_customers="create")
SETTLE_SECONDS = 20.0
TAKE_OVER_SECONDS = 5.0
HAND_OVER_SECONDS = 1.5
GONE_SECONDS = 10.0


def with_(prepared: Callable[[], None]) -> str:
    """Name what a process is to be prepared with."""
    return f"{prepared.__module__}:{prepared.__name__}"


def leader_and_standby(
    roofer: Roofer, fleet: Fleet, prepared: Callable[[], None] | None = None
) -> tuple[Process, Process]:
    """Start two relays and a worker, and let them bring a first contact to QuickBooks."""
    leader = fleet.relay(prepare=with_(prepared) if prepared else None)
    until(lambda: fleet.leader() is leader)
    standby = fleet.relay()
    fleet.worker(prepare=with_(told_relays.tell_what_is_fenced))
    win(roofer, "1")
    roofer.settle(SETTLE_SECONDS)
    return leader, standby


def win(roofer: Roofer, number: str) -> None:
    """Let ProLine win a project of a contact of its own."""
    roofer.contact(f"c{number}", number=f"10{number}", display_name=f"Contact {number}")
    roofer.project(f"p{number}", contact_id=f"c{number}", number=f"20{number}")


def seconds_until(condition: Callable[[], object], limit: float) -> float:
    """Wait until something is so, and say how long it took."""
    began = time.monotonic()
    until(condition, limit)
    return time.monotonic() - began


def freeze_at_that_point(process: Process) -> None:
    """Let a prepared leader freeze when it next comes to where it was prepared to."""
    os.kill(process.pid, signal.SIGUSR1)


def is_frozen(process: Process) -> bool:
    """Whether it has come there."""
    return told_relays.FREEZES in process.said()


@pytest.mark.parametrize("end", [Process.kill, Process.freeze], ids=["killed", "frozen"])
def test_the_standby_leads_within_five_seconds(
    new_roofer: NewRoofer, end: Callable[[Process], None]
) -> None:
    """Whatever became of the leader: by then a new change has even reached QuickBooks."""
    roofer, fleet = new_roofer(settings=CREATE)
    leader, standby = leader_and_standby(roofer, fleet)

    end(leader)
    win(roofer, "2")
    took_seconds = seconds_until(lambda: fleet.leader() is standby, TAKE_OVER_SECONDS)

    until(lambda: len(roofer.held("Customer")) == 2, TAKE_OVER_SECONDS - took_seconds)


def test_an_orderly_stop_hands_over_at_once(
    new_roofer: NewRoofer,
) -> None:
    """The leader gives the lead up, so nobody waits for its silence."""
    roofer, fleet = new_roofer(settings=CREATE)
    leader, standby = leader_and_standby(roofer, fleet)

    leader.ask_to_stop()
    until(lambda: fleet.leader() is standby, HAND_OVER_SECONDS)

    win(roofer, "2")
    roofer.settle(SETTLE_SECONDS)
    assert len(roofer.held("Customer")) == 2
    assert leader.exit_code == 0


def test_a_leader_thawed_before_it_is_gone_stands_by(new_roofer: NewRoofer) -> None:
    """It finds that it leads no more before it writes anything, and takes over when needed."""
    roofer, fleet = new_roofer(settings=CREATE)
    old, new = leader_and_standby(roofer, fleet, told_relays.freeze_before_it_dispatches)

    freeze_at_that_point(old)
    win(roofer, "2")
    until(lambda: is_frozen(old))
    until(lambda: fleet.leader() is new)
    old.thaw()
    until(lambda: "relay.lost_the_lead" in old.said())
    roofer.settle(SETTLE_SECONDS)
    new.kill()
    until(lambda: fleet.leader() is old)
    win(roofer, "3")
    roofer.settle(SETTLE_SECONDS)

    assert len(roofer.held("Customer")) == len(roofer.writes("customer")) == 3


def test_a_leader_thawed_after_it_is_gone_exits(new_roofer: NewRoofer) -> None:
    """Its platform starts it anew."""
    roofer, fleet = new_roofer(settings=CREATE)
    old, new = leader_and_standby(roofer, fleet)

    old.freeze()
    until(lambda: '"processes": 1' in new.said(), GONE_SECONDS)
    old.thaw()
    until(lambda: old.exit_code is not None)

    assert old.exit_code == GONE
    assert fleet.leader() is new


def test_what_a_thawed_leader_still_publishes_is_fenced(new_roofer: NewRoofer) -> None:
    """It froze between the commit of a place and its message; the new one published that too."""
    roofer, fleet = new_roofer(settings=CREATE)
    old, new = leader_and_standby(roofer, fleet, told_relays.freeze_before_it_publishes)

    freeze_at_that_point(old)
    win(roofer, "2")
    until(lambda: is_frozen(old))
    assert roofer.record("contact", "c2").state == "dispatched"
    until(lambda: fleet.leader() is new)
    roofer.settle(SETTLE_SECONDS)
    assert "message.fenced" not in fleet.said()
    old.thaw()
    until(lambda: "message.fenced" in fleet.said())
    until(lambda: "relay.lost_the_lead" in old.said())

    assert len(roofer.held("Customer")) == len(roofer.writes("customer")) == 2
