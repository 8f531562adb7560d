"""A worker frozen past its claim: what it held went to another, and nothing old follows the new.

Judged by what reached QuickBooks, in the order in which it came. Each case is played again with a
guard taken out, to see what the guard was good for.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.standing import GONE
from connections.settings import CompanySettings
from tests.support import guards_out
from tests.support.database_clock import DatabaseClock
from tests.support.held_calls import held_calls
from tests.support.processes import Fleet, NewRoofer, Process
from tests.support.roofer import Roofer, until

CREATE = CompanySettings(existing_customers="create")
FORGETFUL = {"requestid": "ignored"}
LOOK_UP_SECONDS = 131
SETTLE_SECONDS = 20.0
GONE_SECONDS = 10.0
FIRST, OLD, NEW = "Ada First", "Ada Old", "Ada New"
ONE_THREAD = ("--threads", "1")
"""RabbitMQ then hands a frozen worker nothing more: what it has is all it may have unanswered."""
SLOT_AHEAD_SECONDS = 1.2
"""Below the 1.5 s that a thread waits for its slot."""


def without(guard: object) -> str:
    """Name what a process is to be prepared with."""
    return f"{guards_out.__name__}:{getattr(guard, '__name__', '')}"


def names_written(roofer: Roofer) -> list[str]:
    """Return the customer's name in each write, in the order in which they arrived."""
    return [plain(body["DisplayName"]) for body in roofer.bodies("customer")]


def names_held(roofer: Roofer) -> list[str]:
    """Return the names of the customers in the books, oldest first."""
    return [plain(each["DisplayName"]) for each in roofer.held("Customer")]


def plain(display_name: str) -> str:
    """Return a name without the contact's number, which is added to it."""
    return display_name.partition(" - ")[0]


def resurrect(roofer: Roofer, process: Process) -> None:
    """Let a process live as though nobody had declared it gone."""
    roofer.proline.execute(
        "UPDATE proline_qbo.processes SET gone_at = NULL WHERE pid = %s", [process.pid]
    )


def wait_for_the_end_of_the_old_call(roofer: Roofer, clock: DatabaseClock) -> None:
    """Let another worker bring the old name to its end, and pass the time until the new may go."""
    until(lambda: "earlier call" in (roofer.record("contact", "c1").sentence or ""), SETTLE_SECONDS)
    assert NEW not in names_written(roofer)
    clock.advance(LOOK_UP_SECONDS)


# --- frozen before its bytes leave ---------------------------------------------------------------


def freeze_before_it_sends(roofer: Roofer, fleet: Fleet, guard: str | None) -> Process:
    """Freeze the only worker when the update to the old name is stored and waits for its slot."""
    fleet.relay()
    frozen = fleet.worker(*ONE_THREAD, prepare=guard)
    roofer.contact(display_name=FIRST).project().settle(SETTLE_SECONDS)
    roofer.proline.execute(
        "UPDATE proline_qbo.limiters"
        " SET last_slot_at = proline_qbo.clock() + make_interval(secs => %s)",
        [SLOT_AHEAD_SECONDS],
    )
    roofer.contact(display_name=OLD)
    until(lambda: len(roofer.attempts("contact", "c1")) == 2)
    frozen.freeze()
    assert names_written(roofer) == [FIRST]
    return frozen


def let_another_write_the_new(roofer: Roofer, fleet: Fleet, clock: DatabaseClock) -> None:
    """Rename it once more and let another worker bring all of it to QuickBooks."""
    fleet.worker()
    roofer.contact(display_name=NEW)
    wait_for_the_end_of_the_old_call(roofer, clock)
    until(lambda: NEW in names_written(roofer), SETTLE_SECONDS)
    roofer.settle(SETTLE_SECONDS)
    assert names_written(roofer) == [FIRST, OLD, NEW]


GUARDED = pytest.mark.parametrize(
    "guard",
    [None, without(guards_out.let_slots_grow_old), without(guards_out.ignore_its_own_beat)],
    ids=["as it is", "by its own beat alone", "by its slot alone"],
)


@GUARDED
def test_a_worker_frozen_before_it_sent_sends_nothing_afterwards(
    new_roofer: NewRoofer, database_clock: DatabaseClock, guard: str | None
) -> None:
    """Its last beat is old and its slot is past: either of the two keeps the bytes back."""
    roofer, fleet = new_roofer(settings=CREATE)
    frozen = freeze_before_it_sends(roofer, fleet, guard)
    let_another_write_the_new(roofer, fleet, database_clock)

    frozen.thaw()

    until(lambda: frozen.exit_code is not None, GONE_SECONDS)
    assert frozen.exit_code == GONE
    assert names_written(roofer) == [FIRST, OLD, NEW]
    assert names_held(roofer) == [NEW]


def test_without_its_beat_and_its_slot_the_old_would_follow_the_new(
    new_roofer: NewRoofer, database_clock: DatabaseClock
) -> None:
    """What the two guards are good for."""
    roofer, fleet = new_roofer(settings=CREATE)
    frozen = freeze_before_it_sends(roofer, fleet, without(guards_out.send_after_any_pause))
    let_another_write_the_new(roofer, fleet, database_clock)

    frozen.thaw()

    until(lambda: len(names_written(roofer)) == 4)
    assert names_written(roofer) == [FIRST, OLD, NEW, OLD]


# --- frozen while it reads, before anything is written -------------------------------------------


def freeze_while_it_looks_up(roofer: Roofer, fleet: Fleet, guard: str | None) -> Process:
    """Freeze the only worker while QuickBooks owes it what it asked of the old name."""
    fleet.relay()
    frozen = fleet.worker(*ONE_THREAD, prepare=guard)
    with held_calls(roofer, "/query") as held:
        roofer.contact(display_name=OLD).project()
        until(lambda: held.arrived)
        frozen.freeze()
    assert names_written(roofer) == []
    return frozen


def let_another_create_the_new(roofer: Roofer, fleet: Fleet) -> None:
    """Rename it and let another worker create it."""
    fleet.worker()
    roofer.contact(display_name=NEW)
    until(lambda: names_written(roofer), SETTLE_SECONDS)
    roofer.settle(SETTLE_SECONDS)
    assert names_written(roofer) == [NEW]


def test_a_worker_frozen_in_a_read_creates_nothing_afterwards(new_roofer: NewRoofer) -> None:
    """Nothing of the old name is there to stop it: whoever is gone gets no slot."""
    roofer, fleet = new_roofer()
    frozen = freeze_while_it_looks_up(roofer, fleet, None)
    let_another_create_the_new(roofer, fleet)

    frozen.thaw()

    until(lambda: frozen.exit_code is not None, GONE_SECONDS)
    assert frozen.exit_code == GONE
    assert names_written(roofer) == [NEW]
    assert names_held(roofer) == [NEW]


def test_a_worker_that_lost_its_claim_while_it_lives_writes_nothing_for_it(
    new_roofer: NewRoofer,
) -> None:
    """Were it never declared gone, the claim that it no longer holds would keep it from writing."""
    roofer, fleet = new_roofer()
    frozen = freeze_while_it_looks_up(roofer, fleet, None)
    let_another_create_the_new(roofer, fleet)

    resurrect(roofer, frozen)
    frozen.thaw()

    until(lambda: "ClaimLost" in frozen.said())
    assert names_written(roofer) == [NEW]


def test_without_its_life_and_its_claim_the_old_would_be_created_beside_the_new(
    new_roofer: NewRoofer,
) -> None:
    """What the two are good for."""
    roofer, fleet = new_roofer()
    guard = without(guards_out.write_without_life_or_claim)
    frozen = freeze_while_it_looks_up(roofer, fleet, guard)
    let_another_create_the_new(roofer, fleet)

    resurrect(roofer, frozen)
    frozen.thaw()

    until(lambda: len(names_held(roofer)) == 2)
    assert names_written(roofer) == [NEW, OLD]


# --- frozen in its call --------------------------------------------------------------------------


def freeze_in_its_call(roofer: Roofer, fleet: Fleet, guard: str | None = None) -> Process:
    """Freeze the only worker while QuickBooks, which has taken the old name, owes it the answer."""
    fleet.relay()
    frozen = fleet.worker(*ONE_THREAD, prepare=guard)
    roofer.contact(display_name=FIRST).project().settle(SETTLE_SECONDS)
    roofer.fault({"entity": "customer", "operation": "update"}, delay_ms=1_500)
    roofer.contact(display_name=OLD)
    until(lambda: OLD in names_written(roofer))
    frozen.freeze()
    return frozen


@pytest.mark.parametrize("books", [{}, FORGETFUL], ids=["replays", "forgets"])
def test_an_answer_that_a_frozen_worker_reads_late_changes_nothing(
    new_roofer: NewRoofer, database_clock: DatabaseClock, books: dict[str, object]
) -> None:
    """The same bytes went again by another hand, then the new; the late answer is of no use."""
    roofer, fleet = new_roofer(settings=CREATE, books=books)
    frozen = freeze_in_its_call(roofer, fleet)
    fleet.worker()
    roofer.contact(display_name=NEW)
    wait_for_the_end_of_the_old_call(roofer, database_clock)
    until(lambda: NEW in names_written(roofer), SETTLE_SECONDS)
    roofer.settle(SETTLE_SECONDS)

    frozen.thaw()

    until(lambda: frozen.exit_code is not None, GONE_SECONDS)
    assert frozen.exit_code == GONE
    assert names_written(roofer) == [FIRST, OLD, OLD, NEW]
    first_old, again = roofer.writes("customer")[1:3]
    assert first_old.body == again.body
    assert names_held(roofer) == [NEW]
    assert roofer.settle().record("contact", "c1").state == "done"


def test_what_is_new_waits_while_a_frozen_workers_call_may_be_on_its_way(
    new_roofer: NewRoofer, database_clock: DatabaseClock
) -> None:
    """QuickBooks has the old name by another hand, and owes the frozen one its answer still."""
    roofer, fleet = new_roofer(settings=CREATE)
    freeze_in_its_call(roofer, fleet)
    fleet.worker()
    until(lambda: names_written(roofer) == [FIRST, OLD, OLD], SETTLE_SECONDS)
    roofer.contact(display_name=NEW)

    until(
        lambda: (
            "earlier call" in (roofer.record("contact", "c1").sentence or "")
            or NEW in names_written(roofer)
        )
    )
    assert names_written(roofer) == [FIRST, OLD, OLD]
    database_clock.advance(LOOK_UP_SECONDS / 2)
    time.sleep(1)  # long enough for what must not happen
    assert NEW not in names_written(roofer)
    database_clock.advance(LOOK_UP_SECONDS / 2)

    until(lambda: NEW in names_written(roofer), SETTLE_SECONDS)


def test_where_the_request_id_is_proved_what_is_new_goes_at_once(new_roofer: NewRoofer) -> None:
    """An answer to one send is the end of all: whatever else is on its way replays it."""
    roofer, fleet = new_roofer(settings=CREATE)
    fleet.environment["QBO_REQUESTID_PROVED"] = "true"
    freeze_in_its_call(roofer, fleet)
    fleet.worker()
    roofer.contact(display_name=NEW)

    until(lambda: NEW in names_written(roofer), SETTLE_SECONDS)

    assert names_written(roofer) == [FIRST, OLD, OLD, NEW]


@contextmanager
def late_answer_beside_another_call(
    roofer: Roofer, fleet: Fleet, clock: DatabaseClock, guard: object
) -> Iterator[tuple[Process, Process]]:
    """Let a worker that is gone and lives on read its answer while another's call is under way.

    Yields:
        The worker that was frozen, and the other: it has sent the new name, and has no answer yet.
    """
    frozen = freeze_in_its_call(roofer, fleet, without(guard))
    another = fleet.worker()
    roofer.contact(display_name=NEW)
    wait_for_the_end_of_the_old_call(roofer, clock)
    with held_calls(roofer, "/customer", containing=NEW) as held:
        until(lambda: held.arrived, SETTLE_SECONDS)
        frozen.thaw()
        yield frozen, another


def test_a_late_settle_takes_nothing_from_whoever_holds_the_record_now(
    new_roofer: NewRoofer, database_clock: DatabaseClock
) -> None:
    """Its token is not the record's any more: it is fenced, and the other settles."""
    roofer, fleet = new_roofer(settings=CREATE)

    beside = late_answer_beside_another_call(roofer, fleet, database_clock, guards_out.live_on)
    with beside as (frozen, another):
        until(lambda: "settle.fenced" in frozen.said())
    roofer.settle(SETTLE_SECONDS)

    assert names_written(roofer) == [FIRST, OLD, OLD, NEW]
    assert "settle.fenced" not in another.said()


def test_without_its_token_a_late_settle_would_put_the_record_in_flight_twice(
    new_roofer: NewRoofer, database_clock: DatabaseClock
) -> None:
    """What the fence is good for: the new name is sent again while its call is under way."""
    roofer, fleet = new_roofer(settings=CREATE)

    guard = guards_out.settle_what_others_hold
    with late_answer_beside_another_call(roofer, fleet, database_clock, guard):
        until(lambda: names_written(roofer).count(NEW) == 2)
