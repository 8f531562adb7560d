"""Consents under way: what lies in their rows, for whom, and for how long."""

import hashlib
from dataclasses import replace

import psycopg
import pytest

from connections import companies, consents
from connections.consents import Asked, Pending, Returned
from connections.errors import TokenUnreadable
from connections.keys import TokenKeys
from coordination.database import Connection
from qbo_client.oauth import TokenReply
from tests.connections.intuit import COMPANY, KEYS
from tests.support.database_clock import DatabaseClock

MINE, OTHERS = b"m" * 32, b"o" * 32
PENDING = Pending(COMPANY, "4620816365000000001", "Example Books", "US")
REPLY = TokenReply("access-plain", "refresh-plain", 3_600, 8_640_000, 1_000_000, "tid-1")


@pytest.fixture
def c(connection: Connection) -> Connection:
    """Give a session, with the company known."""
    companies.open_company(connection, COMPANY, "Example Roofing")
    connection.commit()
    return connection


def ask(c: Connection, session: bytes = MINE, *, with_pkce: bool = True) -> Asked:
    """Begin a consent."""
    asked = consents.ask(c, KEYS, session_hash=session, company_id=COMPANY, with_pkce=with_pkce)
    c.commit()
    return asked


def take_back(c: Connection, asked: Asked, session: bytes = MINE) -> Returned | None:
    """Come back with its state."""
    returned = consents.take_back(c, KEYS, state=asked.state, session_hash=session)
    c.commit()
    return returned


def obtain(c: Connection, session: bytes = MINE) -> Returned:
    """Go as far as the question which books they are."""
    returned = take_back(c, ask(c, session), session)
    assert returned is not None
    assert consents.obtained(c, KEYS, returned, PENDING, REPLY)
    c.commit()
    return returned


def test_a_state_is_random_and_only_its_hash_is_kept(c: Connection) -> None:
    """Who reads the table cannot write a redirect."""
    asked, other = ask(c), ask(c)

    rows = c.execute("SELECT state_hash, code_verifier FROM proline_qbo.consents").fetchall()

    assert asked.state != other.state
    assert len(asked.state) == 43
    assert hashlib.sha256(asked.state.encode()).digest() in {row[0] for row in rows}
    assert asked.code_verifier is not None
    assert len(asked.code_verifier) == 86
    assert not [row for row in rows if asked.code_verifier.encode() in row[1]]


def test_neither_state_nor_token_shows_in_a_repr(c: Connection) -> None:
    """What is logged by mistake opens nothing."""
    asked = ask(c)
    returned = obtain(c)
    granted = consents.granted(c, KEYS, MINE)

    shown = f"{asked!r} {returned!r} {granted!r}"

    assert granted is not None
    secrets = (asked.state, str(asked.code_verifier), REPLY.access_token, REPLY.refresh_token)
    assert [each for each in secrets if each in shown] == []


def test_a_state_comes_back_once_to_its_session(c: Connection) -> None:
    """With the verifier it was asked with."""
    asked = ask(c)

    others = take_back(c, asked, OTHERS)
    first, second = take_back(c, asked), take_back(c, asked)

    assert (others, second) == (None, None)
    assert first is not None
    assert (first.company_id, first.code_verifier) == (COMPANY, asked.code_verifier)
    assert take_back(c, replace(asked, state="guessed")) is None
    assert take_back(c, replace(asked, state="\udcff")) is None


def test_without_pkce_there_is_no_verifier(c: Connection) -> None:
    """Nothing is made up where the server offers none."""
    asked = ask(c, with_pkce=False)
    returned = take_back(c, asked)

    assert returned is not None
    assert (asked.code_verifier, returned.code_verifier) == (None, None)


def test_what_was_obtained_is_shown_to_its_session_alone(c: Connection) -> None:
    """And handed out, once, with its tokens."""
    returned = obtain(c)

    assert consents.pending(c, MINE) == PENDING
    assert consents.pending(c, OTHERS) is None
    assert consents.granted(c, KEYS, OTHERS) is None
    assert consents.take(c, KEYS, OTHERS, returned.state_hash) is None
    taken = consents.take(c, KEYS, MINE, returned.state_hash)
    assert taken is not None
    assert (taken.pending, taken.reply.refresh_token) == (PENDING, REPLY.refresh_token)
    assert consents.take(c, KEYS, MINE, returned.state_hash) is None


def test_the_newest_of_two_consents_is_the_one_to_confirm(c: Connection) -> None:
    """The person has looked again; the older one ends by itself."""
    obtain(c)
    returned = take_back(c, ask(c))
    assert returned is not None
    newer = replace(PENDING, realm_id="4620816365000000002", company_name="Second Books")
    consents.obtained(c, KEYS, returned, newer, REPLY)

    assert consents.pending(c, MINE) == newer


def test_obtained_is_kept_once_and_only_for_a_state_that_returned(c: Connection) -> None:
    """No way leads past the redirect."""
    returned = obtain(c)
    never = Returned(COMPANY, hashlib.sha256(ask(c).state.encode()).digest(), None)

    assert not consents.obtained(c, KEYS, returned, PENDING, REPLY)
    assert not consents.obtained(c, KEYS, never, PENDING, REPLY)
    with pytest.raises(psycopg.errors.CheckViolation):
        c.execute("UPDATE proline_qbo.consents SET returned_at = NULL")


def test_its_tokens_age_while_it_waits(c: Connection, database_clock: DatabaseClock) -> None:
    """None lives longer for having been kept."""
    database_clock.freeze()
    obtain(c)
    database_clock.advance(300)

    granted = consents.granted(c, KEYS, MINE)

    assert granted is not None
    assert granted.reply.access_expires_in_seconds == 3_300
    assert granted.reply.refresh_expires_in_seconds == 8_640_000 - 300
    assert granted.reply.hard_expires_in_seconds == 1_000_000 - 300
    assert granted.reply.intuit_tid == "tid-1"


def test_a_row_copied_to_another_realm_does_not_open(c: Connection) -> None:
    """Company and realm are bound into what is encrypted."""
    obtain(c)
    c.execute("UPDATE proline_qbo.consents SET realm_id = '1' WHERE tokens IS NOT NULL")

    with pytest.raises(TokenUnreadable):
        consents.granted(c, KEYS, MINE)


def test_the_person_has_a_quarter_of_an_hour_from_coming_back(
    c: Connection, database_clock: DatabaseClock
) -> None:
    """However long QuickBooks' own page took; then it is only named to be revoked."""
    database_clock.freeze()
    asked = ask(c)
    database_clock.advance(consents.LIFE_SECONDS - 1)
    returned = take_back(c, asked)
    assert returned is not None
    consents.obtained(c, KEYS, returned, PENDING, REPLY)
    database_clock.advance(consents.LIFE_SECONDS - 1)
    in_time, expired_before = consents.pending(c, MINE), consents.expired(c, KEYS)
    database_clock.advance(1)

    expired = consents.expired(c, KEYS)

    assert (in_time, expired_before) == (PENDING, [])
    assert consents.pending(c, MINE) is None
    assert consents.take(c, KEYS, MINE, returned.state_hash) is None
    assert [each.reply.refresh_token for each in expired] == [REPLY.refresh_token]


def test_given_up_it_is_expired_at_once(c: Connection) -> None:
    """Others' stay."""
    obtain(c)
    obtain(c, OTHERS)

    assert consents.give_up(c, MINE) == 1

    assert consents.pending(c, MINE) is None
    assert consents.pending(c, OTHERS) == PENDING
    (expired,) = consents.expired(c, KEYS)
    consents.forget(c, expired.state_hash)
    assert consents.expired(c, KEYS) == []


def test_what_no_key_opens_is_forgotten_and_does_not_stand_in_the_way(c: Connection) -> None:
    """A key was taken out too early: the next ones are still revoked."""
    obtain(c)
    consents.give_up(c, MINE)

    assert consents.expired(c, TokenKeys([("another", b"a" * 32)])) == []
    assert consents.expired(c, KEYS) == []


def test_states_that_brought_nothing_are_deleted_when_they_are_over(
    c: Connection, database_clock: DatabaseClock
) -> None:
    """Declined, left open, or used without success."""
    take_back(c, ask(c))
    ask(c)
    young = consents.forget_unused(c)
    database_clock.advance(consents.LIFE_SECONDS + 1)
    obtain(c)
    ask(c)

    assert (young, consents.forget_unused(c)) == (0, 2)
    assert consents.pending(c, MINE) == PENDING


def test_the_sweep_reads_a_limited_number(c: Connection) -> None:
    """However many there are."""
    obtain(c)
    obtain(c)
    consents.give_up(c, MINE)

    assert len(consents.expired(c, KEYS, limit=1)) == 1
