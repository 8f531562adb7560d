"""One full example snapshot of each entity, as ProLine would send it."""

from typing import Any

import pytest

from schemas import Entity


@pytest.fixture
def examples() -> dict[Entity, dict[str, Any]]:
    """Give a full snapshot of each entity, fresh for every test."""
    return {
        Entity.CONTACT: _contact(),
        Entity.PROJECT: _project(),
        Entity.INVOICE: _invoice(),
        Entity.PAYMENT: _payment(),
    }


def _contact() -> dict[str, Any]:
    return {
        "id": "contact-1",
        "number": "1001",
        "display_name": "John Doe",
        "given_name": "John",
        "family_name": "Doe",
        "company_name": None,
        "customer_type": "homeowner",
        "email": "john@example.com",
        "phone": "555-0100",
        "address": _address(),
        "archived": False,
        "updated_at": "2026-03-01T09:30:00-05:00",
    }


def _project() -> dict[str, Any]:
    return {
        "id": "project-1",
        "number": "1001",
        "name": "1 Example Street",
        "contact_id": "contact-1",
        "pipeline": "Sales",
        "stage": "Closed - Won",
        "status": "Won",
        "location": "North",
        "address": _address(),
        "archived": False,
        "updated_at": "2026-03-01T14:30:00Z",
    }


def _invoice() -> dict[str, Any]:
    return {
        "id": "invoice-1",
        "number": "1001",
        "name": "Deposit",
        "kind": "standalone",
        "project_id": "project-1",
        "contact_id": "contact-1",
        "sent_at": "2026-03-01T14:30:00.25Z",
        "issued_on": "2026-03-01",
        "due_on": "2026-03-31",
        "currency": "USD",
        "lines": [
            {
                "id": "line-1",
                "group": "Roof",
                "kind": "item",
                "name": "Shingles",
                "description": "Architectural",
                "service": "Roofing",
                "quantity": "34.5",
                "unit": "square",
                "unit_price": "100.00",
                "amount": "3450.00",
            },
            {"id": "line-2", "kind": "text", "description": "Thank you."},
        ],
        "discount": "50.00",
        "tax": {"name": "County", "rate": "8.25", "amount": "280.50"},
        "total": "3680.50",
        "amount_due": "1000.00",
        "balance": "3680.50",
        "memo": "Due on receipt",
        "voided_at": None,
        "deleted_at": None,
        "updated_at": "2026-03-01T14:30:00Z",
    }


def _payment() -> dict[str, Any]:
    return {
        "id": "payment-1",
        "number": "9931",
        "project_id": "project-1",
        "contact_id": "contact-1",
        "status": "complete",
        "received_on": "2026-03-02",
        "amount": "1000.00",
        "currency": "USD",
        "method": "check",
        "reference": "204",
        "allocations": [{"invoice_id": "invoice-1", "amount": "1000.00"}],
        "returns": [{"id": "return-1", "kind": "refund", "amount": "10.00", "on": "2026-03-09"}],
        "voided_at": None,
        "deleted_at": None,
        "updated_at": "2026-03-02T14:30:00Z",
    }


def _address() -> dict[str, Any]:
    return {
        "line1": "1 Example Street",
        "line2": None,
        "city": "Springfield",
        "state": "IL",
        "postal_code": "62701",
        "country": "US",
    }
