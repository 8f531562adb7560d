"""An orderly stop ends what is under way and leaves nothing behind; a second one does not wait."""

import os
import signal

import pytest

from tests.support.processes import NewRoofer
from tests.support.roofer import until

CALL_MS = 2_000
SETTLE_SECONDS = 20.0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_is_asked_to_stop_ends_its_call_first(
    new_roofer: NewRoofer, number: signal.Signals
) -> None:
    """The call is answered and settled, the process retired: no claim is taken back."""
    roofer, fleet = new_roofer()
    relay, worker = fleet.relay(), fleet.worker()
    roofer.fault({"entity": "customer", "operation": "create"}, delay_ms=CALL_MS)
    roofer.contact().project()
    until(lambda: roofer.held("Customer"), SETTLE_SECONDS)

    os.kill(worker.pid, number)
    until(lambda: worker.exit_code is not None, SETTLE_SECONDS)

    assert worker.exit_code == 0
    assert roofer.record("contact", "c1").state == "done"
    assert "relay.took_back" not in relay.said()
    (process,) = roofer.rows("SELECT * FROM proline_qbo.processes WHERE pid = %s", worker.pid)
    assert process.retired


def test_a_second_signal_does_not_wait(new_roofer: NewRoofer) -> None:
    """Whoever asks twice wants it gone; the relay takes back what it held."""
    roofer, fleet = new_roofer()
    fleet.relay()
    worker = fleet.worker()
    roofer.fault({"entity": "customer", "operation": "create"}, delay_ms=10 * CALL_MS)
    roofer.contact().project()
    until(lambda: roofer.held("Customer"), SETTLE_SECONDS)

    worker.ask_to_stop()
    until(lambda: "process.stops" in worker.said())
    worker.ask_to_stop()
    until(lambda: worker.exit_code is not None, 5.0)
    fleet.worker()
    roofer.settle(SETTLE_SECONDS)

    assert worker.exit_code == -signal.SIGTERM
    assert len(roofer.held("Customer")) == 1


def test_a_process_that_was_declared_gone_ends_at_once(new_roofer: NewRoofer) -> None:
    """It sends nothing more; its platform starts it anew."""
    _, fleet = new_roofer()
    worker = fleet.worker()
    with fleet.pool.connection() as connection:
        connection.execute(
            "UPDATE proline_qbo.processes SET gone_at = proline_qbo.clock() WHERE pid = %s",
            [worker.pid],
        )

    until(lambda: worker.exit_code is not None, 5.0)

    assert worker.exit_code == 3
    assert "process.gone" in worker.said()
