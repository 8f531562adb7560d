"""RabbitMQ loses messages, a queue, connections, its node: work goes on by itself within seconds.

Each time work is under way and more comes meanwhile. Judged by what reached QuickBooks: each write
of each job came once.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import ceil

import pytest

from app.rabbitmq import PrivateRabbitmq
from broker.routing import QUEUES
from connections.settings import CompanySettings
from outbox.dispatch import ALL_PER_THREAD
from tests.support.broker_hand import BrokerHand
from tests.support.held_calls import HeldCalls, held_calls
from tests.support.jobs import Jobs
from tests.support.processes import NewRoofer
from tests.support.roofer import until

CREATE = CompanySettings(existing_customers="create")
RESUME_SECONDS = 10.0
SETTLE_SECONDS = 20.0
THREADS = 2
STANDING = ceil(ALL_PER_THREAD * THREADS)
"""So many the relay lets stand unclaimed in all queues together."""
MORE = 2
CONTACTS = QUEUES["contact"]


class Office:
    """A contractor at work: a relay, a worker of two threads, and a hand in the broker."""

    def __init__(self, new_roofer: NewRoofer, hand: BrokerHand) -> None:
        """Start, and let one job pass: everything stands."""
        self.roofer, self.fleet = new_roofer(settings=CREATE)
        self.jobs = Jobs(self.roofer)
        self.hand = hand
        self.fleet.relay()
        self.fleet.worker("--threads", str(THREADS))
        self.jobs.more(1)
        self.roofer.settle(SETTLE_SECONDS)

    @contextmanager
    def work_under_way(self) -> Iterator[HeldCalls]:
        """Hold a call of each thread at QuickBooks' door while messages stand in the queue."""
        with held_calls(self.roofer, "/customer") as held:
            self.jobs.more(THREADS + STANDING)
            until(lambda: len(held.arrived) == THREADS)
            until(lambda: self.hand.ready(CONTACTS) == STANDING)
            yield held

    def all_customers_written(self) -> bool:
        """Whether a write of every customer has reached QuickBooks."""
        return len(self.jobs.written("customer")) == self.jobs.count

    def assert_nothing_is_lost_or_doubled(self) -> None:
        """Hold all against what ProLine said, once everything is at rest."""
        self.roofer.settle(SETTLE_SECONDS)
        self.jobs.assert_each_is_written_once()
        assert self.hand.dead_letters() == 0
        assert "Traceback" not in self.fleet.said()


@pytest.fixture
def amqp_url(own_rabbitmq: PrivateRabbitmq) -> str:
    """Give the address of a node that a test may kill."""
    return own_rabbitmq.url


@pytest.fixture
def office(new_roofer: NewRoofer, amqp_url: str) -> Office:
    """Give a contractor at work."""
    return Office(new_roofer, BrokerHand(amqp_url))


def test_purged_messages_are_published_again(office: Office) -> None:
    """Their records are unclaimed while their queue is empty: that is evidence enough."""
    with office.work_under_way() as held:
        assert office.hand.purge() == STANDING
        office.jobs.more(MORE)
        held.let_in()

        until(office.all_customers_written, RESUME_SECONDS)

    office.assert_nothing_is_lost_or_doubled()


@pytest.mark.parametrize(
    "destroy",
    [
        lambda hand: hand.delete_queue(CONTACTS),
        lambda hand: hand.delete_exchange(),
        lambda hand: hand.unbind("contact"),
    ],
    ids=["a queue", "the exchange", "a binding"],
)
def test_what_is_deleted_is_declared_again(
    office: Office, destroy: Callable[[BrokerHand], None]
) -> None:
    """Whoever meets it missing declares all of it anew; messages lost with it go again."""
    with office.work_under_way() as held:
        destroy(office.hand)
        office.jobs.more(MORE)
        held.let_in()

        until(office.all_customers_written, RESUME_SECONDS)

    office.assert_nothing_is_lost_or_doubled()


def test_a_broker_that_was_killed_is_found_again(
    office: Office, own_rabbitmq: PrivateRabbitmq
) -> None:
    """What runs meanwhile ends as ever; its message comes again and is fenced."""
    with office.work_under_way() as held:
        own_rabbitmq.kill()
        office.jobs.more(MORE)
        held.let_in()
        until(lambda: len(office.roofer.held("Customer")) == 1 + THREADS)
        own_rabbitmq.start()

        office.roofer.settle(RESUME_SECONDS)

    office.assert_nothing_is_lost_or_doubled()


def test_connections_closed_while_jobs_run_are_opened_again(
    office: Office, own_rabbitmq: PrivateRabbitmq
) -> None:
    """The jobs end as ever; their messages, which nobody could acknowledge, are fenced."""
    with office.work_under_way() as held:
        own_rabbitmq.ctl("close_all_connections", "by a person")
        office.jobs.more(MORE)
        held.let_in()

        office.roofer.settle(RESUME_SECONDS)

    office.assert_nothing_is_lost_or_doubled()


def test_connections_closed_while_nothing_runs_are_opened_again(
    office: Office, own_rabbitmq: PrivateRabbitmq
) -> None:
    """Nobody is asked: publisher and consumers notice by themselves."""
    own_rabbitmq.ctl("close_all_connections", "by a person")
    office.jobs.more(MORE)

    office.roofer.settle(RESUME_SECONDS)

    office.assert_nothing_is_lost_or_doubled()
