"""What a record is in books that its company has given up is nothing to change in these."""

from coordination.database import Pool
from tests.support.hand_worker import HandWorker
from tests.support.proline import contact, enable_company
from tests.support.relay_in_hand import Office


def test_a_claim_brings_no_link_of_other_books(pool: Pool) -> None:
    """An object of that id may be there by chance, and another's."""
    with pool.connection() as connection:
        enable_company(connection)
    office = Office(pool, HandWorker(pool))
    assert office.worker.settle(office.claimed_contact())
    office.say("contact", contact(display_name="Ada Newer"))
    (message,) = office.hand.drain()
    office.do("UPDATE proline_qbo.links SET realm_id = 'realm-of-before'")

    claimed = office.worker.claim(message)

    assert claimed is not None
    assert claimed.link is None
