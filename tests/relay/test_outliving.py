"""The relay outlives what nobody foresaw: its thread neither ends in silence nor spins."""

import threading

import psycopg
import pytest
from prometheus_client import REGISTRY

from outbox import in_flight, leader
from outbox.intake import Intake, take_in
from outbox.relay import FAILURE_PAUSE_MOST_SECONDS, Relay
from outbox.term import Term
from tests.support.proline import contact
from tests.support.relay_in_hand import Office


class CountedPauses(threading.Event):
    """A stop that comes after so many pauses, and notes how long each would have been."""

    def __init__(self, most: int) -> None:
        """Begin with none."""
        super().__init__()
        self.seconds: list[float] = []
        self._most = most

    def wait(self, timeout: float | None = None) -> bool:
        """Note a pause instead of taking it."""
        self.seconds.append(timeout or 0.0)
        if len(self.seconds) >= self._most:
            self.set()
        return self.is_set()


class Poison:
    """An intake that breaks so many times in a way nobody foresaw, then does its work."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, times: float) -> None:
        """Take the place of intake."""
        self.met = 0
        self._times = times
        monkeypatch.setattr(leader, "take_in", self)

    def __call__(self, *arguments: object, **named: object) -> Intake:
        """Break, or take in."""
        if self.met < self._times:
            self.met += 1
            raise ZeroDivisionError
        return take_in(*arguments, **named)  # type: ignore[arg-type]  # the leader's own, passed on


def failures() -> float:
    """Read how often the relay met what it did not foresee."""
    return REGISTRY.get_sample_value("proline_qbo_relay_failures_total") or 0.0


def run(office: Office, pauses: int) -> CountedPauses:
    """Let the relay's own loop run for so many pauses."""
    stop = CountedPauses(pauses)
    office.hand.relay.run(stop)
    return stop


def test_an_unforeseen_error_is_counted_and_the_relay_goes_on(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What broke once is done the next time; nothing of it is lost."""
    before = failures()
    Poison(monkeypatch, times=1)
    office.say("contact", contact())

    run(office, pauses=5)

    assert office.state("contact", "c1") == "waiting: stage"
    assert failures() == before + 1


def test_a_batch_that_always_breaks_makes_the_relay_pause_longer_and_longer(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is tried at every pause, not in a loop; the pause has its limit."""
    poison = Poison(monkeypatch, times=float("inf"))
    office.say("contact", contact())

    pauses = run(office, pauses=12).seconds

    assert poison.met == len(pauses)
    assert pauses == sorted(pauses)
    assert pauses[0] < 1.0
    assert pauses[-1] == FAILURE_PAUSE_MOST_SECONDS


def test_an_unforeseen_error_gives_the_lead_to_whoever_can_do_better(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A standby need not wait until this one falls silent."""
    Poison(monkeypatch, times=1)
    office.say("contact", contact())

    run(office, pauses=1)

    assert not office.hand.relay.leading
    assert [row.holder for row in office.rows("SELECT * FROM proline_qbo.leadership")] == [None]


def test_a_lead_that_cannot_be_given_up_ends_no_thread(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Giving up may break by the same cause; then the silence tells the standby."""
    Poison(monkeypatch, times=1)
    monkeypatch.setattr(Term, "resign", lambda _: 1 / 0)
    office.say("contact", contact())

    run(office, pauses=1)

    assert not office.hand.relay.leading


def test_a_database_that_goes_away_as_a_term_begins_costs_no_other_term(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lead is held already: waiting for one's own silence would lose three seconds."""
    with monkeypatch.context() as patched:
        patched.setattr(in_flight, "held_places", away)
        with pytest.raises(psycopg.OperationalError):
            office.hand.relay.tick()
    led_before = office.hand.relay.leading

    office.hand.relay.tick()

    assert (led_before, office.hand.relay.leading) == (False, True)
    assert [row.term for row in office.rows("SELECT * FROM proline_qbo.leadership")] == [1]


def away(*_: object) -> None:
    """Be a database that has just gone."""
    raise psycopg.OperationalError


def test_without_its_boundary_the_relay_would_end_in_silence(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard taken out: the loop ends, and the process would go on beating without a relay."""
    Poison(monkeypatch, times=1)
    monkeypatch.setattr(Relay, "_survive", raise_again)
    office.say("contact", contact())

    with pytest.raises(ZeroDivisionError):
        run(office, pauses=5)


def raise_again(_: Relay, error: Exception) -> float:
    """Let an error pass."""
    raise error
