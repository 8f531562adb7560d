"""What an update carries: what changed, nothing else, and nothing of other people's."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workers_mapping.examples import ADDRESS, books, contact, invoice, line, payment, project
from tests.workers_mapping.quickbooks import echo, through_json
from workers.mapping import (
    OTHER_LINES,
    AppliedLine,
    changed_fields,
    compare_with_theirs,
    customer_fields,
    invoice_fields,
    job_fields,
    owned_fields,
    payment_fields,
)
from workers.mapping.values import number

CODE: dict[str, Any] = {"tax_mode": "amount", "tax_code_id": "3", "using_sales_tax": True}
THEIR_LINE = {
    "Id": "9",
    "LineNum": 2,
    "Amount": Decimal("12.30"),
    "DetailType": "SalesItemLineDetail",
    "Description": "Permit",
    "SalesItemLineDetail": {"ItemRef": {"value": "4", "name": "Permits"}},
}


def customer(**changes: object) -> dict[str, Any]:
    """Map the example contact with changes."""
    return customer_fields(contact(**changes), books()).fields


def bill(changes: dict[str, object] | None = None, **context: object) -> dict[str, Any]:
    """Map the example invoice with changes."""
    return invoice_fields(invoice(**(changes or {})), project(), "58", books(**context)).fields


def paid(*lines: AppliedLine, **changes: object) -> dict[str, Any]:
    """Map the example payment with changes."""
    return payment_fields(payment(**changes), "58", lines, books()).fields


def after(kind: str, wanted: dict[str, Any], **theirs: object) -> dict[str, Any]:
    """Give what the link keeps once QuickBooks has stored this, read back from jsonb."""
    return through_json(owned_fields(kind, echo(kind, wanted) | theirs, wanted))


_TEXT = st.text(max_size=20)


@given(name=_TEXT, number=_TEXT, phone=_TEXT, line1=_TEXT, city=_TEXT)
def test_a_customer_just_written_needs_nothing(
    name: str, number: str, phone: str, line1: str, city: str
) -> None:
    """Whatever QuickBooks adds to its answer is no change of ours."""
    snapshot = contact(
        display_name=name, number=number, phone=phone, address={"line1": line1, "city": city}
    )
    wanted = customer_fields(snapshot, books()).fields
    job = job_fields(project(number=number), snapshot, "58", books()).fields

    assert changed_fields(after("Customer", wanted), wanted) == {}
    assert changed_fields(after("Customer", job), job) == {}


@given(
    amounts=st.lists(st.decimals(0, 10_000, places=2), min_size=1, max_size=5),
    quantity=st.none() | st.decimals(0, 100, places=3),
    description=_TEXT,
    memo=_TEXT,
    context=st.sampled_from([{}, CODE, {**CODE, "country": "CA"}]),
)
def test_an_invoice_just_written_needs_nothing(
    amounts: list[Decimal],
    quantity: Decimal | None,
    description: str,
    memo: str,
    context: dict[str, Any],
) -> None:
    """Subtotals, Ids, chosen tax codes and rearranged addresses are no change of ours."""
    lines = [
        line(amount=amount, quantity=quantity, description=description, group="Roof")
        for amount in amounts
    ]
    wanted = bill({"lines": lines, "total": sum(amounts), "memo": memo}, **context)

    assert changed_fields(after("Invoice", wanted), wanted) == {}


@given(amounts=st.lists(st.decimals("0.01", 10, places=2), max_size=5), reference=_TEXT)
def test_a_payment_just_written_needs_nothing(amounts: list[Decimal], reference: str) -> None:
    """Neither names nor LineEx are a change of ours."""
    wanted = paid(*(AppliedLine("266", amount) for amount in amounts), reference=reference)

    assert changed_fields(after("Payment", wanted), wanted) == {}


def test_a_discounted_invoice_just_written_needs_nothing() -> None:
    """QuickBooks puts its subtotal before the discount and adds an account to it."""
    wanted = bill({"discount": "10", "total": "90"})

    assert changed_fields(after("Invoice", wanted), wanted) == {}


def test_only_what_changed_is_sent() -> None:
    """A sparse update leaves alone what somebody else keeps on the customer."""
    owned = after("Customer", customer())

    assert changed_fields(owned, customer(phone="555-0199")) == {
        "PrimaryPhone": {"FreeFormNumber": "555-0199"}
    }
    assert changed_fields(owned, customer(display_name="Jane Doe")) == {
        "DisplayName": "Jane Doe - C#1001"
    }


def test_what_proline_no_longer_has_is_emptied() -> None:
    """And once it is, nothing more is sent."""
    owned = after("Customer", customer())
    wanted = customer(email=None)

    assert changed_fields(owned, wanted) == {"PrimaryEmailAddr": None}
    assert changed_fields(after("Customer", wanted), wanted) == {}


def test_a_part_of_an_address_that_is_gone_is_said_to_be() -> None:
    """Left out it might stay: the flat would outlive the house."""
    owned = after("Customer", customer())
    wanted = customer(address=ADDRESS | {"line1": "9 Other Street", "line2": None})

    assert changed_fields(owned, wanted)["BillAddr"] == {
        "Line1": "9 Other Street",
        "Line2": "",
        "City": "Denver",
        "CountrySubDivisionCode": "CO",
        "PostalCode": "80202",
        "Country": "USA",
    }


def test_a_day_that_is_gone_stays() -> None:
    """QuickBooks has no invoice without a due date; it would put its own."""
    assert changed_fields(after("Invoice", bill()), bill({"due_on": None})) == {}


def test_lines_are_sent_whole_with_the_tax_beside_them() -> None:
    """A Line array replaces the set, and changed lines would have their tax computed anew."""
    wanted = bill({"lines": [line(), line(amount="1", quantity=None)], "total": "101"}, **CODE)

    changed = changed_fields(after("Invoice", bill(**CODE)), wanted)

    assert changed == {"Line": wanted["Line"], "TxnTaxDetail": {"TotalTax": Decimal(0)}}


@pytest.mark.parametrize("stored", ["100.00", "100", 100, Decimal("100.0000")])
def test_money_is_compared_by_value(stored: object) -> None:
    """Stored as text, returned as a number: a hundred is a hundred."""
    owned = after("Payment", paid()) | {"TotalAmt": stored}

    assert changed_fields(owned, paid()) == {}


def test_texts_are_compared_as_texts() -> None:
    """Number 1001 is not number 01001, though both read as the same number."""
    owned = after("Invoice", bill({"number": "01001"}))

    assert changed_fields(owned, bill())["DocNumber"] == "1001"


def test_a_cent_is_a_change() -> None:
    """To the cent means to the cent."""
    changed = changed_fields(after("Payment", paid()), paid(amount="100.01"))

    assert changed == {"CustomerRef": {"value": "58"}, "TotalAmt": Decimal("100.01")}


def test_false_is_not_absent() -> None:
    """A customer that QuickBooks made taxable is made untaxable."""
    owned = after("Customer", customer()) | {"Taxable": True}

    assert changed_fields(owned, customer()) == {"Taxable": False}


def test_a_payments_lines_go_with_every_change_of_it() -> None:
    """They are all or nothing in a sparse update too: left out, they might be undone."""
    lines = (AppliedLine("266", Decimal(60)),)
    wanted = paid(*lines, reference="Check 4712")

    changed = changed_fields(after("Payment", paid(*lines)), wanted)

    assert changed.keys() == {"CustomerRef", "TotalAmt", "PaymentRefNum", "Line"}
    assert changed["Line"] == wanted["Line"]


def test_a_payment_that_pays_nothing_any_more_loses_its_lines() -> None:
    """An empty list takes them away."""
    owned = after("Payment", paid(AppliedLine("266", Decimal(60))))

    assert changed_fields(owned, paid())["Line"] == []


def test_what_the_link_keeps_holds_no_float() -> None:
    """A float read by a careless parser is refused before it is stored."""
    wanted = paid()

    with pytest.raises(TypeError, match="float"):
        owned_fields("Payment", echo("Payment", wanted) | {"TotalAmt": 100.1}, wanted)
    with pytest.raises(TypeError, match="float"):
        changed_fields({"TotalAmt": 100.0}, wanted)


def test_what_quickbooks_made_of_our_text_is_kept() -> None:
    """The base is what it returned, not what we sent: the next comparison is with the truth."""
    owned = after("Invoice", bill(), PrivateNote="Voided - ProLine invoice 1001")

    assert owned["PrivateNote"] == "Voided - ProLine invoice 1001"


def test_a_transactions_address_is_kept_as_we_sent_it() -> None:
    """QuickBooks rearranges it into other lines, so it cannot be compared."""
    wanted = bill()

    assert after("Invoice", wanted)["ShipAddr"] == wanted["ShipAddr"]


def test_somebody_elses_line_goes_back_unchanged() -> None:
    """A line the office added is no change of ours and is not thrown out by one."""
    wanted = bill()
    theirs = echo("Invoice", wanted)
    owned = through_json(
        owned_fields("Invoice", theirs | {"Line": [*theirs["Line"], THEIR_LINE]}, wanted)
    )
    edited = bill({"lines": [line(name="Tiles")]})

    assert changed_fields(owned, wanted) == {}
    assert changed_fields(owned, edited)["Line"] == [*edited["Line"], THEIR_LINE]


def test_money_the_office_applied_stays_applied() -> None:
    """A deposit of ours, applied by hand, keeps that line through our update."""
    applied = {
        "Amount": Decimal(40),
        "LinkedTxn": [{"TxnId": "300", "TxnType": "Invoice"}],
        "LineEx": {"any": []},
    }
    owned = after("Payment", paid(), Line=[])
    found = echo("Payment", paid()) | {"Line": [applied]}

    compared = compare_with_theirs("Payment", owned, found, paid(reference="4712"))
    changed = changed_fields(through_json(compared.owned), paid(reference="4712"))

    assert compared.conflicts == ()
    assert changed["Line"] == [{"Amount": Decimal(40), "LinkedTxn": applied["LinkedTxn"]}]


def test_a_stale_token_alone_is_no_conflict() -> None:
    """Our own payment raises the invoice's token; nothing of the invoice's fields has changed."""
    base, found = after("Invoice", bill()), echo("Invoice", bill()) | {"SyncToken": "4"}

    compared = compare_with_theirs("Invoice", base, found, bill({"memo": "Thanks again"}))

    assert compared.conflicts == ()
    assert changed_fields(compared.owned, bill({"memo": "Thanks again"})) == {
        "CustomerMemo": {"value": "Thanks again"}
    }


def test_a_field_changed_there_to_something_else_is_a_conflict() -> None:
    """A person sees base, theirs and ours, and decides."""
    base = after("Invoice", bill())
    found = echo("Invoice", bill()) | {"DueDate": "2026-05-01"}

    compared = compare_with_theirs("Invoice", base, found, bill())

    (conflict,) = compared.conflicts
    assert (conflict.field, conflict.base, conflict.theirs, conflict.ours) == (
        "DueDate",
        "2026-03-31",
        "2026-05-01",
        "2026-03-31",
    )


def test_a_field_changed_there_to_what_we_want_is_no_conflict() -> None:
    """Both sides agree; there is nothing to ask and nothing to send."""
    base, wanted = after("Invoice", bill()), bill({"due_on": "2026-05-01"})

    compared = compare_with_theirs("Invoice", base, echo("Invoice", wanted), wanted)

    assert compared.conflicts == ()
    assert changed_fields(compared.owned, wanted) == {}


def test_an_amount_changed_there_is_a_conflict() -> None:
    """A line of ours that somebody edited cannot be sent over."""
    base, theirs = after("Invoice", bill()), bill({"lines": [line(amount="90")], "total": "90"})

    compared = compare_with_theirs("Invoice", base, echo("Invoice", theirs), bill())

    assert [conflict.field for conflict in compared.conflicts] == ["Line"]
    assert OTHER_LINES not in compared.owned


def test_a_comments_amount_means_nothing() -> None:
    """QuickBooks may show a zero on a line that has no amount."""
    wanted = bill({"lines": [line(group="Roof")]})
    found = echo("Invoice", wanted)
    shown = [{"Amount": Decimal(0)} | each for each in found["Line"]]

    owned = through_json(owned_fields("Invoice", found | {"Line": shown}, wanted))

    assert changed_fields(owned, wanted) == {}


@pytest.mark.parametrize("no_number", [True, None, [], {}, "", "ten"])
def test_what_is_no_number_is_none(no_number: object) -> None:
    """A flag is no amount of one."""
    assert number(no_number) is None
