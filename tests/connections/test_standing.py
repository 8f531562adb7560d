"""Until when a connection lasts: the earlier of its two ends."""

from datetime import timedelta

import pytest

from connections import companies, standing, tokens
from coordination.database import Connection
from qbo_client.oauth import TokenReply
from tests.connections.intuit import COMPANY, KEYS
from tests.support.database_clock import DatabaseClock

REALM = "4620816365000000001"


@pytest.mark.parametrize(
    ("refresh_seconds", "hard_seconds", "left"),
    [(8_640_000, 150_000_000, 8_640_000), (8_640_000, 1_000, 1_000), (8_640_000, None, 8_640_000)],
)
def test_a_person_must_have_reconnected_before_the_earlier_end(
    connection: Connection,
    database_clock: DatabaseClock,
    refresh_seconds: int,
    hard_seconds: int | None,
    left: int,
) -> None:
    """A hundred days from the last refresh, five years from the consent where Intuit tells it."""
    now = database_clock.freeze()
    companies.open_company(connection, COMPANY, "Example Roofing")
    reply = TokenReply("access", "refresh", 3_600, refresh_seconds, hard_seconds, None)
    tokens.put(connection, KEYS, COMPANY, REALM, reply)

    found = standing.of(connection, COMPANY, REALM)

    assert found is not None
    assert found.reconnect_before == now + timedelta(seconds=left)
    assert standing.reconnect_before(connection, COMPANY, REALM) == found.reconnect_before
    assert (found.refreshed_at, found.refused_at) == (now, None)


def test_without_tokens_there_is_no_such_day(connection: Connection) -> None:
    """Not connected, or connected elsewhere."""
    assert standing.reconnect_before(connection, COMPANY, REALM) is None
