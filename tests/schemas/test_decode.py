"""The text of a snapshot becomes a value whatever somebody has put into it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import Entity, SnapshotInvalid, decode_snapshot, parse_snapshot
from schemas.decode import DEPTH_MOST

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=40,
)  # fmt: skip


@given(st.dictionaries(st.text(), values, max_size=6))
def test_ordinary_json_is_read_as_it_stands(value: dict[str, object]) -> None:
    """Nothing is lost or changed that Python can hold."""
    assert decode_snapshot(json.dumps(value)) == value


@given(st.text(alphabet='[]{}\\",:1', max_size=200))
def test_brackets_in_texts_are_no_nesting(text: str) -> None:
    """A memo may consist of brackets alone."""
    assert decode_snapshot(json.dumps({"memo": text * 3})) == {"memo": text * 3}


def test_the_deepest_that_is_read_and_the_first_that_is_not() -> None:
    """The bound is exact; below it stands nothing of what was sent."""
    fits = '{"a":' + "[" * (DEPTH_MOST - 1) + "]" * (DEPTH_MOST - 1) + "}"
    too_deep = '{"a":' + "[" * DEPTH_MOST + "]" * DEPTH_MOST + "}"

    assert decode_snapshot(fits) == json.loads(fits)
    assert decode_snapshot(too_deep).keys() == {"unreadable"}


@pytest.mark.parametrize("field", ["display_name", "email", "address", "archived", "updated_at"])
def test_a_number_without_end_fits_no_field(field: str) -> None:
    """Whatever the field holds: a text, an object, a truth, a time."""
    first = {"id": "c1", "number": "1", "display_name": "A", "updated_at": "2026-03-01T09:30:00Z"}
    endless = decode_snapshot(f'{{"{field}": 1{"0" * 5_000}}}')

    with pytest.raises(SnapshotInvalid, match=field):
        parse_snapshot(Entity.CONTACT, first | endless)
