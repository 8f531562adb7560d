"""The ring by itself: whose turn it is, in which order and from when."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outbox.ring import BACK_SECONDS, MADE_UP_MOST, SPARE, Newcomer, Ring

ALL = 1_000
PACE = 0.1


def ring_of(*company_ids: str, now: float = 100.0) -> Ring:
    """Give a ring in which these have a turn, in this order."""
    ring = Ring()
    ring.tell(now)
    ring.join([Newcomer(each, idle=False) for each in company_ids])
    return ring


def turns(ring: Ring, seconds: float = 0.0) -> list[str]:
    """Look whose turn it is so much later, and leave everybody where they are."""
    ring.tell(ring.now + seconds)
    taken = ring.take(ALL)
    ring.keep(taken)
    return taken


def test_who_was_idle_joins_at_the_head_and_others_at_the_tail() -> None:
    """The longest waiting of the newcomers comes first of each."""
    ring = ring_of("a", "b")

    ring.join([Newcomer("c", idle=True), Newcomer("d", idle=False), Newcomer("e", idle=True)])

    assert turns(ring) == ["c", "e", "a", "b", "d"]


def test_who_stands_in_the_ring_does_not_join_again() -> None:
    """Otherwise idle companies could jump the queue by saying something."""
    ring = ring_of("a", "b")

    ring.join([Newcomer("b", idle=True)])

    assert turns(ring) == ["a", "b"]


def test_whoever_took_a_turn_goes_to_the_tail_and_waits_for_the_pace() -> None:
    """The order in which they took it is kept."""
    ring = ring_of("a", "b", "c")

    assert ring.take(2) == ["a", "b"]
    assert not ring.pass_turn(["a", "b"], PACE)

    assert turns(ring) == ["c"]
    assert turns(ring, PACE) == ["c", "a", "b"]


@pytest.mark.parametrize(("late", "made_up"), [(0.0, 0), (2.5, 2), (1_000.0, MADE_UP_MOST)])
def test_late_turns_are_made_up_and_not_too_many(late: float, made_up: int) -> None:
    """A turn that came late does not set back those after it."""
    ring = ring_of("a")
    ring.take(1)
    ring.pass_turn(["a"], PACE)
    ring.tell(ring.now + PACE + late * PACE)

    at_once = 0
    while ring.take(1):
        at_once += 1
        ring.pass_turn(["a"], PACE)
        ring.tell(ring.now)

    assert at_once == made_up + 1


def test_who_is_passed_over_keeps_its_place() -> None:
    """When there is room for it, it comes before those who were served meanwhile."""
    ring = ring_of("a", "b")
    ring.take(1)
    ring.wait(["a"], ring.now + PACE)
    ring.take(1)
    ring.pass_turn(["b"], 0.0)

    assert turns(ring) == ["b"]
    assert turns(ring, PACE) == ["a", "b"]


def test_who_rests_is_woken_and_who_is_paced_is_not() -> None:
    """A person resumed a company; those beside it have their turns as before."""
    ring = ring_of("a", "b")
    ring.take(2)
    ring.rest("a", inf)
    ring.pass_turn(["b"], PACE)

    ring.end_rests({"a", "b", "unknown"})

    assert turns(ring) == ["a"]


def test_who_left_is_gone_until_it_joins() -> None:
    """Also when it left while it waited."""
    ring = ring_of("a", "b")
    ring.take(2)
    ring.wait(["a"], ring.now + PACE)
    ring.leave(["a", "b"])

    assert turns(ring, PACE) == []
    assert "a" not in ring

    ring.join([Newcomer("a", idle=False)])
    assert turns(ring) == ["a"]


def test_after_a_clock_that_went_back_everybody_has_a_turn() -> None:
    """No turn lies where it was meant to; who is still paused rests again."""
    ring = ring_of("a", "b")
    ring.take(2)
    ring.pass_turn(["a"], PACE)
    ring.rest("b", ring.now + 3_600)

    ring.tell(ring.now - BACK_SECONDS / 2)
    assert turns(ring) == []
    assert sorted(turns(ring, -3_600)) == ["a", "b"]


def test_what_no_longer_stands_is_removed() -> None:
    """A company that a person paused for years may be looked at as often as anybody likes."""
    ring = ring_of("a")
    for _ in range(1_000):
        ring.take(1)
        ring.rest("a", inf)
        ring.end_rests({"a"})

    assert len(ring._later) <= SPARE + 2


MOVES = st.sampled_from(["pass", "wait", "rest", "keep", "leave"])
COMPANIES = st.sampled_from("abcdefgh")


@given(st.lists(st.tuples(st.sets(COMPANIES), st.floats(-5, 5), st.lists(MOVES, max_size=8))))
def test_nobody_is_lost_or_served_twice(
    rounds: list[tuple[set[str], float, list[str]]],
) -> None:
    """Whatever happens to them: whoever has not left has a turn in the end, and only one."""
    ring = Ring()
    ring.tell(100.0)
    inside: set[str] = set()
    for joining, seconds, moves in rounds:
        ring.join([Newcomer(each, idle=each < "d") for each in sorted(joining)])
        inside |= joining
        ring.tell(ring.now + seconds)
        taken = ring.take(len(moves))
        assert len(set(taken)) == len(taken)
        assert set(taken) <= inside
        for company_id, move in zip(taken, moves, strict=False):
            match move:
                case "pass":
                    ring.pass_turn([company_id], PACE)
                case "wait":
                    ring.wait([company_id], ring.now + 1.0)
                case "rest":
                    ring.rest(company_id, ring.now + 60.0)
                case "leave":
                    ring.leave([company_id])
                    inside.discard(company_id)
                case _:
                    ring.keep([company_id])
    ring.tell(ring.now + 1_000.0)

    last = ring.take(ALL)

    assert len(last) == len(set(last))
    assert set(last) == inside
