"""What the platform says of a process that ended: whether it may end so."""

from signal import SIGCONT, SIGKILL, SIGSTOP, SIGTERM, Signals

import pytest

from app.cli.failures import CANNOT
from app.standing import GONE
from chaos.platform import START_SECONDS, STOP_SECONDS, End, Member

LATE = START_SECONDS + 1
HUNG = STOP_SECONDS + 1


@pytest.mark.parametrize(
    ("code", "sent", "lived_seconds", "stopped_seconds", "is_expected"),
    [
        (0, {SIGTERM}, LATE, 1.0, True),
        (0, {SIGTERM}, LATE, HUNG, False),
        (0, set(), LATE, None, False),
        (-SIGTERM, {SIGTERM}, 1.0, 0.1, True),
        (-SIGTERM, {SIGTERM}, LATE, 0.1, False),
        (-SIGTERM, set(), 1.0, None, False),
        (-SIGKILL, {SIGKILL}, LATE, None, True),
        (-SIGKILL, set(), LATE, None, False),
        (CANNOT, set(), 1.0, None, True),
        (CANNOT, set(), LATE, None, False),
        (GONE, set(), LATE, None, True),
        (1, {SIGTERM}, LATE, 1.0, False),
        (None, {SIGTERM}, LATE, HUNG, False),
    ],
)
def test_how_a_process_may_end(
    code: int | None,
    sent: set[Signals],
    lived_seconds: float,
    stopped_seconds: float | None,
    *,
    is_expected: bool,
) -> None:
    """As it was told to, because no server was there yet, or because it was declared gone."""
    assert End(code, frozenset(sent), lived_seconds, stopped_seconds).is_expected is is_expected


def test_a_member_is_at_work_unless_it_is_frozen_or_stops() -> None:
    """What measures a recovery, and what freezes, chooses among those alone."""
    member = Member("worker 1", "worker")
    worked = [member.is_at_work]
    member.started(4711)
    worked.append(member.is_at_work)
    for number in (SIGSTOP, SIGCONT, SIGTERM):
        member.was_sent(number)
        worked.append(member.is_at_work)

    member.ended(0)

    assert worked == [False, True, False, True, False]
    (end,) = member.ends
    assert (end.code, end.sent) == (0, frozenset({SIGSTOP, SIGCONT, SIGTERM}))
    assert 0 <= (end.stopped_seconds or 0) <= end.lived_seconds < START_SECONDS


def test_the_next_process_begins_with_nothing() -> None:
    """What its predecessor was sent says nothing of it."""
    member = Member("worker 1", "worker")
    member.started(4711)
    member.was_sent(SIGTERM)
    member.ended(0)
    assert member.pid is None
    assert not member.is_due  # the platform pauses first

    member.started(4712)
    member.ended(GONE)

    assert [each.is_expected for each in member.ends] == [True, True]
    assert member.ends[1].sent == frozenset()
