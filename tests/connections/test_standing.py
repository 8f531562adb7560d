"""Until when a connection lasts: to the end that no refresh moves."""

from datetime import timedelta

import pytest

from connections import companies, standing, tokens
from coordination.database import Connection
from qbo_client.oauth import TokenReply
from tests.connections.intuit import COMPANY, KEYS
from tests.support.database_clock import DatabaseClock

REALM = "4620816365000000001"


@pytest.mark.parametrize("hard_seconds", [150_000_000, 1_000, None])
def test_a_person_must_have_reconnected_before_the_hard_end(
    connection: Connection, database_clock: DatabaseClock, hard_seconds: int | None
) -> None:
    """Five years from the consent where Intuit tells it; the hundred days are kept ahead of."""
    now = database_clock.freeze()
    put(connection, hard_seconds)

    found = standing.of(connection, COMPANY, REALM)

    hard_end = None if hard_seconds is None else now + timedelta(seconds=hard_seconds)
    assert found is not None
    assert found.reconnect_before == hard_end
    assert standing.reconnect_before(connection, COMPANY, REALM) == hard_end
    assert (found.refreshed_at, found.refused_at) == (now, None)


def put(connection: Connection, hard_seconds: int | None) -> None:
    """Connect the company, as far as its tokens go."""
    companies.open_company(connection, COMPANY, "Example Roofing")
    reply = TokenReply("access", "refresh", 3_600, 8_640_000, hard_seconds, None)
    tokens.put(connection, KEYS, COMPANY, REALM, reply)


def test_tokens_that_were_refused_have_no_such_day(connection: Connection) -> None:
    """It is over already: a day to come would be untrue."""
    put(connection, 150_000_000)
    connection.execute("UPDATE proline_qbo.tokens SET refused_at = proline_qbo.clock()")

    assert standing.reconnect_before(connection, COMPANY, REALM) is None


def test_without_tokens_there_is_no_such_day(connection: Connection) -> None:
    """Not connected, or connected elsewhere."""
    assert standing.reconnect_before(connection, COMPANY, REALM) is None
