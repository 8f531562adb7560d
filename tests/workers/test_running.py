"""Which claims a process names, and which of them runs for too long."""

from uuid import uuid4

from workers.running import STUCK_AFTER_SECONDS, RunningClaims


class Seconds:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        """Begin somewhere."""
        self.now = 100.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


def test_a_claim_is_named_while_it_runs() -> None:
    """From before it is taken until after it is settled."""
    running, token = RunningClaims(), uuid4()

    with running.naming(token, 7):
        during = running.tokens()

    assert (during, running.tokens()) == ((token,), ())


def test_a_claim_whose_message_comes_again_is_named_until_it_is_over() -> None:
    """The second delivery is fenced and ends at once; were it not named, it would be taken back."""
    running, token = RunningClaims(), uuid4()

    with running.naming(token, 7):
        with running.naming(token, 7):
            pass
        during = running.tokens()

    assert (during, running.tokens()) == ((token,), ())


def test_what_runs_longest_is_stuck_after_a_quarter_of_an_hour_and_not_before() -> None:
    """The oldest is told; when it ends nothing is stuck."""
    clock = Seconds()
    running = RunningClaims(clock)
    with running.naming(uuid4(), 7):
        clock.now += STUCK_AFTER_SECONDS - 1
        with running.naming(uuid4(), 8):
            before = running.stuck()
            clock.now += 1
            after = running.stuck()
    clock.now += STUCK_AFTER_SECONDS

    assert (before, after, running.stuck()) == (None, 7, None)
