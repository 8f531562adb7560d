"""The answer to a COMMIT is lost: the database has it, and whoever asked does not know.

Judged by what reached QuickBooks: each write came once, and work goes on within seconds. The books
here do not know a request id again, so nothing is owed to that promise of the vendor's.
"""

from collections.abc import Callable, Generator

import pytest

from connections.settings import CompanySettings
from tests.support.database_clock import DatabaseClock
from tests.support.lost_answers import LostAnswers, lost_answers
from tests.support.processes import Fleet, NewRoofer
from tests.support.roofer import Roofer, until

CREATE = CompanySettings(existing_customers="create")
FORGETFUL = {"requestid": "ignored"}
RESUME_SECONDS = 10.0
SETTLE_SECONDS = 20.0
LOOK_UP_SECONDS = 130.0

# What a transaction is known by.
CLAIM = "SET claimed_by = p.id"
ATTEMPT = "INSERT INTO proline_qbo.attempts"
SETTLE = "released AS ("
BEAT = "SET beats = beats + 1"
INTAKE = "DELETE FROM proline_outbox.outbox_events"
WAKE = "DELETE FROM proline_qbo.nudges"
DISPATCH = "SET state = 'dispatched'"

CHAIN: dict[str, Callable[[Roofer], object]] = {
    "customer": lambda roofer: roofer.contact().project(),
    "invoice": lambda roofer: roofer.invoice(),
    "payment": lambda roofer: roofer.payment("40.00", on={"i1": "40.00"}),
}
EACH_KIND = pytest.mark.parametrize("kind", CHAIN)


@pytest.fixture
def way(database_url: str) -> Generator[LostAnswers]:
    """Give the way to the database on which an answer can be lost."""
    with lost_answers(database_url) as laid:
        yield laid


def start_worker_on(way: LostAnswers, new_roofer: NewRoofer) -> tuple[Roofer, Fleet]:
    """Give a contractor, a relay, and a worker that reaches the database over that way."""
    roofer, fleet = new_roofer(settings=CREATE, books=FORGETFUL)
    fleet.relay()
    fleet.environment["DATABASE_URL"] = way.url
    fleet.worker()
    return roofer, fleet


def lose_answer_for(kind: str, marker: str, way: LostAnswers, roofer: Roofer) -> None:
    """Say what comes before a kind and let it pass; then lose an answer on the way of the rest."""
    kinds = list(CHAIN)
    for each in kinds[: kinds.index(kind)]:
        CHAIN[each](roofer)
    roofer.settle(SETTLE_SECONDS)
    way.lose_answer(marker)
    for each in kinds[kinds.index(kind) :]:
        CHAIN[each](roofer)
    until(lambda: way.has_lost)


def assert_each_is_written_once(roofer: Roofer) -> None:
    """Hold what reached QuickBooks, and how the records stand, against what was said."""
    assert {kind: len(roofer.writes(kind)) for kind in CHAIN} == dict.fromkeys(CHAIN, 1)
    records = roofer.rows("SELECT state, unfinished_starts FROM proline_qbo.records")
    assert {(each.state, each.unfinished_starts) for each in records} == {("done", 0)}


def test_a_claim_whose_answer_is_lost_is_taken_back(
    way: LostAnswers, new_roofer: NewRoofer
) -> None:
    """Claimed again it is fenced, named it is no more: the relay takes it back, as no death."""
    roofer, fleet = start_worker_on(way, new_roofer)

    lose_answer_for("customer", CLAIM, way, roofer)

    roofer.settle(RESUME_SECONDS)
    assert_each_is_written_once(roofer)
    assert "claim.repeated" in fleet.said()
    assert "relay.took_back" in fleet.said()


@EACH_KIND
def test_a_settle_whose_answer_is_lost_is_repeated_and_fenced(
    way: LostAnswers, new_roofer: NewRoofer, kind: str
) -> None:
    """What it wrote stands, and what waited for it has been woken already."""
    roofer, fleet = start_worker_on(way, new_roofer)

    lose_answer_for(kind, SETTLE, way, roofer)

    roofer.settle(RESUME_SECONDS)
    until(lambda: "settle.fenced" in fleet.said())
    assert "settle.repeated" in fleet.said()
    assert_each_is_written_once(roofer)


@pytest.mark.parametrize("kind", ["customer", "invoice"])
def test_an_attempt_whose_answer_is_lost_is_sent_by_the_next_claim(
    way: LostAnswers, new_roofer: NewRoofer, kind: str
) -> None:
    """It was stored and never sent; whoever claims next sends those same bytes."""
    roofer, fleet = start_worker_on(way, new_roofer)

    lose_answer_for(kind, ATTEMPT, way, roofer)

    roofer.settle(RESUME_SECONDS)
    assert_each_is_written_once(roofer)
    assert "record.left" in fleet.said()


def test_a_payments_attempt_whose_answer_is_lost_is_looked_up_first(
    way: LostAnswers, new_roofer: NewRoofer, database_clock: DatabaseClock
) -> None:
    """That it was never sent is known to none but the thread that left it: it may have been."""
    roofer, _fleet = start_worker_on(way, new_roofer)
    lose_answer_for("payment", ATTEMPT, way, roofer)
    until(lambda: roofer.record("payment", "y1").state == "retrying", RESUME_SECONDS)

    database_clock.advance(LOOK_UP_SECONDS)

    roofer.settle(RESUME_SECONDS)
    assert_each_is_written_once(roofer)
    assert roofer.reads()[-1] == "look_up"


def test_a_beat_whose_answer_is_lost_costs_nothing(way: LostAnswers, new_roofer: NewRoofer) -> None:
    """The next one is a second away, from a session of its own."""
    roofer, fleet = start_worker_on(way, new_roofer)

    lose_answer_for("customer", BEAT, way, roofer)

    roofer.settle(RESUME_SECONDS)
    assert_each_is_written_once(roofer)
    assert [each.exit_code for each in fleet.all] == [None, None]


@pytest.mark.parametrize("marker", [INTAKE, WAKE, DISPATCH], ids=["intake", "wake", "dispatch"])
def test_a_relay_goes_on_from_what_the_tables_say(
    way: LostAnswers, new_roofer: NewRoofer, marker: str
) -> None:
    """Places handed out without its knowing have no message: it finds that none was ever sent."""
    roofer, fleet = new_roofer(settings=CREATE, books=FORGETFUL)
    fleet.worker()
    fleet.environment["DATABASE_URL"] = way.url
    fleet.relay()

    lose_answer_for("customer", marker, way, roofer)

    roofer.settle(RESUME_SECONDS)
    assert_each_is_written_once(roofer)
    assert "relay.database_unavailable" in fleet.said()
