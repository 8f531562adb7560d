"""One record, one place: the relay hands out nothing that is in flight."""

from tests.support.proline import contact, project
from tests.support.relay_in_hand import Office

TICKS = 20


def test_what_is_in_flight_is_not_handed_out_again(office: Office) -> None:
    """However often it looks, and whether a worker has claimed the record or not."""
    office.say("contact", contact())
    office.say("project", project())
    tick(office)
    handed_out = office.hand.broker.take()
    assert len(handed_out) == 1

    assert office.worker.claim(handed_out[0]) is not None
    tick(office)

    assert office.hand.broker.take() == []


def tick(office: Office) -> None:
    """Let the relay tick so often: one that always finds something to do never comes to rest."""
    for _ in range(TICKS):
        office.hand.relay.tick()
