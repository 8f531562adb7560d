"""Lost messages are found by evidence, never by age: the same message again, and the first wins."""

import pytest
from prometheus_client import REGISTRY

from broker.claim_checks import Message
from coordination import processes
from outbox import leader
from outbox.dispatch import dispatch
from outbox.lost_messages import LostMessages
from records.places import Place
from tests.support.hand_worker import HandWorker
from tests.support.proline import contact, project
from tests.support.relay_in_hand import Office

LOST_AFTER_SECONDS = 4
LONG = 40


def wanted(office: Office, *record_ids: str) -> None:
    """Let ProLine win a project of each of these contacts, so that each has to be written."""
    office.say("contact", *(contact(each) for each in record_ids))
    office.say("project", *(project(f"p-{each}", contact_id=each) for each in record_ids))


def seconds_pass(office: Office, seconds: int) -> list[Message]:
    """Let time pass as it does, a beat of everybody each second; return what was published."""
    published = []
    for _ in range(seconds):
        office.worker.beat()
        office.hand.clock.now += 1.0
        office.hand.relay.tick()
        published += office.hand.broker.take()
    return published


def published_again(evidence: str) -> float:
    """Read how many messages were published again for this reason."""
    name = "proline_qbo_messages_published_again_total"
    return REGISTRY.get_sample_value(name, {"evidence": evidence}) or 0.0


def test_a_message_whose_queue_stands_empty_is_published_again(office: Office) -> None:
    """Nobody claimed it and no queue holds it: it is gone. The copy names the same place."""
    wanted(office, "c1")
    (lost,) = office.hand.drain()

    again = seconds_pass(office, LOST_AFTER_SECONDS + 3)

    assert again == [lost]


def test_the_first_claim_wins_and_the_copy_is_fenced(office: Office) -> None:
    """A wrong suspicion costs a message and nothing else: both copies bear one token."""
    wanted(office, "c1")
    (message,) = office.hand.drain()
    (copy,) = seconds_pass(office, LOST_AFTER_SECONDS + 3)

    assert office.worker.claim(message) is not None
    assert office.worker.claim(copy) is None


def test_a_message_that_waits_in_its_queue_is_never_taken_for_lost(office: Office) -> None:
    """However old it is: a long queue loses nothing."""
    wanted(office, "c1")
    message = office.hand.drain()

    for _ in range(LONG):
        office.hand.broker.queued = list(message)
        assert seconds_pass(office, 1) == message


def test_a_message_that_others_overtook_is_published_again(office: Office) -> None:
    """One published well after it was taken while it was not, and the queue is not even empty."""
    wanted(office, "c1")
    (lost,) = office.hand.drain()
    office.hand.broker.silent = True
    assert seconds_pass(office, LOST_AFTER_SECONDS + 1) == []
    before = published_again("overtaken")

    wanted(office, "c2")
    (later,) = office.hand.drain()
    office.worker.work([later])

    assert seconds_pass(office, 2) == [lost]
    assert published_again("overtaken") == before + 1


def test_what_a_gone_consumer_may_hold_is_published_again_at_once(office: Office) -> None:
    """A frozen process keeps its connection, and what it was given, for two heartbeats more."""
    frozen, office.worker = office.worker, HandWorker(office.pool)
    wanted(office, "c1")
    messages = office.hand.drain()
    office.hand.broker.silent = True

    published = seconds_pass(office, LOST_AFTER_SECONDS + 1)

    assert published == messages
    with office.pool.connection() as connection:
        assert frozen.process_id not in {each.id for each in processes.living(connection)}


def test_one_taken_soon_after_it_overtakes_nobody(office: Office) -> None:
    """Eight threads take messages in no order: that shows no loss."""
    wanted(office, "c1")
    office.hand.drain()
    office.hand.broker.silent = True
    assert seconds_pass(office, LOST_AFTER_SECONDS - 1) == []

    wanted(office, "c2")
    office.worker.work(office.hand.drain())

    assert seconds_pass(office, LONG) == []


def test_a_broker_that_cannot_be_asked_has_lost_nothing(office: Office) -> None:
    """An empty queue is what the broker says is empty, not one of which nothing is known."""
    wanted(office, "c1")
    office.hand.drain()
    office.hand.broker.silent = True

    assert seconds_pass(office, LONG) == []


def test_an_empty_queue_counts_from_an_unbroken_chain_of_looks(office: Office) -> None:
    """Between two looks further apart the queue may have held the message, and delivered it."""
    wanted(office, "c1")
    office.hand.drain()

    for _ in range(LONG):
        office.worker.beat()
        assert office.hand.after(3.0) == []


def test_a_place_whose_message_was_never_sent_is_sent_at_the_next_look(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dispatch was committed, its answer lost: the relay knows nothing of that place."""
    with monkeypatch.context() as patched:
        patched.setattr(leader, "dispatch", dispatch_and_forget)
        wanted(office, "c1")
        assert office.hand.drain() == []

    (sent,) = seconds_pass(office, 2)

    assert office.worker.claim(sent) is not None


def dispatch_and_forget(*arguments: object, **named: object) -> list[Place]:
    """Hand places out, and lose the answer."""
    dispatch(*arguments, **named)  # type: ignore[arg-type]  # the leader's own, passed on
    return []


def test_an_unconfirmed_message_of_a_place_that_is_gone_is_dropped(office: Office) -> None:
    """It would only be fenced; and a broker that is away must not make memory grow."""
    wanted(office, "c1")
    office.hand.broker.refusing = True
    office.hand.drain()
    office.do("UPDATE proline_qbo.companies SET enabled = false")
    office.do(
        "UPDATE proline_qbo.records SET state = 'pending', dispatch_token = NULL,"
        " dispatched_at = NULL WHERE state = 'dispatched'"
    )
    seconds_pass(office, 2)
    office.hand.broker.refusing = False

    assert seconds_pass(office, 2) == []


@pytest.mark.parametrize("seconds", [LOST_AFTER_SECONDS + 1, LONG])
def test_without_a_look_at_the_queue_a_long_one_would_be_published_over_and_over(
    office: Office, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    """The guard taken out: by age alone, what merely waits is taken for lost, again and again."""
    monkeypatch.setattr(LostMessages, "_evidence", by_age)
    wanted(office, "c1")
    message = office.hand.drain()

    published = []
    for _ in range(seconds):
        office.hand.broker.queued = list(message)
        published += seconds_pass(office, 1)

    assert len(published) > seconds


def by_age(lost: LostMessages, message: Message, now: float) -> str | None:
    """Judge as many an outbox does."""
    sent = lost._sent.get(message.token)
    return "age" if sent and now - sent.at >= LOST_AFTER_SECONDS else None
