"""What is open in books that a company has given up decides nothing in the books it has now."""

import pytest

from coordination.database import Pool
from records.attempts import Write
from records.claims import Claim
from tests.support.attempts import an_attempt
from tests.support.hand_worker import HandWorker
from tests.support.proline import contact, enable_company, project
from tests.support.relay_in_hand import Office

WRITE = Write(
    part="",
    operation="create",
    kind="Customer",
    path="/customer",
    params=(),
    body=b"{}",
    request_id="r-1",
    basis="",
    wanted={},
)


@pytest.fixture
def office(pool: Pool) -> Office:
    """Give a company whose only contact is wanted."""
    with pool.connection() as connection:
        enable_company(connection)
    office = Office(pool, HandWorker(pool))
    office.say("contact", contact())
    office.say("project", project())
    return office


def claim_with_attempt(office: Office) -> Claim:
    """Claim the contact and store the attempt of its create."""
    (message,) = office.hand.drain()
    claimed = office.worker.claim(message)
    assert claimed is not None
    with office.pool.connection() as connection:
        an_attempt(connection, claimed, WRITE)
    return claimed


@pytest.mark.parametrize(
    ("realm", "state"), [("realm-acme", "pending"), ("realm-of-before", "failed")]
)
def test_an_outcome_is_unknown_only_in_the_books_it_was_tried_in(
    office: Office, realm: str, state: str
) -> None:
    """Elsewhere it can be neither repeated nor looked up: the record is judged as it stands."""
    claim_with_attempt(office)
    office.do("UPDATE proline_qbo.attempts SET realm_id = %s", realm)
    office.do(
        "UPDATE proline_qbo.records SET state = 'pending', dispatch_token = NULL,"
        " dispatched_at = NULL, claimed_by = NULL, claimed_at = NULL,"
        " claimed_beats = NULL WHERE entity = 'contact'"
    )
    office.do("UPDATE proline_qbo.companies SET enabled = false")

    office.say("contact", contact(display_name=12))
    office.hand.drain()

    assert office.state("contact", "c1") == state
