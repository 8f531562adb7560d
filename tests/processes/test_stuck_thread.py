"""A worker that claims and never settles, though it beats: taken back when its process ends."""

from app.standing import STUCK
from connections.settings import CompanySettings
from tests.support import stuck_threads
from tests.support.processes import NewRoofer
from tests.support.roofer import until

CREATE = CompanySettings(existing_customers="create")
SETTLE_SECONDS = 20.0
STICK = f"{stuck_threads.__name__}:stick"
STICK_UNTIL_NOTICED = f"{stuck_threads.__name__}:stick_until_noticed"


def test_what_a_stuck_thread_holds_goes_on_elsewhere_when_its_process_is_killed(
    new_roofer: NewRoofer,
) -> None:
    """Until then another worker does all the rest; then it does that too, once."""
    roofer, fleet = new_roofer(settings=CREATE)
    fleet.relay()
    stuck = fleet.worker(prepare=STICK)
    roofer.contact().project().settle(SETTLE_SECONDS)
    roofer.invoice("i0", memo=stuck_threads.STUCK)
    until(lambda: (found := roofer.record("invoice", "i0")) and found.claimed_by)
    fleet.worker()
    roofer.invoice("i1")
    until(lambda: (found := roofer.record("invoice", "i1")) and found.state == "done")
    held = roofer.record("invoice", "i0")

    stuck.kill()
    roofer.settle(SETTLE_SECONDS)

    assert held.state == "dispatched"
    assert len(roofer.held("Invoice")) == 2
    assert len(roofer.writes("invoice")) == 2


def test_a_worker_with_a_stuck_thread_ends_by_itself_and_says_which_record(
    new_roofer: NewRoofer,
) -> None:
    """Its platform starts another, the relay takes back what it held, and it is written once."""
    roofer, fleet = new_roofer(settings=CREATE)
    fleet.relay()
    stuck = fleet.worker(prepare=STICK_UNTIL_NOTICED)
    roofer.contact().project().settle(SETTLE_SECONDS)
    roofer.invoice("i0", memo=stuck_threads.STUCK)

    until(lambda: stuck.exit_code is not None, SETTLE_SECONDS)
    fleet.worker()
    roofer.settle(SETTLE_SECONDS)

    assert stuck.exit_code == STUCK
    assert "process.stuck" in stuck.said()
    assert f'"record_pk": {roofer.record("invoice", "i0").pk}' in stuck.said()
    assert len(roofer.writes("invoice")) == 1
