"""A running-balance invoice as one line of what it first asked for; its sums are not its own."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workers_mapping.examples import books, invoice, line, project
from workers.mapping import MappingRefused, amount_due_fields, invoice_fields
from workers.mapping.lines import lines_total
from workers.mapping.text import DESCRIPTION_LENGTH_MAX

SUMS = ("Line", "TxnTaxDetail", "GlobalTaxCalculation")
TAXED = {"tax": {"name": "Denver", "amount": "8.25"}, "discount": "5", "total": "103.25"}
CODE = {"tax_mode": "amount", "tax_code_id": "3", "using_sales_tax": True}


def mapped(amount: str | None, snapshot: dict[str, Any], **context: object) -> dict[str, Any]:
    """Map the example invoice with these changes."""
    due = None if amount is None else Decimal(amount)
    return amount_due_fields(invoice(**snapshot), due, project(), "58", books(**context)).fields


def refused_code(amount: str | None, **context: object) -> str:
    """Map an amount that must be refused; give the code."""
    with pytest.raises(MappingRefused) as refused:
        mapped(amount, {}, **context)
    assert "{" not in refused.value.sentence
    return refused.value.code


def test_it_is_one_untaxed_line_under_the_head_of_any_invoice() -> None:
    """Customer, days, number, note, memo and job site are its own; the money is what it asks."""
    made = mapped("300", {"name": "Deposit"})

    whole = invoice_fields(invoice(name="Deposit"), project(), "58", books()).fields
    assert {k: v for k, v in made.items() if k not in SUMS} == {
        k: v for k, v in whole.items() if k not in SUMS
    }
    assert made["Line"] == [
        {
            "Amount": Decimal("300.00"),
            "DetailType": "SalesItemLineDetail",
            "Description": "Deposit: Amount due",
            "SalesItemLineDetail": {
                "ItemRef": {"value": "1"},
                "Qty": Decimal(1),
                "UnitPrice": Decimal("300.00"),
                "TaxCodeRef": {"value": "NON"},
            },
        }
    ]


def test_a_line_always_says_what_it_is() -> None:
    """Without a name, and with one that is too long: the name is cut, never what it is."""
    assert mapped("1", {})["Line"][0]["Description"] == "Amount due"
    long = mapped("1", {"name": "x" * 5_000})["Line"][0]["Description"]
    assert len(long) == DESCRIPTION_LENGTH_MAX
    assert long.endswith("x: Amount due")


@pytest.mark.parametrize("context", [{}, {"tax_mode": "line"}, CODE])
def test_discount_and_tax_are_not_booked_again(context: dict[str, Any]) -> None:
    """They are in the running sum; QuickBooks is told that there is no tax, so it adds none."""
    made = mapped("300", TAXED, **context)

    assert lines_total(made["Line"]) == 300
    assert len(made["Line"]) == 1
    detail = made.get("TxnTaxDetail")
    assert detail == ({"TotalTax": Decimal(0)} if context.get("using_sales_tax") else None)


def test_outside_the_us_it_is_untaxed_too() -> None:
    """A company without a code can book no invoice there."""
    abroad = {"country": "CA", "home_currency": "CAD", "tax_mode": "amount"}

    made = mapped("300", TAXED, **abroad, tax_code_id="3")

    assert made["GlobalTaxCalculation"] == "NotApplicable"
    assert "TaxCodeRef" not in made["Line"][0]["SalesItemLineDetail"]
    assert refused_code("300", **abroad) == "tax_code"


@given(
    total=st.decimals(-10_000, 10_000, places=3),
    due=st.none() | st.decimals(-10_000, 10_000, places=3),
    lines=st.lists(st.decimals(-100, 100, places=3).map(lambda each: line(amount=str(each)))),
)
def test_nothing_it_says_of_the_sum_changes_what_is_booked(
    total: Decimal, due: Decimal | None, lines: list[dict[str, object]]
) -> None:
    """The project's lines, total and what is due now may even contradict each other."""
    said = {"total": str(total), "amount_due": due and str(due), "lines": lines, "discount": "-3"}

    assert mapped("300", said) == mapped("300", {})


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        (None, "amount_due_missing"),
        ("300.005", "fraction_of_cent"),
        ("-0.01", "total_negative"),
    ],
)
def test_an_amount_that_cannot_be_booked_is_refused(amount: str | None, code: str) -> None:
    """Nothing is rounded, and nothing guessed from the total."""
    assert refused_code(amount) == code


def test_another_currency_is_refused() -> None:
    """As for any invoice."""
    with pytest.raises(MappingRefused, match="CAD"):
        mapped("300", {"currency": "CAD"})
