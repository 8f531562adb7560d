"""The rows of the table "Invoices"."""

from datetime import timedelta

from connections.settings import CompanySettings
from records.verdicts import done
from tests.behaviour.row import NewRoofer, Row, replaced

SECTION = "Invoices"
LINE = {
    "Amount": 5,
    "DetailType": "SalesItemLineDetail",
    "SalesItemLineDetail": {"ItemRef": {"value": "1"}},
}


def running_balance_is_one_invoice(new_roofer: NewRoofer) -> None:
    """Each repeats the whole sum: revenue is booked once, under the number of the first."""
    roofer = new_roofer()
    roofer.contact().project()
    roofer.invoice("i1", "100.00", kind="running_balance", amount_due="40.00").settle()
    later = (roofer.now + timedelta(minutes=1)).isoformat()
    roofer.invoice("i2", "120.00", kind="running_balance", amount_due="80.00", sent_at=later)
    roofer.settle()

    invoice = roofer.the("Invoice")
    assert (invoice["TotalAmt"], invoice["DocNumber"]) == (120, "501")

    roofer.void("invoice", "i1").void("invoice", "i2").settle()

    assert roofer.the("Invoice")["TotalAmt"] == 0


def running_balance_booked_each(new_roofer: NewRoofer) -> None:
    """Each is one line of what it first asked for; what it asks for later writes nothing."""
    roofer = new_roofer(settings=CompanySettings(running_balance="each"))
    roofer.contact().project()
    roofer.invoice("i1", "100.00", kind="running_balance", amount_due="40.00").settle()
    roofer.invoice("i2", "100.00", kind="running_balance", amount_due="60.00").settle()

    roofer.invoice("i1", "100.00", amount_due="10.00").settle()

    assert [each["TotalAmt"] for each in roofer.held("Invoice")] == [40, 60]
    assert len(roofer.writes("invoice")) == 2


def edited_on_both_sides_writes_ours(new_roofer: NewRoofer) -> None:
    """Base, theirs and ours differ: a decision with both values; ours is written."""
    roofer = new_roofer()
    roofer.contact().project().invoice(memo="As agreed").settle()
    roofer.hand("update", "Invoice", CustomerMemo={"value": "Call first"})
    roofer.invoice(memo="As agreed on site").settle()
    shown = roofer.question("invoice", "i1").shown
    assert shown["CustomerMemo"]["quickbooks"] == {"value": "Call first"}

    roofer.decide("invoice", "i1", "ours")

    assert roofer.the("Invoice")["CustomerMemo"]["value"] == "As agreed on site"


def edited_on_both_sides_leaves_theirs(new_roofer: NewRoofer) -> None:
    """Theirs stays, while other fields go on; ProLine's next change of it is asked about."""
    roofer = new_roofer()
    roofer.contact().project().invoice(memo="As agreed").settle()
    roofer.hand("update", "Invoice", CustomerMemo={"value": "Call first"})
    roofer.invoice(memo="As agreed on site").settle()
    roofer.decide("invoice", "i1", "theirs")

    roofer.invoice(due_on="2026-12-24").settle()
    invoice = roofer.the("Invoice")
    assert (invoice["CustomerMemo"]["value"], invoice["DueDate"]) == ("Call first", "2026-12-24")

    roofer.invoice(memo="Third").settle()
    assert roofer.question("invoice", "i1").question == "changed_in_quickbooks"


def edited_where_nobody_else_did(new_roofer: NewRoofer) -> None:
    """5010 because a person added a line: read, compared, sent; their line goes back unchanged."""
    roofer = new_roofer()
    roofer.contact().project().invoice(total="100.00").settle()
    lines = [each for each in roofer.the("Invoice")["Line"] if each.get("Id")]
    roofer.hand("update", "Invoice", Line=[*lines, LINE])

    line = {"id": "l1", "kind": "item", "name": "Tear-off", "amount": "110.00"}
    roofer.invoice(lines=[line], total="110.00").settle()

    assert roofer.record("invoice", "i1").state == "done"
    assert roofer.the("Invoice")["TotalAmt"] == 115
    assert roofer.reads()[-1] == "reread"


def number_taken_by_another(new_roofer: NewRoofer) -> None:
    """6140: the number of somebody else's invoice; ours takes -P, and that is stored."""
    roofer = new_roofer()
    other = roofer.by_hand("customer", DisplayName="Bo Other")
    roofer.by_hand("invoice", CustomerRef={"value": other["Id"]}, Line=[LINE], DocNumber="501")

    roofer.contact().project().invoice().settle()

    ours = roofer.held("Invoice")[-1]
    assert ours["DocNumber"] == "501-P"
    links = roofer.rows("SELECT doc_number FROM proline_qbo.links WHERE kind = 'Invoice'")
    assert [each.doc_number for each in links] == ["501-P"]


def number_that_is_ours_is_adopted(new_roofer: NewRoofer) -> None:
    """A restored backup knows nothing of it: the create is refused by number, and it is ours."""
    roofer = new_roofer()
    roofer.contact().project().invoice().settle()
    roofer.rows("DELETE FROM proline_qbo.links WHERE kind = 'Invoice' RETURNING record_pk")

    roofer.invoice(memo="As agreed").settle()

    invoice = roofer.the("Invoice")
    assert (invoice["DocNumber"], invoice["CustomerMemo"]["value"]) == ("501", "As agreed")
    assert roofer.record("invoice", "i1").state == "done"


def voided_before_it_was_sent(new_roofer: NewRoofer) -> None:
    """Nothing there; its payment becomes a decision: here, credit."""
    roofer = new_roofer()
    roofer.contact().project().invoice(sent_at=None).void("invoice", "i1")
    roofer.payment("100.00", {"i1": "100.00"}).settle()
    assert roofer.record("invoice", "i1").state == "done"
    assert roofer.held("Payment") == []

    roofer.decide("payment", "y1", "credit")

    assert roofer.the("Payment")["UnappliedAmt"] == 100


def voided_with_its_payments(new_roofer: NewRoofer) -> None:
    """Payments first, then the invoice."""
    roofer = new_roofer()
    roofer.contact().project().invoice().payment("100.00", {"i1": "100.00"}).settle()

    before = len(roofer.writes())
    # The invoice rests before its payment is void: together, either might go first by chance.
    roofer.void("invoice", "i1").settle().void("payment", "y1").settle()

    written = [each.path.rpartition("/")[2] for each in roofer.writes()[before:]]
    # The void of a payment changes its invoice there too, so that one may be sent twice.
    assert list(dict.fromkeys(written)) == ["payment", "invoice"]
    assert roofer.the("Invoice")["TotalAmt"] == roofer.the("Payment")["TotalAmt"] == 0


def voided_while_its_payments_are_alive(new_roofer: NewRoofer) -> None:
    """A decision: void, and leave the money as credit."""
    roofer = new_roofer()
    roofer.contact().project().invoice().payment("100.00", {"i1": "100.00"}).settle()
    roofer.void("invoice", "i1").settle()
    assert roofer.the("Invoice")["TotalAmt"] == 100

    roofer.decide("invoice", "i1", "void")

    assert roofer.the("Invoice")["TotalAmt"] == 0
    assert roofer.the("Payment")["UnappliedAmt"] == 100
    assert roofer.record("payment", "y1").state == "done"


def voided_while_its_payments_are_alive_waits(new_roofer: NewRoofer) -> None:
    """The other answer: wait until the payments are void too."""
    roofer = new_roofer()
    roofer.contact().project().invoice().payment("100.00", {"i1": "100.00"}).settle()
    roofer.void("invoice", "i1").settle()
    roofer.decide("invoice", "i1", "wait")
    assert roofer.record("invoice", "i1").reason == "children"

    roofer.void("payment", "y1").settle()

    assert roofer.the("Invoice")["TotalAmt"] == 0


def voided_in_quickbooks(new_roofer: NewRoofer) -> None:
    """Never made again silently: a decision; "send as new" makes another."""
    roofer = new_roofer(books={"custom_txn_numbers": False})
    roofer.contact().project().invoice().settle()
    roofer.hand("void", "Invoice")
    roofer.invoice(memo="Changed").settle()
    assert roofer.question("invoice", "i1").question == "send_as_new"

    roofer.decide("invoice", "i1", "new")

    assert [each["TotalAmt"] for each in roofer.held("Invoice")] == [0, 100]


def deleted_in_quickbooks(new_roofer: NewRoofer) -> None:
    """The same where it was deleted there."""
    roofer = new_roofer()
    roofer.contact().project().invoice().settle()
    roofer.hand("delete", "Invoice")
    roofer.invoice(memo="Changed").settle()
    assert roofer.held("Invoice") == []

    roofer.decide("invoice", "i1", "new")

    assert roofer.the("Invoice")["TotalAmt"] == 100


def unvoided_in_proline(new_roofer: NewRoofer) -> None:
    """A void of ours that lives again in ProLine is a decision too."""
    roofer = new_roofer(books={"custom_txn_numbers": False})
    roofer.contact().project().invoice().settle()
    roofer.void("invoice", "i1").settle()
    roofer.unvoid("invoice", "i1").settle()
    assert roofer.question("invoice", "i1").question == "send_as_new"

    roofer.decide("invoice", "i1", "leave")

    assert roofer.the("Invoice")["TotalAmt"] == 0
    assert roofer.record("invoice", "i1").state == "done"


def books_closed_and_reopened(new_roofer: NewRoofer) -> None:
    """6200: it waits; when the office says that they are open again, it goes."""
    roofer = new_roofer()
    roofer.prefer(book_close_date="2026-11-20")
    roofer.contact().project().invoice(issued_on="2026-11-20").settle()
    record = roofer.record("invoice", "i1")
    assert (record.state, record.reason) == ("waiting", "closed_books")

    roofer.decide("invoice", "i1", "reopened")
    assert roofer.record("invoice", "i1").reason == "closed_books"
    roofer.prefer(book_close_date=None).decide("invoice", "i1", "reopened")

    assert roofer.the("Invoice")["TxnDate"] == "2026-11-20"


def books_closed_dated_the_first_open_day(new_roofer: NewRoofer) -> None:
    """The office has this one dated the first open day; a later edit leaves it there."""
    roofer = new_roofer()
    roofer.prefer(book_close_date="2026-11-20")
    roofer.contact().project().invoice(issued_on="2026-11-20").settle()

    roofer.decide("invoice", "i1", "first_open_day")
    roofer.invoice(memo="Changed").settle()

    invoice = roofer.the("Invoice")
    assert (invoice["TxnDate"], invoice["CustomerMemo"]["value"]) == ("2026-11-21", "Changed")


def books_closed_skipped(new_roofer: NewRoofer) -> None:
    """The third choice: it is left out."""
    roofer = new_roofer()
    roofer.prefer(book_close_date="2026-11-20")
    roofer.contact().project().invoice(issued_on="2026-11-20").settle()

    roofer.decide("invoice", "i1", "skip")

    record = roofer.record("invoice", "i1")
    assert (record.state, record.skipped_by) == ("skipped", "the office")
    assert roofer.held("Invoice") == []


def total_that_differs_is_a_finding(new_roofer: NewRoofer) -> None:
    """QuickBooks computes the tax by its own rate: done, and visibly so."""
    settings = CompanySettings(tax_mode="amount", tax_code_id="2")
    roofer = new_roofer(settings=settings, books={"country": "CA", "currency": "CAD"})
    line = {"id": "l1", "kind": "item", "name": "Tear-off", "amount": "100.00"}
    tax = {"name": "GST", "rate": "8", "amount": "8.00"}

    roofer.contact().project().invoice(lines=[line], tax=tax, total="108.00").settle()

    assert roofer.record("invoice", "i1").state == "done"
    assert roofer.the("Invoice")["TotalAmt"] == 105
    (told,) = roofer.findings("total_differs")
    assert told.sentence == "ProLine says a total of 108.00, QuickBooks one of 105.00."


def other_currency_fails(new_roofer: NewRoofer) -> None:
    """Never booked one to one."""
    roofer = new_roofer()

    roofer.contact().project().invoice(currency="CAD").settle()

    record = roofer.record("invoice", "i1")
    assert (record.state, record.code) == ("failed", "currency")
    assert roofer.held("Invoice") == []


def customer_of_another_currency_fails(new_roofer: NewRoofer) -> None:
    """The linked customer is kept in another currency than the books."""
    roofer = new_roofer(books={"multi_currency": True})
    roofer.hand(
        "create",
        "Customer",
        DisplayName="Ada Example",
        PrimaryEmailAddr={"Address": "ada@example.com"},
        CurrencyRef={"value": "EUR"},
    )

    roofer.contact().project().invoice().settle()

    record = roofer.record("invoice", "i1")
    assert (record.state, record.code) == ("failed", "customer_currency")
    assert roofer.held("Invoice") == []


def no_tax_code_outside_the_us_fails(new_roofer: NewRoofer) -> None:
    """The sentence says what to choose."""
    roofer = new_roofer(books={"country": "CA", "currency": "CAD"})

    roofer.contact().project().invoice().settle()

    record = roofer.record("invoice", "i1")
    assert (record.state, record.code) == ("failed", "tax_code")
    assert roofer.held("Invoice") == []


ROWS = (
    Row(
        SECTION,
        "running-balance invoices",
        "One QuickBooks invoice stands for all of a project's.",
        running_balance_is_one_invoice,
        replaced("outbox.intake._member_of", lambda _: None),
        "records.running_balance.derive",
    ),
    Row(
        SECTION,
        "running-balance invoices: each",
        "The other choice, pinned on the project: one line of the amount due when first sent.",
        running_balance_booked_each,
        replaced("records.running_balance.pin", lambda *_: set()),
        "records.running_bookings.pin",
    ),
    Row(
        SECTION,
        "edited on both sides",
        "A decision with both values: write ours.",
        edited_on_both_sides_writes_ours,
        replaced("workers.learning.ask_about", lambda *_: False),
        "workers.conflicts",
        goes_round=True,
    ),
    Row(
        SECTION,
        "edited on both sides: theirs",
        "Left as it is there until ProLine changes it again.",
        edited_on_both_sides_leaves_theirs,
        replaced("workers.conflicts.kept_of", lambda _: {}),
        "workers.conflicts.kept_of",
    ),
    Row(
        SECTION,
        "edited, and another field there",
        "Read, compared, sent with the new token; lines we did not write go back unchanged.",
        edited_where_nobody_else_did,
        replaced("workers.mapping.changes._tagged", lambda _: {"Amount": "0"}),
        "workers.mapping.compare_with_theirs",
    ),
    Row(
        SECTION,
        "document number taken (6140)",
        'Ours is adopted; otherwise a "-P" suffix, and the number kept is stored.',
        number_taken_by_another,
        replaced("workers.learning.teaches", lambda *_: False),
        "workers.learning.teaches",
    ),
    Row(
        SECTION,
        "document number taken (6140), by ours",
        "Same customer, total and note: adopted.",
        number_that_is_ours_is_adopted,
        replaced("workers.learning.is_ours", lambda *_: False),
        "workers.lookups.is_ours",
    ),
    Row(
        SECTION,
        "voided before it was sent",
        "Done, nothing there; its payments become a decision.",
        voided_before_it_was_sent,
        replaced("records.allocation._voided", lambda *_: None),
        "records.allocation",
    ),
    Row(
        SECTION,
        "voided, payments too",
        "Payments first, then the invoice.",
        voided_with_its_payments,
        replaced("records.holders.load_holders", lambda *_: {}),
        "records.eligibility",
    ),
    Row(
        SECTION,
        "voided, payments alive",
        "A decision: void, and the money is credit.",
        voided_while_its_payments_are_alive,
        replaced("records.holders.load_holders", lambda *_: {}),
        "records.eligibility",
    ),
    Row(
        SECTION,
        "voided, payments alive: wait",
        "Waits until they are void too.",
        voided_while_its_payments_are_alive_waits,
        replaced("records.answers.Answers.to", lambda *_: None),
        "records.answers",
    ),
    Row(
        SECTION,
        "voided in QuickBooks",
        "Never re-created silently: a decision; sent as new it is another.",
        voided_in_quickbooks,
        replaced("records.eligibility._void_there", lambda *_: done()),
        "records.eligibility",
    ),
    Row(
        SECTION,
        "deleted in QuickBooks",
        "Never re-created silently: a decision.",
        deleted_in_quickbooks,
        replaced("workers.references.note_void", lambda *_: None),
        "workers.references.look_at_reference",
        goes_round=True,
    ),
    Row(
        SECTION,
        "un-voided in ProLine",
        "A decision; left, it stays void there.",
        unvoided_in_proline,
        replaced("records.eligibility._void_there", lambda *_: done()),
        "records.eligibility",
    ),
    Row(
        SECTION,
        "closed books: reopened",
        "Waits; the books are read again when a person says they were reopened.",
        books_closed_and_reopened,
        replaced("workers.closed._reopened", lambda *_: None),
        "workers.closed.look_again",
        goes_round=True,
    ),
    Row(
        SECTION,
        "closed books: first open day",
        "Dated the first open day, for this one document, and it stays there.",
        books_closed_dated_the_first_open_day,
        replaced("workers.wanted.dated_instead", lambda *_: None),
        "records.closed_books.dated_instead",
        goes_round=True,
    ),
    Row(
        SECTION,
        "closed books: skip",
        "Left out.",
        books_closed_skipped,
        replaced("records.answers.Answers.to", lambda *_: None),
        "records.answers",
    ),
    Row(
        SECTION,
        "tax or total differs",
        "Done with a counted finding.",
        total_that_differs_is_a_finding,
        replaced("workers.closing._differences", lambda *_: iter(())),
        "workers.closing",
    ),
    Row(
        SECTION,
        "currency differs from the realm's",
        "Failed, with the sentence.",
        other_currency_fails,
        replaced("workers.mapping.invoice.check_currency", lambda *_: None),
        "workers.mapping.errors",
    ),
    Row(
        SECTION,
        "currency differs from the customer's",
        "Failed, with the sentence.",
        customer_of_another_currency_fails,
        replaced("workers.wanted.check_customer_currency", lambda *_: None),
        "workers.mapping.check_customer_currency",
    ),
    Row(
        SECTION,
        "non-US without a tax code",
        "Failed, with the sentence.",
        no_tax_code_outside_the_us_fails,
        lambda patch: patch.setattr(
            "workers.mapping.context.BookContext.in_us", property(lambda _: True)
        ),
        "workers.mapping.errors",
    ),
)
