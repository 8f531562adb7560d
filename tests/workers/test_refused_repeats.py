"""A refusal of a repeat says nothing of the first send: QuickBooks is asked what it holds.

The books here do not know a repeated request id again: they refuse what they did already, by its
SyncToken, its name or its number. Whoever took that for the outcome, and was ended before looking,
would take its own values for somebody else's, or make under a new name what is there already.
"""

from collections.abc import Callable

import pytest

from connections.settings import CompanySettings
from tests.support.roofer import Roofer
from tests.workers.looks import cut_the_look_off

NewRoofer = Callable[..., Roofer]
CREATE = CompanySettings(existing_customers="create")
FORGETFUL = {"requestid": "ignored"}
DONE_AND_LOST = {"answer": "lost"}
SEEN_BEFORE = {"status": 400, "fault": "600", "applied": True}


@pytest.fixture
def roofer(new_roofer: NewRoofer) -> Roofer:
    """Give a contractor whose books know no request id again."""
    return new_roofer(settings=CREATE, books=FORGETFUL)


def test_our_own_values_are_not_somebody_elses(roofer: Roofer) -> None:
    """An update that was done twice over in ProLine's time: no person is asked."""
    roofer.contact(phone="555-0100").project().settle()
    roofer.fault({"entity": "customer", "operation": "update"}, **DONE_AND_LOST)
    cut_the_look_off(roofer, "contact", "c1", lambda: roofer.contact(phone="555-0101"))

    roofer.contact(phone="555-0102").settle()

    record = roofer.record("contact", "c1")
    assert (record.state, record.sentence) == ("done", None)
    assert roofer.the("Customer")["PrimaryPhone"] == {"FreeFormNumber": "555-0102"}
    answers = [each.answer for each in roofer.attempts("contact", "c1")]
    assert answers == ["applied", "applied", "applied"]


def test_what_somebody_changed_meanwhile_is_still_asked_about(roofer: Roofer) -> None:
    """The first send was never done: what is there is a person's."""
    roofer.contact(phone="555-0100").project().settle()
    customer = roofer.the("Customer")
    token = {"Id": customer["Id"], "SyncToken": customer["SyncToken"], "sparse": True}
    roofer.by_hand("customer", **token, PrimaryPhone={"FreeFormNumber": "555-0199"})
    roofer.fault({"entity": "customer", "operation": "update"}, answer="drop")

    roofer.contact(phone="555-0101").settle()

    record = roofer.record("contact", "c1")
    assert (record.state, record.reason) == ("waiting", "decision")
    assert "the phone number" in record.sentence
    assert roofer.reads() == ["look_up"]


def test_what_somebody_changed_after_ours_is_asked_about(roofer: Roofer) -> None:
    """Ours was done, and another field changed by hand since: theirs is not overwritten."""
    roofer.contact(phone="555-0100", email="ada@example.com").project().settle()
    roofer.fault({"entity": "customer", "operation": "update"}, **DONE_AND_LOST)
    cut_the_look_off(roofer, "contact", "c1", lambda: roofer.contact(phone="555-0101"))
    customer = roofer.the("Customer")
    token = {"Id": customer["Id"], "SyncToken": customer["SyncToken"], "sparse": True}
    roofer.by_hand("customer", **token, PrimaryEmailAddr={"Address": "new@example.com"})

    roofer.contact(phone="555-0102", email="other@example.com").settle()

    record = roofer.record("contact", "c1")
    assert (record.state, record.reason) == ("waiting", "decision")
    assert "the e-mail address" in record.sentence
    assert "the phone number" not in record.sentence
    assert roofer.the("Customer")["PrimaryEmailAddr"] == {"Address": "new@example.com"}


@pytest.mark.parametrize("how", [DONE_AND_LOST, SEEN_BEFORE], ids=["lost", "600"])
def test_a_customer_renamed_before_the_look_is_made_once(
    roofer: Roofer, how: dict[str, object]
) -> None:
    """Its name would no longer lead to what is there."""
    roofer.fault({"entity": "customer", "operation": "create"}, **how)
    cut_the_look_off(roofer, "contact", "c1", lambda: roofer.contact().project())

    roofer.contact(display_name="Ada Example-Sample").settle()

    assert roofer.the("Customer")["DisplayName"].startswith("Ada Example-Sample")
    assert roofer.record("contact", "c1").state == "done"


@pytest.mark.parametrize("how", [DONE_AND_LOST, SEEN_BEFORE], ids=["lost", "600"])
def test_an_invoice_renumbered_before_the_look_is_booked_once(
    roofer: Roofer, how: dict[str, object]
) -> None:
    """Revenue would be in the books twice, under both numbers."""
    roofer.contact().project().settle()
    roofer.fault({"entity": "invoice", "operation": "create"}, **how)
    cut_the_look_off(roofer, "invoice", "i1", roofer.invoice)

    roofer.invoice(number="777").settle()

    assert [each["DocNumber"] for each in roofer.held("Invoice")] == ["777"]
    assert roofer.record("invoice", "i1").state == "done"


def test_money_taken_off_an_invoice_is_counted_as_it_is_there(roofer: Roofer) -> None:
    """A payment moved between two invoices, its answer lost: the room it left is known."""
    roofer.contact().project().invoice().invoice("i2").payment("100.00", {"i1": "100.00"}).settle()
    roofer.fault({"entity": "payment", "operation": "update"}, **DONE_AND_LOST)
    cut_the_look_off(roofer, "payment", "y1", lambda: roofer.payment("100.00", {"i2": "100.00"}))

    roofer.payment("100.00", {"i1": "40.00", "i2": "60.00"}).settle()

    assert roofer.balances() == {"501": 60, "502": 40}
    assert roofer.record("payment", "y1").state == "done"


def test_a_void_is_known_as_done(roofer: Roofer) -> None:
    """The repeat of a void meets its own SyncToken; the look shows that it is void."""
    roofer.contact().project().invoice().settle()
    roofer.fault({"entity": "invoice", "operation": "void"}, **DONE_AND_LOST)
    cut_the_look_off(roofer, "invoice", "i1", lambda: roofer.void("invoice", "i1"))

    roofer.settle()

    assert roofer.record("invoice", "i1").state == "done"
    assert [each.answer for each in roofer.attempts("invoice", "i1")] == ["applied", "applied"]
