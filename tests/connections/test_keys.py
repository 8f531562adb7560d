"""Tokens at rest open with our keys, in their place, and nowhere else."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connections.errors import TokenUnreadable
from connections.keys import Bound, TokenKeys

OLD, NEW = ("2025", b"o" * 32), ("2026", b"n" * 32)
PLACE = Bound("company-a", "9130350000000001", "refresh")


@given(st.text(max_size=4_000))
def test_what_was_encrypted_comes_back(token: str) -> None:
    """Whatever Intuit puts into a token."""
    keys = TokenKeys([NEW])

    assert keys.decrypt(keys.encrypt(token, PLACE), PLACE) == token


def test_the_newest_key_encrypts_and_any_decrypts() -> None:
    """A new key is put in front; what the old one encrypted stays readable and is told apart."""
    before = TokenKeys([OLD]).encrypt("token", PLACE)
    rotating = TokenKeys([NEW, OLD])

    after = rotating.encrypt("token", PLACE)

    assert rotating.decrypt(before, PLACE) == "token"
    assert (rotating.needs_rotation(before), rotating.needs_rotation(after)) == (True, False)


def test_a_key_taken_out_too_early_is_named_as_the_cause() -> None:
    """The sentence is for the SRE who rotates, and shows no token."""
    stored = TokenKeys([OLD]).encrypt("token", PLACE)

    with pytest.raises(TokenUnreadable, match="TOKEN_KEYS"):
        TokenKeys([NEW]).decrypt(stored, PLACE)


@pytest.mark.parametrize(
    "elsewhere",
    [
        replace(PLACE, company_id="company-b"),
        replace(PLACE, realm_id="9130350000000002"),
        replace(PLACE, kind="access"),
    ],
)
def test_a_token_does_not_open_in_another_place(elsewhere: Bound) -> None:
    """A row copied to another company or realm, or an access token as a refresh token, is dead."""
    keys = TokenKeys([NEW])

    with pytest.raises(TokenUnreadable):
        keys.decrypt(keys.encrypt("token", PLACE), elsewhere)


@pytest.mark.parametrize("keep", [0, 1, 4, 10, 20])
def test_a_damaged_token_is_unreadable(keep: int) -> None:
    """Cut at any length, it is one error."""
    keys = TokenKeys([NEW])

    with pytest.raises(TokenUnreadable):
        keys.decrypt(keys.encrypt("token", PLACE)[:keep], PLACE)


def test_one_token_encrypts_differently_each_time() -> None:
    """The nonce is never used twice."""
    keys = TokenKeys([NEW])

    assert keys.encrypt("token", PLACE) != keys.encrypt("token", PLACE)


@pytest.mark.parametrize("wrong", [[], [NEW, NEW], [("x", b"short")], [("", b"n" * 32)]])
def test_keys_that_cannot_serve_are_refused(wrong: list[tuple[str, bytes]]) -> None:
    """None, the same twice, too short, or without an id."""
    with pytest.raises(ValueError, match="key"):
        TokenKeys(wrong)


def test_keys_show_nothing() -> None:
    """A log line with the keys in it shows how many there are."""
    assert repr(TokenKeys([NEW, OLD])) == "TokenKeys(2 keys)"
