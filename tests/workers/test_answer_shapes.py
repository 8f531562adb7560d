"""An answer that is JSON and yet not what it must be is an unknown outcome, and breaks nothing."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connections.settings import CompanySettings
from qbo_client import Applied, OutcomeUnknown, Response, encode_body
from records.claims import OpenAttempt
from tests.support.roofer import Roofer
from workers.answers import linked_by, object_in, objects_in
from workers.lookups import is_ours
from workers.mapping import changed_fields, compare_with_theirs, is_voided

NewRoofer = Callable[..., Roofer]

KEPT = {"Id": "266", "SyncToken": "3", "CurrencyRef": {"value": "USD"}}
ADDRESS = {"Line1": "1 Example Street", "City": "Denver", "Lat": "INVALID"}
OBJECTS: dict[str, dict[str, Any]] = {
    "Customer": KEPT
    | {
        "DisplayName": "Ada Example - C#1001",
        "GivenName": "Ada",
        "Active": True,
        "Job": True,
        "ParentRef": {"value": "7"},
        "PrimaryEmailAddr": {"Address": "ada@example.com"},
        "PrimaryPhone": {"FreeFormNumber": "(555) 555-0100"},
        "BillAddr": ADDRESS,
    },
    "Invoice": KEPT
    | {
        "DocNumber": "5001",
        "TxnDate": "2026-11-20",
        "CustomerRef": {"value": "1", "name": "Ada"},
        "PrivateNote": "ProLine invoice 5001",
        "CustomerMemo": {"value": "Thank you"},
        "ShipAddr": ADDRESS,
        "TotalAmt": Decimal("108.25"),
        "Balance": Decimal("108.25"),
        "TxnTaxDetail": {"TotalTax": Decimal("8.25"), "TxnTaxCodeRef": {"value": "2"}},
        "Line": [
            {
                "Id": "1",
                "Amount": Decimal(100),
                "DetailType": "SalesItemLineDetail",
                "Description": "Tear-off",
                "SalesItemLineDetail": {
                    "ItemRef": {"value": "1", "name": "Services"},
                    "Qty": 4,
                    "UnitPrice": Decimal(25),
                    "TaxCodeRef": {"value": "NON"},
                },
            },
            {
                "Amount": Decimal("100.00"),
                "DetailType": "SubTotalLineDetail",
                "SubTotalLineDetail": {},
            },
        ],
    },
    "Payment": KEPT
    | {
        "TxnDate": "2026-11-21",
        "CustomerRef": {"value": "1"},
        "PrivateNote": "ProLine payment 9901",
        "PaymentRefNum": "9901",
        "PaymentMethodRef": {"value": "3"},
        "TotalAmt": Decimal("100.00"),
        "Line": [
            {"Amount": Decimal(100), "LinkedTxn": [{"TxnId": "266", "TxnType": "Invoice"}]},
        ],
    },
}
NEEDED = {
    "Customer": ("Id", "SyncToken"),
    "Invoice": ("Id", "SyncToken", "CustomerRef", "TotalAmt"),
    "Payment": ("Id", "SyncToken", "CustomerRef", "TotalAmt"),
}


def response(body: dict[str, Any]) -> Response:
    """Give a success with this body."""
    return Response(200, body, "1-x", b"")


def attempt_for(kind: str) -> OpenAttempt:
    """Give the attempt whose answer an object is."""
    wanted = {name: value for name, value in OBJECTS[kind].items() if name not in KEPT}
    if "Line" in wanted:
        wanted["Line"] = [line for line in wanted["Line"] if "SubTotalLineDetail" not in line]
    return OpenAttempt(
        id=1,
        part="",
        operation="create",
        kind=kind,
        path=kind.lower(),
        params=[],
        body=encode_body(wanted),
        request_id="r",
        version=1,
        basis="",
        wanted=json.loads(json.dumps(wanted, default=str)),
        started_at=datetime.now(UTC),
        sends=1,
    )


def read_whole(kind: str, found: dict[str, Any]) -> None:
    """Do with an object whatever the workers do with one."""
    attempt = attempt_for(kind)
    link = linked_by(attempt, found, None)
    compare_with_theirs(kind, link.owned, found, attempt.wanted)
    changed_fields(link.owned, attempt.wanted)
    is_ours(attempt, found)
    is_voided(found)
    # As the link's row takes them.
    json.dumps(link.owned)
    assert isinstance(link.qbo_id, str)
    assert link.sync_token.isdigit()
    assert link.total is None or abs(link.total) < 10**15


@pytest.mark.parametrize("kind", OBJECTS)
def test_a_sound_object_is_read(kind: str) -> None:
    """The tests below would pass over anything if this did not hold."""
    found = object_in(response({kind: OBJECTS[kind]}), kind)

    read_whole(kind, found)
    assert is_ours(attempt_for(kind), found)


ANY: dict[str, list[object]] = {
    "Id": [None, [], ["266"], 266, "", "2 6", "x" * 65, "\x00", {}],
    "SyncToken": [None, 0, "", "abc", "-1", "1.0", [], "\u0663"],
    "CurrencyRef": ["USD"],
}
TRANSACTION: dict[str, list[object]] = ANY | {
    "TotalAmt": [None, "abc", "100.00", True, [], Decimal("1e20"), 10**20, Decimal(-(10**15))],
    "CustomerRef": [None, "1", [], {}, {"value": 1}, {"value": ""}],
    "PrivateNote": [["ProLine"]],
    "Line": [
        None,
        {},
        "x",
        [None],
        ["x"],
        [[]],
        [{"Amount": "abc"}],
        [{"LinkedTxn": None}],
        [{"LinkedTxn": [None]}],
        [{"LinkedTxn": {"TxnId": "1"}}],
        [{"SalesItemLineDetail": None}],
        [{"SalesItemLineDetail": {"Qty": "four"}}],
        [{"DiscountLineDetail": []}],
    ],
}
UNSOUND: dict[str, dict[str, list[object]]] = {
    "Customer": ANY
    | {
        "DisplayName": [{}],
        "PrimaryEmailAddr": ["ada@example.com"],
        "ParentRef": ["7"],
        "BillAddr": ["a street"],
    },
    "Invoice": TRANSACTION
    | {"DocNumber": [5001], "TxnTaxDetail": [[], {"TotalTax": "NaN"}], "ShipAddr": ["a street"]},
    "Payment": TRANSACTION | {"PaymentMethodRef": ["3"]},
}


@pytest.mark.parametrize(
    ("kind", "name", "bad"),
    [
        (kind, name, bad)
        for kind, fields in UNSOUND.items()
        for name, values in fields.items()
        for bad in values
    ],
    ids=lambda each: repr(each)[:40],
)
def test_a_field_of_the_wrong_type_is_an_unknown_outcome(kind: str, name: str, bad: object) -> None:
    """The write may have been done; nothing is kept of such an answer."""
    found = OBJECTS[kind] | {name: bad}

    with pytest.raises(OutcomeUnknown) as caught:
        object_in(response({kind: found}), kind)
    with pytest.raises(OutcomeUnknown):
        objects_in(response({"QueryResponse": {kind: [OBJECTS[kind], found]}}), kind)

    assert caught.value.applied is Applied.UNKNOWN
    assert (caught.value.status, caught.value.intuit_tid) == (200, "1-x")


@pytest.mark.parametrize(("kind", "name"), [(k, n) for k, names in NEEDED.items() for n in names])
def test_a_field_that_must_be_there_and_is_not_is_an_unknown_outcome(kind: str, name: str) -> None:
    """Without it the object could not be found, changed or compared."""
    found = {key: value for key, value in OBJECTS[kind].items() if key != name}

    with pytest.raises(OutcomeUnknown):
        object_in(response({kind: found}), kind)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"invoice": OBJECTS["Invoice"]},
        {"Invoice": [OBJECTS["Invoice"]]},
        {"Invoice": None},
        {"Payment": OBJECTS["Payment"]},
    ],
)
def test_another_object_than_the_one_asked_for_is_an_unknown_outcome(body: dict[str, Any]) -> None:
    """A gateway may have mixed up two answers."""
    with pytest.raises(OutcomeUnknown):
        object_in(response(body), "Invoice")


@pytest.mark.parametrize(
    "reply", [None, [], "x", {"Invoice": None}, {"Invoice": {}}, {"Invoice": [None]}]
)
def test_a_reply_that_cannot_be_read_does_not_mean_that_nothing_was_found(reply: object) -> None:
    """What is not found is sent again."""
    with pytest.raises(OutcomeUnknown):
        objects_in(response({"QueryResponse": reply}), "Invoice")


def test_an_empty_reply_means_that_nothing_was_found() -> None:
    """QuickBooks leaves the list out."""
    assert objects_in(response({"QueryResponse": {}}), "Invoice") == []


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
    | st.sampled_from(["abc", "NaN", "sNaN", "1e999999", "Infinity", "", "0"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["value", "Address", "Line1", "TxnId", "TxnType", "Qty", "ItemRef"]),
            inner,
        )
    ),
    max_leaves=6,
)


@st.composite
def changed_somewhere(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """Put any value in a few places of an object, however deep."""
    kind = draw(st.sampled_from(sorted(OBJECTS)))
    found: Any = OBJECTS[kind]
    for _ in range(draw(st.integers(1, 3))):
        found = _changed(draw, found)
    return kind, found


def _changed(draw: st.DrawFn, thing: object) -> Any:  # noqa: ANN401  # a JSON value has any shape
    if isinstance(thing, dict) and thing and draw(st.integers(0, 3)):
        key = draw(st.sampled_from(sorted(thing)))
        return thing | {key: _changed(draw, thing[key])}
    if isinstance(thing, list) and thing and draw(st.integers(0, 3)):
        place = draw(st.integers(0, len(thing) - 1))
        return [*thing[:place], _changed(draw, thing[place]), *thing[place + 1 :]]
    return draw(VALUES)


@settings(deadline=None, max_examples=500)
@given(changed_somewhere())
def test_any_object_is_read_whole_or_is_an_unknown_outcome(case: tuple[str, Any]) -> None:
    """Whatever stands in it, no reader of it breaks."""
    kind, found = case

    try:
        sound = object_in(response({kind: found}), kind)
    except OutcomeUnknown:
        return

    read_whole(kind, sound)


@pytest.mark.parametrize(
    "body",
    [
        '{"Customer":{"Id":"1","SyncToken":null,"DisplayName":"Ada"}}',
        '{"Customer":{"Id":["1"],"SyncToken":"0"}}',
        '{"Customer":{"Id":"1","SyncToken":"0","DisplayName":{}}}',
        '{"Invoice":{"Id":"1","SyncToken":"0"}}',
        '{"Customer":{"Id":"1","SyncTok',
        '{"Customer":{"Id":"1","SyncToken":"0"},"Fault":{}}',
    ],
)
def test_a_write_whose_answer_cannot_be_used_is_done_once(new_roofer: NewRoofer, body: str) -> None:
    """The same bytes go again, and the second answer is the one that is kept."""
    roofer = new_roofer(settings=CompanySettings(existing_customers="create"))
    create = {"entity": "customer", "operation": "create"}
    roofer.fault(create, status=200, body=body, applied=True)

    roofer.contact().project().settle()

    first, again = roofer.writes("customer")
    assert (first.target, first.body) == (again.target, again.body)
    assert len(roofer.held("Customer")) == 1
    assert roofer.record("contact", "c1").state == "done"
