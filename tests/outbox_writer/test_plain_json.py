"""A snapshot's Python values become what the contract writes."""

import json
import math
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outbox import plain_json
from schemas import EventInvalid


class Colour(Enum):
    """Some enum of ProLine's."""

    RED = "red"


EASTERN = timezone(timedelta(hours=-5))
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Decimal("1234.50"), "1234.50"),
        (Decimal("1E+3"), "1000"),
        (Decimal("1E-7"), "0.0000001"),
        (datetime(2026, 3, 1, 9, 30, tzinfo=EASTERN), "2026-03-01T14:30:00+00:00"),
        (datetime(2026, 3, 1, 9, 30, tzinfo=UTC), "2026-03-01T09:30:00+00:00"),
        (date(2026, 3, 1), "2026-03-01"),
        (UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        (Colour.RED, "red"),
        ("a\x00b", "ab"),
        ((Decimal(1), {"on": date(2026, 3, 1)}), ["1", {"on": "2026-03-01"}]),
    ],
)
def test_a_value_is_written_as_the_contract_does(value: object, written: object) -> None:
    """Money as plain digits, times in UTC, dates ISO, and never a NUL."""
    assert plain_json({"key": value}) == {"key": written}


def test_keys_are_cleaned_too() -> None:
    """PostgreSQL refuses a NUL in a key as in a value."""
    assert plain_json({"a\x00": {"b\x00": 1}}) == {"a": {"b": 1}}


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (datetime(2026, 3, 1, 9, 30), "without an offset"),  # noqa: DTZ001 - what is refused
        (Decimal("NaN"), "no number"),
        (Decimal("1E+999999"), "no number"),
        (object(), "no form in JSON"),
        ({1, 2}, "no form in JSON"),
        (b"bytes", "no form in JSON"),
    ],
)
def test_what_has_no_form_is_refused_with_its_place(value: object, sentence: str) -> None:
    """The sentence names the path, and never repeats the value."""
    with pytest.raises(EventInvalid, match=sentence) as refused:
        plain_json({"lines": [{"amount": value}]})

    assert "lines.0.amount" in str(refused.value)


def test_a_snapshot_that_holds_itself_is_refused() -> None:
    """Depth has a limit, so that it ends."""
    endless: dict[str, object] = {}
    endless["self"] = endless

    with pytest.raises(EventInvalid, match="levels deep"):
        plain_json(endless)


@given(st.dictionaries(st.text(), JSON_VALUES, max_size=4))
def test_json_stays_as_it_is_but_for_nul(snapshot: dict[str, object]) -> None:
    """Whatever can be written as JSON comes back the same, without NUL characters."""
    text = json.dumps(snapshot)
    if "\\u0000" not in text:
        assert plain_json(snapshot) == snapshot
    assert plain_json(plain_json(snapshot)) == plain_json(snapshot)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2))
def test_money_keeps_every_cent(amount: Decimal) -> None:
    """Read back, the text is the same number."""
    (written,) = plain_json({"amount": amount}).values()

    assert Decimal(written) == amount
    assert math.isfinite(Decimal(written))
