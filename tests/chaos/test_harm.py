"""The harm itself: who is alone is alone, what recovered late is said, slow faults come early."""

import threading
from random import Random
from typing import Any, cast

import pytest

from chaos.harm.diary import RESUME_SECONDS, TAKE_OVER_SECONDS, Diary, Manner
from chaos.harm.lanes import ALONE, BEGINNING, LANES, SLOW, Harm
from chaos.harm.turns import Turns


def test_who_is_alone_waits_for_the_others_and_holds_them_up() -> None:
    """A recovery that is measured is that of one failure."""
    turns, told, inside, leave = Turns(), [], threading.Event(), threading.Event()

    def act_together() -> None:
        with turns.together():
            inside.set()
            leave.wait(10)
            told.append("first")

    def act_alone() -> None:
        with turns.alone():
            told.append("alone")

    def act_after() -> None:
        with turns.together():
            told.append("after")

    first, alone = threading.Thread(target=act_together), threading.Thread(target=act_alone)
    first.start()
    assert inside.wait(10)
    alone.start()
    while not turns._want_to_be_alone:
        threading.Event().wait(0.001)
    after = threading.Thread(target=act_after)
    after.start()
    leave.set()
    for thread in (first, alone, after):
        thread.join(10)

    assert told == ["first", "alone", "after"]


@pytest.mark.parametrize("seconds", [None, TAKE_OVER_SECONDS + 0.1])
def test_records_that_stay_a_dead_workers_are_said(seconds: float | None) -> None:
    """For ever, or longer than promised."""
    diary = Diary()
    diary.taken_over("3 records", TAKE_OVER_SECONDS)
    diary.resumed("work", RESUME_SECONDS)
    assert diary.slow == []

    diary.taken_over("4 records", seconds)

    assert len(diary.slow) == 1
    assert diary.slow[0].startswith("4 records: ")


def test_kills_are_counted_by_part() -> None:
    """What was frozen or asked to stop is not killed."""
    diary = Diary()
    for part in ("worker", "worker", "postgres"):
        diary.write(part, Manner.KILLED, "it")
    diary.write("worker", Manner.FROZEN, "it")

    assert diary.kills == 3
    assert diary.by_part(Manner.KILLED) == {"worker": 2, "postgres": 1}


def test_what_holds_work_up_for_a_minute_strikes_only_in_the_beginning() -> None:
    """Else a short run would end before its work could."""
    scene = cast("Any", type("Scene", (), {"prompt": True}))
    harm, chance = Harm(scene, 1, {}, load_seconds=100.0), Random(1)  # noqa: S311  # nothing secret
    acts = LANES["quickbooks"]

    early = {harm._draw(acts, chance, 1.0) for _ in range(500)}
    late = {harm._draw(acts, chance, 100.0 * BEGINNING + 1) for _ in range(500)}

    assert early == set(acts)
    assert late == set(acts) - SLOW


def test_every_act_has_its_lane() -> None:
    """What is done alone, or early, is done at all."""
    acts = {act for lane in LANES.values() for act in lane}

    assert acts >= ALONE | SLOW
