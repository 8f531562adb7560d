"""What a test puts into a process to take a guard out, and to see what it was good for.

Each function is a `prepare` of `Fleet.worker` or `Fleet.relay`: it runs in the forked process
alone, before anything else.
"""

import time
from collections.abc import Callable

from app.cli import working
from coordination import leadership
from coordination.database import Connection
from coordination.life import LifeBeat
from coordination.limiter import Departure
from coordination.statements import Statement
from records import applied, attempts, settlement
from records.claims import Claim
from workers import calling


def let_slots_grow_old() -> None:
    """Send however long after its slot: only the process's own last beat is looked at."""
    gate = calling._Gate

    def before_send(self: calling._Gate) -> None:
        self._departure = Departure(self._departure.not_before, float("inf"))
        guarded(self)

    guarded, gate.before_send = gate.before_send, before_send  # type: ignore[method-assign]


def ignore_its_own_beat() -> None:
    """Send however old the last beat is: only the slot's time is looked at."""
    LifeBeat.fresh_within = lambda _life, _seconds=0.0: True  # type: ignore[method-assign,assignment]


def send_after_any_pause() -> None:
    """Send whenever the thread gets to it, and live on when gone."""
    let_slots_grow_old()
    ignore_its_own_beat()
    live_on()


def live_on() -> None:
    """Do not exit when declared gone."""

    def stand(
        kind: str,
        life: LifeBeat,
        asked: Callable[[], bool],
        stuck: Callable[[], int | None] = lambda: None,
    ) -> None:
        while not asked():
            time.sleep(0.1)

    working.stand = stand  # type: ignore[attr-defined]


def write_without_a_claim() -> None:
    """Open an attempt also when the claim was taken back."""

    def hold_claim(connection: Connection, claim: Claim) -> None:
        """Hold nothing."""

    attempts.hold_claim = hold_claim  # type: ignore[attr-defined]
    guard = " AND dispatch_token = %(token)s AND claimed_by = %(process_id)s"
    assert guard in attempts._OPEN.text
    attempts._OPEN = Statement(attempts._OPEN.text.replace(guard, ""))


def write_without_life_or_claim() -> None:
    """Open an attempt when the claim was taken back, and send it however late the thread wakes."""
    ignore_its_own_beat()
    let_slots_grow_old()
    write_without_a_claim()


def settle_what_others_hold() -> None:
    """Settle by the record alone, whoever holds it, and live on to do so."""
    live_on()
    guard = "AND r.dispatch_token = %(token)s AND r.claimed_by = %(process_id)s\n    RETURNING"
    assert guard in settlement._RELEASE
    settlement._RELEASE = settlement._RELEASE.replace(guard, "RETURNING")
    for case, statement in applied._STATEMENTS.items():
        applied._STATEMENTS[case] = Statement(statement.text.replace(guard, "RETURNING"))


def lead_without_a_lock() -> None:
    """Prove the leadership at the beginning of a transaction, but hold nothing until its end."""
    lock = " FOR SHARE"
    assert lock in leadership._ASSERT
    leadership._ASSERT = leadership._ASSERT.replace(lock, "")
