"""How long a transient error waits."""

from hypothesis import given
from hypothesis import strategies as st

from workers.backoff import FIRST_SECONDS, LONGEST_SECONDS, backoff_seconds


def test_it_doubles_up_to_five_minutes() -> None:
    """One second, two, four, and never more than three hundred."""
    waits = [backoff_seconds(errors) for errors in range(11)]

    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


@given(st.integers())
def test_it_is_bounded_and_never_shrinks(errors_before: int) -> None:
    """Whatever the count, the wait lies between first and longest, and more errors wait no less."""
    wait = backoff_seconds(errors_before)

    assert FIRST_SECONDS <= wait <= LONGEST_SECONDS
    assert wait <= backoff_seconds(errors_before + 1)
