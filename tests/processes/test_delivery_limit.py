"""A message returned once more than its queue allows: it is dead-lettered, its record is not."""

from typing import Any

from broker.claim_checks import decode
from broker.connecting import unopened
from broker.routing import QUEUES
from broker.topology import DELIVERY_LIMIT, dead_letter_queue
from connections.settings import CompanySettings
from tests.support.broker_hand import BrokerHand
from tests.support.held_calls import held_calls
from tests.support.processes import NewRoofer
from tests.support.roofer import Roofer, until

CREATE = CompanySettings(existing_customers="create")
CONTACTS = QUEUES["contact"]
DEAD = dead_letter_queue(CONTACTS)
PUBLISHED_AGAIN_SECONDS = 10.0


def take_and_return(amqp_url: str) -> None:
    """Take the message that stands in the queue and give it back, as a worker that stops does."""
    taken: list[Any] = []
    with unopened(amqp_url) as connection:
        channel = connection.default_channel

        def takes() -> bool:
            message = channel.basic_get(CONTACTS)
            taken.extend([message] if message else [])
            return bool(taken)

        until(takes)
        channel.basic_reject(taken[0].delivery_tag, requeue=True)


def win(roofer: Roofer, number: str) -> None:
    """Let ProLine win a project of a contact of its own."""
    roofer.contact(f"c{number}", number=f"10{number}", display_name=f"Contact {number}")
    roofer.project(f"p{number}", contact_id=f"c{number}", number=f"20{number}")


def test_a_record_finishes_whose_message_was_returned_too_often(
    new_roofer: NewRoofer, amqp_url: str
) -> None:
    """The relay finds it by evidence, its queue being empty, and publishes the same token anew."""
    roofer, fleet = new_roofer(settings=CREATE)
    hand = BrokerHand(amqp_url)
    fleet.relay()
    fleet.worker("--threads", "1")
    with held_calls(roofer, "/customer") as held:
        win(roofer, "1")
        until(lambda: held.arrived)
        win(roofer, "2")
        until(lambda: hand.ready(CONTACTS) == 1)

        for _ in range(DELIVERY_LIMIT):
            take_and_return(amqp_url)
        until(lambda: hand.ready(CONTACTS) == 1)
        assert hand.ready(DEAD) == 0
        take_and_return(amqp_url)

        until(lambda: hand.ready(DEAD) == 1)
        until(lambda: hand.ready(CONTACTS) == 1, PUBLISHED_AGAIN_SECONDS)
        dead = decode(hand.take(DEAD).body.encode(), "contact")
        assert dead.token == roofer.record("contact", "c2").dispatch_token
    roofer.settle()

    records = roofer.rows("SELECT state, unfinished_starts FROM proline_qbo.records")
    assert {(each.state, each.unfinished_starts) for each in records} == {("done", 0)}
    assert len(roofer.writes("customer")) == len(roofer.held("Customer"))
    assert hand.dead_letters() == 0
