"""What the leader remembers of what it handed out, beside what the rows say."""

from collections import Counter

from outbox.in_flight import InFlight
from records.settlement import handed_back
from tests.support.proline import contact, project
from tests.support.relay_in_hand import Office


def ask(office: Office, in_flight: InFlight) -> None:
    """Refresh it in a transaction of its own."""
    with office.pool.connection() as connection:
        in_flight.refresh(connection)


def counted(in_flight: InFlight) -> tuple[int, int, Counter[str]]:
    """Say how many it holds, how many of them are unclaimed, and how they are counted."""
    unclaimed = Counter(each.entity for each in in_flight.unclaimed)
    assert +in_flight.unclaimed_by_entity == unclaimed
    return len(in_flight.pks), len(in_flight.unclaimed), in_flight.by_company


def test_it_follows_its_records_and_counts_what_is_left(office: Office) -> None:
    """Dispatched, claimed, handed back and handed out again: each as the rows say."""
    for number in ("1", "2", "3"):
        office.say("contact", contact(f"c{number}"))
        office.say("project", project(f"p{number}", contact_id=f"c{number}"))
    messages = office.hand.drain()
    in_flight = InFlight()
    ask(office, in_flight)
    assert counted(in_flight) == (3, 3, {"acme": 3})

    claims = [office.worker.claim(each) for each in messages[:2]]
    ask(office, in_flight)
    assert counted(in_flight) == (3, 1, {"acme": 3})

    assert claims[0] is not None
    office.worker.leave(claims[0], handed_back())
    ask(office, in_flight)
    assert counted(in_flight) == (2, 1, {"acme": 2})

    office.hand.drain()
    ask(office, in_flight)
    assert counted(in_flight) == (2, 1, {"acme": 2})
    in_flight.forget()
    ask(office, in_flight)
    assert counted(in_flight) == (3, 2, {"acme": 3})

    office.worker.work(messages[2:])
    ask(office, in_flight)
    assert counted(in_flight)[0] == 2
