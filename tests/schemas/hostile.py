"""Events as nobody should write them: every argument of any type, size and content.

Every text of a snapshot carries `SECRET`, the customer's data that no error may repeat.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from reprlib import Repr
from typing import Any, Final

from hypothesis import example
from hypothesis import strategies as st

from schemas import Entity, Event
from tests.support import proline

SECRET: Final = "Ada Example the Customer"
KNOWN: Final = {
    "contact": proline.contact(address={"line1": "1 Example Street"}),
    "project": proline.project(),
    "invoice": proline.invoice(memo="Due on receipt"),
    "payment": proline.pays("y1", "40.00", i1="40.00"),
}
"""A snapshot that fits, of each entity."""


class _Short(Repr):
    """Shows no megabytes, and a number that Python does not write by how long it is."""

    def repr_int(self, x: int, level: int) -> str:
        """Show a number."""
        del level
        return repr(x) if x.bit_length() <= self.maxlong else f"<{x.bit_length()} bits>"


_SHORT: Final = _Short()
_SHORT.maxlevel, _SHORT.maxdict, _SHORT.maxlist = 40, 40, 40
_SHORT.maxstring, _SHORT.maxlong, _SHORT.maxother = 200, 200, 200


@dataclass(frozen=True, repr=False)
class Envelope:
    """The arguments of one event, of whatever type."""

    company_id: Any
    entity: Any
    record_id: Any
    event_type: Any
    snapshot: Any

    def __repr__(self) -> str:
        """Show a failing example without its megabytes."""
        return f"Envelope(**{_SHORT.repr(vars(self))})"

    def event(self) -> Event:
        """Make the event of them.

        Raises:
            EventInvalid: it is refused.
        """
        return Event(
            company_id=self.company_id,
            entity=self.entity,
            record_id=self.record_id,
            snapshot=self.snapshot,
            event_type=self.event_type,
        )


def long_text(characters: int, character: str) -> str:
    """Give a text of so many characters."""
    return SECRET + character * (characters - len(SECRET))


def nested(depth: int) -> dict[str, Any]:
    """Give objects within objects, so deep."""
    value: dict[str, Any] = {"memo": SECRET}
    for _ in range(depth - 1):
        value = {"a": value}
    return value


def hostile_keys(names: Sequence[str]) -> st.SearchStrategy[Any]:
    """Give keys of a snapshot: those of its entity above all, and what is no key."""
    strange: list[Any] = [
        "",
        "version",
        "\x00",
        "\ud800",
        "\U0001f3e0",
        "k" * 500,
        7,
        1.5,
        None,
        (),
    ]
    strange_ones = st.sampled_from(strange) | st.text(max_size=8)
    return st.integers(0, 3).flatmap(
        lambda drawn: st.sampled_from(names) if drawn < 3 else strange_ones
    )


_BAD_TEXTS = ["", "\x00", "\ud800", "\udfff\ud800", "\\u0000", "\\\x00", "\u202e\x7f\x1b[2J", "%s'"]
_WIRE_TEXTS = ["-0.00", "1e9", "NaN", "1" * 400, "2026-02-30", "0001-01-01T00:00:00+14:00", "USD"]
_DIGITS = [400, 1_001, 4_299, 5_000]
_NO_JSON = [Decimal("1.10"), b"bytes", {1}, datetime(2026, 3, 1, tzinfo=UTC), 1j, object]

texts = (st.text(max_size=30) | st.sampled_from(_BAD_TEXTS)).map(lambda text: SECRET + text)
# Far from the limit on either side, which has tests of its own, whatever else a snapshot holds.
sizes = st.sampled_from([100, 170_000, 600_000, 1_000_000, 1_048_576])
_leaves: st.SearchStrategy[Any] = st.one_of(
    st.none() | st.booleans(),
    texts,
    st.sampled_from(_WIRE_TEXTS),
    st.integers() | st.floats(),
    st.sampled_from(_DIGITS).map(lambda digits: 10 ** (digits - 1)),
    st.sampled_from(_NO_JSON),
    st.builds(nested, st.sampled_from([2, 31, 32, 33, 200])),
)
values = st.recursive(
    _leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner)
        | st.dictionaries(hostile_keys(["id", "amount"]), inner, max_size=3)
    ),
    max_leaves=5,
)
ids: st.SearchStrategy[Any] = st.one_of(
    st.just("r1"),
    st.text(min_size=1, max_size=64),
    st.sampled_from(["", "\x00", "a\x00b", " ", "\n", "r" * 64, "r" * 65, "\U0001f3e0" * 64]),
    st.sampled_from([None, 7, 1.5, True, b"r1", ["r1"], {"id": "r1"}]),
)
entities: st.SearchStrategy[Any] = st.sampled_from(list(Entity)) | st.sampled_from(
    ["contact", "payment", "quote", "Contact", "", "contact\x00", None, 7, b"contact", ["contact"]]
)


@st.composite
def snapshots(draw: st.DrawFn, entity: str, record_id: object) -> Any:  # noqa: ANN401  # that is the point
    """Give a snapshot that fits, hurt in some places; seldom something else altogether."""
    if draw(st.integers(0, 9)) == 9:
        return draw(values)
    known = KNOWN[entity] | {"id": record_id}
    hurt = draw(st.dictionaries(hostile_keys(sorted(known)), values, max_size=3))
    missing = draw(st.sets(st.sampled_from(sorted(known)), max_size=2))
    whole = {name: value for name, value in known.items() if name not in missing} | hurt
    if draw(st.integers(0, 4)) == 4:
        whole["filler"] = long_text(draw(sizes), draw(st.sampled_from("x\u00e9\x01")))
    return whole


@st.composite
def envelopes(draw: st.DrawFn) -> Envelope:
    """Give all arguments of an event; most have something wrong in one or two of them."""
    plain = st.integers(0, 2).map(lambda drawn: drawn < 2)  # two in three are as they should be
    entity = draw(st.sampled_from(list(Entity)) if draw(plain) else entities)
    record_id = draw(st.just("r1") if draw(plain) else ids)
    known = entity if isinstance(entity, str) and entity in KNOWN else "invoice"
    return Envelope(
        company_id=draw(st.just(proline.ACME) if draw(plain) else ids),
        entity=entity,
        record_id=record_id,
        event_type=draw(st.just("told") if draw(plain) else ids | st.just("")),
        snapshot=draw(snapshots(known, record_id)),
    )


def _told(**hurt: object) -> Envelope:
    snapshot = KNOWN["contact"] | {"id": "r1"} | hurt
    return Envelope(proline.ACME, Entity.CONTACT, "r1", "told", snapshot)


WORST: Final = {
    "over 1 MB": _told(memo=long_text(1_048_577, "x")),
    "a NUL": _told(memo=SECRET + "\x00"),
    "half a pair": _told(memo=SECRET + "\ud800"),
    "no number": _told(memo=[SECRET, float("nan")]),
    "a number without end": _told(number=[SECRET, 10**4_298]),
    "short in Python, long in plain digits": _told(memo=SECRET, totals=[1e308] * 4_000),
    "a little that is long in plain digits": _told(memo=SECRET, totals=[5e-324, 1e22, -1.5e-7]),
    "no company": replace(_told(memo=SECRET), company_id=None),
    "no event type": replace(_told(memo=SECRET), event_type=None),
    "too deep": _told(memo=nested(200)),
    "no text": _told(display_name=[SECRET]),
    "another version of the contract": _told(version=99, schema_version="9", display_name=SECRET),
}
"""What each run tries, whatever else it draws."""


def always(test: Callable[[Envelope], None]) -> Callable[[Envelope], None]:
    """Let a property of any envelope try the worst ones too."""
    for envelope in WORST.values():
        test = example(envelope)(test)
    return test
