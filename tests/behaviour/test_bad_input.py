"""Whatever a snapshot holds ends in a state with a sentence: no retry loop, no wrong books."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.behaviour.row import NewRoofer
from tests.support.roofer import COMPANY, Roofer

ENDS = frozenset({"done", "failed", "waiting", "skipped"})
LINE = {"id": "l1", "kind": "item", "name": "Tear-off", "amount": "100.00"}

# What is said of an invoice or payment, and where it ends; `None` is a state without a code.
MONEY = [
    ("invoice", {"lines": []}, ("failed", "lines_missing")),
    ("invoice", {"lines": [], "total": "0.00"}, ("failed", "lines_missing")),
    ("invoice", {"lines": [LINE], "total": "99.00"}, ("failed", "total_mismatch")),
    ("invoice", {"lines": [LINE | {"amount": "100.005"}]}, ("failed", "fraction_of_cent")),
    ("invoice", {"lines": [LINE | {"amount": "-5.00"}], "total": "-5.00"}, ("failed", None)),
    ("invoice", {"discount": "-1.00", "total": "101.00"}, ("failed", "discount_negative")),
    ("invoice", {"tax": {"amount": "8.00"}, "total": "108.00"}, ("failed", "tax_mode")),
    ("invoice", {"due_on": "2026-01-01"}, ("done", None)),
    ("invoice", {"number": "", "name": ""}, ("done", None)),
    ("invoice", {"number": "9" * 200}, ("done", None)),
    ("invoice", {"memo": "\x07 :\t" + "x" * 5_000}, ("done", None)),
    ("invoice", {"currency": "XTS"}, ("failed", "currency")),
    ("invoice", {"project_id": "nowhere"}, ("failed", "parent_unknown")),
    ("payment", {"amount": "0.00"}, ("failed", "amount_not_positive")),
    ("payment", {"amount": "-10.00"}, ("failed", "amount_not_positive")),
    ("payment", {"amount": "10.001"}, ("failed", "fraction_of_cent")),
    ("payment", {"received_on": None}, ("failed", "date_missing")),
    (
        "payment",
        {"allocations": [{"invoice_id": "unknown", "amount": "5.00"}]},
        ("failed", "parent_unknown"),
    ),
    ("payment", {"reference": "x" * 300}, ("done", None)),
    ("payment", {"currency": "EUR"}, ("failed", "currency")),
]


@pytest.mark.parametrize(("entity", "changes", "end"), MONEY, ids=lambda given: str(given)[:40])
def test_money_that_does_not_add_up_is_not_booked(
    new_roofer: NewRoofer, entity: str, changes: dict[str, Any], end: tuple[str, str | None]
) -> None:
    """A sentence says which rule; nothing is invented to make a sum fit, nothing is tried again."""
    roofer = new_roofer()
    roofer.contact().project().settle()

    if entity == "invoice":
        roofer.invoice(**changes).settle()
    else:
        roofer.payment(**{"amount": "10.00", **changes}).settle()

    record = roofer.record(entity, "i1" if entity == "invoice" else "y1")
    state, code = end
    assert (record.state, code or record.code) == (state, record.code), record.sentence
    assert record.state == "done" or record.sentence
    booked = roofer.held("Invoice" if entity == "invoice" else "Payment")
    assert len(booked) == (state == "done")
    assert len(roofer.attempts(entity, record.record_id)) <= 1


@pytest.mark.parametrize(
    "changes",
    [
        {"display_name": "", "given_name": None, "company_name": ""},
        {"display_name": ":" * 600},
        {"display_name": "\u2019Curly\u2013\U0001f3e0"},
        {"email": "a@b, c@d"},
        {"phone": "5" * 99},
        {"number": None},
        {"address": {"line1": "x" * 3_000, "city": "y" * 3_000}},
    ],
    ids=lambda given: str(given)[:40],
)
def test_any_name_becomes_a_customer(new_roofer: NewRoofer, changes: dict[str, Any]) -> None:
    """Names are cleaned and cut; what QuickBooks would not take is left out, and said."""
    roofer = new_roofer()

    roofer.contact(**changes).project().settle()

    record = roofer.record("contact", "c1")
    assert record.state == "done", record.sentence
    assert len(roofer.writes("customer")) == 1


_JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**20), 10**20),
        st.text(max_size=40),
        st.sampled_from(["", "0", "-1.00", "1e9", "NaN", "2026-02-30", "c1", "i1", "void"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
_FIELDS = {
    "contact": ["display_name", "number", "email", "phone", "address", "archived"],
    "project": ["contact_id", "stage", "status", "address", "number", "archived"],
    "invoice": [
        "kind",
        "project_id",
        "sent_at",
        "issued_on",
        "lines",
        "discount",
        "tax",
        "total",
        "amount_due",
        "voided_at",
        "number",
    ],
    "payment": [
        "project_id",
        "status",
        "received_on",
        "amount",
        "allocations",
        "returns",
        "voided_at",
        "reference",
    ],
}
_HURT = st.sampled_from(sorted(_FIELDS)).flatmap(
    lambda entity: st.tuples(
        st.just(entity),
        st.dictionaries(st.sampled_from(_FIELDS[entity]), _JSON, min_size=1, max_size=3),
    )
)


def test_whatever_a_snapshot_holds_it_ends_with_a_sentence(new_roofer: NewRoofer) -> None:
    """Any JSON in any field: it comes to rest, and whoever looks at it is told why."""
    roofer = new_roofer()
    roofer.contact().project().invoice().settle()
    numbers = count(100)

    @settings(
        max_examples=60,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(_HURT)
    def ends(hurt: tuple[str, dict[str, Any]]) -> None:
        entity, changes = hurt
        n = next(numbers)
        changes = {name: _without_nul(value) for name, value in changes.items()}
        with _told(roofer, entity, f"{entity[0]}{n}") as record_id:
            _say(roofer, entity, record_id, n, changes)

    ends()
    assert all(each["TotalAmt"] >= Decimal(0) for each in roofer.held("Invoice"))


def _say(roofer: Roofer, entity: str, record_id: str, n: int, changes: dict[str, Any]) -> None:
    match entity:
        case "contact":
            roofer.contact(record_id, **{"number": f"1{n}"} | changes)
            roofer.project(f"p{n}", number=f"2{n}", contact_id=record_id)
        case "project":
            roofer.project(record_id, **{"number": f"2{n}"} | changes)
        case "invoice":
            total = changes.pop("total", "100.00")
            roofer.invoice(record_id, total, **{"lines": [LINE]} | changes)
        case _:
            roofer.payment(**{"amount": "10.00", "record_id": record_id} | changes)


@contextmanager
def _told(roofer: Roofer, entity: str, record_id: str) -> Iterator[str]:
    """Hold that the record comes to rest, with a sentence wherever it is not done."""
    yield record_id
    roofer.settle()
    record = roofer.record(entity, record_id)
    assert record.state in ENDS, record
    assert record.state == "done" or record.sentence, record
    assert record.company_id == COMPANY


def _without_nul(value: object) -> object:
    """PostgreSQL's jsonb takes no NUL, and no half of a surrogate pair: ProLine cannot say them."""
    match value:
        case str():
            return "".join(c for c in value if c and not "\ud800" <= c <= "\udfff").replace(
                "\x00", ""
            )
        case list():
            return [_without_nul(each) for each in value]
        case dict():
            return {str(_without_nul(k)): _without_nul(v) for k, v in value.items()}
        case _:
            return value
