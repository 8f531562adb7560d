"""The books add up, whatever is done to them in whatever order."""

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.qbo_simulator.driver import Company, invoice_body, payment_body

cents = st.integers(min_value=1, max_value=50_000).map(lambda amount: amount / 100)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["invoice", "payment", "edit", "apply", "void invoice", "void payment", "delete"]
        ),
        st.integers(min_value=0, max_value=5),
        st.integers(min_value=0, max_value=5),
        cents,
    ),
    max_size=25,
)


@settings(max_examples=40, deadline=None)
@given(steps=STEPS)
def test_balances_follow_from_totals_and_applications(
    steps: list[tuple[str, int, int, float]],
) -> None:
    """TotalAmt less what is applied is Balance, never below zero; customers' balances add up."""
    company = Company()
    customers = [company.customer(f"Customer {number}") for number in range(2)]

    for step in steps:
        _take(company, customers, step)

    invoices = company.rows("select * from Invoice maxresults 1000")
    payments = company.rows("select * from Payment maxresults 1000")
    for invoice in invoices:
        applied = _applied(payments, invoice["Id"])
        assert invoice["Balance"] == invoice["TotalAmt"] - applied >= 0
        assert bool(invoice["LinkedTxn"]) == (applied > 0)
    for payment in payments:
        lines = sum((line["Amount"] for line in payment["Line"]), Decimal(0))
        assert payment["UnappliedAmt"] == payment["TotalAmt"] - lines >= 0
    for customer in customers:
        owed = _sum(invoices, customer, "Balance") - _sum(payments, customer, "UnappliedAmt")
        assert company.get(f"customer/{customer}").object["Balance"] == owed


def _take(company: Company, customers: list[str], step: tuple[str, int, int, float]) -> None:
    """Take a step; one that QuickBooks refuses is a step too."""
    action, first, second, amount = step
    customer = customers[first % len(customers)]
    invoices = company.rows("select * from Invoice")
    payments = company.rows("select * from Payment")
    invoice = invoices[second % len(invoices)] if invoices else {"Id": "0", "SyncToken": "0"}
    payment = payments[second % len(payments)] if payments else {"Id": "0", "SyncToken": "0"}
    match action:
        case "invoice":
            company.post("invoice", invoice_body(customer, amount))
        case "payment":
            company.post("payment", payment_body(customer, amount, {invoice["Id"]: amount / 2}))
        case "edit":
            body = invoice_body(customer, amount)
            company.post("invoice", {**body, **_named(invoice), "sparse": True})
        case "apply":
            body = payment_body(customer, amount, {invoice["Id"]: amount})
            company.post("payment", {**body, **_named(payment)})
        case "void invoice":
            company.post("invoice", _named(invoice), operation="void")
        case "void payment":
            company.post("payment", _named(payment), operation="update", include="void")
        case _:
            kind, found = ("invoice", invoice) if first % 2 else ("payment", payment)
            company.post(kind, _named(found), operation="delete")


def _named(found: dict[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in ("Id", "SyncToken")}


def _applied(payments: list[dict[str, Any]], invoice_id: str) -> Decimal:
    return sum(
        (
            line["Amount"]
            for payment in payments
            for line in payment["Line"]
            if line["LinkedTxn"][0]["TxnId"] == invoice_id
        ),
        Decimal(0),
    )


def _sum(rows: list[dict[str, Any]], customer_id: str, name: str) -> Decimal:
    own = (row[name] for row in rows if row["CustomerRef"]["value"] == customer_id)
    return sum(own, Decimal(0))
