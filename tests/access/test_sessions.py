"""Sessions: a launch opens one, once; the database cannot open any."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest

from access.errors import LaunchUsed
from access.launch import Launch
from access.people import Person, Role
from access.sessions import (
    LAUNCHES_KEPT,
    SESSION_LIFE,
    TOKEN_CHARACTERS_MAX,
    Session,
    confirm_session,
    end_session,
    find_session,
    open_session,
    sweep,
)
from connections.companies import open_company
from coordination.database import Connection, Pool
from tests.support.database_clock import DatabaseClock

COMPANY = "company-1"
NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
LAUNCH = Launch(
    issuer="proline",
    jti="launch-1",
    expires_at=NOW + timedelta(minutes=2),
    person=Person(COMPANY, "user-1", "Jane Example", Role.OFFICE),
    company_name="Example Roofing",
)
SECOND = 1.0


@pytest.fixture
def c(database_clock: DatabaseClock, connection: Connection) -> Connection:
    """Give a session on a database that knows the company, its clock at NOW."""
    database_clock.freeze(NOW)
    open_company(connection, COMPANY, "Example Roofing")
    connection.commit()
    return connection


def found(c: Connection, token: str) -> Session:
    """Return a session that must be there."""
    session = find_session(c, token)
    assert session is not None
    return session


def count(c: Connection, table: str) -> int:
    """Return how many rows a table of ours has."""
    row = c.execute(f"SELECT count(*) FROM proline_qbo.{table}".encode()).fetchone()
    assert row is not None
    return int(row[0])


def test_a_launch_opens_a_session_of_its_person(c: Connection) -> None:
    """Company, name and role are those that ProLine signed, and no others."""
    token = open_session(c, LAUNCH, confirmed=True)

    session = found(c, token)
    assert session.person == LAUNCH.person
    assert session.confirmed
    assert (session.opened_at, session.expires_at) == (NOW, NOW + SESSION_LIFE)


def test_each_session_has_a_token_of_its_own(c: Connection) -> None:
    """Nobody's can be told from anybody else's, and it is long enough not to be guessed."""
    one = open_session(c, LAUNCH, confirmed=True)
    other = open_session(c, replace(LAUNCH, jti="launch-2"), confirmed=True)

    assert one != other
    assert min(len(one), len(other)) >= 43


def test_the_database_holds_no_token(c: Connection) -> None:
    """Who reads it, or a backup of it, cannot come in, nor write a form."""
    token = open_session(c, LAUNCH, confirmed=True)
    session = found(c, token)

    stored = "".join(
        str(row)
        for table in (b"sessions", b"launches")
        for row in c.execute(b"SELECT to_jsonb(t) FROM proline_qbo." + table + b" t")
    )

    assert token not in stored
    assert session.csrf not in stored
    assert hashlib.sha256(token.encode()).hexdigest() in stored
    assert session.token_hash == hashlib.sha256(token.encode()).digest()


def test_the_hash_opens_nothing(c: Connection) -> None:
    """What stands in the row is not what the cookie must say."""
    session = found(c, open_session(c, LAUNCH, confirmed=True))

    assert find_session(c, session.token_hash.hex()) is None


def test_a_session_shows_no_token_when_it_is_printed(c: Connection) -> None:
    """A log of what a request knew must not open the page."""
    token = open_session(c, LAUNCH, confirmed=True)

    assert token not in repr(found(c, token))


def test_a_launch_opens_a_session_once(c: Connection) -> None:
    """Whoever finds the link afterwards finds it used."""
    open_session(c, LAUNCH, confirmed=True)

    with pytest.raises(LaunchUsed, match="already"):
        open_session(c, LAUNCH, confirmed=True)
    assert count(c, "sessions") == 1


def test_a_launch_stays_used_after_sign_out(c: Connection) -> None:
    """Back and forward in the browser's history open nothing."""
    end_session(c, open_session(c, LAUNCH, confirmed=True))

    with pytest.raises(LaunchUsed):
        open_session(c, LAUNCH, confirmed=True)


def test_two_issuers_may_number_alike(c: Connection) -> None:
    """A token's id is its issuer's own."""
    open_session(c, LAUNCH, confirmed=True)
    open_session(c, replace(LAUNCH, issuer="another"), confirmed=True)

    assert count(c, "sessions") == 2


def test_a_launch_is_used_only_with_its_session(pool: Pool) -> None:
    """One transaction: what came to nothing can be tried again."""
    with pool.connection() as c:
        open_company(c, COMPANY, "Example Roofing")

    with pool.connection() as c:
        open_session(c, LAUNCH, confirmed=True)
        c.rollback()

    with pool.connection() as c:
        assert find_session(c, open_session(c, LAUNCH, confirmed=True)) is not None


def test_of_many_at_once_one_opens_a_session(pool: Pool) -> None:
    """Two clicks, two tabs, two hosts: the primary key decides, not a look before it."""
    with pool.connection() as c:
        open_company(c, COMPANY, "Example Roofing")
    together = Barrier(8)

    def launch(_: int) -> str | None:
        with pool.connection() as c:
            together.wait(timeout=30)
            try:
                return open_session(c, LAUNCH, confirmed=True)
            except LaunchUsed:
                return None

    with ThreadPoolExecutor(8) as threads:
        opened = [token for token in threads.map(launch, range(8)) if token is not None]

    with pool.connection() as c:
        assert len(opened) == count(c, "sessions") == 1
        assert find_session(c, opened[0]) is not None


def test_a_session_is_over_after_its_life(c: Connection, database_clock: DatabaseClock) -> None:
    """To the second, whatever was done with it meanwhile."""
    token = open_session(c, LAUNCH, confirmed=False)
    c.commit()

    database_clock.advance(SESSION_LIFE.total_seconds() - SECOND)
    assert find_session(c, token) is not None

    database_clock.advance(SECOND)
    assert find_session(c, token) is None
    assert not confirm_session(c, token)


def test_a_session_is_confirmed_by_its_own_token(c: Connection) -> None:
    """Nobody else's word says which company a person meant; twice is once."""
    token = open_session(c, LAUNCH, confirmed=False)
    other = open_session(c, replace(LAUNCH, jti="launch-2"), confirmed=False)

    assert not found(c, token).confirmed
    assert confirm_session(c, token)
    assert confirm_session(c, token)

    assert found(c, token).confirmed
    assert not found(c, other).confirmed


def test_signing_out_ends_one_session(c: Connection) -> None:
    """The same person may be at another screen."""
    token = open_session(c, LAUNCH, confirmed=True)
    other = open_session(c, replace(LAUNCH, jti="launch-2"), confirmed=True)

    assert end_session(c, token)

    assert find_session(c, token) is None
    assert find_session(c, other) is not None
    assert not end_session(c, token)


@pytest.mark.parametrize(
    "token", ["", "x", "é" * 43, "\x00", "\ud800", "x" * (TOKEN_CHARACTERS_MAX + 1)]
)
def test_a_forged_cookie_is_nobody(c: Connection, token: str) -> None:
    """A cookie holds whatever its browser sends."""
    assert find_session(c, token) is None
    assert not confirm_session(c, token)
    assert not end_session(c, token)


def test_a_new_role_comes_with_a_new_launch(c: Connection) -> None:
    """A session keeps what its launch said; it is the launch that ProLine vouches for."""
    promoted = replace(LAUNCH.person, role=Role.ADMIN)
    before = open_session(c, LAUNCH, confirmed=True)

    after = open_session(c, replace(LAUNCH, jti="launch-2", person=promoted), confirmed=True)

    assert found(c, before).person.role is Role.OFFICE
    assert found(c, after).person.role is Role.ADMIN


def test_a_form_carries_its_own_sessions_word(c: Connection) -> None:
    """Neither another session's, nor the cookie, nor its hash will do."""
    token = open_session(c, LAUNCH, confirmed=True)
    other = found(c, open_session(c, replace(LAUNCH, jti="launch-2"), confirmed=True))
    session = found(c, token)

    assert session.is_csrf(found(c, token).csrf)
    for forged in ["", "é", "\ud800", other.csrf, token, session.token_hash.hex()]:
        assert not session.is_csrf(forged)


def test_what_is_over_is_swept(c: Connection, database_clock: DatabaseClock) -> None:
    """Sessions at their end; launches so late that no clock can think them alive."""
    open_session(c, LAUNCH, confirmed=True)
    c.commit()
    database_clock.freeze(NOW + SESSION_LIFE)
    live = open_session(c, replace(LAUNCH, jti="launch-2"), confirmed=True)

    assert sweep(c) == 1
    assert (count(c, "sessions"), count(c, "launches")) == (1, 2)
    assert find_session(c, live) is not None
    c.commit()

    database_clock.freeze(LAUNCH.expires_at + LAUNCHES_KEPT)
    assert sweep(c) == 3
    assert (count(c, "sessions"), count(c, "launches")) == (0, 0)


def test_a_sweep_has_a_limit(c: Connection, database_clock: DatabaseClock) -> None:
    """A month of sessions is no one statement's work; the oldest go first."""
    for number in range(3):
        open_session(c, replace(LAUNCH, jti=f"launch-{number}"), confirmed=True)
    c.commit()
    database_clock.freeze(NOW + SESSION_LIFE)

    assert [sweep(c, 2), sweep(c, 2), sweep(c, 2)] == [2, 1, 0]
