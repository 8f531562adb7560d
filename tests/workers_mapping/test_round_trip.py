"""The mapping's fields, written into the stand-in for QuickBooks and read back."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from qbo_simulator.clock import Clock
from qbo_simulator.customers import CUSTOMER
from qbo_simulator.entity import Entity
from qbo_simulator.invoices import INVOICE
from qbo_simulator.name_lists import PAYMENT_METHOD
from qbo_simulator.payments import PAYMENT
from qbo_simulator.realm import Realm
from qbo_simulator.realms import Realms
from qbo_simulator.writes import create, show, update
from tests.workers_mapping.examples import ADDRESS, books, contact, invoice, line, payment, project
from tests.workers_mapping.quickbooks import through_json
from workers.mapping import (
    AppliedLine,
    changed_fields,
    customer_fields,
    invoice_fields,
    is_our_customer,
    is_our_invoice,
    is_our_payment,
    job_fields,
    owned_fields,
    payment_fields,
)

Fields = dict[str, Any]


@pytest.fixture
def realm() -> Realm:
    """Give the books of a company that numbers its own invoices and has the method ProLine."""
    made = Realms(Clock()).make({"custom_txn_numbers": True, "using_sales_tax": True})
    create(made, PAYMENT_METHOD, {"Name": "ProLine"}, "")
    return made


def write(realm: Realm, entity: Entity, wanted: Fields) -> Fields:
    """Create the object; give it as QuickBooks answers."""
    return create(realm, entity, wanted, "")


def rewrite(realm: Realm, entity: Entity, found: Fields, before: Fields, wanted: Fields) -> Fields:
    """Update the object by what changed since `before`; give it as QuickBooks answers."""
    owned = through_json(owned_fields(entity.name, found, before))
    names = {"Id": found["Id"], "SyncToken": found["SyncToken"], "sparse": True}
    return update(realm, entity, {**names, **changed_fields(owned, wanted)}, "")


def test_what_is_written_is_read_back_as_wanted(realm: Realm) -> None:
    """Customer, job, invoice and payment: each recognised as ours, none in need of an update."""
    context = books(using_sales_tax=True, payment_method_id=_method(realm))
    customer = customer_fields(contact(), context).fields
    written = write(realm, CUSTOMER, customer)
    job = job_fields(project(), contact(), written["Id"], context).fields
    job_written = write(realm, CUSTOMER, job)
    bill = invoice_fields(
        invoice(lines=[line(group="Roof"), line(quantity="3")], discount="50", total="150"),
        project(),
        job_written["Id"],
        context,
    ).fields
    bill_written = write(realm, INVOICE, bill)
    lines = [AppliedLine(bill_written["Id"], Decimal(100))]
    paid = payment_fields(payment(amount="120"), job_written["Id"], lines, context).fields
    paid_written = write(realm, PAYMENT, paid)

    assert bill_written["TotalAmt"] == Decimal(150)
    assert show(realm, INVOICE, bill_written["Id"])["Balance"] == Decimal(50)
    assert paid_written["UnappliedAmt"] == Decimal(20)
    assert is_our_customer(written, customer)
    assert is_our_customer(job_written, job)
    assert is_our_invoice(bill_written, bill)
    assert is_our_payment(paid_written, paid)
    for kind, answer, wanted in (
        ("Customer", written, customer),
        ("Customer", job_written, job),
        ("Invoice", bill_written, bill),
        ("Payment", paid_written, paid),
    ):
        owned = through_json(owned_fields(kind, answer, wanted))
        assert changed_fields(owned, wanted) == {}


_EDITS: list[Callable[[], Fields]] = [
    lambda: {"email": None, "phone": None, "company_name": None, "given_name": None},
    lambda: {"address": None},
    lambda: {"address": ADDRESS | {"line2": None}},
    lambda: {"display_name": "Jane Roe"},
]


@pytest.mark.parametrize("edit", _EDITS)
def test_an_edited_customer_becomes_what_proline_has(
    realm: Realm, edit: Callable[[], Fields]
) -> None:
    """One sparse update makes both sides agree, also where something was taken away."""
    before = customer_fields(contact(), books()).fields
    wanted = customer_fields(contact(**edit()), books()).fields

    answer = rewrite(realm, CUSTOMER, write(realm, CUSTOMER, before), before, wanted)

    kept = through_json(owned_fields("Customer", answer, wanted))
    assert changed_fields(kept, wanted) == {}
    gone = before.keys() - wanted.keys()
    assert not any(answer.get(name) for name in gone)
    assert answer.get("BillAddr", {}).get("Line2", "") == wanted.get("BillAddr", {}).get(
        "Line2", ""
    )


def test_an_edited_invoice_keeps_somebody_elses_line(realm: Realm) -> None:
    """The office's line stays through ours, and the total is the sum of both."""
    customer = write(realm, CUSTOMER, customer_fields(contact(), books()).fields)
    before = invoice_fields(invoice(), project(), customer["Id"], books()).fields
    answer = write(realm, INVOICE, before)
    theirs = {
        "Amount": Decimal("12.30"),
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {"ItemRef": {"value": "1"}},
    }
    names = {"Id": answer["Id"], "SyncToken": answer["SyncToken"], "sparse": True}
    touched = update(realm, INVOICE, {**names, "Line": [*answer["Line"], theirs]}, "")
    edited = invoice(lines=[line(amount="80", quantity=None)], total="80", memo=None)
    wanted = invoice_fields(edited, project(), customer["Id"], books()).fields

    result = rewrite(realm, INVOICE, touched, before, wanted)

    assert result["TotalAmt"] == Decimal("92.30")
    assert not result.get("CustomerMemo")
    kept = through_json(owned_fields("Invoice", result, wanted))
    assert changed_fields(kept, wanted) == {}


def _method(realm: Realm) -> str:
    (found,) = (
        each["Id"] for each in realm.objects["PaymentMethod"].values() if each["Name"] == "ProLine"
    )
    return str(found)
