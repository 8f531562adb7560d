"""Disconnect: the books are given up at once, and their tokens die, also after a crash between."""

import pytest

from app import disconnecting
from app.revoking import revoke_left_over
from connections import companies, revocations
from connections.audit import list_entries
from connections.errors import ConsentStale, NotConnected, UnknownCompany
from coordination.database import Pool
from tests.connections.intuit import COMPANY, Intuit
from tests.support.attempts import a_write, an_attempt
from tests.support.database_clock import DatabaseClock
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
def strict(pool: Pool) -> Desk:
    """Give such an office whose QuickBooks ends the app's whole connection by any revocation."""
    return Desk(pool, Intuit(pkce=True, settings={"revoke_ends": "connection"})).connected()


def give_up(desk: Desk) -> None:
    """Disconnect, and die before QuickBooks is told."""
    with desk.pool.connection() as connection:
        companies.disconnect(connection, COMPANY)


def sweep(desk: Desk) -> tuple[bool, int]:
    """Say whether nothing is left over, and how often QuickBooks was told by now."""
    return revoke_left_over(desk.pool, desk.quickbooks), desk.intuit.revocations


def test_nothing_is_revoked_in_books_whose_consent_waits_for_its_person(strict: Desk) -> None:
    """It might end with it, before or after the person's word."""
    give_up(strict)
    second = Desk(strict.pool, strict.intuit, company_id="company-b")

    second.obtain()
    while_waiting = (*sweep(strict), tokens(strict))
    second.confirm()
    after = sweep(strict)

    assert while_waiting == (False, 0, 1)
    assert after == (True, 0)
    assert second.company.connection == "connected"
    assert second.quickbooks.tokens.refresh_token("company-b", strict.intuit.realm_id)
    assert strict.lives(strict.intuit.issued[-1])


def test_what_waited_for_a_person_who_did_not_confirm_is_revoked_after(strict: Desk) -> None:
    """Both: the one that waited, and the one that was left over."""
    token = refresh_token(strict)
    give_up(strict)
    second = Desk(strict.pool, strict.intuit, company_id="company-b")
    second.obtain()

    before = sweep(strict)
    second.cancel()
    after = sweep(strict)

    assert before == (False, 0)
    assert after == (True, 2)
    assert not strict.lives(token)
    assert (tokens(strict), strict.rows("SELECT state_hash FROM proline_qbo.consents")) == (0, [])


def test_nothing_is_revoked_while_a_code_is_exchanged(strict: Desk) -> None:
    """Its tokens are nowhere yet, and would die on the way."""
    give_up(strict)
    second = Desk(strict.pool, strict.intuit, company_id="company-b")
    swept: list[tuple[bool, int]] = []
    strict.intuit.before_answer = lambda: swept.append(sweep(strict))

    second.obtain()

    assert swept == [(False, 0)]
    assert strict.lives(strict.intuit.issued[-1])


def test_a_consent_that_comes_back_while_its_books_are_revoked_waits_for_it(strict: Desk) -> None:
    """Between the look and the call none is tied; the same redirect is good a moment later."""
    give_up(strict)
    second = Desk(strict.pool, strict.intuit, company_id="company-b")
    back = second.consent(second.begin())
    refused: list[object] = []

    def come_back() -> None:
        with pytest.raises(ConsentStale) as told:
            second.receive(back)
        refused.append(told.value)

    strict.intuit.before_revoking = come_back

    swept = sweep(strict)
    second.receive(back)
    second.confirm()

    assert (swept, len(refused)) == ((True, 1), 1)
    assert second.company.connection == "connected"
    assert strict.lives(strict.intuit.issued[-1])


def test_of_two_that_revoke_one_asks(strict: Desk) -> None:
    """The other finds it under way, and leaves it."""
    give_up(strict)
    swept: list[tuple[bool, int]] = []
    strict.intuit.before_revoking = lambda: swept.append(sweep(strict))

    first = sweep(strict)

    assert (first, swept) == ((True, 1), [(False, 1)])


def test_a_process_that_died_at_it_keeps_consents_away_for_seconds(
    strict: Desk, database_clock: DatabaseClock
) -> None:
    """Its row is over by itself."""
    give_up(strict)
    with strict.pool.connection() as connection:
        begun = revocations.begin(connection, strict.intuit.realm_id)
    back = strict.consent(strict.begin())

    with pytest.raises(ConsentStale):
        strict.receive(back)
    before = sweep(strict)
    database_clock.advance(revocations.CALL_MOST_SECONDS + 1)

    assert (begun, before) == ("begun", (False, 0))
    assert sweep(strict) == (True, 1)
    assert strict.rows("SELECT realm_id FROM proline_qbo.revocations") == []


def test_what_no_key_opens_is_forgotten_and_does_not_fill_the_sweep(desk: Desk) -> None:
    """A key was taken out too early: nobody can revoke it, and the next ones still are."""
    give_up(desk)
    desk.rows("UPDATE proline_qbo.tokens SET refresh_token = '\\x00' RETURNING realm_id")

    told = sweep(desk)

    assert told == (False, 0)
    assert (tokens(desk), sweep(desk)) == (0, (True, 0))


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
        an_attempt(connection, claimed, a_write("claimed"))

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
