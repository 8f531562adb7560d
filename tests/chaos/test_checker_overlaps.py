"""The checker sees two different writes of one record in flight."""

import pytest

from chaos.checker import Kind
from tests.chaos.calls import Written, at, kinds, sound, voided_in_proline


def test_two_writes_of_one_record_at_a_time_are_seen_once() -> None:
    """The second must wait until the first was answered or given up."""
    written = sound()
    written.revision(4)
    written.revision(5)
    written.customer(7, 4, "update", ended_at=at(9))
    written.customer(8, 5, "update")

    assert kinds(written.judged()) == {Kind.OVERLAPS: 1}


def test_two_creates_of_one_record_at_a_time_are_seen_before_either_is_done() -> None:
    """Neither has an object yet: what they say tells that they are of one record."""
    written = Written()
    written.revision(1)
    written.revision(2)
    written.customer(7, 1, object_id=None, applied_at=None, ended_at=at(9))
    written.customer(8, 2, object_id=None, applied_at=None)

    assert kinds(written.judged()) == {Kind.OVERLAPS: 1}


def test_one_write_sent_again_is_no_other() -> None:
    """The same bytes with the same requestid may be on their way twice."""
    written = sound()
    written.revision(4)
    written.customer(7, 4, "update", ended_at=at(9), requestid="same")
    written.customer(8, 4, "update", applied_at=None, requestid="same")

    assert written.judged().is_clean


@pytest.mark.parametrize(
    ("proved", "status", "overlaps"),
    [(True, 200, 0), (True, 400, 0), (False, 200, 1), (True, 401, 1)],
    ids=["it replays", "it replays a refusal", "it may not", "the second send was turned away"],
)
def test_the_next_write_waits_for_each_send_unless_a_requestid_is_replayed(
    *, proved: bool, status: int, overlaps: int
) -> None:
    """A worker is frozen in its call, another sends the same bytes, and then what is new."""
    written = sound()
    written.proved = proved
    written.revision(4)
    written.revision(5)
    written.customer(7, 4, "update", ended_at=at(12), status=None, requestid="same")
    written.customer(8, 4, "update", applied_at=None, requestid="same", status=status)
    written.customer(10, 5, "update")

    assert kinds(written.judged()) == ({Kind.OVERLAPS: overlaps} if overlaps else {})


def test_the_same_bytes_with_another_requestid_are_another_write() -> None:
    """QuickBooks would do them again."""
    written = sound()
    written.revision(4)
    written.customer(7, 4, "update", ended_at=at(9))
    written.customer(8, 4, "update", applied_at=None)

    assert kinds(written.judged()) == {Kind.OVERLAPS: 1}


def test_a_void_during_another_write_is_seen() -> None:
    """It carries no revision: its object tells of which record it is."""
    written = voided_in_proline()
    written.revision(6, "payment", "y1", total="40.00")
    written.payment(9, 6, operation="update", ended_at=at(9.5))
    written.call(9.2, "Payment", "void", "9", {"Id": "9", "SyncToken": "0"})

    assert kinds(written.judged()) == {Kind.OVERLAPS: 1}


def test_other_bytes_with_the_same_requestid_are_another_write() -> None:
    """QuickBooks would answer what the first ones came to."""
    written = sound()
    written.revision(4)
    written.revision(5)
    written.customer(7, 4, "update", ended_at=at(9), requestid="same")
    written.customer(8, 5, "update", applied_at=None, requestid="same")
    written.customer(10, 5, "update")

    assert kinds(written.judged()) == {Kind.OVERLAPS: 1}


def test_a_call_that_nobody_ends_is_in_flight_for_ever() -> None:
    """Neither answered nor closed: whatever comes later meets it."""
    written = sound()
    written.revision(4)
    written.revision(5)
    written.customer(7, 4, "update", applied_at=None, ended_at=None)
    written.customer(99, 5, "update")

    assert kinds(written.judged()) == {Kind.OVERLAPS: 1}
