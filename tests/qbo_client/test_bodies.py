"""Bodies: the bytes that are stored and sent again, and whatever a gateway sends back."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qbo_client import decode_body, encode_body
from qbo_client.bodies import BODY_LIMIT_BYTES

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
AMOUNTS = st.decimals(
    allow_nan=False, allow_infinity=False, places=5, min_value=-(10**10), max_value=10**10
)
LEAVES = st.none() | st.booleans() | st.integers(-(10**15), 10**15) | TEXT | AMOUNTS
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=20
)
OBJECTS = st.dictionaries(TEXT, VALUES)


@settings(deadline=None)
@given(OBJECTS)
def test_a_body_written_and_read_back_is_the_same(fields: dict[str, object]) -> None:
    """Nothing is lost or rounded on the way: amounts are exact."""
    assert decode_body(encode_body(fields)) == fields


@settings(deadline=None)
@given(OBJECTS)
def test_the_order_of_the_fields_does_not_change_the_bytes(fields: dict[str, object]) -> None:
    """Equal bodies have equal bytes, for requestid and resend depend on them."""
    turned_round = dict(reversed(list(fields.items())))

    assert encode_body(turned_round) == encode_body(fields)


@settings(deadline=None)
@given(AMOUNTS)
def test_every_digit_of_an_amount_is_written(amount: Decimal) -> None:
    """An amount is a plain JSON number with the digits it was given, never an exponent."""
    written = encode_body({"Amount": amount}).decode()

    assert Decimal(json.loads(written, parse_float=str)["Amount"]) == amount
    assert "e" not in written.removeprefix('{"Amount"').lower()


def test_a_body_is_compact_utf8_with_sorted_keys() -> None:
    """The canonical form: these bytes and no others."""
    fields = {"b": [Decimal("1250.00"), True, None], "a": {"name": "Zoë \u2019"}, "c": 3}

    body = encode_body(fields)

    assert body == '{"a":{"name":"Zoë \u2019"},"b":[1250.00,true,null],"c":3}'.encode()


@pytest.mark.parametrize("value", [1.5, b"x", {1, 2}, object(), {3: "x"}])
def test_what_is_not_exact_or_not_json_is_refused(value: object) -> None:
    """A float never becomes money, and a key is text."""
    with pytest.raises(TypeError):
        encode_body({"Amount": value})


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1E+31", "1E-31", "sNaN"])
def test_a_number_no_ledger_holds_is_refused(value: str) -> None:
    """A number that would become megabytes of digits, or is none, is not sent."""
    with pytest.raises(ValueError, match="30 digits"):
        encode_body({"Amount": Decimal(value)})


def test_negative_zero_is_written_as_zero() -> None:
    """Two zeros that are equal have equal bytes."""
    assert encode_body({"a": Decimal("-0.00")}) == b'{"a":0.00}'


def test_half_a_surrogate_pair_is_refused() -> None:
    """Text that is not valid Unicode cannot be stored as bytes."""
    with pytest.raises(UnicodeEncodeError):
        encode_body({"a": "\ud83d"})


@settings(deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_reading_never_raises(body: bytes) -> None:
    """Whatever arrives is an object or None."""
    assert isinstance(decode_body(body), dict | None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[1]",
        b'{"a":',
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"a":"\xff"}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":1e999999999999999999999}',
        b'{"a":1e99999}',
        b'{"a":0.' + b"1" * 100 + b"}",
        b'{"a":' * 200_000,
        b"[" * 1_000_000,
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a":"' + b"x" * BODY_LIMIT_BYTES + b'"}',
    ],
    ids=lambda body: f"{body[:12]!r}...{len(body)}",
)
def test_a_hostile_body_is_none(body: bytes) -> None:
    """Truncated, nested, endless, not UTF-8, not finite: no object, and no exception."""
    assert decode_body(body) is None


def test_fractions_are_read_as_decimal() -> None:
    """Money never passes through a float."""
    assert repr(decode_body(b'{"TotalAmt":1250.10}')) == "{'TotalAmt': Decimal('1250.10')}"


def test_a_byte_order_mark_is_no_part_of_the_body() -> None:
    """Some proxies put one in front."""
    assert decode_body(b'\xef\xbb\xbf{"a":1}') == {"a": 1}


def test_characters_no_database_stores_are_replaced() -> None:
    """A mangled emoji in a successful answer must not stop its Id from being kept."""
    body = rb'{"N\u0000":["half \ud83d","whole \ud83d\ude00"]}'

    assert decode_body(body) == {"N\ufffd": ["half \ufffd", "whole \U0001f600"]}
