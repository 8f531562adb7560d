"""One change, one request: creates in both modes, updates of what changed, voids, and nothing."""

from collections.abc import Callable
from decimal import Decimal

from connections.settings import CompanySettings
from tests.support.roofer import Roofer

NewRoofer = Callable[..., Roofer]


def test_main_mode_books_contact_invoice_and_payment(roofer: Roofer) -> None:
    """A contact becomes the customer, its project nothing, its invoice is paid by its payment."""
    roofer.contact().project().invoice(total="250.10").payment("250.10", {"i1": "250.10"})

    roofer.settle()

    customer, invoice, payment = (
        roofer.the("Customer"),
        roofer.the("Invoice"),
        roofer.the("Payment"),
    )
    assert customer["DisplayName"] == "Ada Example - C#1001"
    assert invoice["CustomerRef"]["value"] == customer["Id"]
    assert (invoice["TotalAmt"], invoice["Balance"]) == (Decimal("250.10"), 0)
    assert payment["Line"][0]["LinkedTxn"] == [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]
    assert len(roofer.writes()) == 3
    assert roofer.reads() == ["existing_customer"]


def test_sub_mode_books_the_invoice_under_the_job(new_roofer: NewRoofer) -> None:
    """With sub-customers the project is a job below its contact, and the invoice names the job."""
    roofer = new_roofer(settings=CompanySettings(customer_mode="sub"))

    roofer.contact().project().invoice().payment("100.00", {"i1": "100.00"}).settle()

    customer, job = roofer.held("Customer")
    assert job["ParentRef"]["value"] == customer["Id"]
    assert job["Job"] is True
    assert roofer.the("Invoice")["CustomerRef"]["value"] == job["Id"]
    assert roofer.the("Payment")["CustomerRef"]["value"] == job["Id"]
    assert len(roofer.writes()) == 4


def test_a_sparse_update_carries_only_the_changed_fields(roofer: Roofer) -> None:
    """What did not change is not sent, so nothing that a person wrote beside it is overwritten."""
    roofer.contact(phone="555-0100").project().settle()

    roofer.contact(phone="555-0199").settle()

    created, updated = roofer.bodies("customer")
    assert created["PrimaryPhone"] == {"FreeFormNumber": "555-0100"}
    assert updated == {
        "Id": "1",
        "SyncToken": "0",
        "sparse": True,
        "PrimaryPhone": {"FreeFormNumber": "555-0199"},
    }
    assert roofer.reads() == ["existing_customer"]


def test_a_change_that_is_taken_back_and_made_again_is_written_each_time(roofer: Roofer) -> None:
    """The same words to another version of the object are another write: no answer is replayed."""
    roofer.contact(phone="555-0100").project().settle()

    for phone in ("555-0199", "555-0100", "555-0199"):
        roofer.contact(phone=phone).settle()

    assert roofer.the("Customer")["PrimaryPhone"] == {"FreeFormNumber": "555-0199"}
    assert roofer.the("Customer")["SyncToken"] == "3"


def test_an_edited_invoice_is_one_write_and_no_read(roofer: Roofer) -> None:
    """The SyncToken comes from the last answer: in the steady state a change is one request."""
    roofer.contact().project().invoice(total="100.00").settle()

    roofer.invoice(total="120.00", memo="Two more squares").settle()

    update = roofer.bodies("invoice")[1]
    assert set(update) == {
        "Id",
        "SyncToken",
        "sparse",
        "CustomerMemo",
        "Line",
        "TxnTaxDetail",
    }  # the tax goes with the lines
    assert roofer.the("Invoice")["TotalAmt"] == 120
    assert roofer.reads() == ["existing_customer"]


def test_a_change_that_quickbooks_does_not_hold_writes_nothing(roofer: Roofer) -> None:
    """Archiving a contact is nothing to the books: the record is done with that version."""
    roofer.contact().project().settle()
    before = roofer.record("contact", "c1").version

    roofer.contact(archived=True).settle()

    record = roofer.record("contact", "c1")
    assert record.version > before
    assert (record.state, record.settled_version) == ("done", record.version)
    assert len(roofer.writes()) == 1


def test_a_voided_invoice_is_voided_and_never_deleted(roofer: Roofer) -> None:
    """A void in ProLine is a void in the books, where the document stays with a sum of nothing."""
    roofer.contact().project().invoice().settle()

    roofer.void("invoice", "i1").settle()

    assert roofer.the("Invoice")["TotalAmt"] == 0
    assert roofer.writes()[-1].parameters["operation"] == "void"
    assert roofer.record("invoice", "i1").state == "done"


def test_a_voided_payment_is_voided_and_its_invoice_open_again(roofer: Roofer) -> None:
    """What a voided payment held is free again, in the books and in ours."""
    roofer.contact().project().invoice().payment("100.00", {"i1": "100.00"}).settle()

    roofer.void("payment", "y1").settle()

    assert roofer.the("Payment")["TotalAmt"] == 0
    assert roofer.the("Invoice")["Balance"] == 100
    assert roofer.rows("SELECT * FROM proline_qbo.applications") == []


def test_a_payment_that_takes_the_place_of_a_voided_one_is_applied(roofer: Roofer) -> None:
    """A payment left with a rest is woken when a void gives its invoice room."""
    roofer.contact().project().invoice().payment("100.00", {"i1": "100.00"}).settle()
    roofer.payment("100.00", {"i1": "100.00"}, record_id="y2").settle()

    roofer.void("payment", "y1").settle()

    assert roofer.held("Payment")[0]["UnappliedAmt"] == 0
    assert roofer.held("Payment")[1]["UnappliedAmt"] == 0
    assert roofer.the("Invoice")["Balance"] == 0


def test_an_invoice_voided_before_it_was_sent_writes_nothing(roofer: Roofer) -> None:
    """What the books never had need not be voided there."""
    roofer.contact().project().settle()

    roofer.invoice(sent_at=None, voided_at=roofer.now.isoformat()).settle()

    assert roofer.record("invoice", "i1").state == "done"
    assert roofer.writes("invoice") == []


def test_a_void_of_an_invoice_and_its_payment_voids_the_payment_first(roofer: Roofer) -> None:
    """Removal flows up: the invoice waits for its payments, whatever came first."""
    roofer.contact().project().invoice().payment("100.00", {"i1": "100.00"}).settle()
    sent_before = len(roofer.writes())

    roofer.void("payment", "y1").void("invoice", "i1").settle()

    voids = [each.path.rpartition("/")[2] for each in roofer.writes()[sent_before:]]
    assert list(dict.fromkeys(voids)) == ["payment", "invoice"]
    assert roofer.the("Invoice")["TotalAmt"] == 0


def test_an_edit_of_a_paid_invoice_costs_two_writes_and_one_read(roofer: Roofer) -> None:
    """Our own payment bumped the SyncToken: 5010, one read, and the update with the new token."""
    roofer.contact().project().invoice().payment("60.00", {"i1": "60.00"}).settle()

    roofer.invoice(total="120.00").settle()

    edits = roofer.bodies("invoice")[1:]
    assert [each["SyncToken"] for each in edits] == ["0", "1"]
    assert roofer.reads() == ["existing_customer", "reread"]
    invoice = roofer.the("Invoice")
    assert (invoice["TotalAmt"], invoice["Balance"]) == (120, 60)
    assert roofer.record("invoice", "i1").state == "done"


def test_a_field_somebody_changed_in_quickbooks_is_not_overwritten(roofer: Roofer) -> None:
    """Base, theirs and ours all differ: a person decides, and their value stands until then."""
    roofer.contact().project().invoice(memo="As agreed").settle()
    invoice = roofer.the("Invoice")
    theirs = {"value": "Call before you come"}
    token = {"Id": invoice["Id"], "SyncToken": invoice["SyncToken"], "sparse": True}
    roofer.by_hand("invoice", **token, CustomerMemo=theirs)

    roofer.invoice(memo="As agreed on site").settle()

    record = roofer.record("invoice", "i1")
    assert (record.state, record.reason) == ("waiting", "decision")
    assert "the memo" in record.sentence
    assert roofer.the("Invoice")["CustomerMemo"] == theirs
    assert roofer.reads().count("reread") == 1


def test_a_change_beside_ours_in_quickbooks_is_kept(roofer: Roofer) -> None:
    """Somebody changed a field that we are not changing: ours is sent, theirs stays."""
    roofer.contact().project().invoice().settle()
    invoice = roofer.the("Invoice")
    token = {"Id": invoice["Id"], "SyncToken": invoice["SyncToken"], "sparse": True}
    roofer.by_hand("invoice", **token, CustomerMemo={"value": "Gate code 0000"})

    roofer.invoice(total="130.00").settle()

    after = roofer.the("Invoice")
    assert (after["TotalAmt"], after["CustomerMemo"]) == (130, {"value": "Gate code 0000"})
    assert roofer.record("invoice", "i1").state == "done"
