"""From what is wanted and what is there to one request, or none; and which may be sent again."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from qbo_simulator.wire import parse_json
from records.claims import Claim, OpenAttempt
from records.facts import Link
from workers.drafting import Draft, draft_for, request_of, write_of
from workers.lookups import is_repeatable, made_by, sent_fields
from workers.mapping import Fields
from workers.wanted import Kind, Wanted

LINK = Link(
    qbo_id="7",
    sync_token="3",
    customer_id=None,
    total=None,
    owned={"DisplayName": "Ada Example - C#1001", "GivenName": "Ada"},
    adopted=False,
    voided=False,
)
CLAIM = Claim(
    pk=1,
    company_id="acme",
    entity="invoice",
    record_id="i1",
    version=5,
    generation=0,
    transient_errors=0,
    unfinished_starts=0,
    settled_version=None,
    token=UUID(int=1),
    process_id=UUID(int=2),
    realm_id="4620000000000000001",
    settings={},
    snapshot={},
    link=None,
    attempt=None,
    project=None,
    contact=None,
)
INVOICE: Fields = {
    "CustomerRef": {"value": "1"},
    "TxnDate": "2026-11-20",
    "DocNumber": "501",
    "PrivateNote": "ProLine invoice 501",
    "Line": [{"Amount": Decimal("100.00"), "DetailType": "SalesItemLineDetail"}],
}
PAYMENT: Fields = {
    "CustomerRef": {"value": "1"},
    "TxnDate": "2026-11-20",
    "TotalAmt": Decimal("100.00"),
    "PrivateNote": "ProLine payment 991",
}


def customer(**fields: object) -> Wanted:
    """Want a customer with these fields."""
    return Wanted("Customer", fields=dict(fields))


def drafted(wanted: Wanted, link: Link | None = None) -> Draft:
    """Draft what must need a request."""
    draft = draft_for(wanted, link)
    assert draft is not None
    return draft


def attempt(kind: Kind, operation: str = "create", fields: Fields | None = None) -> OpenAttempt:
    """Give a stored write, as it is read back from its row."""
    wanted = Wanted(kind, fields=fields or {"DisplayName": "Ada Example - C#1001"})
    write = write_of(CLAIM, wanted, drafted(wanted), answers=0)
    return OpenAttempt(
        id=1,
        part="",
        operation=operation,
        kind=kind,
        path=write.path,
        params=[list(pair) for pair in write.params],
        body=write.body,
        request_id=write.request_id,
        version=5,
        basis="",
        wanted=write.wanted,
        started_at=datetime(2026, 11, 20, tzinfo=UTC),
        sends=1,
    )


def test_what_is_not_there_is_created() -> None:
    """No link: a create with every wanted field."""
    draft = drafted(customer(DisplayName="Ada Example - C#1001"))

    assert draft.operation == "create"
    assert parse_json(draft.request.body or b"") == {"DisplayName": "Ada Example - C#1001"}


def test_what_differs_is_updated_and_nothing_else_is_sent() -> None:
    """A link: a sparse update of the difference, with the last SyncToken."""
    wanted = customer(DisplayName="Ada Example - C#1001", GivenName="Adelaide")

    draft = drafted(wanted, LINK)

    assert draft.operation == "update"
    assert parse_json(draft.request.body or b"") == {
        "GivenName": "Adelaide",
        "Id": "7",
        "SyncToken": "3",
        "sparse": True,
    }


def test_what_agrees_needs_no_request() -> None:
    """Nothing differs: nothing is sent."""
    assert draft_for(customer(**LINK.owned), LINK) is None


def test_what_is_gone_is_voided() -> None:
    """No fields wanted and a link: a void with Id and SyncToken."""
    draft = drafted(Wanted("Invoice"), LINK)

    assert draft.operation == "void"
    assert ("operation", "void") in draft.request.params


def test_what_is_gone_and_never_was_there_needs_no_request() -> None:
    """No fields wanted and no link: nothing is sent."""
    assert draft_for(Wanted("Invoice"), None) is None


def test_an_adopted_customer_has_only_its_blanks_filled() -> None:
    """What a person wrote into a customer that was linked, not made, is never overwritten."""
    adopted = replace(LINK, adopted=True, owned=LINK.owned | {"FamilyName": ""})
    wanted = customer(DisplayName="Another", GivenName="Other", FamilyName="Example")

    draft = drafted(wanted, adopted)

    assert parse_json(draft.request.body or b"") == {
        "FamilyName": "Example",
        "Id": "7",
        "SyncToken": "3",
        "sparse": True,
    }


def test_an_adopted_customer_is_never_emptied() -> None:
    """A value that ProLine does not have is no reason to take theirs away."""
    adopted = replace(LINK, adopted=True)

    assert draft_for(customer(DisplayName="Ada Example - C#1001"), adopted) is None


def test_the_request_id_is_a_function_of_the_write_and_of_the_answers_before() -> None:
    """The same write has the same id for ever; after a business answer it has another."""
    wanted = customer(DisplayName="Ada Example - C#1001")
    draft = drafted(wanted)

    ids = [write_of(CLAIM, wanted, draft, answers=answers).request_id for answers in (0, 0, 1)]
    raised = write_of(replace(CLAIM, generation=1), wanted, draft, answers=0).request_id

    assert ids[0] == ids[1]
    assert len({*ids, raised}) == 3


def test_a_stored_request_comes_back_byte_for_byte() -> None:
    """What is repeated is what was stored: path, parameters and body."""
    wanted = customer(DisplayName="Zoë O'Example - C#1001")
    write = write_of(CLAIM, wanted, drafted(wanted), answers=0)

    again = request_of(attempt("Customer", fields=wanted.fields))

    assert (again.path, again.params, again.body) == (write.path, write.params, write.body)
    assert ("requestid", write.request_id) in again.params


@pytest.mark.parametrize(
    ("kind", "operation", "fields", "repeatable"),
    [
        ("Customer", "create", None, True),
        ("Invoice", "create", INVOICE, True),
        ("Invoice", "create", {k: v for k, v in INVOICE.items() if k != "DocNumber"}, False),
        ("Payment", "create", PAYMENT, False),
        ("Payment", "update", PAYMENT, True),
        ("Payment", "void", PAYMENT, True),
    ],
)
def test_only_what_quickbooks_refuses_twice_may_be_repeated_unseen(
    kind: Kind, operation: str, fields: Fields | None, *, repeatable: bool
) -> None:
    """Names, document numbers and SyncTokens guard the rest; payments have nothing that does."""
    assert is_repeatable(attempt(kind, operation, fields)) is repeatable


def test_a_payment_is_known_again_by_customer_day_note_and_amount() -> None:
    """A doubt is a no: each of the four must agree."""
    sent = attempt("Payment", fields=PAYMENT)
    found = sent_fields(sent) | {"Id": "9"}
    others = [
        found | {"CustomerRef": {"value": "2"}},
        found | {"TxnDate": "2026-11-19"},
        found | {"PrivateNote": "ProLine payment 992"},
        found | {"TotalAmt": Decimal("100.01")},
    ]

    assert made_by(sent, [*others, found]) == found
    assert made_by(sent, others) is None
