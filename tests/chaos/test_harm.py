"""What a run is made of: harm that is dealt whole, promises that were put to the test, a load."""

import shutil
from collections import Counter
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from pathlib import Path
from random import Random
from signal import Signals
from threading import Event
from time import monotonic
from types import SimpleNamespace
from typing import Any, cast

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from chaos.checker import Breach, Kind, Verdict
from chaos.evidence import leave_evidence
from chaos.form import LONG, SHORT
from chaos.ground import Contractor
from chaos.harm.diary import WITHIN_SECONDS, Diary, Manner, Measure
from chaos.harm.lanes import ALONE, LANES, RARE, SLOW, Harm, dealt, required_acts
from chaos.judging import modes_of
from chaos.load.writing import Load, Tally, authors_of
from chaos.outcome import Outcome
from chaos.platform import End
from demo.comparer import Books, Customer
from tests.demo.sample_ledger import ENABLED, LATER, ledger
from workers.solitude import Solitude


@pytest.mark.parametrize("measure", Measure)
def test_what_recovers_late_or_never_is_said(measure: Measure) -> None:
    """What comes within its promise is not."""
    within = WITHIN_SECONDS[measure]
    diary = Diary()
    diary.recovered(measure, within)
    assert diary.slow == []

    diary.recovered(measure, within + 0.1)
    diary.recovered(measure, None)

    assert len(diary.slow) == 2
    assert diary.took(measure) == [within, within + 0.1]


def test_kills_are_counted_by_part() -> None:
    """What was frozen or asked to stop is not killed."""
    diary = Diary()
    for part in ("worker", "worker", "postgres"):
        diary.write(part, Manner.KILLED, "it")
    diary.write("worker", Manner.FROZEN, "it")

    assert diary.kills == 3
    assert diary.by_part(Manner.KILLED) == {"worker": 2, "postgres": 1}


@pytest.mark.parametrize("lane", LANES)
def test_each_act_comes_as_often_as_it_is_in_the_deck(lane: str) -> None:
    """And what must be seen in every run lies on top, what is slow first."""
    acts = LANES[lane]
    for seed in range(50):
        deck = list(islice(dealt(acts, Random(seed)), sum(acts.values())))  # noqa: S311  # a deck

        assert Counter(deck) == acts
        first, slow = set(acts) - RARE, set(acts) & SLOW
        assert set(deck[: len(first)]) == first
        assert set(deck[: len(slow)]) == slow


def test_every_act_has_its_lane() -> None:
    """What is done alone, early or seldom is done at all."""
    acts = {act for lane in LANES.values() for act in lane}

    assert acts >= ALONE | SLOW | RARE


def test_a_long_run_must_have_done_everything() -> None:
    """And a short one what is on top of its decks, and what comes often."""
    assert len(required_acts(LONG)) == len({act for lane in LANES.values() for act in lane})
    assert set(required_acts(LONG)) - set(required_acts(SHORT)) == {
        "restart rabbitmq",
        "restart postgres",
        "alarm disk",
        "change matching",
        "stall",
    }


def test_what_could_not_be_done_is_tried_again() -> None:
    """Until then nothing else of its lane is, and it is not written down."""
    tried: list[bool] = []

    def act(scene: Any, chance: Random) -> bool:  # noqa: ANN401  # the scene is made up here
        del chance
        tried.append(len(tried) == 2)
        if tried[-1]:
            scene.over.set()
        return tried[-1]

    scene: Any = SimpleNamespace(over=Event(), turns=Solitude(), diary=Diary())
    form = replace(SHORT, harm_every_seconds={"relays": 0.001})
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(cast("dict[str, Any]", LANES), "relays", {act: 1})
        with Harm(scene, 1, form).going_on():
            assert scene.over.wait(5)

    assert tried == [False, False, True]
    assert scene.diary.done == {"act": 1}


@pytest.mark.parametrize(
    ("chose_before", "is_job", "mode"),
    [
        (None, False, "main"),
        (None, True, "main"),
        (60.0, False, "sub"),
        (-60.0, True, "main"),
        (-5.0, True, "sub"),
        (-5.0, False, "main"),
    ],
)
def test_a_project_is_expected_in_the_mode_that_stood(
    chose_before: float | None, *, is_job: bool, mode: str
) -> None:
    """Only where the office changed its mind about then do the books say which it was."""
    entered_at, diary = LATER, Diary()
    if chose_before is not None:
        diary.modes.append((entered_at - timedelta(seconds=chose_before), "sub"))
    contractor = Contractor("company-6", "Example", "main", "4620816365000000001", 450, ENABLED)
    customers = (
        [Customer("P#1001", "Zo\u00eb's Project - P#1001", parent="C#1001")] if is_job else []
    )

    modes = modes_of(contractor, ledger(), Books("Example", tuple(customers)), diary)

    assert modes == {"pro": mode}


@pytest.fixture(name="outcome")
def of_a_run_that_proves_something() -> Outcome:
    """Give the outcome of a clean run."""
    diary = Diary()
    diary.write("worker", Manner.KILLED, "it")
    for act in required_acts(SHORT):
        diary.did(act)
    for measure in Measure:
        diary.recovered(measure, 0.1)
    return Outcome(
        seed=1,
        form=replace(SHORT, changes_least=1, kills_least=1),
        seconds=1.0,
        tally=Tally(changes=1, rolled_back=1),
        diary=diary,
        verdict=Verdict((), 1),
        settled_seconds=1.0,
        parked=[],
        struck={"429": 1},
        ends={"worker 1": [End(-9, frozenset({Signals.SIGKILL}), 60.0, None)]},
    )


def test_a_run_that_did_nothing_proves_nothing(outcome: Outcome) -> None:
    """Each promise must have been put to the test for a run to be clean."""
    proves = outcome
    stood_still, breach = Diary(), Breach(Kind.LOST, "company-1", "nothing of it")
    stood_still.recovered(Measure.WELL, None)
    faulty = {
        "nothing was killed": replace(proves, diary=Diary()),
        "it stood still": replace(proves, diary=stood_still),
        "it did not settle": replace(proves, settled_seconds=None),
        "a record was parked": replace(proves, parked=["invoice i1"]),
        "a fault struck nothing": replace(proves, struck={"429": 1, "HTML": 0}),
        "nothing stayed open": replace(proves, form=replace(proves.form, lingers=True)),
        "nothing was changed": replace(proves, tally=Tally()),
        "nothing was written": replace(proves, verdict=Verdict((), 0)),
        "nothing was taken back": replace(proves, tally=Tally(changes=1)),
        "a process broke": replace(proves, ends={"worker 1": [End(1, frozenset(), 60.0, None)]}),
        "something was lost": replace(proves, verdict=Verdict((breach,), 1)),
    }

    assert proves.is_clean
    assert [why for why, outcome in faulty.items() if outcome.is_clean] == []
    acts = required_acts(SHORT)
    assert faulty["nothing was killed"].unproved == ["1 kills", *acts, *map(str, Measure)]
    assert faulty["a fault struck nothing"].unproved == ["a call struck by: HTML"]
    assert faulty["a process broke"].broken == ["worker 1 ended with exit code 1 after 60 s"]


def test_a_run_that_was_not_clean_leaves_its_evidence(
    outcome: Outcome, database_url: str, tmp_path: Path
) -> None:
    """Tables, calls, logs, acts and findings; no tokens."""
    with psycopg.connect(database_url) as connection:
        connection.execute("INSERT INTO proline_qbo.nudges (company_id) VALUES ('company-1')")
    (tmp_path / "relay-1.log").write_text("it leads")
    ground: Any = SimpleNamespace(
        postgres=SimpleNamespace(url=database_url),
        contractors=[SimpleNamespace(company_id="company-1", realm_id="4620816365000000001")],
        quickbooks=SimpleNamespace(calls=lambda realm_id: [{"seq": 1, "realm_id": realm_id}]),
        home=tmp_path,
    )

    folder = leave_evidence(ground, 7, outcome.diary, ["lost: company-1: nothing of it"])

    read = {each.name: each.read_text() for each in folder.iterdir()}
    shutil.rmtree(folder)
    assert "company-1" in read["proline_qbo.nudges.csv"]
    assert "4620816365000000001" in read["calls.company-1.jsonl"]
    assert read["relay-1.log"] == "it leads"
    assert "worker: it" in read["harm.txt"]
    assert "lost: company-1: nothing of it" in read["found.txt"]
    assert not any("tokens" in name for name in read)


@pytest.mark.parametrize(
    ("error", "is_away"),
    [
        (psycopg.OperationalError("the connection is lost"), True),
        (psycopg.errors.AdminShutdown("terminating connection"), True),
        (psycopg.errors.CannotConnectNow("starting up"), True),
        (psycopg.errors.DeadlockDetected("deadlock detected"), False),
        (psycopg.errors.LockNotAvailable("lock timeout"), False),
        (psycopg.errors.UniqueViolation("twice"), False),
        (psycopg.errors.RaiseException("a function of ours"), False),
    ],
    ids=lambda given: type(given).__name__,
)
def test_only_an_absent_database_excuses_an_author(error: psycopg.Error, *, is_away: bool) -> None:
    """Anything else that breaks ProLine's commit is a breach of ours, and ends the run."""

    def sessions() -> Any:  # noqa: ANN401  # it never gives one
        raise DBAPIError("COMMIT", {}, error)

    opening: Any = sessions
    load = Load(opening, authors_of(1, 1, ["company-1"]), changes_per_second=1_000.0)

    with pytest.raises(DBAPIError) if not is_away else nullcontext(), load.running():
        until = monotonic() + 5
        while monotonic() < until and not load.tally.unanswered:
            if any(each.done() for each in load._writing):
                break
            Event().wait(0.01)

    assert (load.tally.unanswered > 0) is is_away
