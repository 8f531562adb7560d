"""Disconnect: the books are given up at once, and their tokens die, also after a crash between."""

import pytest

from app import disconnecting
from app.revoking import revoke_left_over
from connections import companies
from connections.audit import list_entries
from connections.errors import NotConnected, UnknownCompany
from coordination.database import Pool
from records.attempts import open_attempt
from tests.connections.intuit import COMPANY
from tests.support.attempts import a_write
from tests.support.desk import JANE, Desk
from tests.support.hand_worker import HandWorker
from tests.support.proline import contact, project
from tests.support.relay_in_hand import Office

REVOKE: dict[str, object] = {"path": "/v2/oauth2/tokens/revoke"}


@pytest.fixture
def desk(pool: Pool) -> Desk:
    """Give an office whose company is connected."""
    return Desk(pool).connected()


def disconnect(desk: Desk) -> bool:
    """Press Disconnect."""
    return disconnecting.disconnect(desk.pool, desk.quickbooks, company_id=COMPANY, by=JANE)


def refresh_token(desk: Desk) -> str:
    """Give the refresh token at rest."""
    token = desk.quickbooks.tokens.refresh_token(COMPANY, desk.intuit.realm_id)
    assert token is not None
    return token


def tokens(desk: Desk) -> int:
    """Count the pairs at rest."""
    return len(desk.rows("SELECT company_id, realm_id FROM proline_qbo.tokens"))


def test_disconnecting_revokes_and_forgets(desk: Desk) -> None:
    """QuickBooks is told, no token is kept, and the audit says who, with Intuit's id."""
    token = refresh_token(desk)

    told = disconnect(desk)

    assert told
    assert not desk.lives(token)
    assert tokens(desk) == 0
    company = desk.company
    assert (company.connection, company.realm_id) == ("none", None)
    assert company.former_realm_id == desk.intuit.realm_id
    with desk.pool.connection() as connection:
        revoked, disconnected, _ = list_entries(connection, COMPANY)
    assert (disconnected.action, disconnected.actor) == ("connection.disconnect", JANE)
    assert (revoked.action, revoked.actor) == ("connection.revoke", JANE)
    assert revoked.intuit_tid


def test_what_is_not_connected_cannot_be_disconnected(desk: Desk) -> None:
    """Pressed twice, the second time says so, and asks QuickBooks nothing."""
    disconnect(desk)
    asked = desk.intuit.revocations

    with pytest.raises(NotConnected):
        disconnect(desk)
    with pytest.raises(UnknownCompany):
        disconnecting.disconnect(desk.pool, desk.quickbooks, company_id="nobody", by=JANE)

    assert desk.intuit.revocations == asked


def test_a_lost_connection_can_be_disconnected(desk: Desk) -> None:
    """Its token is dead already, which is what was wanted."""
    with desk.pool.connection() as connection:
        companies.lose(connection, COMPANY)

    assert disconnect(desk)
    assert tokens(desk) == 0


def test_a_token_that_quickbooks_does_not_know_counts_as_revoked(desk: Desk) -> None:
    """Revoked in QuickBooks' own app list, say: there is nothing left to do."""
    desk.intuit.refuse(REVOKE, status=400, body='{"error": "invalid_request"}')

    assert disconnect(desk)
    assert tokens(desk) == 0


@pytest.mark.parametrize("status", [401, 429, 503])
def test_what_quickbooks_could_not_be_told_is_told_by_the_sweep(desk: Desk, status: int) -> None:
    """The company is disconnected all the same; our own refused credentials prove nothing."""
    token = refresh_token(desk)
    desk.intuit.refuse(REVOKE, status=status, html=True)

    told = disconnect(desk)
    kept, lived = tokens(desk), desk.intuit.revocations
    swept = revoke_left_over(desk.pool, desk.quickbooks)

    assert (told, desk.company.connection) == (False, "none")
    assert (kept, lived, swept, tokens(desk)) == (1, 1, True, 0)
    assert not desk.lives(token)


def test_a_crash_before_quickbooks_was_told_is_swept(desk: Desk) -> None:
    """The row itself says that it is left over: its company is connected elsewhere, or nowhere."""
    token = refresh_token(desk)
    with desk.pool.connection() as connection:
        companies.disconnect(connection, COMPANY)

    swept = revoke_left_over(desk.pool, desk.quickbooks)

    assert swept
    assert not desk.lives(token)
    assert tokens(desk) == 0


def test_the_tokens_of_books_left_for_others_are_swept(desk: Desk) -> None:
    """The new ones stay."""
    former = refresh_token(desk)
    other = desk.intuit.simulator.add_realm({"limits": None})
    desk.obtain(other)
    desk.confirm(other_books=other)

    swept = revoke_left_over(desk.pool, desk.quickbooks)

    assert swept
    assert not desk.lives(former)
    assert [
        row["realm_id"] for row in desk.rows("SELECT company_id, realm_id FROM proline_qbo.tokens")
    ] == [other]
    assert desk.quickbooks.tokens.access_token(COMPANY, other)


def test_the_sweep_leaves_a_living_connection_alone(desk: Desk) -> None:
    """Also one that was disconnected and connected again meanwhile."""
    with desk.pool.connection() as connection:
        companies.disconnect(connection, COMPANY)
    desk.obtain()
    desk.confirm()

    revoke_left_over(desk.pool, desk.quickbooks)

    assert desk.intuit.revocations == 0
    assert desk.lives(refresh_token(desk))


def test_books_another_company_has_taken_over_are_not_ended_there(desk: Desk, pool: Pool) -> None:
    """What the first one left is dropped without a word."""
    with desk.pool.connection() as connection:
        companies.disconnect(connection, COMPANY)
    second = Desk(pool, desk.intuit, company_id="company-b").connected()

    swept = revoke_left_over(desk.pool, desk.quickbooks)

    assert (swept, desk.intuit.revocations) == (True, 0)
    assert second.company.connection == "connected"
    assert [
        row["company_id"]
        for row in desk.rows("SELECT company_id, realm_id FROM proline_qbo.tokens")
    ] == ["company-b"]


@pytest.fixture
def office(desk: Desk) -> Office:
    """Give the company, on, with a contact that is being written."""
    with desk.pool.connection() as connection:
        companies.enable(connection, COMPANY)
    office = Office(desk.pool, HandWorker(desk.pool))
    office.say("contact", contact(), company_id=COMPANY)
    office.say("project", project(), company_id=COMPANY)
    return office


def test_what_is_being_written_is_brought_to_its_end_first(desk: Desk, office: Office) -> None:
    """Its call needs the token; nothing new is begun, and the sweep does the rest."""
    (message,) = office.hand.drain()
    claimed = office.worker.claim(message)
    assert claimed is not None
    with desk.pool.connection() as connection:
        open_attempt(connection, claimed, a_write("claimed"))

    told = disconnect(desk)
    while_claimed = (told, revoke_left_over(desk.pool, desk.quickbooks), desk.intuit.revocations)
    office.do(
        "UPDATE proline_qbo.records SET state = 'retrying', retry_at = proline_qbo.clock(),"
        " dispatch_token = NULL, dispatched_at = NULL, claimed_by = NULL, claimed_at = NULL,"
        " claimed_beats = NULL WHERE state = 'dispatched'"
    )
    while_unknown = (revoke_left_over(desk.pool, desk.quickbooks), desk.intuit.revocations)
    office.do(
        "UPDATE proline_qbo.attempts SET started_at = proline_qbo.clock() - interval '131 seconds'"
    )
    after = (revoke_left_over(desk.pool, desk.quickbooks), desk.intuit.revocations)

    assert while_claimed == (False, False, 0)
    assert while_unknown == (False, 0)
    assert after == (True, 1)


def test_what_nobody_claimed_comes_back(desk: Desk, office: Office) -> None:
    """A message of the former epoch finds no record to claim."""
    office.hand.drain()

    disconnect(desk)

    assert not office.rows("SELECT FROM proline_qbo.records WHERE state = 'dispatched'")
