"""The rows of the table "Records": what each of ProLine's records becomes in QuickBooks."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from connections.settings import CompanySettings
from records import loading
from tests.behaviour.row import NewRoofer, Row, replaced
from workers.mapping import Mapped
from workers.mapping import customer as customer_mapping
from workers.mapping import invoice as invoice_mapping
from workers.mapping import payment as payment_mapping

SECTION = "Records"
SUB = CompanySettings(customer_mode="sub")


def contact_becomes_a_customer_with_its_first_project(new_roofer: NewRoofer) -> None:
    """Nothing before the transfer; then one create, and a sparse update of what changed."""
    roofer = new_roofer()
    roofer.contact().project(stage="Lead", status="Open").settle()
    assert roofer.held("Customer") == []

    roofer.project(stage="Closed - Won").settle()
    roofer.contact(phone="555-0100").settle()

    create, update = roofer.bodies("customer")
    assert create["DisplayName"] == "Ada Example - C#1001"
    assert set(update) == {"Id", "SyncToken", "sparse", "PrimaryPhone"}


def project_becomes_a_job_in_sub_customer_mode(new_roofer: NewRoofer) -> None:
    """A job under the contact's customer, billed by itself; its invoice is the job's."""
    roofer = new_roofer(settings=SUB)
    roofer.contact().project().invoice().settle()

    customer, job = roofer.held("Customer")
    assert job["DisplayName"] == "Ada Example's Project - P#2001"
    assert (job["ParentRef"]["value"], job["BillWithParent"]) == (customer["Id"], False)
    assert roofer.the("Invoice")["CustomerRef"]["value"] == job["Id"]


def invoice_sent_becomes_an_invoice(new_roofer: NewRoofer) -> None:
    """Job site, memo, an item on every line, our note, the number, the total to the cent."""
    roofer = new_roofer()
    address = {"line1": "1 Roof Lane", "city": "Denver", "state": "CO", "postal_code": "80202"}
    roofer.contact().project(address=address).invoice(total="100.10", memo="As agreed").settle()

    invoice = roofer.the("Invoice")
    (body,) = roofer.bodies("invoice")
    assert body["ShipAddr"]["Line1"] == "1 Roof Lane"
    assert invoice["CustomerMemo"]["value"] == "As agreed"
    assert all(line["SalesItemLineDetail"]["ItemRef"] for line in body["Line"])
    assert (invoice["PrivateNote"], invoice["DocNumber"]) == ("ProLine invoice 501", "501")
    assert str(invoice["TotalAmt"]) == "100.10"


def quickbooks_own_number_is_stored(new_roofer: NewRoofer) -> None:
    """Where the company numbers by itself no number is sent, and the one it gave is kept."""
    roofer = new_roofer(books={"custom_txn_numbers": False})
    roofer.contact().project().invoice().settle()

    (body,) = roofer.bodies("invoice")
    assert "DocNumber" not in body
    (link,) = roofer.rows("SELECT doc_number FROM proline_qbo.links WHERE kind = 'Invoice'")
    assert link.doc_number == roofer.the("Invoice")["DocNumber"] is not None


def payment_complete_becomes_a_linked_payment(new_roofer: NewRoofer) -> None:
    """Linked to its invoice, by the method "ProLine", with our note; the invoice is paid."""
    roofer = new_roofer()
    roofer.contact().project().invoice(total="100.00").settle()
    roofer.payment("100.00", {"i1": "100.00"}, reference="check 7").settle()

    payment = roofer.the("Payment")
    (method,) = [each for each in roofer.held("PaymentMethod") if each["Name"] == "ProLine"]
    assert payment["PaymentMethodRef"]["value"] == method["Id"]
    assert payment["PrivateNote"] == "ProLine payment 991"
    assert payment["PaymentRefNum"] == "check 7"
    assert payment["Line"][0]["LinkedTxn"][0]["TxnId"] == roofer.the("Invoice")["Id"]
    assert roofer.the("Invoice")["Balance"] == 0


def void_is_a_void_and_never_a_delete(new_roofer: NewRoofer) -> None:
    """A deleted invoice of ProLine is void in QuickBooks, and still there."""
    roofer = new_roofer()
    roofer.contact().project().invoice().settle()

    roofer.invoice(deleted_at=roofer.now.isoformat()).settle()

    invoice = roofer.the("Invoice")
    assert invoice["TotalAmt"] == 0
    assert invoice["PrivateNote"].startswith("Voided")


def _without(name: str, whole: Callable[..., Mapped]) -> Callable[..., Mapped]:
    """Give a mapping that leaves a field out."""

    def mapped(*arguments: object, **named: object) -> Mapped:
        done = whole(*arguments, **named)
        fields = {key: value for key, value in done.fields.items() if key != name}
        return replace(done, fields=fields)

    return mapped


def _all_are_wanted(patch: pytest.MonkeyPatch) -> None:
    """A contact goes to QuickBooks whether any project of it was transferred or not."""
    guard = "LIMIT 1), false) ELSE false END AS wanted"
    assert guard in loading._ROWS
    patch.setattr(loading, "_ROWS", loading._ROWS.replace(guard, guard.replace("false)", "true)")))


ROWS = (
    Row(
        SECTION,
        "contact",
        "Customer, created when its first project is transferred; then sparse updates.",
        contact_becomes_a_customer_with_its_first_project,
        _all_are_wanted,
        "records.eligibility",
    ),
    Row(
        SECTION,
        "project",
        "A job under the customer, only in sub-customer mode, billed by itself.",
        project_becomes_a_job_in_sub_customer_mode,
        replaced("workers.wanted.job_fields", _without("ParentRef", customer_mapping.job_fields)),
        "workers.mapping.job_fields",
    ),
    Row(
        SECTION,
        "invoice sent",
        "Invoice under the customer or job, its total ProLine's to the cent.",
        invoice_sent_becomes_an_invoice,
        replaced(
            "workers.wanted.invoice_fields",
            _without("ShipAddr", invoice_mapping.invoice_fields),
        ),
        "workers.mapping.invoice_fields",
    ),
    Row(
        SECTION,
        "invoice numbers",
        "A number is sent where the company takes one; QuickBooks' own is stored.",
        quickbooks_own_number_is_stored,
        replaced(
            "workers.mapping.invoice._number",
            lambda invoice, *_, **__: {"DocNumber": invoice.number},
        ),
        "workers.mapping.invoice",
    ),
    Row(
        SECTION,
        "payment complete",
        'Payment linked to its invoices, by the payment method "ProLine".',
        payment_complete_becomes_a_linked_payment,
        replaced(
            "workers.wanted.payment_fields",
            _without("Line", payment_mapping.payment_fields),
        ),
        "workers.mapping.payment_fields",
    ),
    Row(
        SECTION,
        "void or delete",
        "A void; nothing is ever deleted from the books.",
        void_is_a_void_and_never_a_delete,
        replaced("workers.wanted._voids", lambda _: ()),
        "workers.wanted",
    ),
)
