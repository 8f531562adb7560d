"""When the relay pauses: not while it leaves work behind, and shortly once it has done all."""

import pytest

from coordination.database import Pool
from outbox.limits import RelayLimits
from tests.relay.test_outliving import CountedPauses
from tests.support.hand_worker import HandWorker
from tests.support.proline import contact, enable_company
from tests.support.relay_in_hand import Office

LIMITS = RelayLimits(pace_ms=0, full_ms=0, intake_batch=2)


@pytest.fixture
def office(pool: Pool) -> Office:
    """Give an office whose relay takes in two events at once, and has nothing to do."""
    with pool.connection() as connection:
        enable_company(connection)
    office = Office(pool, HandWorker(pool), LIMITS)
    office.hand.drain()
    return office


def pauses_of(office: Office, number: int) -> list[float]:
    """Let the relay's own loop run for so many pauses."""
    stop = CountedPauses(number)
    office.hand.relay.run(stop)
    return stop.seconds


def test_a_tick_that_did_all_there_was_is_followed_by_a_short_rest(office: Office) -> None:
    """What comes meanwhile is done together."""
    office.say("contact", contact("c1"))

    assert pauses_of(office, 2) == [LIMITS.rest_ms / 1000, LIMITS.idle_ms / 1000]


def test_while_a_batch_is_full_there_is_no_rest(office: Office) -> None:
    """A backlog is worked off at full speed: the first pause comes behind its end."""
    office.say("contact", *(contact(f"c{number}") for number in range(5)))

    pauses_of(office, 1)

    assert office.rows("SELECT id FROM proline_outbox.outbox_events") == []
