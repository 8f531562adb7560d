"""Invoices: totals, lines, numbers, tax, dates, closed books, void and delete."""

from decimal import Decimal

import pytest

from tests.qbo_simulator.driver import Company, invoice_body, item_line, payment_body


def test_a_created_invoice_comes_back_as_quickbooks_shows_it() -> None:
    """Totals, line ids, the subtotal line, due date and addresses are QuickBooks' own."""
    company = Company()
    address = {"Line1": "1 Main St", "City": "Denver"}
    ada = company.customer("Ada", BillAddr=address)

    made = company.invoice(ada, 100)

    assert made["Line"] == [
        {
            "Id": "1",
            "LineNum": 1,
            "Amount": 100,
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {
                "ItemRef": {"value": "1", "name": "Services"},
                "TaxCodeRef": {"value": "NON"},
            },
        },
        {"Amount": 100, "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}},
    ]
    assert (made["TotalAmt"], made["Balance"], made["LinkedTxn"]) == (100, 100, [])
    assert (made["TxnDate"], made["DueDate"]) == ("2026-11-20", "2026-12-20")
    assert made["CustomerRef"] == {"value": ada, "name": "Ada"}
    assert made["BillAddr"]["City"] == "Denver"
    assert (made["EmailStatus"], made["PrintStatus"]) == ("NotSet", "NeedToPrint")
    assert made["DocNumber"] == "1001"


def test_amounts_are_json_numbers() -> None:
    """Amounts are written as recorded replies write them: 100.0, 274.5, and 0 for nothing."""
    company = Company()

    raw = company.post("invoice", invoice_body(company.customer(), 74.5, 200)).response.body

    assert b'"TotalAmt":274.5' in raw
    assert b'"Amount":200.0' in raw
    assert b'"TotalTax":0}' in raw


def test_totals_that_were_sent_are_ignored() -> None:
    """TotalAmt and Balance are computed, whatever was sent."""
    company = Company()

    made = company.invoice(company.customer(), 10, TotalAmt=99, Balance=98)

    assert (made["TotalAmt"], made["Balance"]) == (10, 10)


def test_a_line_without_an_item_is_a_comment_and_loses_its_amount() -> None:
    """Such a line adds nothing to the total: the trap of a lost amount."""
    company = Company()
    comment = {
        "Amount": 500,
        "Description": "Dumpster",
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {},
    }
    body = invoice_body(company.customer(), 100)

    made = company.post("invoice", {**body, "Line": [*body["Line"], comment]}).object

    assert made["TotalAmt"] == 100
    assert made["Line"][1] == {
        "Id": "2",
        "LineNum": 2,
        "Description": "Dumpster",
        "DetailType": "DescriptionOnly",
        "DescriptionLineDetail": {},
    }


@pytest.mark.parametrize(
    ("quantity", "price", "amount", "code"),
    [(2, 10.01, 20.02, None), (3, 0.335, 1.01, None), (3, 0.335, 1.0, "6070"), (2, 5, 11, "6070")],
)
def test_an_amount_is_quantity_times_price_to_the_cent(
    quantity: float, price: float, amount: float, code: str | None
) -> None:
    """Anything else is refused with 6070."""
    company = Company()
    detail = {"ItemRef": {"value": "1"}, "Qty": quantity, "UnitPrice": price}
    line = item_line(amount, SalesItemLineDetail=detail)

    reply = company.post("invoice", {**invoice_body(company.customer()), "Line": [line]})

    assert reply.code == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Line": []}, "2020"),
        ({"Line": None}, "2020"),
        ({"CustomerRef": None}, "2020"),
        ({"CustomerRef": {"value": ""}}, "6000"),
        ({"CustomerRef": {"value": "999"}}, "2500"),
        ({"Line": [item_line(-5)]}, "6000"),
        ({"Line": [{"Amount": 5}]}, "2020"),
        ({"Line": [item_line(5, DetailType="Odd")]}, "2170"),
        ({"Line": [item_line(5, Colour="red")]}, "2010"),
        (
            {"Line": [item_line(5, SalesItemLineDetail={"ItemRef": {"value": "77"}})]},
            "2500",
        ),
        (
            {
                "Line": [
                    item_line(
                        5,
                        SalesItemLineDetail={
                            "ItemRef": {"value": "1"},
                            "TaxCodeRef": {"value": "7"},
                        },
                    )
                ]
            },
            "6100",
        ),
        ({"DocNumber": "x" * 22}, "2050"),
        ({"PrivateNote": "x" * 4001}, "2050"),
        ({"CustomerMemo": {"value": "x" * 1001}}, "2050"),
        ({"Line": [item_line(5, Description="x" * 4001)]}, "2050"),
        ({"TxnDate": "soon"}, "2060"),
        ({"Line": [item_line(10**10)]}, "2090"),
        ({"BillEmail": {"Address": "ada"}}, "2210"),
        ({"EmailStatus": "NeedToSend"}, "2020"),
        ({"CurrencyRef": {"value": "CAD"}}, "6000"),
    ],
)
def test_a_bad_invoice_is_refused(change: dict[str, object], code: str) -> None:
    """Each rule has its code, and a refused invoice leaves nothing behind."""
    company = Company()
    body = {**invoice_body(company.customer(), 5), **change}

    reply = company.post("invoice", body)

    assert (reply.status, reply.code) == (400, code)
    assert company.rows("select * from Invoice") == []


def test_an_inactive_customer_takes_no_invoice() -> None:
    """Such an invoice is refused with 6250."""
    company = Company()
    ada = company.customer()
    company.post("customer", {"Id": ada, "SyncToken": "0", "sparse": True, "Active": False})

    reply = company.post("invoice", invoice_body(ada, 5))

    assert reply.code == "6250"


def test_a_used_number_is_refused_naming_its_holder() -> None:
    """With custom numbers on, 6140 says which invoice has the number; voiding does not free it."""
    company = Company(custom_txn_numbers=True)
    ada = company.customer()
    first = company.invoice(ada, 5, DocNumber="PL-1")
    company.post("invoice", {"Id": first["Id"], "SyncToken": "0"}, operation="void")

    reply = company.post("invoice", invoice_body(ada, 5, DocNumber="PL-1"))
    allowed = company.post(
        "invoice", invoice_body(ada, 5, DocNumber="PL-1"), include="allowduplicatedocnum"
    )

    assert reply.code == "6140"
    assert reply.detail.endswith(
        f"DocNumber=PL-1 is assigned to TxnType=Invoice with TxnId={first['Id']}"
    )
    assert allowed.object["DocNumber"] == "PL-1"
    assert company.report()["duplicates"] == 0


def test_numbers_are_counted_by_quickbooks_where_custom_ones_are_off() -> None:
    """Without custom numbers an invoice is numbered by itself; with them, none sent means none."""
    counting, custom = Company(), Company(custom_txn_numbers=True)

    own = [counting.invoice(counting.customer(str(n)), 5)["DocNumber"] for n in range(2)]
    bare = custom.invoice(custom.customer(), 5)
    forced = custom.invoice(bare["CustomerRef"]["value"], 5, DocNumber="AUTO_GENERATE")

    assert own == ["1001", "1002"]
    assert "DocNumber" not in bare
    assert forced["DocNumber"] == "1001"


def test_a_line_array_in_an_update_replaces_the_set() -> None:
    """A line with a known Id keeps it, a line without one is new, a line left out is gone."""
    company = Company()
    made = company.invoice(company.customer(), 1, 2)
    second = {**item_line(20), "Id": "2"}

    shown = company.post(
        "invoice",
        {"Id": made["Id"], "SyncToken": "0", "sparse": True, "Line": [second, item_line(3)]},
    ).object

    lines = [(line.get("Id"), line["Amount"]) for line in shown["Line"]]
    assert lines == [("2", 20), ("3", 3), (None, 23)]
    assert (shown["TotalAmt"], shown["SyncToken"]) == (23, "1")


def test_a_discount_lowers_the_total() -> None:
    """A discount is an amount or a percentage of the subtotal, and stands after it."""
    company = Company()
    ada = company.customer()
    percent = {
        "DetailType": "DiscountLineDetail",
        "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": 10},
    }
    fixed = {"Amount": 5.5, "DetailType": "DiscountLineDetail", "DiscountLineDetail": {}}
    empty = {"DetailType": "DiscountLineDetail", "DiscountLineDetail": {}}

    totals = [
        company.post(
            "invoice", {"CustomerRef": {"value": ada}, "Line": [item_line(200), discount]}
        ).object["TotalAmt"]
        for discount in (percent, fixed)
    ]
    refused = company.post(
        "invoice", {"CustomerRef": {"value": ada}, "Line": [item_line(200), empty]}
    )

    assert [float(total) for total in totals] == [180, 194.5]
    assert refused.code == "6090"


def test_tax_is_kept_only_where_the_company_charges_it() -> None:
    """Without sales tax the amount is dropped silently: the source's total is then higher."""
    charging, free = Company(using_sales_tax=True), Company(using_sales_tax=False)

    made = [
        each.invoice(each.customer(), 100, TxnTaxDetail={"TotalTax": 8.25})
        for each in (charging, free)
    ]

    assert [float(each["TotalAmt"]) for each in made] == [108.25, 100]
    assert ["TxnTaxDetail" in each for each in made] == [True, False]


def test_automated_tax_is_added_to_taxable_lines_unless_an_amount_is_given() -> None:
    """With a rate set, taxable lines are taxed; an explicit amount is honoured."""
    company = Company(partner_tax_enabled=True, tax_rate_percent=10)
    taxed = {"ItemRef": {"value": "1"}, "TaxCodeRef": {"value": "TAX"}}
    body = invoice_body(company.customer(), 50)
    body["Line"].append(item_line(100, SalesItemLineDetail=taxed))

    added = company.post("invoice", body).object
    given = company.post("invoice", {**body, "TxnTaxDetail": {"TotalTax": 0}}).object

    assert (added["TxnTaxDetail"]["TotalTax"], added["TotalAmt"]) == (10, 160)
    assert given["TotalAmt"] == 150


def test_a_line_outside_the_us_needs_a_tax_code() -> None:
    """In another country a line without a tax code is refused, and so is an unknown code."""
    company = Company(country="CA", currency="CAD")
    ada = company.customer()
    how = {"GlobalTaxCalculation": "TaxExcluded"}
    lines = [
        item_line(5, SalesItemLineDetail={"ItemRef": {"value": "1"}, "TaxCodeRef": {"value": code}})
        for code in ("2", "99")
    ]

    bare = company.post("invoice", invoice_body(ada, 5, **how))
    taken, unknown = (
        company.post("invoice", {**invoice_body(ada, **how), "Line": [line]}) for line in lines
    )

    assert (bare.code, unknown.code) == ("6000", "2500")
    assert taken.object["CurrencyRef"]["value"] == "CAD"


@pytest.mark.parametrize(("password", "code"), [(False, "6200"), (True, "6210")])
def test_closed_books_take_no_write(password: bool, code: str) -> None:  # noqa: FBT001  # a parameter of the table
    """Nothing dated up to the closing date is created, changed, voided or deleted."""
    company = Company()
    ada = company.customer()
    old = company.invoice(ada, 5, TxnDate="2026-06-30")
    settings = {"book_close_date": "2026-06-30", "book_close_password": password}
    company.control("POST", "realms", {"realm_id": company.realm_id, **settings})
    named = {"Id": old["Id"], "SyncToken": "0"}

    replies = [
        company.post("invoice", invoice_body(ada, 5, TxnDate="2026-06-30")),
        company.post("invoice", {**named, "sparse": True, "TxnDate": "2026-07-01"}),
        company.post("invoice", named, operation="void"),
        company.post("invoice", named, operation="delete"),
        company.post("payment", payment_body(ada, 5, TxnDate="2026-01-01")),
    ]

    assert [reply.code for reply in replies] == [code] * 5
    assert company.post("invoice", invoice_body(ada, 5, TxnDate="2026-07-01")).code is None


def test_a_void_leaves_the_number_and_takes_the_amounts() -> None:
    """A voided invoice keeps its number; amounts are zero and the note begins with Voided."""
    company = Company(custom_txn_numbers=True)
    made = company.invoice(company.customer(), 5, DocNumber="7", PrivateNote="ProLine invoice 7")

    shown = company.post("invoice", {"Id": made["Id"], "SyncToken": "0"}, operation="void").object

    assert (shown["TotalAmt"], shown["Balance"], shown["Line"][0]["Amount"]) == (0, 0, 0)
    assert (shown["DocNumber"], shown["SyncToken"]) == ("7", "1")
    assert shown["PrivateNote"] == "Voided - ProLine invoice 7"


def test_a_deleted_invoice_is_gone() -> None:
    """A delete answers with the id and a status; the object is not found afterwards."""
    company = Company()
    made = company.invoice(company.customer(), 5)

    reply = company.post("invoice", {"Id": made["Id"], "SyncToken": "0"}, operation="delete")

    assert reply.json["Invoice"] == {"domain": "QBO", "status": "Deleted", "Id": made["Id"]}
    assert company.get(f"invoice/{made['Id']}").code == "610"


def test_an_invoice_is_in_its_customers_currency() -> None:
    """Another known currency is refused although multicurrency is on."""
    company = Company(multi_currency=True)
    ada = company.customer("Ada", CurrencyRef={"value": "CAD"})

    reply = company.post("invoice", invoice_body(ada, 5, CurrencyRef={"value": "USD"}))

    assert reply.code == "6000"
    assert company.invoice(ada, 5)["CurrencyRef"]["value"] == "CAD"


def test_an_invoice_takes_one_discount_no_deposit_and_a_bounded_number_of_lines() -> None:
    """What the company has switched off, and what is too much, is refused."""
    company = Company()
    body = invoice_body(company.customer(), 5)
    discount = {"Amount": 1, "DetailType": "DiscountLineDetail", "DiscountLineDetail": {}}

    replies = [
        company.post("invoice", {**body, "Line": [*body["Line"], discount, discount]}),
        company.post("invoice", {**body, "Deposit": 2}),
        company.post("invoice", {**body, "Line": [item_line(1)] * 751}),
    ]

    assert [reply.code for reply in replies] == ["6000"] * 3


def test_in_many_currencies_an_invoice_shows_its_worth_at_home() -> None:
    """ExchangeRate, and total and balance in the company's own currency."""
    company = Company(multi_currency=True)
    ada = company.customer("Ada", CurrencyRef={"value": "CAD"})

    made = company.invoice(ada, 100, ExchangeRate=0.75)

    assert [made[name] for name in ("ExchangeRate", "HomeTotalAmt", "HomeBalance")] == [
        pytest.approx(Decimal(value)) for value in ("0.75", "75", "75")
    ]


def test_terms_decide_when_an_invoice_is_due() -> None:
    """Its own, else its customer's, else thirty days; unknown terms are refused."""
    company = Company()
    ada = company.customer("Ada", SalesTermRef={"value": "2"})

    of_customer = company.invoice(ada, 5)
    own = company.invoice(ada, 5, SalesTermRef={"value": "1"})
    unknown = company.post("invoice", invoice_body(ada, 5, SalesTermRef={"value": "99"}))

    assert (of_customer["DueDate"], own["DueDate"]) == ("2026-12-05", "2026-11-20")
    assert own["SalesTermRef"] == {"value": "1", "name": "Due on receipt"}
    assert unknown.code == "2500"


def test_an_invoice_can_be_sent() -> None:
    """To its own address or another; without any it is refused."""
    company = Company()
    ada = company.customer()
    bare = company.invoice(ada, 5)["Id"]
    addressed = company.invoice(ada, 5, BillEmail={"Address": "ada@example.com"})["Id"]

    sent = company.post(f"invoice/{addressed}/send", b"").object
    elsewhere = company.post(f"invoice/{bare}/send", b"", sendTo="ben@example.com").object
    codes = [company.post(f"{path}/send", b"").code for path in ("invoice/99", "payment/1")]

    assert (sent["EmailStatus"], sent["DeliveryInfo"]["DeliveryType"]) == ("EmailSent", "Email")
    assert elsewhere["BillEmail"] == {"Address": "ben@example.com"}
    assert codes == ["610", "500"]


def test_negative_lines_are_refused_where_the_setting_says_so() -> None:
    """With 2290; otherwise they are taken while the total is not negative."""
    keeping, refusing = Company(), Company(negative_lines="refuse")

    codes = [
        each.post("invoice", invoice_body(each.customer(), 10, -4)).code
        for each in (keeping, refusing)
    ]

    assert codes == [None, "2290"]


def test_a_reference_to_nothing_is_not_kept() -> None:
    """A client library sends `{"value": null}` for a class it has not."""
    company = Company()
    detail = {"ItemRef": {"value": "1"}, "ClassRef": {"value": None}}
    line = item_line(5, SalesItemLineDetail=detail)

    made = company.post("invoice", {**invoice_body(company.customer()), "Line": [line]}).object

    assert "ClassRef" not in made["Line"][0]["SalesItemLineDetail"]
