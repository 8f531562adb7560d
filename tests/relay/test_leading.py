"""Two relays: one leads, the other stands by, and nothing is lost between them."""

import pytest

from coordination import leadership
from coordination.database import Pool
from coordination.errors import NotLeading
from tests.support.proline import contact, project
from tests.support.relay_in_hand import Office, RelayInHand


@pytest.fixture
def standby(office: Office, pool: Pool) -> RelayInHand:
    """Give a second relay, beside one that leads."""
    office.hand.drain()
    assert office.hand.relay.leading
    return RelayInHand(pool)


def let_it_look(standby: RelayInHand, looks: int) -> None:
    """Let it look at the leader so often, a second between two looks."""
    for _ in range(looks):
        standby.relay.tick()
        standby.clock.now += 1.0


def test_a_second_relay_stands_by_while_the_first_beats(
    office: Office, standby: RelayInHand
) -> None:
    """It looks, and sees beats; it does nothing else."""
    for _ in range(8):
        office.hand.after(1.0)
        let_it_look(standby, 1)

    assert not standby.relay.leading
    office.say("contact", contact())
    let_it_look(standby, 1)
    assert len(office.rows("SELECT FROM proline_outbox.outbox_events")) == 1


def test_it_takes_over_after_the_first_fell_silent(office: Office, standby: RelayInHand) -> None:
    """And does what there was to do."""
    office.say("contact", contact())
    office.say("project", project())

    let_it_look(standby, 5)

    assert standby.relay.leading
    assert len(standby.drain()) == 1


def test_the_old_leader_is_fenced_in_its_next_transaction(
    office: Office, standby: RelayInHand
) -> None:
    """It wakes, wants to hand out a place, and learns that another leads."""
    let_it_look(standby, 5)
    office.say("contact", contact())

    with pytest.raises(NotLeading):
        office.hand.relay.tick()

    assert len(office.rows("SELECT FROM proline_outbox.outbox_events")) == 1


def test_without_its_proof_of_leadership_an_old_leader_would_go_on(
    office: Office, standby: RelayInHand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard taken out: two relays take in and hand out side by side."""
    let_it_look(standby, 5)
    office.say("contact", contact())
    office.say("project", project())
    monkeypatch.setattr(leadership, "assert_leading", lambda *_: None)

    assert len(office.hand.drain()) == 1


def test_a_new_leader_publishes_every_unclaimed_place_again(
    office: Office, standby: RelayInHand
) -> None:
    """The old one may have died between its commit and its broker: same token, same place."""
    office.hand.broker.refusing = True
    office.say("contact", contact("c1"), contact("c2"))
    office.say("project", project("p1"), project("p2", contact_id="c2"))
    for _ in range(10):
        office.hand.relay.tick()
    tokens = "SELECT dispatch_token FROM proline_qbo.records WHERE state = 'dispatched'"
    held = {row.dispatch_token for row in office.rows(tokens)}

    let_it_look(standby, 5)
    published = standby.drain()

    assert {message.token for message in published} == held
    assert len(published) == 2
    assert office.worker.work(published) == 2


def test_a_new_leader_lets_every_company_with_work_take_its_turn(
    office: Office, standby: RelayInHand
) -> None:
    """The ring is built anew from the records."""
    office.hand.drain()
    office.say("contact", contact())
    office.say("project", project())
    office.worker.retire()
    office.hand.after(1.0)
    assert office.state("contact", "c1") == "pending"

    heir = type(office.worker)(office.pool)
    let_it_look(standby, 5)

    assert heir.work(standby.drain()) == 1


def test_an_orderly_stop_lets_the_standby_lead_at_once(
    office: Office, standby: RelayInHand
) -> None:
    """It need not wait for the silence."""
    office.hand.relay._resign()

    let_it_look(standby, 1)

    assert standby.relay.leading


def test_a_relay_that_was_fenced_stands_by(office: Office, standby: RelayInHand) -> None:
    """Its loop goes on, and it leads again when the other falls silent."""
    let_it_look(standby, 5)
    with pytest.raises(NotLeading):
        office.hand.after(1.0)
    office.hand.relay._stand_by()

    let_it_look(office.hand, 5)

    assert office.hand.relay.leading


def test_claims_survive_a_change_of_leader(office: Office, standby: RelayInHand) -> None:
    """What is in flight goes on; only what nobody holds is published again."""
    office.say("contact", contact("c1"), contact("c2"))
    office.say("project", project("p1"), project("p2", contact_id="c2"))
    messages = office.hand.drain()
    claimed = office.worker.claim(messages[0])
    assert claimed is not None

    let_it_look(standby, 5)

    assert [each.record_pk for each in standby.drain()] == [messages[1].record_pk]
    assert office.worker.settle(claimed)
