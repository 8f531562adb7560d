"""Tax on invoices: in the United States by TAX and NON, elsewhere by each line's own code."""

from decimal import Decimal
from typing import Any

import pytest

from tests.qbo_simulator.driver import Company, invoice_body, item_line


def _line(amount: float, code: str | None) -> dict[str, Any]:
    detail: dict[str, Any] = {"ItemRef": {"value": "1"}}
    if code is not None:
        detail["TaxCodeRef"] = {"value": code}
    return item_line(amount, SalesItemLineDetail=detail)


def _invoice(company: Company, *lines: dict[str, Any], **fields: object) -> dict[str, Any]:
    body = {**invoice_body(company.customer()), "Line": list(lines), **fields}
    return company.post("invoice", body).object


def test_a_tax_is_shown_by_its_rates() -> None:
    """The code that applied, and a line for each of its rates."""
    company = Company()

    made = _invoice(
        company,
        _line(325.75, "TAX"),
        _line(10, "NON"),
        TxnTaxDetail={"TxnTaxCodeRef": {"value": "2"}},
    )

    assert made["TxnTaxDetail"] == {
        "TxnTaxCodeRef": {"value": "2"},
        "TotalTax": Decimal("26.06"),
        "TaxLine": [
            {
                "Amount": Decimal("26.06"),
                "DetailType": "TaxLineDetail",
                "TaxLineDetail": {
                    "TaxRateRef": {"value": "3"},
                    "PercentBased": True,
                    "TaxPercent": 8,
                    "NetAmountTaxable": Decimal("325.75"),
                },
            }
        ],
    }
    assert made["TotalAmt"] == Decimal("361.81")


def test_an_amount_of_ones_own_is_spread_over_the_rates_to_the_cent() -> None:
    """The parts of an override add up to it."""
    company = Company()
    detail = {"TxnTaxCodeRef": {"value": "3"}, "TotalTax": 10}

    taxed = _invoice(company, _line(100, "TAX"), TxnTaxDetail=detail)["TxnTaxDetail"]

    amounts = [line["Amount"] for line in taxed["TaxLine"]]
    assert (taxed["TotalTax"], sum(amounts), len(amounts)) == (10, 10, 2)


def test_automated_sales_tax_chooses_the_code_itself() -> None:
    """A code that was sent is overridden; an unknown one is refused only without automated tax."""
    automated, manual = Company(partner_tax_enabled=True, tax_rate_percent=10), Company()
    detail = {"TxnTaxCodeRef": {"value": "77"}}

    made = _invoice(automated, _line(100, "TAX"), TxnTaxDetail=detail)
    body = {**invoice_body(manual.customer()), "Line": [_line(100, "TAX")]}

    assert made["TxnTaxDetail"]["TxnTaxCodeRef"] == {"value": "2"}
    assert made["TotalAmt"] == 110
    assert manual.post("invoice", {**body, "TxnTaxDetail": detail}).code == "2500"


@pytest.mark.parametrize(("discount_first", "tax"), [(False, 10), (True, 9)])
def test_a_discount_comes_before_the_tax_where_the_invoice_says_so(
    discount_first: bool,  # noqa: FBT001  # a parameter of the table
    tax: int,
) -> None:
    """ApplyTaxAfterDiscount decides; without it tax comes first."""
    company = Company(partner_tax_enabled=True, tax_rate_percent=10)
    discount = {"Amount": 10, "DetailType": "DiscountLineDetail", "DiscountLineDetail": {}}

    made = _invoice(company, _line(100, "TAX"), discount, ApplyTaxAfterDiscount=discount_first)

    assert made["TxnTaxDetail"]["TotalTax"] == tax
    assert made["TotalAmt"] == 90 + tax


@pytest.mark.parametrize(
    ("how", "code", "tax", "total"),
    [
        ("TaxExcluded", "2", 5, 105),
        ("TaxInclusive", "2", 5, 100),
        ("TaxExcluded", "3", 0, 100),
        ("NotApplicable", None, 0, 100),
    ],
)
def test_outside_the_us_the_lines_make_the_tax(
    how: str, code: str | None, tax: int, total: int
) -> None:
    """Each line's code at its rate; where tax does not apply no line needs one."""
    company = Company(country="CA", currency="CAD")

    made = _invoice(company, _line(100, code), GlobalTaxCalculation=how)

    assert (made["TxnTaxDetail"]["TotalTax"], made["TotalAmt"]) == (tax, total)
    assert made["GlobalTaxCalculation"] == how


def test_outside_the_us_how_tax_is_computed_must_be_said() -> None:
    """Without GlobalTaxCalculation 2020; a tax beside NotApplicable is refused with 6170."""
    company = Company(country="CA", currency="CAD")
    body = {**invoice_body(company.customer()), "Line": [_line(100, "2")]}
    beside = {"GlobalTaxCalculation": "NotApplicable", "TxnTaxDetail": {"TotalTax": 5}}

    missing, refused = company.post("invoice", body), company.post("invoice", {**body, **beside})

    assert (missing.code, refused.code) == ("2020", "6170")
    assert missing.json["Fault"]["Error"][0]["element"] == "GlobalTaxCalculation"


def test_in_the_us_it_is_ignored() -> None:
    """Public client libraries send it always; it is neither refused nor kept."""
    made = _invoice(Company(), _line(100, "NON"), GlobalTaxCalculation="TaxExcluded")

    assert "GlobalTaxCalculation" not in made


def test_tax_codes_and_rates_can_be_read() -> None:
    """In the United States TAX and NON are codes too; a code names its rates."""
    us, canada = Company(), Company(country="CA", currency="CAD")

    codes = {row["Id"]: row for row in us.rows("select * from TaxCode")}

    assert set(codes) == {"TAX", "NON", "2", "3"}
    detail = codes["3"]["SalesTaxRateList"]["TaxRateDetail"]
    assert [each["TaxRateRef"]["value"] for each in detail] == ["1", "2"]
    assert us.get("taxrate/3").object["RateValue"] == 8
    assert us.get("taxcode/NON").object["Taxable"] is False
    assert canada.get("taxcode/TAX").code == "2030"
