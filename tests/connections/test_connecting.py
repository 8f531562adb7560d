"""Connecting: everything over the network first, each call in a slot, then one transaction."""

from collections.abc import Callable
from datetime import date

import httpx
import pytest

from connections import books, companies, connecting
from connections.connecting import Consent, GrantedTokens, Obtained
from connections.errors import BooksUnusable, ConsentUnproved
from connections.slots import RealmSlots
from connections.tokens import TokenStore
from coordination import processes
from coordination.database import Connection, Pool
from coordination.limiter import Limits
from qbo_client.client import QuickBooksClient
from qbo_client.protocols import TokenSource
from tests.connections.intuit import COMPANY, KEYS, Intuit

QUICK = Limits(pace_ms=1, send_within_ms=5_000)
ClientWith = Callable[[TokenSource], QuickBooksClient]


@pytest.fixture
def intuit() -> Intuit:
    """Give a company whose books are closed until the end of a year."""
    settings: dict[str, object] = {"book_close_date": "2025-12-31", "custom_txn_numbers": True}
    return Intuit(settings=settings)


@pytest.fixture
def client_with(intuit: Intuit, pool: Pool) -> ClientWith:
    """Give what builds a client whose every call takes its slot in the test's database."""
    with pool.connection() as c:
        process_id = processes.register(c, "cli")
        companies.open_company(c, COMPANY, "Invented Roofing")
    slots = RealmSlots(pool, process_id, QUICK, fresh=lambda: True)
    return lambda tokens: intuit.client(tokens, slots.for_company(COMPANY, "connect"))


def connect(intuit: Intuit, pool: Pool, client_with: ClientWith) -> companies.Company:
    """Connect the company from a fresh consent."""
    reply = intuit.tokens()
    client = client_with(GrantedTokens(reply.access_token))
    info = connecting.prove(client, intuit.realm_id)
    found, lists = connecting.read(client, info)
    consent = Consent(COMPANY, intuit.realm_id)
    with pool.connection() as c:
        return connecting.keep(c, KEYS, Obtained(consent, reply, found, lists), by="Jane Example")


def test_connecting_stores_company_books_and_tokens(
    intuit: Intuit, pool: Pool, client_with: ClientWith
) -> None:
    """From the consent's code to a company that can be enabled."""
    company = connect(intuit, pool, client_with)

    with pool.connection() as c:
        read = books.get(c, intuit.realm_id)
    assert read is not None
    assert (company.connection, company.realm_id) == ("connected", intuit.realm_id)
    assert (read.country, read.home_currency, read.custom_txn_numbers) == ("US", "USD", True)
    assert read.book_close_date == date(2025, 12, 31)
    assert read.income_item_id
    assert read.payment_method_id
    token = TokenStore(pool, KEYS, intuit.oauth).access_token(COMPANY, intuit.realm_id)
    assert intuit.simulator.office.realm_of(token) is not None


def test_connecting_again_finds_what_it_made(
    intuit: Intuit, pool: Pool, client_with: ClientWith
) -> None:
    """The item and the payment method are made once for all time."""
    connect(intuit, pool, client_with)
    with pool.connection() as c:
        first = books.get(c, intuit.realm_id)
    connect(intuit, pool, client_with)
    with pool.connection() as c:
        second = books.get(c, intuit.realm_id)

    assert first is not None
    assert second is not None
    assert first.income_item_id == second.income_item_id
    assert first.payment_method_id == second.payment_method_id


def test_every_call_of_connecting_has_a_row_that_ended(
    intuit: Intuit, connection: Connection, pool: Pool, client_with: ClientWith
) -> None:
    """Connecting counts against the same limits as everything else."""
    connect(intuit, pool, client_with)

    rows = connection.execute(
        "SELECT kind, status, count(*) FROM proline_qbo.calls"
        " WHERE ended_at IS NOT NULL AND purpose = 'connect' GROUP BY kind, status ORDER BY kind"
    ).fetchall()
    still_open = connection.execute(
        "SELECT count(*) FROM proline_qbo.calls WHERE ended_at IS NULL"
    ).fetchone()

    assert rows == [("read", 200, 9), ("write", 200, 2)]
    assert still_open == (0,)


def test_a_token_of_other_books_proves_nothing(
    intuit: Intuit, pool: Pool, client_with: ClientWith
) -> None:
    """The realm of a redirect is what anybody wrote there: the token must open that very one."""
    other = intuit.simulator.add_realm({"limits": None})
    client = client_with(GrantedTokens(intuit.tokens().access_token))

    with pytest.raises(ConsentUnproved, match="nothing was connected"):
        connecting.prove(client, other)

    assert connecting.prove(client, intuit.realm_id).country == "US"


def test_who_connected_and_when_is_kept(
    intuit: Intuit, pool: Pool, client_with: ClientWith
) -> None:
    """For the page; given up with the connection."""
    company = connect(intuit, pool, client_with)
    with pool.connection() as c:
        companies.disconnect(c, COMPANY)
        after = companies.get(c, COMPANY)

    assert after is not None
    assert (company.connected_by, company.connected_at is not None) == ("Jane Example", True)
    assert (after.connected_by, after.connected_at) == (None, None)


def test_books_without_an_income_account_ask_for_a_choice(
    intuit: Intuit, pool: Pool, client_with: ClientWith
) -> None:
    """The sentence says what a person must do; nothing is stored."""
    intuit.http = httpx.Client(transport=httpx.MockTransport(_without_accounts(intuit)))

    with pytest.raises(BooksUnusable, match="choose an income account"):
        connect(intuit, pool, client_with)


def _without_accounts(intuit: Intuit) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        if "FROM Account" in request.url.params.get("query", ""):
            return httpx.Response(200, json={"QueryResponse": {}})
        return intuit._answer(request)

    return answer
