"""The checker sees a call too many."""

from chaos.checker import Kind
from tests.chaos.calls import at, kinds, sound


def test_a_call_past_the_ceiling_is_seen() -> None:
    """Of any 60 seconds; the window is open at its older end."""
    written = sound()
    written.ceiling = 3
    written.call(64.0, "Customer", "query", None, {})
    assert written.judged().is_clean

    written.call(65.0, "Customer", "query", None, {})
    assert written.judged().is_clean

    written.call(65.5, "Customer", "query", None, {})
    assert kinds(written.judged()) == {Kind.LIMIT_BREACHES: 1}


def test_an_eleventh_call_in_a_second_is_seen() -> None:
    """QuickBooks takes ten."""
    written = sound()
    for number in range(10):
        written.call(7 + number / 10, "Customer", "query", None, {})
    assert written.judged().is_clean

    written.call(7.95, "Customer", "query", None, {})
    assert kinds(written.judged()) == {Kind.LIMIT_BREACHES: 1}


def test_an_eleventh_call_in_flight_is_seen() -> None:
    """QuickBooks takes ten at once."""
    written = sound()
    for number in range(11):
        written.call(7 + number / 5, "Customer", "query", None, {}, ended_at=at(20))

    assert kinds(written.judged()) == {Kind.LIMIT_BREACHES: 1}
