"""Recognising what is ours: everything must agree, and a doubt is a no."""

from decimal import Decimal
from typing import Any

import pytest

from tests.workers_mapping.examples import books, contact, invoice, line, payment, project
from tests.workers_mapping.quickbooks import echo
from workers.mapping import (
    AppliedLine,
    customer_fields,
    existing_customer_match,
    invoice_fields,
    is_our_customer,
    is_our_invoice,
    is_our_payment,
    is_voided,
    job_fields,
    lookup_names,
    payment_fields,
)

CUSTOMER = customer_fields(contact(), books()).fields
JOB = job_fields(project(), contact(), "58", books()).fields
INVOICE = invoice_fields(invoice(), project(), "58", books()).fields
PAYMENT = payment_fields(payment(), "58", [AppliedLine("266", Decimal(60))], books()).fields


def found_customer(**changes: object) -> dict[str, Any]:
    """Give our customer as QuickBooks shows it, with changes."""
    return echo("Customer", CUSTOMER) | {"Active": True} | changes


def found_invoice(**changes: object) -> dict[str, Any]:
    """Give our invoice as QuickBooks shows it, with changes."""
    return echo("Invoice", INVOICE) | {"TotalAmt": Decimal(100)} | changes


def test_our_customer_is_recognised() -> None:
    """In another case too, and when QuickBooks has no e-mail address."""
    assert is_our_customer(found_customer(), CUSTOMER)
    assert is_our_customer(found_customer(DisplayName="JOHN DOE - c#1001 "), CUSTOMER)
    assert is_our_customer(found_customer(PrimaryEmailAddr=None), CUSTOMER)
    assert is_our_customer(echo("Customer", JOB), JOB)


@pytest.mark.parametrize(
    "changes",
    [
        {"DisplayName": "John Doe - C#1002"},
        {"DisplayName": None},
        {"Active": False},
        {"Job": True},
        {"ParentRef": {"value": "3"}},
        {"PrimaryEmailAddr": {"Address": "other@example.com"}},
    ],
)
def test_another_customer_is_not_ours(changes: dict[str, object]) -> None:
    """One difference is enough."""
    assert not is_our_customer(found_customer(**changes), CUSTOMER)


def test_a_job_under_another_customer_is_not_ours() -> None:
    """The same project name may hang elsewhere."""
    assert not is_our_customer(echo("Customer", JOB) | {"ParentRef": {"value": "59"}}, JOB)


def test_our_invoice_is_recognised_whatever_tax_quickbooks_added() -> None:
    """The tax is compared later, as a finding."""
    taxed = found_invoice(TotalAmt=Decimal("108.25"), TxnTaxDetail={"TotalTax": Decimal("8.25")})

    assert is_our_invoice(found_invoice(), INVOICE)
    assert is_our_invoice(taxed, INVOICE)


@pytest.mark.parametrize(
    "changes",
    [
        {"PrivateNote": "ProLine invoice 10011"},
        {"PrivateNote": None},
        {"CustomerRef": {"value": "59"}},
        {"TotalAmt": Decimal("100.01")},
        {"TotalAmt": None},
        {"TotalAmt": Decimal("108.25")},
    ],
)
def test_another_invoice_is_not_ours(changes: dict[str, object]) -> None:
    """Customer, note and total must all agree."""
    assert not is_our_invoice(found_invoice(**changes), INVOICE)


def test_the_discount_counts_in_an_invoices_total() -> None:
    """Ours is recognised by what is left after it."""
    fields = invoice_fields(
        invoice(lines=[line()], discount="10", total="90"), project(), "58", books()
    ).fields

    assert is_our_invoice(found_invoice(TotalAmt=Decimal(90)), fields)


def test_our_payment_is_recognised() -> None:
    """Its lines do not matter: what it pays may have been changed since."""
    assert is_our_payment(echo("Payment", PAYMENT), PAYMENT)


@pytest.mark.parametrize(
    "changes",
    [
        {"PrivateNote": "ProLine payment 99311"},
        {"TxnDate": "2026-03-06"},
        {"CustomerRef": {"value": "59"}},
        {"TotalAmt": Decimal("99.99")},
        {"TotalAmt": None},
    ],
)
def test_another_payment_is_not_ours(changes: dict[str, object]) -> None:
    """Customer, day, note and amount must all agree."""
    assert not is_our_payment(echo("Payment", PAYMENT) | changes, PAYMENT)


def test_the_content_of_an_update_recognises_nothing() -> None:
    """It names only what changed, which is too little to know an object by."""
    assert not is_our_customer(found_customer(DisplayName=None), {"GivenName": "John"})
    assert not is_our_invoice(found_invoice(), {"DocNumber": "1001"})
    assert not is_our_payment(echo("Payment", PAYMENT), {"PaymentRefNum": "4711"})


def test_a_void_is_known_by_note_and_total() -> None:
    """QuickBooks has no status for it; a free invoice is none."""
    assert is_voided({"TotalAmt": 0, "PrivateNote": "Voided - ProLine invoice 1001"})
    assert not is_voided({"TotalAmt": 0, "PrivateNote": "ProLine invoice 1001"})
    assert not is_voided({"TotalAmt": Decimal(5), "PrivateNote": "Voided"})
    assert not is_voided({"TotalAmt": 0})


def test_a_contact_is_looked_up_by_its_own_name_and_ours() -> None:
    """Inactive customers carry a suffix of QuickBooks' in their names."""
    assert lookup_names(contact()) == (
        "John Doe",
        "John Doe - C#1001",
        "John Doe (deleted)",
        "John Doe - C#1001 (deleted)",
    )


def test_a_nameless_contact_is_not_looked_up_as_customer() -> None:
    """Our stand-in is nobody's name."""
    nameless = contact(display_name="", given_name="", family_name="", company_name="")

    assert lookup_names(nameless)[0] == "Customer - C#1001"


def test_an_existing_customer_matches_by_name_and_email() -> None:
    """Inactive ones too: the caller sees that and asks."""
    theirs = {
        "DisplayName": "john  doe (deleted)",
        "Active": False,
        "PrimaryEmailAddr": {"Address": "John@Example.com"},
    }

    assert existing_customer_match([theirs], contact()) == [theirs]


@pytest.mark.parametrize(
    "changes",
    [
        {"DisplayName": "Jane Doe"},
        {"PrimaryEmailAddr": {"Address": "jane@example.com"}},
        {"PrimaryEmailAddr": None},
        {"Job": True},
    ],
)
def test_a_name_or_an_email_alone_is_no_match(changes: dict[str, object]) -> None:
    """Two people share a name, and a family shares an address."""
    theirs = {
        "DisplayName": "John Doe",
        "PrimaryEmailAddr": {"Address": "john@example.com"},
    } | changes

    assert existing_customer_match([theirs], contact()) == []


def test_without_email_nobody_matches() -> None:
    """Two blanks are not the same address."""
    theirs = {"DisplayName": "John Doe", "PrimaryEmailAddr": {"Address": ""}}

    assert existing_customer_match([theirs], contact(email=None)) == []
