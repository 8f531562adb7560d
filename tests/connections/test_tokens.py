"""Tokens: one refresh at the server however many ask, and no lost answer passes in silence."""

import threading
from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from connections import companies, token_rows, tokens
from connections.keys import TokenKeys
from connections.token_rows import Idle, Place
from connections.tokens import TokenStore
from coordination.database import Connection, Pool, open_pool
from qbo_client.errors import NotSent, OutcomeUnknown, QuickBooksError, ReconnectRequired
from qbo_simulator.realm import Realm
from tests.connections.intuit import COMPANY, KEYS, Intuit

THREADS = 50


@pytest.fixture
def intuit() -> Intuit:
    """Give a simulator whose every refresh changes the refresh token and kills the old one."""
    return Intuit(settings={"refresh_rotation": "always"})


def connected(c: Connection, intuit: Intuit) -> None:
    """Connect the company with tokens of a consent."""
    companies.open_company(c, COMPANY, "Invented Roofing")
    companies.connect(c, COMPANY, intuit.realm_id)
    tokens.put(c, KEYS, COMPANY, intuit.realm_id, intuit.tokens())
    c.commit()
    intuit.token_calls = 0


def expire(c: Connection) -> None:
    """Let the access token at rest be over."""
    c.execute("UPDATE proline_qbo.tokens SET access_expires_at = proline_qbo.clock()")
    c.commit()


def connection_of(c: Connection) -> str:
    """Return how the company's connection stands."""
    company = companies.get(c, COMPANY)
    c.commit()
    assert company is not None
    return company.connection


def test_a_token_is_read_once_and_used_from_memory(
    pool: Pool, connection: Connection, intuit: Intuit
) -> None:
    """The steady state asks neither the token endpoint nor, for each call, the table."""
    connected(connection, intuit)
    store = TokenStore(pool, KEYS, intuit.oauth)
    first = store.access_token(COMPANY, intuit.realm_id)
    connection.execute("DELETE FROM proline_qbo.tokens")
    connection.commit()

    second = store.access_token(COMPANY, intuit.realm_id)

    assert first == second
    assert intuit.token_calls == 0


def test_a_token_in_its_last_five_minutes_is_refreshed_first(
    pool: Pool, connection: Connection, intuit: Intuit
) -> None:
    """A call begun with a token that dies on the way would be refused."""
    connected(connection, intuit)
    connection.execute(
        "UPDATE proline_qbo.tokens SET access_expires_at = proline_qbo.clock() + interval '299 s',"
        " refreshed_at = proline_qbo.clock() - interval '3301 s'"
    )
    connection.commit()

    TokenStore(pool, KEYS, intuit.oauth).access_token(COMPANY, intuit.realm_id)

    assert intuit.token_calls == 1


def test_two_stores_of_fifty_threads_refresh_once(
    database_url: str, connection: Connection, intuit: Intuit
) -> None:
    """One refresher per connection: a second with the same value would kill it.

    Two stores share no memory, as two processes do not; tests/processes has real ones.
    """
    connected(connection, intuit)
    expire(connection)
    ready = threading.Barrier(2 * THREADS)

    def ask(store: TokenStore) -> str:
        ready.wait(timeout=30)
        return store.access_token(COMPANY, intuit.realm_id)

    with (
        open_pool(database_url, max_size=8, application_name="a") as pool_a,
        open_pool(database_url, max_size=8, application_name="b") as pool_b,
        ThreadPoolExecutor(2 * THREADS) as executor,
    ):
        stores = [TokenStore(pool, KEYS, intuit.oauth) for pool in (pool_a, pool_b)]
        asked = [executor.submit(ask, stores[n % 2]) for n in range(2 * THREADS)]
        wait(asked, timeout=60)

    # Before their answers: of who refreshes with a value that another has used, some get none.
    assert intuit.token_calls == 1
    assert len({future.result() for future in asked}) == 1


def test_the_refresh_holds_no_transaction(
    pool: Pool, connection: Connection, intuit: Intuit
) -> None:
    """A slow token endpoint must hold neither a row lock nor a session's transaction."""
    connected(connection, intuit)
    expire(connection)
    busy: list[int] = []

    def count_transactions() -> None:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND state <> 'idle' AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        ).fetchone()
        connection.commit()
        assert row is not None
        busy.append(row[0])

    intuit.before_answer = count_transactions
    TokenStore(pool, KEYS, intuit.oauth).access_token(COMPANY, intuit.realm_id)

    assert busy == [0]


def test_a_refused_token_is_replaced_by_the_one_stored_meanwhile(
    pool: Pool, connection: Connection, intuit: Intuit
) -> None:
    """After a 401 the newer token of another process serves; only the same one is refreshed."""
    connected(connection, intuit)
    mine, other = (TokenStore(pool, KEYS, intuit.oauth) for _ in range(2))
    old = mine.access_token(COMPANY, intuit.realm_id)
    newer = other.refused(COMPANY, intuit.realm_id, old)

    given = mine.refused(COMPANY, intuit.realm_id, old)

    assert given == newer != old
    assert intuit.token_calls == 1


def test_a_lost_answer_is_recovered_where_intuit_keeps_the_value(
    pool: Pool, connection: Connection
) -> None:
    """The old value is still in the row and the lease is free: the next caller refreshes."""
    intuit = Intuit(settings={"refresh_rotation": "daily"})
    connected(connection, intuit)
    expire(connection)
    store = TokenStore(pool, KEYS, intuit.oauth)
    intuit.refuse({"entity": "token"}, answer="lost")

    with pytest.raises(OutcomeUnknown):
        store.access_token(COMPANY, intuit.realm_id)
    still = connection_of(connection)
    recovered = store.access_token(COMPANY, intuit.realm_id)

    assert still == "connected"
    assert intuit.simulator.office.realm_of(recovered) is not None


def test_a_lost_answer_is_said_plainly_where_intuit_changed_the_value(
    pool: Pool, connection: Connection, intuit: Intuit
) -> None:
    """Nobody has the new value: the connection is lost, and a person is told to reconnect."""
    connected(connection, intuit)
    expire(connection)
    store = TokenStore(pool, KEYS, intuit.oauth)
    intuit.refuse({"entity": "token"}, answer="lost")

    with pytest.raises(OutcomeUnknown):
        store.access_token(COMPANY, intuit.realm_id)
    after_loss = connection_of(connection)
    with pytest.raises(ReconnectRequired):
        store.access_token(COMPANY, intuit.realm_id)

    assert (after_loss, connection_of(connection)) == ("connected", "lost")


def test_the_value_before_is_the_second_try(
    pool: Pool, connection: Connection, intuit: Intuit
) -> None:
    """Where the newest value is refused, the one kept beside it may still be good."""
    connected(connection, intuit)
    good = intuit.tokens()
    place = Place(COMPANY, intuit.realm_id)
    connection.execute("UPDATE proline_qbo.tokens SET previous_refresh = refresh_token")
    dead = KEYS.encrypt("never-issued", tokens._bound(place, "refresh"))
    connection.execute("UPDATE proline_qbo.tokens SET refresh_token = %s", [dead])
    expire(connection)
    assert good.refresh_token != "never-issued"

    given = TokenStore(pool, KEYS, intuit.oauth).access_token(COMPANY, intuit.realm_id)

    assert intuit.simulator.office.realm_of(given) is not None
    assert connection_of(connection) == "connected"


def test_a_value_before_whose_key_is_gone_hides_no_refusal(
    pool: Pool, connection: Connection, intuit: Intuit
) -> None:
    """The connection is lost and says so: tried again for ever, nobody would be asked."""
    connected(connection, intuit)
    place = Place(COMPANY, intuit.realm_id)
    other = TokenKeys([("other", b"o" * 32)])
    before = other.encrypt("never-issued", tokens._bound(place, "refresh"))
    dead = KEYS.encrypt("never-issued", tokens._bound(place, "refresh"))
    connection.execute(
        "UPDATE proline_qbo.tokens SET refresh_token = %s, previous_refresh = %s", [dead, before]
    )
    expire(connection)
    assert token_rows.stored_key_ids(connection)["other"] == 1

    with pytest.raises(ReconnectRequired):
        TokenStore(pool, KEYS, intuit.oauth).access_token(COMPANY, intuit.realm_id)

    assert connection_of(connection) == "lost"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_error_of_the_token_endpoint_loses_no_connection(
    pool: Pool, connection: Connection, intuit: Intuit, status: int
) -> None:
    """Only invalid_grant ends a connection; the lease is free for the next try."""
    connected(connection, intuit)
    expire(connection)
    store = TokenStore(pool, KEYS, intuit.oauth)
    intuit.refuse({"entity": "token"}, status=status, html=True)

    with pytest.raises(QuickBooksError):
        store.access_token(COMPANY, intuit.realm_id)

    assert connection_of(connection) == "connected"
    assert store.access_token(COMPANY, intuit.realm_id)


def test_a_refusal_of_an_older_version_loses_no_connection(
    pool: Pool, connection: Connection, intuit: Intuit
) -> None:
    """A person reconnected while an old value was being refused: the new tokens serve."""
    connected(connection, intuit)
    expire(connection)
    intuit.simulator.office.disconnect(_realm(intuit))
    fresh = intuit.tokens()

    def reconnect() -> None:
        tokens.put(connection, KEYS, COMPANY, intuit.realm_id, fresh)
        connection.commit()

    intuit.before_answer = reconnect
    given = TokenStore(pool, KEYS, intuit.oauth).access_token(COMPANY, intuit.realm_id)

    assert given == fresh.access_token
    assert connection_of(connection) == "connected"


def test_an_unrefreshed_connection_is_named_after_a_week(
    connection: Connection, intuit: Intuit
) -> None:
    """A refresh token dies unused: whoever keeps house refreshes the idle ones."""
    connected(connection, intuit)
    before = token_rows.idle(connection)
    connection.execute(
        "UPDATE proline_qbo.tokens SET refreshed_at = refreshed_at - interval '8 days'"
    )

    assert before == []
    assert token_rows.idle(connection) == [Idle(COMPANY, intuit.realm_id, 1)]


def test_whoever_does_not_win_the_lease_goes_back_after_a_limited_time(
    pool: Pool, connection: Connection, intuit: Intuit
) -> None:
    """A refresher that died holds the lease for a minute; nobody waits for it that long."""
    connected(connection, intuit)
    expire(connection)
    token_rows.take_lease(connection, Place(COMPANY, intuit.realm_id), 1)
    connection.commit()
    now = [0.0]

    def wait(seconds: float) -> None:
        now[0] += seconds

    store = TokenStore(pool, KEYS, intuit.oauth, wait=wait, monotonic=lambda: now[0])

    with pytest.raises(NotSent):
        store.access_token(COMPANY, intuit.realm_id)
    assert intuit.token_calls == 0


def test_the_lease_of_a_refresher_that_died_runs_out(
    pool: Pool, connection: Connection, intuit: Intuit
) -> None:
    """A lease is a time, not a lock: it needs nobody to give it back."""
    connected(connection, intuit)
    expire(connection)
    token_rows.take_lease(connection, Place(COMPANY, intuit.realm_id), 1)
    connection.execute(
        "UPDATE proline_qbo.tokens SET refresh_until = refresh_until - interval '61 s'"
    )
    connection.commit()

    assert TokenStore(pool, KEYS, intuit.oauth).access_token(COMPANY, intuit.realm_id)


def test_tokens_lie_encrypted(connection: Connection, intuit: Intuit) -> None:
    """A copy of the table opens no books."""
    connected(connection, intuit)

    row = connection.execute(
        "SELECT access_token, refresh_token FROM proline_qbo.tokens"
    ).fetchone()

    assert row is not None
    bound = tokens._bound(Place(COMPANY, intuit.realm_id), "access")
    assert KEYS.decrypt(row[0], bound).encode() not in row[0]


def _realm(intuit: Intuit) -> Realm:
    realm = intuit.simulator.realms.find(intuit.realm_id)
    assert realm is not None
    return realm
