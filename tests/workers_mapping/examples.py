"""Small snapshots and books that the tests of this folder change one thing in."""

from typing import Any

from schemas import Contact, Invoice, Payment, Project
from workers.mapping import BookContext

UPDATED_AT = "2026-03-01T09:30:00-05:00"
ADDRESS = {
    "line1": "1 Example Street",
    "line2": "Unit 2",
    "city": "Denver",
    "state": "CO",
    "postal_code": "80202",
    "country": "USA",
}


def contact(**changes: object) -> Contact:
    """Give a contact with every field filled."""
    raw: dict[str, object] = {
        "id": "contact-1",
        "number": "1001",
        "display_name": "John Doe",
        "given_name": "John",
        "family_name": "Doe",
        "company_name": "Doe Homes",
        "email": "john@example.com",
        "phone": "(555) 555-0100",
        "address": ADDRESS,
        "updated_at": UPDATED_AT,
    }
    return Contact.model_validate(raw | changes)


def project(**changes: object) -> Project:
    """Give a project at the example address."""
    raw: dict[str, object] = {
        "id": "project-1",
        "number": "2001",
        "name": "1 Example Street",
        "contact_id": "contact-1",
        "address": ADDRESS,
        "updated_at": UPDATED_AT,
    }
    return Project.model_validate(raw | changes)


def line(**changes: object) -> dict[str, object]:
    """Give one sold line of 100.00."""
    raw: dict[str, object] = {
        "id": "line-1",
        "kind": "item",
        "name": "Shingles",
        "description": "Grey, with underlay",
        "quantity": "4",
        "unit": "SQ",
        "unit_price": "25",
        "amount": "100",
    }
    return raw | changes


def invoice(**changes: object) -> Invoice:
    """Give a sent invoice of one line of 100.00."""
    raw: dict[str, object] = {
        "id": "invoice-1",
        "number": "1001",
        "kind": "standalone",
        "project_id": "project-1",
        "contact_id": "contact-1",
        "sent_at": "2026-03-02T08:00:00Z",
        "issued_on": "2026-03-01",
        "due_on": "2026-03-31",
        "lines": [line()],
        "total": "100",
        "memo": "Thank you",
        "updated_at": UPDATED_AT,
    }
    return Invoice.model_validate(raw | changes)


def payment(**changes: object) -> Payment:
    """Give a complete payment of 100.00."""
    raw: dict[str, object] = {
        "id": "payment-1",
        "number": "9931",
        "project_id": "project-1",
        "contact_id": "contact-1",
        "status": "complete",
        "received_on": "2026-03-05",
        "amount": "100",
        "method": "check",
        "reference": "Check 4711",
        "updated_at": UPDATED_AT,
    }
    return Payment.model_validate(raw | changes)


def books(**changes: Any) -> BookContext:  # noqa: ANN401  # one keyword of each type
    """Give the books of a US company that charges no tax."""
    settings: dict[str, Any] = {
        "item_id": "1",
        "items_by_service": {"Gutters": "7"},
        "payment_method_id": "2",
        "deposit_account_id": None,
        "custom_txn_numbers": True,
        "tax_mode": "none",
        "tax_code_id": None,
        "using_sales_tax": False,
        "home_currency": "USD",
        "country": "US",
    }
    return BookContext(**(settings | changes))
