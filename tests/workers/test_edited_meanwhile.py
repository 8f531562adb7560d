"""Beside a write whose answer was lost somebody edits the same object in QuickBooks.

What is ours is known as ours, what is theirs stays theirs; no update that was not done counts as
done, and no money is booked a second time.
"""

from collections.abc import Callable
from typing import Any, Literal

import pytest
import structlog

from connections.settings import CompanySettings
from qbo_client import QuickBooksError
from records.claims import OpenAttempt
from tests.support.roofer import Roofer, until
from tests.workers.looks import cut_the_look_off
from workers import earlier_sends, sending
from workers.earlier_sends import Found
from workers.session import Session

NewRoofer = Callable[..., Roofer]
CREATE = CompanySettings(existing_customers="create")
FORGETFUL = {"requestid": "ignored"}
DONE_AND_LOST = {"answer": "lost"}
NEVER_DONE = {"answer": "drop"}
TEXT_LINE = {"DetailType": "DescriptionOnly", "Description": "Thanks", "DescriptionLineDetail": {}}
TWO_LINES = [
    {"id": f"l{each}", "kind": "item", "name": "Tear-off", "amount": "100.00"}
    | {"quantity": "1", "unit_price": "100.00"}
    for each in (1, 2)
]


@pytest.fixture
def roofer(new_roofer: NewRoofer) -> Roofer:
    """Give a contractor whose books know no request id again."""
    return new_roofer(settings=CREATE, books=FORGETFUL)


def lose(roofer: Roofer, entity: str, operation: str, **how: object) -> None:
    """Let the next such write be done and its answer be lost, or never be done."""
    roofer.fault({"entity": entity, "operation": operation}, **(how or DONE_AND_LOST))


def lines_there(roofer: Roofer) -> list[dict[str, Any]]:
    """Give the lines of the only invoice, as a person's screen holds them."""
    lines: list[dict[str, Any]] = roofer.the("Invoice")["Line"]
    return [each for each in lines if each["DetailType"] != "SubTotalLineDetail"]


# --- an update that was never done ---------------------------------------------------------------


def test_money_is_sent_though_a_person_entered_another_of_its_values(roofer: Roofer) -> None:
    """Due date and total change in ProLine, and the due date alike in QuickBooks."""
    roofer.contact().project().invoice(due_on="2026-12-01").settle()
    roofer.hand("update", "Invoice", DueDate="2026-12-15")
    lose(roofer, "invoice", "update", **NEVER_DONE)

    roofer.invoice(total="250.00", due_on="2026-12-15").settle()

    assert roofer.the("Invoice")["TotalAmt"] == 250
    assert roofer.record("invoice", "i1").state == "done"
    assert roofer.findings() == []


def test_a_field_is_sent_though_a_person_entered_another(roofer: Roofer) -> None:
    """The same phone number is entered on both sides, the e-mail address in ProLine alone."""
    roofer.contact(phone="555-0100", email="ada@example.com").project().settle()
    roofer.hand("update", "Customer", PrimaryPhone={"FreeFormNumber": "555-0101"})
    lose(roofer, "customer", "update", **NEVER_DONE)

    roofer.contact(phone="555-0101", email="bea@example.com").settle()

    assert roofer.the("Customer")["PrimaryEmailAddr"] == {"Address": "bea@example.com"}
    assert roofer.record("contact", "c1").state == "done"


def test_a_line_that_is_no_longer_wanted_goes(roofer: Roofer) -> None:
    """The lines that are wanted are among those that are there: that shows no update."""
    roofer.contact().project().invoice(total="200.00", lines=TWO_LINES).settle()
    roofer.hand("update", "Invoice", CustomerMemo={"value": "Call first"})
    lose(roofer, "invoice", "update", **NEVER_DONE)

    roofer.invoice(total="100.00", lines=TWO_LINES[:1]).settle()

    assert roofer.the("Invoice")["TotalAmt"] == 100


def test_tax_is_sent_though_a_person_entered_another_value(new_roofer: NewRoofer) -> None:
    """The tax is still the old one: that shows as much as any other field."""
    settings = CompanySettings(existing_customers="create", tax_mode="amount", tax_code_id="2")
    roofer = new_roofer(settings=settings, books=FORGETFUL | {"using_sales_tax": True})
    line = TWO_LINES[:1]
    tax = {"name": "Tax", "amount": "8.00"}
    roofer.contact().project()
    roofer.invoice(total="108.00", lines=line, tax=tax, due_on="2026-12-01").settle()
    roofer.hand("update", "Invoice", DueDate="2026-12-15")
    lose(roofer, "invoice", "update", **NEVER_DONE)

    tax = {"name": "Tax", "amount": "9.00"}
    roofer.invoice(total="109.00", lines=line, tax=tax, due_on="2026-12-15").settle()

    assert roofer.the("Invoice")["TotalAmt"] == 109
    assert roofer.findings() == []


def test_a_job_site_is_sent_though_a_person_entered_another_value(roofer: Roofer) -> None:
    """QuickBooks shows the old address as we had sent it."""
    site = {"line1": "1 Example Street", "city": "Denver", "state": "CO", "postal_code": "80201"}
    roofer.contact().project(address=site).invoice(due_on="2026-12-01").settle()
    roofer.hand("update", "Invoice", DueDate="2026-12-15")
    lose(roofer, "invoice", "update", **NEVER_DONE)

    moved = site | {"line1": "9 Example Road"}
    roofer.project(address=moved).invoice(due_on="2026-12-15").settle()

    assert roofer.the("Invoice")["ShipAddr"]["Line1"] == "9 Example Road"


# --- an update that was done ---------------------------------------------------------------------


def test_a_line_of_ours_beside_a_persons_is_booked_once(roofer: Roofer) -> None:
    """Our second line moves their text down; it is not taken for another line of theirs."""
    roofer.contact().project().invoice().settle()
    roofer.hand("update", "Invoice", Line=[*lines_there(roofer), TEXT_LINE])
    roofer.invoice(memo="As agreed").settle()
    lose(roofer, "invoice", "update")

    roofer.invoice(total="200.00", lines=TWO_LINES).settle()

    assert roofer.the("Invoice")["TotalAmt"] == 200
    assert [each["DetailType"] for each in lines_there(roofer)].count("DescriptionOnly") == 1


def test_a_line_that_a_person_adds_after_ours_stays_beside_it(roofer: Roofer) -> None:
    """Nothing of ours is booked twice, nothing of theirs is lost by the next version."""
    roofer.contact().project().invoice().settle()
    lose(roofer, "invoice", "update")
    cut_the_look_off(
        roofer, "invoice", "i1", lambda: roofer.invoice(total="200.00", lines=TWO_LINES)
    )
    roofer.hand("update", "Invoice", Line=[*lines_there(roofer), TEXT_LINE])

    roofer.settle()
    roofer.invoice(total="200.00", lines=TWO_LINES, memo="As agreed").settle()

    assert roofer.the("Invoice")["TotalAmt"] == 200
    assert roofer.record("invoice", "i1").state == "done"
    assert [each["DetailType"] for each in lines_there(roofer)].count("DescriptionOnly") == 1


def test_an_invoice_that_is_void_since_is_asked_about(roofer: Roofer) -> None:
    """Our values are on it, and it is void all the same."""
    roofer.contact().project().invoice(due_on="2026-12-01").settle()
    lose(roofer, "invoice", "update")
    cut_the_look_off(roofer, "invoice", "i1", lambda: roofer.invoice(due_on="2026-12-15"))
    roofer.hand("void", "Invoice")

    roofer.settle()

    assert roofer.record("invoice", "i1").reason == "decision"


def test_a_customer_that_is_inactive_since_is_asked_about(roofer: Roofer) -> None:
    """What is booked on it later would be refused."""
    roofer.contact(phone="555-0100").project().settle()
    lose(roofer, "customer", "update")
    cut_the_look_off(roofer, "contact", "c1", lambda: roofer.contact(phone="555-0101"))
    roofer.hand("update", "Customer", Active=False)

    roofer.settle()

    assert roofer.record("contact", "c1").reason == "decision"


def test_a_customer_that_was_merged_since_is_asked_about(roofer: Roofer) -> None:
    """The invoice was moved by that; the contact still hangs from the one that is gone."""
    roofer.contact().project().invoice(due_on="2026-12-01").settle()
    gone = roofer.the("Customer")["Id"]
    left = roofer.by_hand("customer", DisplayName="Bea Sample")["Id"]
    lose(roofer, "invoice", "update")
    cut_the_look_off(roofer, "invoice", "i1", lambda: roofer.invoice(due_on="2026-12-15"))
    roofer.operator("merge", **{"from": gone, "into": left})

    roofer.settle()
    roofer.invoice(due_on="2026-12-20").settle()

    assert roofer.record("contact", "c1").reason == "decision"


def test_what_a_person_left_as_it_is_there_is_not_taken_for_ours(roofer: Roofer) -> None:
    """A payment that was moved there by hand, and kept so, pays that invoice still."""
    roofer.contact().project().invoice().invoice("i2").payment("100.00", {"i1": "100.00"}).settle()
    ids = {each["DocNumber"]: each["Id"] for each in roofer.held("Invoice")}
    moved = [{"Amount": 100, "LinkedTxn": [{"TxnId": ids["502"], "TxnType": "Invoice"}]}]
    customer = roofer.the("Payment")["CustomerRef"]
    roofer.hand("update", "Payment", Line=moved, CustomerRef=customer, TotalAmt=100)
    roofer.payment("100.00", {"i1": "60.00"}, reference="Check 1").settle()
    roofer.decide("payment", "y1", "theirs")
    lose(roofer, "payment", "update")

    roofer.payment("100.00", {"i1": "60.00"}, reference="Check 2").settle()

    held = roofer.rows(
        "SELECT r.record_id, a.settled FROM proline_qbo.applications a "
        "JOIN proline_qbo.records r ON r.pk = a.invoice_pk WHERE a.settled > 0"
    )
    assert [(each.record_id, each.settled) for each in held] == [("i2", 100)]
    assert roofer.balances() == {"501": 100, "502": 0}


# --- a create ------------------------------------------------------------------------------------


def test_what_a_found_customer_lacks_is_written(roofer: Roofer) -> None:
    """A person has made it by hand, under the very name: it is ours, and not yet as we want it."""
    roofer.by_hand("customer", DisplayName="Ada Example - C#1001")
    lose(roofer, "customer", "create", **NEVER_DONE)

    roofer.contact(phone="555-0100").project().settle()

    assert roofer.the("Customer")["PrimaryPhone"] == {"FreeFormNumber": "555-0100"}
    assert roofer.record("contact", "c1").state == "done"


def test_what_was_there_before_our_create_is_not_taken_for_made_by_it(roofer: Roofer) -> None:
    """It was made and edited by hand long ago: what it lacks is written all the same."""
    roofer.by_hand("customer", DisplayName="Ada Example - C#1001")
    roofer.hand("update", "Customer", PrimaryPhone={"FreeFormNumber": "555-0099"})
    roofer.the("Customer")["MetaData"]["CreateTime"] = "2025-03-01T09:00:00-07:00"
    lose(roofer, "customer", "create", **NEVER_DONE)

    roofer.contact(phone="555-0100").project().settle()

    customer = roofer.the("Customer")
    assert customer["PrimaryPhone"] == {"FreeFormNumber": "555-0100"}
    assert customer["PrimaryEmailAddr"] == {"Address": "ada@example.com"}
    assert roofer.record("contact", "c1").state == "done"


def test_an_invoice_that_is_found_as_wanted_needs_no_open_books(roofer: Roofer) -> None:
    """Nothing is left to write: that the books are closed by now is no matter."""
    roofer.contact().project().settle()
    lose(roofer, "invoice", "create")
    cut_the_look_off(roofer, "invoice", "i1", roofer.invoice)
    roofer.prefer(book_close_date="2026-11-30")
    roofer.rows("UPDATE proline_qbo.books SET book_close_date = '2026-11-30' RETURNING realm_id")

    roofer.settle()

    assert roofer.record("invoice", "i1").state == "done"


def test_what_the_office_left_out_meanwhile_is_found_and_not_written(roofer: Roofer) -> None:
    """It was claimed only to learn what became of its create."""
    roofer.by_hand("customer", DisplayName="Ada Example - C#1001")
    lose(roofer, "customer", "create", **NEVER_DONE)
    cut_the_look_off(roofer, "contact", "c1", lambda: roofer.contact(phone="555-0100").project())

    roofer.order("contact", "c1", "skip")
    roofer.settle()

    assert roofer.record("contact", "c1").state == "skipped"
    assert "PrimaryPhone" not in roofer.the("Customer")


@pytest.mark.parametrize("rule", ["create", "link", "ask"])
@pytest.mark.parametrize("how", [{}, NEVER_DONE], ids=["at once", "after a lost send"])
def test_what_was_given_up_is_not_taken_over_again(
    new_roofer: NewRoofer, how: dict[str, object], rule: Literal["create", "link", "ask"]
) -> None:
    """A person had the customer sent as new, and it has its old name again: ours takes a suffix."""
    roofer = new_roofer(settings=CompanySettings(existing_customers=rule), books=FORGETFUL)
    roofer.contact(phone="555-0100").project().settle()
    roofer.hand("update", "Customer", Active=False)
    roofer.contact(phone="555-0101").settle()
    roofer.hand("update", "Customer", Active=True, DisplayName="Ada Example - C#1001")
    if how:
        lose(roofer, "customer", "create", **how)

    roofer.decide("contact", "c1", "new")
    roofer.invoice().settle()

    first, second = roofer.held("Customer")
    assert second["DisplayName"] == f"{first['DisplayName']} (Customer)"
    assert roofer.the("Invoice")["CustomerRef"]["value"] == second["Id"]


def test_an_invoice_whose_sum_was_edited_is_not_booked_a_second_time(roofer: Roofer) -> None:
    """Number, note and customer are ours; of the sum, the office is asked."""
    roofer.contact().project().settle()
    lose(roofer, "invoice", "create")
    cut_the_look_off(roofer, "invoice", "i1", roofer.invoice)
    (line,) = lines_there(roofer)
    detail = line["SalesItemLineDetail"] | {"UnitPrice": 150, "Qty": 1}
    edited = line | {"Amount": 150, "SalesItemLineDetail": detail}
    roofer.hand("update", "Invoice", Line=[edited])

    roofer.settle()
    assert roofer.the("Invoice")["TotalAmt"] == 150
    roofer.invoice(total="120.00").settle()

    assert roofer.the("Invoice")["TotalAmt"] == 150
    assert "the lines" in roofer.record("invoice", "i1").sentence


def test_a_customer_whose_address_was_edited_is_not_made_a_second_time(roofer: Roofer) -> None:
    """The name is ours, with our number in it."""
    lose(roofer, "customer", "create")
    cut_the_look_off(roofer, "contact", "c1", lambda: roofer.contact().project())
    roofer.hand("update", "Customer", PrimaryEmailAddr={"Address": "new@example.com"})

    roofer.settle()

    assert roofer.the("Customer")["PrimaryEmailAddr"] == {"Address": "new@example.com"}
    assert roofer.record("contact", "c1").state == "done"


def test_what_a_person_edited_after_our_create_is_not_overwritten_unseen(roofer: Roofer) -> None:
    """The next version meets their value as any other does: it is asked about."""
    lose(roofer, "customer", "create")
    cut_the_look_off(roofer, "contact", "c1", lambda: roofer.contact(phone="555-0100").project())
    roofer.hand("update", "Customer", PrimaryPhone={"FreeFormNumber": "555-0199"})

    roofer.settle()
    roofer.contact(phone="555-0101").settle()

    assert roofer.the("Customer")["PrimaryPhone"] == {"FreeFormNumber": "555-0199"}
    assert "the phone number" in roofer.record("contact", "c1").sentence


# --- who was taken for dead ----------------------------------------------------------------------


def test_who_lost_the_claim_closes_nothing(roofer: Roofer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has the record now may have sent it once more."""
    lost: list[int] = []

    def look(
        session: Session, attempt: OpenAttempt, refusal: QuickBooksError | None = None
    ) -> Found | None:
        found = earlier_sends.look(session, attempt, refusal)
        if not lost:
            lost.append(session.claim.pk)
            roofer.rows(
                "UPDATE proline_qbo.records SET dispatch_token = gen_random_uuid() "
                "WHERE pk = %s RETURNING pk",
                session.claim.pk,
            )
        return found

    roofer.contact(phone="555-0100").project().settle()
    roofer.hand("update", "Customer", PrimaryPhone={"FreeFormNumber": "555-0199"})
    monkeypatch.setattr(sending, "look", look)
    lose(roofer, "customer", "update", **NEVER_DONE)

    with structlog.testing.capture_logs() as logs:
        roofer.contact(phone="555-0101")
        until(lambda: "record.left" in {each["event"] for each in logs})

    assert roofer.attempts("contact", "c1")[-1].answer is None
