"""Connecting in three requests: bound to one session, each part once, no trace before the end."""

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from urllib.parse import parse_qs, urlsplit

import pytest
import structlog

from app import connecting
from app.revoking import end_expired_consents
from connections import consents, lists, standing
from connections.audit import Actor, list_entries
from connections.errors import (
    ConnectionRefused,
    ConsentStale,
    ConsentUnproved,
    NothingToConfirm,
    OtherRealm,
    RealmTaken,
    UnknownCompany,
)
from coordination.database import Pool
from qbo_client import QuickBooksError, ReconnectRequired
from tests.connections.intuit import COMPANY, Intuit
from tests.support.database_clock import DatabaseClock
from tests.support.desk import JANE, MINE, OTHERS, Desk

QUARTER_OF_AN_HOUR = 15 * 60


@pytest.fixture
def desk(pool: Pool) -> Desk:
    """Give an office that has opened its page and connected nothing."""
    return Desk(pool)


def test_a_company_is_connected_by_its_persons_word(desk: Desk) -> None:
    """Connect, consent, confirm: tokens that work, lists to choose from, and who did it."""
    pending = desk.obtain()
    books = desk.confirm()

    company = desk.company
    assert (pending.company_id, pending.realm_id) == (COMPANY, desk.intuit.realm_id)
    assert (company.connection, company.realm_id) == ("connected", desk.intuit.realm_id)
    assert (company.connected_by, pending.company_name) == (JANE.user_name, books.company_name)
    token = desk.quickbooks.tokens.access_token(COMPANY, desk.intuit.realm_id)
    assert desk.intuit.simulator.office.realm_of(token) is not None
    with desk.pool.connection() as connection:
        offered = lists.lists_of(connection, desk.intuit.realm_id)
        (entry,) = list_entries(connection, COMPANY)
        ends = standing.reconnect_before(connection, COMPANY, desk.intuit.realm_id)
    assert offered.income_accounts
    assert (entry.action, entry.actor) == ("connection.connect", JANE)
    assert entry.intuit_tid
    assert ends is not None


def test_nothing_is_stored_or_made_before_the_word(desk: Desk) -> None:
    """A wrong pick leaves the company as it was, and the books untouched."""
    before = desk.company

    desk.obtain()

    realm = desk.intuit.simulator.realms.find(desk.intuit.realm_id)
    assert realm is not None
    assert desk.company == before
    assert desk.rows("SELECT company_id, realm_id FROM proline_qbo.tokens") == []
    assert desk.rows("SELECT * FROM proline_qbo.books") == []
    assert (realm.reads, realm.writes) == (1, 0)


def test_an_unknown_company_cannot_connect(desk: Desk) -> None:
    """Its page comes first."""
    with pytest.raises(UnknownCompany):
        desk.begin(company_id="nobody")


def test_a_state_of_another_session_is_refused(desk: Desk) -> None:
    """Whoever is sent somebody else's redirect connects nothing, and uses nothing up."""
    back = desk.consent(desk.begin(OTHERS))

    with pytest.raises(ConsentStale):
        desk.receive(back, MINE)

    assert desk.intuit.token_calls == 0
    assert desk.receive(back, OTHERS).realm_id == desk.intuit.realm_id


def test_a_state_is_used_once(desk: Desk) -> None:
    """A redirect that comes again, by the browser's back or a thief's hand, asks nothing."""
    back = desk.consent(desk.begin())
    desk.receive(back)

    with pytest.raises(ConsentStale):
        desk.receive(back)

    assert desk.intuit.token_calls == 1


def test_of_two_redirects_at_once_one_exchanges_the_code(desk: Desk) -> None:
    """Intuit may end a connection whose code is exchanged twice."""
    back = desk.consent(desk.begin())

    ended = at_once(2, lambda: desk.receive(back))

    assert sorted(type(each).__name__ for each in ended) == ["ConsentStale", "Pending"]
    assert desk.intuit.token_calls == 1


def test_a_state_is_over_after_a_quarter_of_an_hour(
    desk: Desk, database_clock: DatabaseClock
) -> None:
    """What lay open in a forgotten window is no way in."""
    early, late = desk.consent(desk.begin()), desk.consent(desk.begin())
    database_clock.advance(QUARTER_OF_AN_HOUR - 60)
    desk.receive(early)
    database_clock.advance(61)

    with pytest.raises(ConsentStale):
        desk.receive(late)


def test_the_consent_page_is_given_a_challenge_and_the_exchange_its_proof(desk: Desk) -> None:
    """S256, and no verifier in the address."""
    url = desk.begin()

    asked = parse_qs(urlsplit(url).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["code_challenge"][0]) == 43
    assert "code_verifier" not in asked
    assert desk.receive(desk.consent(url)).realm_id == desk.intuit.realm_id


def test_a_code_obtained_in_one_session_is_of_no_use_in_another(desk: Desk) -> None:
    """Slipped into somebody's own redirect, a stolen code lacks the verifier: Intuit refuses it."""
    stolen = desk.consent(desk.begin(OTHERS))
    own = desk.consent(desk.begin(MINE))

    with pytest.raises(ReconnectRequired):
        desk.receive(replace(own, code=stolen.code))

    assert desk.intuit.issued == []


def test_without_pkce_on_offer_none_is_sent(pool: Pool) -> None:
    """A server that knows nothing of it may refuse what it does not know."""
    desk = Desk(pool, Intuit(pkce=False))

    url = desk.begin()

    assert "code_challenge" not in url
    assert desk.receive(desk.consent(url)).realm_id == desk.intuit.realm_id


def test_a_realm_the_token_does_not_open_is_refused_and_the_token_revoked(desk: Desk) -> None:
    """The address of a redirect is anybody's to write."""
    other = desk.intuit.simulator.add_realm({"limits": None})
    back = desk.consent(desk.begin())

    with pytest.raises(ConsentUnproved):
        desk.receive(replace(back, realm_id=other))

    assert not desk.lives(desk.intuit.issued[-1])
    with pytest.raises(NothingToConfirm):
        desk.confirm()


@pytest.mark.parametrize("realm_id", ["", "../1", "1" * 31, "१२३", "1\r\nX: y"])
def test_what_is_no_realm_asks_nothing(desk: Desk, realm_id: str) -> None:
    """It would stand in an address of ours."""
    back = desk.consent(desk.begin())

    with pytest.raises(ConsentUnproved):
        desk.receive(replace(back, realm_id=realm_id))

    assert desk.intuit.token_calls == 0


def test_a_code_that_is_refused_leaves_nothing(desk: Desk) -> None:
    """The person is told, and connects again."""
    back = desk.consent(desk.begin())

    with pytest.raises(ReconnectRequired):
        desk.receive(replace(back, code="never-issued"))

    assert desk.rows("SELECT * FROM proline_qbo.consents WHERE tokens IS NOT NULL") == []


def test_a_company_that_cannot_be_read_now_leaves_no_living_token(desk: Desk) -> None:
    """Nobody would know of it."""
    back = desk.consent(desk.begin())
    desk.intuit.refuse({"operation": "read"}, status=503, html=True)

    with pytest.raises(QuickBooksError):
        desk.receive(back)

    assert not desk.lives(desk.intuit.issued[-1])


def test_of_two_confirmations_at_once_one_ties(desk: Desk) -> None:
    """The tokens are handed out once."""
    desk.obtain()

    ended = at_once(2, desk.confirm)

    assert sorted(type(each).__name__ for each in ended) == ["Books", "NothingToConfirm"]
    assert desk.company.epoch == 1
    assert len(desk.rows("SELECT * FROM proline_qbo.audit")) == 1


def test_only_the_session_that_consented_confirms(desk: Desk) -> None:
    """Another one sees nothing to confirm."""
    desk.obtain()

    with pytest.raises(NothingToConfirm):
        desk.confirm(session=OTHERS)

    assert desk.company.connection == "none"


def test_what_fails_on_the_way_can_be_confirmed_again(desk: Desk) -> None:
    """QuickBooks was away for a moment: the consent is still good, and nothing was tied."""
    desk.obtain()
    desk.intuit.refuse({"entity": "item"}, status=503, html=True)

    with pytest.raises(QuickBooksError):
        desk.confirm()
    after_failure = desk.company.connection
    desk.confirm()

    assert (after_failure, desk.company.connection) == ("none", "connected")


def test_a_word_that_comes_too_late_confirms_nothing(
    desk: Desk, database_clock: DatabaseClock
) -> None:
    """The row has expired; the next sweep revokes what it held."""
    desk.obtain()
    database_clock.advance(QUARTER_OF_AN_HOUR + 1)

    with pytest.raises(NothingToConfirm):
        desk.confirm()
    swept = end_expired_consents(desk.pool, desk.quickbooks)

    assert swept == 1
    assert not desk.lives(desk.intuit.issued[1])
    assert desk.rows("SELECT * FROM proline_qbo.consents") == []


def test_cancelling_revokes_at_once(desk: Desk) -> None:
    """A wrong pick is taken back there too."""
    desk.obtain()

    cancelled = desk.cancel()

    assert (cancelled, desk.cancel()) == (True, False)
    assert not desk.lives(desk.intuit.issued[1])
    with pytest.raises(NothingToConfirm):
        desk.confirm()


def test_what_could_not_be_revoked_is_kept_for_the_sweep(desk: Desk) -> None:
    """Intuit was away: it is told later, and until then nothing can be confirmed with it."""
    desk.obtain()
    desk.intuit.refuse({"path": "/v2/oauth2/tokens/revoke"}, status=503, html=True)

    desk.cancel()
    kept = desk.rows("SELECT * FROM proline_qbo.consents")
    with pytest.raises(NothingToConfirm):
        desk.confirm()
    swept = end_expired_consents(desk.pool, desk.quickbooks)

    assert (len(kept), swept) == (1, 1)
    assert not desk.lives(desk.intuit.issued[1])


def test_taking_anothers_books_does_not_cost_that_company_its_connection(
    desk: Desk, pool: Pool
) -> None:
    """Revoking might end the app's whole connection to them: what was obtained is dropped."""
    desk.connected()
    second = Desk(pool, desk.intuit, company_id="company-b")
    revoked = desk.intuit.revocations

    second.obtain()
    with pytest.raises(RealmTaken):
        second.confirm()
    second.cancel()

    assert desk.intuit.revocations == revoked
    assert desk.rows("SELECT * FROM proline_qbo.consents") == []
    assert second.company.connection == "none"


def test_other_books_are_confirmed_by_typing_their_realm(desk: Desk) -> None:
    """Nothing is asked of them before."""
    desk.connected()
    other = desk.intuit.simulator.add_realm({"limits": None, "company_name": "Other Books"})

    pending = desk.obtain(other)
    with pytest.raises(OtherRealm):
        desk.confirm()
    with pytest.raises(OtherRealm, match="nothing was connected"):
        desk.confirm(other_books=f"{other}0")
    kept = desk.company.realm_id
    desk.confirm(other_books=other)

    assert (pending.company_name, kept) == ("Other Books", desk.intuit.realm_id)
    assert desk.company.realm_id == other


def test_what_is_stored_later_lives_as_much_shorter(
    desk: Desk, database_clock: DatabaseClock
) -> None:
    """Ten minutes of thought are ten minutes of the token's hour."""
    database_clock.freeze()
    desk.obtain()
    database_clock.advance(600)

    desk.confirm()

    (row,) = desk.rows(
        "SELECT extract(epoch FROM access_expires_at - proline_qbo.clock())::int AS left,"
        " extract(epoch FROM refresh_expires_at - proline_qbo.clock())::int AS refresh_left"
        " FROM proline_qbo.tokens"
    )
    assert (row["left"], row["refresh_left"]) == (3_000, 8_726_400 - 600)


def test_no_secret_lies_in_plain_or_is_logged(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    """A copy of the database, or of the logs, opens no books and completes no consent."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG))
    url = desk.begin()
    asked = desk.rows("SELECT code_verifier FROM proline_qbo.consents")
    back = desk.consent(url)
    desk.receive(back)

    waiting = desk.stored_in_plain([back.state, back.code, *desk.intuit.issued])
    desk.confirm()
    desk.obtain()
    desk.intuit.refuse({"path": "/v2/oauth2/tokens/revoke"}, status=503, html=True)
    desk.cancel()
    secrets = [back.state, back.code, *desk.intuit.issued]
    connected = desk.stored_in_plain(secrets)
    logged = "".join(capsys.readouterr())

    structlog.reset_defaults()
    assert asked[0]["code_verifier"] is not None
    assert len(secrets) == 6
    assert (waiting, connected) == ([], [])
    assert "token.dropped" in logged
    assert [each for each in secrets if each in logged] == []


def test_connecting_in_one_go_revokes_what_it_could_not_tie(desk: Desk) -> None:
    """The command line has no second request in which to cancel."""
    desk.intuit.refuse({"entity": "item"}, status=503, html=True)

    with pytest.raises(QuickBooksError):
        connecting.connect_company(
            desk.pool,
            desk.quickbooks,
            desk.slots,
            company_id=COMPANY,
            realm_id=desk.intuit.realm_id,
            code=desk.intuit.consent(),
            by=Actor("the command line", "command_line"),
        )

    assert not desk.lives(desk.intuit.issued[1])
    assert desk.rows("SELECT * FROM proline_qbo.consents") == []


def test_who_asks_again_and_again_keeps_the_last_few(desk: Desk) -> None:
    """A page that is reloaded fills no table, and the windows still open work."""
    first = desk.consent(desk.begin())
    for _ in range(consents.ASKED_MOST):
        last = desk.begin()

    assert len(desk.rows("SELECT * FROM proline_qbo.consents")) == consents.ASKED_MOST
    with pytest.raises(ConsentStale):
        desk.receive(first)
    assert desk.receive(desk.consent(last)).realm_id == desk.intuit.realm_id


def at_once(threads: int, ask: object) -> list[object]:
    """Ask from so many threads at one moment; give what each got or was refused with."""
    ready = Barrier(threads)

    def one() -> object:
        ready.wait(timeout=30)
        assert callable(ask)
        return ask()

    with ThreadPoolExecutor(threads) as executor:
        return [_ended(each) for each in [executor.submit(one) for _ in range(threads)]]


def _ended(future: Future[object]) -> object:
    error = future.exception(timeout=60)
    if error is not None and not isinstance(error, ConnectionRefused):
        raise error
    return error or future.result()
