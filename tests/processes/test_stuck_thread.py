"""A worker that claims and never settles, though it beats: taken back when its process ends."""

from connections.settings import CompanySettings
from tests.support import stuck_threads
from tests.support.processes import NewRoofer
from tests.support.roofer import until

CREATE = CompanySettings(existing_customers="create")
SETTLE_SECONDS = 20.0
STICK = f"{stuck_threads.__name__}:stick"


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
