"""A leader frozen inside an open intake, while the parent of what it takes in is settled.

It has judged the child before its parent was there, and nobody else sees the child before it has
committed. So the nudge of the parent must not be read before that: otherwise the child would wait
for the resync, which looks once in ten minutes.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from connections.settings import CompanySettings
from tests.support import guards_out, told_relays
from tests.support.held_calls import HeldCalls, held_calls
from tests.support.processes import Fleet, NewRoofer, Process
from tests.support.roofer import Roofer, until

CREATE = CompanySettings(existing_customers="create")
WITHIN_SECONDS = 10.0
AFTER_A_BEAT_SECONDS = 0.35
"""Beats are half a second apart: so late after one, the standby's patience ends while the frozen
transaction is still open."""
WAITED_SECONDS = 1.75
"""Well below the 2 s for which a statement may wait for a lock."""

TRANSACTION = """
SELECT a.state, a.wait_event_type = 'Lock' AS waits,
       extract(epoch FROM clock_timestamp() - a.query_start) AS seconds
FROM pg_stat_activity a WHERE a.pid = %s AND a.xact_start IS NOT NULL
"""
WAITING = """
SELECT pid FROM pg_stat_activity
WHERE application_name = 'proline-qbo relay' AND wait_event_type = 'Lock' AND query LIKE %s
"""


@dataclass
class Scene:
    """A contractor, two relays and a worker, and the leader's session in the database."""

    roofer: Roofer
    old: Process
    new: Process
    held: HeldCalls
    backend: int

    def state(self) -> str | None:
        """Say in what state the leader's transaction is; None: there is none any more."""
        found = self.roofer.rows(TRANSACTION, self.backend)
        return found[0].state if found else None

    def settle_the_parent(self) -> None:
        """Let QuickBooks answer, and wait until the worker has written that down."""
        self.held.let_in()
        until(lambda: self.roofer.record("contact", "c1").state == "done")

    def child(self) -> str | None:
        """Say where the child stands; None: nobody has taken it in."""
        found = self.roofer.record("invoice", "i1")
        return None if found is None else " ".join(filter(None, [found.state, found.reason]))

    def resync_finds(self) -> int:
        """Count what the resync has found, in both relays."""
        lines = [*self.old.said().splitlines(), *self.new.said().splitlines()]
        found = [line for line in lines if line.startswith(told_relays.RESYNC_FOUND)]
        return sum(int(line.rpartition(" ")[2]) for line in found)


def with_(prepared: Callable[[], None]) -> str:
    """Name what a process is to be prepared with."""
    return f"{prepared.__module__}:{prepared.__name__}"


@contextmanager
def frozen_in_intake(
    roofer: Roofer,
    fleet: Fleet,
    prepared: Callable[[], None] = told_relays.wait_for_the_gate_in_intake,
) -> Iterator[Scene]:
    """Freeze the leader when it has judged the child and has not committed.

    Its statement waits for a lock that the test holds; then that is let go, the statement ends on
    the server, and the transaction stands open.
    """
    old = fleet.relay(prepare=with_(prepared))
    until(lambda: fleet.leader() is old)
    new = fleet.relay(prepare=with_(told_relays.tell_what_the_resync_finds))
    fleet.worker()
    with held_calls(roofer, "/customer", containing="Ada") as held:
        roofer.contact().project()
        until(lambda: held.arrived)
        with psycopg.connect(fleet.environment["DATABASE_URL"]) as holder:
            holder.execute("SELECT pg_advisory_xact_lock(%s)", [told_relays.GATE])
            until(lambda: seconds_since_a_beat(roofer) > AFTER_A_BEAT_SECONDS)
            with roofer.proline.transaction():
                roofer.invoice()
                win_another(roofer, "2")
            until(lambda: roofer.rows(WAITING, "%pg_advisory_xact_lock_shared%"))
            backend = roofer.rows(WAITING, "%pg_advisory_xact_lock_shared%")[0].pid
            old.freeze()
            until(lambda: roofer.rows(TRANSACTION, backend)[0].seconds > WAITED_SECONDS)
            assert roofer.rows(TRANSACTION, backend)[0].waits
        scene = Scene(roofer, old, new, held, backend)
        until(lambda: scene.state() == "idle in transaction")
        yield scene


def seconds_since_a_beat(roofer: Roofer) -> float:
    """Say how long ago the leader has beaten."""
    statement = "SELECT extract(epoch FROM proline_qbo.clock() - beat_at) AS age FROM {}"
    return float(roofer.rows(statement.format("proline_qbo.leadership"))[0].age)


def win_another(roofer: Roofer, number: str) -> None:
    """Let ProLine win a project of another contact, which waits for nothing."""
    roofer.contact(f"c{number}", number=f"10{number}", display_name=f"Contact {number}")
    roofer.project(f"p{number}", contact_id=f"c{number}", number=f"20{number}")


def without_its_lock() -> None:
    """Have both: the gate, and no lock on the leadership."""
    told_relays.wait_for_the_gate_in_intake()
    guards_out.lead_without_a_lock()


def test_a_leader_that_stays_frozen_leaves_no_child_to_the_resync(new_roofer: NewRoofer) -> None:
    """The server ends its transaction, and the next leader takes all of it in again."""
    roofer, fleet = new_roofer(settings=CREATE)

    with frozen_in_intake(roofer, fleet) as scene:
        scene.settle_the_parent()
        assert scene.state() == "idle in transaction"
        assert scene.child() is None
        until(lambda: roofer.held("Invoice"), WITHIN_SECONDS)

    assert fleet.leader() is scene.new
    assert scene.state() is None
    assert scene.resync_finds() == 0


def test_a_leader_that_thaws_in_time_leaves_no_child_to_the_resync(new_roofer: NewRoofer) -> None:
    """The standby waits until that transaction is over, and reads no nudge before."""
    roofer, fleet = new_roofer(settings=CREATE)

    with frozen_in_intake(roofer, fleet) as scene:
        scene.settle_the_parent()
        until(lambda: roofer.rows(WAITING, "%UPDATE proline_qbo.leadership%"))
        assert scene.state() == "idle in transaction"
        scene.old.thaw()
        until(lambda: roofer.held("Invoice"), WITHIN_SECONDS)

    assert scene.resync_finds() == 0


def test_without_its_lock_a_leader_that_thaws_would_leave_the_child_to_the_resync(
    new_roofer: NewRoofer,
) -> None:
    """What the lock on the leadership is good for: the nudge is read too early, and gone.

    That the first look of a new term is a slow one too hides it here: the counter does not.
    """
    roofer, fleet = new_roofer(settings=CREATE)

    with frozen_in_intake(roofer, fleet, without_its_lock) as scene:
        scene.settle_the_parent()
        until(lambda: roofer.rows(WAITING, "%outbox_events%"))
        assert fleet.leader() is scene.new
        assert scene.state() == "idle in transaction"
        scene.old.thaw()
        until(lambda: scene.resync_finds() == 1)
