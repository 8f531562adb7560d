"""Invoices: the total is ProLine's to the cent, or the invoice is refused."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workers_mapping.examples import books, invoice, line, project
from workers.mapping import MappingRefused, invoice_fields
from workers.mapping.lines import lines_total


def mapped(snapshot: dict[str, Any], **context: object) -> dict[str, Any]:
    """Map the example invoice with these changes."""
    return invoice_fields(invoice(**snapshot), project(), "58", books(**context)).fields


def refused_code(snapshot: dict[str, Any], **context: object) -> str:
    """Map an invoice that must be refused; give the code."""
    with pytest.raises(MappingRefused) as refused:
        mapped(snapshot, **context)
    assert refused.value.sentence == str(refused.value)
    assert "{" not in refused.value.sentence
    return refused.value.code


def test_an_invoice_carries_what_proline_knows() -> None:
    """Customer, days, number, note, memo, job site and lines; nobody is mailed by QuickBooks."""
    assert mapped({}) == {
        "CustomerRef": {"value": "58"},
        "TxnDate": "2026-03-01",
        "DueDate": "2026-03-31",
        "DocNumber": "1001",
        "PrivateNote": "ProLine invoice 1001",
        "CustomerMemo": {"value": "Thank you"},
        "ShipAddr": {
            "Line1": "1 Example Street",
            "Line2": "Unit 2",
            "City": "Denver",
            "CountrySubDivisionCode": "CO",
            "PostalCode": "80202",
            "Country": "USA",
        },
        "Line": [
            {
                "Amount": Decimal("100.00"),
                "DetailType": "SalesItemLineDetail",
                "Description": "Shingles\nGrey, with underlay",
                "SalesItemLineDetail": {
                    "ItemRef": {"value": "1"},
                    "Qty": Decimal(4),
                    "UnitPrice": Decimal(25),
                    "TaxCodeRef": {"value": "NON"},
                },
            }
        ],
    }


def test_the_day_is_the_issue_day_or_the_day_it_was_sent() -> None:
    """An invoice without either day cannot be dated."""
    assert mapped({"issued_on": None})["TxnDate"] == "2026-03-02"
    assert refused_code({"issued_on": None, "sent_at": None}) == "date_missing"


def test_optional_parts_are_left_out() -> None:
    """What is missing is not sent, so that QuickBooks' own defaults stand."""
    bare = invoice(due_on=None, memo=None)

    fields = invoice_fields(bare, project(address=None), "58", books()).fields

    assert fields.keys().isdisjoint({"DueDate", "CustomerMemo", "ShipAddr", "TxnTaxDetail"})


def test_a_number_is_sent_only_where_the_company_numbers_itself() -> None:
    """Otherwise QuickBooks numbers; the note names ProLine's number all the same."""
    fields = mapped({}, custom_txn_numbers=False)

    assert "DocNumber" not in fields
    assert fields["PrivateNote"] == "ProLine invoice 1001"


def test_a_number_keeps_its_limit_and_its_mark() -> None:
    """QuickBooks takes 21 characters; a taken number gets `-P`, which is never cut."""
    long = invoice(number="1" * 30)

    plain = invoice_fields(long, project(), "58", books()).fields["DocNumber"]
    marked = invoice_fields(long, project(), "58", books(), renumbered=True).fields["DocNumber"]

    assert plain == "1" * 21
    assert marked == "1" * 19 + "-P"


def test_an_invoice_without_number_is_marked_by_its_id() -> None:
    """The note is how it is recognised again, so there always is one."""
    fields = mapped({"number": None})

    assert fields["PrivateNote"] == "ProLine invoice invoice-1"
    assert "DocNumber" not in fields


def test_lines_keep_their_order_under_their_groups() -> None:
    """Headers and text items are comments without amount; everything sold names an item."""
    lines = [
        line(group="Roof", name="Tear-off", description=None),
        line(group="Roof", kind="text", name=None, description="Two days", amount=None),
        line(group="Extras", service="Gutters", name="Gutter", description=None, amount="-100"),
        line(name="Cleaning", description=None),
    ]

    made = mapped({"lines": lines})["Line"]

    assert [(each["DetailType"], each["Description"].split("\n")[0]) for each in made] == [
        ("DescriptionOnly", "Roof"),
        ("SalesItemLineDetail", "Tear-off"),
        ("DescriptionOnly", "Two days"),
        ("DescriptionOnly", "Extras"),
        ("SalesItemLineDetail", "Gutter"),
        ("SalesItemLineDetail", "Cleaning"),
    ]
    assert all("Amount" not in each for each in made if each["DetailType"] == "DescriptionOnly")
    assert [
        each["SalesItemLineDetail"]["ItemRef"]["value"]
        for each in made
        if "SalesItemLineDetail" in each
    ] == ["1", "7", "1"]


def test_an_empty_text_item_makes_no_line() -> None:
    """A comment that says nothing is nothing."""
    silent = line(kind="text", name=None, description=None, quantity=None, amount=None)

    assert len(mapped({"lines": [line(), silent]})["Line"]) == 1


def test_a_text_item_of_nothing_is_a_comment() -> None:
    """A zero is as good as no amount there; an item of zero is still sold."""
    made = mapped({"lines": [line(kind="text", amount="0"), line(amount="0")], "total": "0"})

    assert [each["DetailType"] for each in made["Line"]] == [
        "DescriptionOnly",
        "SalesItemLineDetail",
    ]


def test_an_endless_unit_is_cut() -> None:
    """It must not push the rest out of the description."""
    made = mapped({"lines": [line(unit="u" * 5000, quantity="3")]})["Line"][0]

    assert made["Description"].endswith("u" * 100 + " at 25")
    assert made["Description"].startswith("Shingles\n")


def test_a_text_item_with_an_amount_is_sold() -> None:
    """It should have none, but money is never dropped for its label."""
    made = mapped({"lines": [line(kind="text")]})["Line"]

    assert made[0]["DetailType"] == "SalesItemLineDetail"


@pytest.mark.parametrize(
    ("changes", "quantity", "price", "said"),
    [
        ({"quantity": "3", "unit_price": "33.333"}, "1", "100", "Quantity 3 SQ at 33.333"),
        ({"quantity": "12.50", "unit_price": None}, "1", "100", "Quantity 12.5 SQ"),
        ({"quantity": "30", "unit_price": None, "unit": None}, "1", "100", "Quantity 30"),
        ({"quantity": None, "unit_price": "33"}, "1", "100", None),
        ({"quantity": "1", "unit_price": None}, "1", "100", None),
        (
            {"quantity": "0.3", "unit_price": "333.33333"},
            "1",
            "100",
            "Quantity 0.3 SQ at 333.33333",
        ),
        ({"quantity": "2.5", "unit_price": "40"}, "2.5", "40", None),
        (
            {"quantity": "1000000000.00001", "unit_price": "0.00000", "amount": "100"},
            "1",
            "100",
            "Quantity 1000000000.00001 SQ at 0",
        ),
    ],
)
def test_a_quantity_that_does_not_multiply_exactly_is_told_in_words(
    changes: dict[str, object], quantity: str, price: str, said: str | None
) -> None:
    """QuickBooks refuses (6070) an Amount that is not Qty times UnitPrice."""
    made = mapped({"lines": [line(**changes)]})["Line"][0]

    sold = made["SalesItemLineDetail"]
    assert (sold["Qty"], sold["UnitPrice"]) == (Decimal(quantity), Decimal(price))
    assert made["Description"] == "\n".join(
        part for part in ("Shingles", "Grey, with underlay", said) if part
    )


def test_a_long_description_is_cut_and_its_quantity_kept() -> None:
    """QuickBooks takes 4000 characters; the quantity is what the sum is checked by."""
    made = mapped({"lines": [line(description="x" * 5000, quantity="3", unit_price="33.333")]})

    assert len(made["Line"][0]["Description"]) == 4000
    assert made["Line"][0]["Description"].endswith("\nQuantity 3 SQ at 33.333")


def test_a_discount_is_taken_off_the_whole() -> None:
    """It is one positive line after all others."""
    made = mapped({"discount": "10.50", "total": "89.50"})["Line"]

    assert made[-1] == {
        "Amount": Decimal("10.50"),
        "DetailType": "DiscountLineDetail",
        "DiscountLineDetail": {"PercentBased": False},
    }
    assert lines_total(made) == Decimal("89.50")


TAX = {"name": "Denver", "rate": "8.25", "amount": "8.25"}
TAXED: dict[str, object] = {"tax": TAX, "total": "108.25"}
CODE: dict[str, object] = {"tax_mode": "amount", "tax_code_id": "3", "using_sales_tax": True}


def test_prolines_tax_is_sent_as_an_amount_on_the_chosen_code() -> None:
    """Every line is TAX and the total says how much."""
    fields = mapped(TAXED, **CODE)

    assert fields["TxnTaxDetail"] == {
        "TotalTax": Decimal("8.25"),
        "TxnTaxCodeRef": {"value": "3"},
    }
    assert fields["Line"][0]["SalesItemLineDetail"]["TaxCodeRef"] == {"value": "TAX"}


def test_an_untaxed_invoice_says_so_where_sales_tax_is_on() -> None:
    """Unsaid, QuickBooks' automated sales tax would add its own."""
    fields = mapped({}, **CODE)

    assert fields["TxnTaxDetail"] == {"TotalTax": Decimal(0)}
    assert fields["Line"][0]["SalesItemLineDetail"]["TaxCodeRef"] == {"value": "NON"}


def test_tax_as_a_line_is_sold_untaxed() -> None:
    """The line carries the tax's name, and no tax is computed on it."""
    made = mapped(TAXED, tax_mode="line")["Line"]

    assert made[-1]["Description"] == "Sales tax (Denver)"
    assert made[-1]["Amount"] == Decimal("8.25")
    assert made[-1]["SalesItemLineDetail"]["TaxCodeRef"] == {"value": "NON"}
    assert lines_total(made) == Decimal("108.25")
    assert mapped({"tax": {"amount": "0"}}, tax_mode="line") == mapped({})


def test_outside_the_us_the_code_stands_on_the_lines() -> None:
    """TxnTaxDetail beside a changed line is refused there, so it is never sent."""
    abroad = {**CODE, "country": "CA", "home_currency": "CAD"}

    taxed, untaxed = mapped(TAXED, **abroad), mapped({}, **abroad)

    assert taxed["GlobalTaxCalculation"] == "TaxExcluded"
    assert taxed["Line"][0]["SalesItemLineDetail"]["TaxCodeRef"] == {"value": "3"}
    assert untaxed["GlobalTaxCalculation"] == "NotApplicable"
    assert "TaxCodeRef" not in untaxed["Line"][0]["SalesItemLineDetail"]
    assert "TxnTaxDetail" not in taxed | untaxed


@pytest.mark.parametrize(
    ("code", "snapshot", "context"),
    [
        ("currency", {"currency": "CAD"}, {}),
        ("tax_mode", TAXED, {}),
        ("tax_off", TAXED, {**CODE, "using_sales_tax": False}),
        ("tax_code", TAXED, {**CODE, "tax_code_id": None}),
        ("tax_code", {}, {"country": "CA"}),
        ("tax_negative", {"tax": {"amount": "-1"}, "total": "99"}, {"tax_mode": "line"}),
        ("discount_negative", {"discount": "-1", "total": "101"}, {}),
        ("total_mismatch", {"total": "100.01"}, {}),
        ("total_mismatch", {"total": "108.25", "tax": None}, {}),
        ("total_negative", {"total": "-1", "lines": [line(amount="-1")]}, {}),
        ("lines_missing", {"total": "0", "lines": []}, {}),
        ("lines_too_many", {"total": "0", "lines": [line(amount="0")] * 751}, {}),
        ("fraction_of_cent", {"lines": [line(amount="100.005")], "total": "100.005"}, {}),
        ("fraction_of_cent", {"total": "100.001"}, {}),
        ("fraction_of_cent", {"discount": "0.001", "total": "100"}, {}),
        ("fraction_of_cent", {"tax": {"amount": "0.001"}, "total": "100"}, {}),
    ],
)
def test_what_cannot_be_booked_to_the_cent_is_refused(
    code: str, snapshot: dict[str, Any], context: dict[str, object]
) -> None:
    """Nothing is rounded, converted or adjusted to make a sum fit; a sentence says why."""
    assert refused_code(snapshot, **context) == code


def test_the_sentence_names_the_sums_as_people_write_them() -> None:
    """A bookkeeper reads them beside ProLine's page."""
    with pytest.raises(MappingRefused) as mismatch:
        mapped({"total": "1100.5"})
    with pytest.raises(MappingRefused) as fraction:
        mapped({"total": "1100.125"})

    assert "come to 100.00, but ProLine says its total is 1,100.50." in mismatch.value.sentence
    assert "The total of this invoice is 1,100.125:" in fraction.value.sentence


def test_the_books_own_currency_and_a_zero_tax_are_no_reason_to_refuse() -> None:
    """Spelt out or not, they change nothing."""
    assert mapped({"currency": "USD", "tax": {"amount": "0.000"}}) == mapped({})


def test_750_lines_are_taken() -> None:
    """The limit is QuickBooks' own and is used fully."""
    made = mapped({"total": "0", "lines": [line(amount="0")] * 750})["Line"]

    assert len(made) == 750


_AMOUNTS = st.decimals(-10_000, 10_000, places=2)
_LINES = st.lists(
    st.fixed_dictionaries(
        {
            "amount": _AMOUNTS,
            "quantity": st.none() | st.decimals(0, 1000, places=3),
            "unit_price": st.none() | st.decimals(0, 1000, places=5),
            "group": st.none() | st.sampled_from(["Roof", "Gutters"]),
            "kind": st.sampled_from(["item", "text"]),
        }
    ),
    min_size=1,
    max_size=12,
)


@given(
    lines=_LINES,
    discount=st.decimals(0, 100, places=2),
    tax=st.decimals(0, 100, places=2),
    mode=st.sampled_from(["line", "amount"]),
)
def test_the_lines_come_to_prolines_total(
    lines: list[dict[str, Any]], discount: Decimal, tax: Decimal, mode: str
) -> None:
    """To the cent, whatever the quantities; every amount is Decimal and equals Qty x UnitPrice."""
    total = sum((each["amount"] for each in lines), start=tax - discount)
    surplus = abs(total)
    snapshot = {
        "lines": [line(**each) for each in lines] + [line(amount=surplus)],
        "discount": discount,
        "tax": {"amount": tax},
        "total": total + surplus,
    }

    fields = mapped(snapshot, **{**CODE, "tax_mode": mode})

    added = fields["TxnTaxDetail"]["TotalTax"] if mode == "amount" else Decimal(0)
    assert lines_total(fields["Line"]) + added == total + surplus
    for each in fields["Line"]:
        sold = each.get("SalesItemLineDetail")
        if sold:
            assert isinstance(each["Amount"], Decimal)
            assert sold["Qty"] * sold["UnitPrice"] == each["Amount"]
            assert sold["ItemRef"]["value"]


def test_the_day_is_written_as_a_date() -> None:
    """QuickBooks takes dates only in the ISO form."""
    assert date.fromisoformat(mapped({})["DueDate"]) == date(2026, 3, 31)
