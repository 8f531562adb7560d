"""The checker sees a cent too little or too much in what is written."""

from decimal import Decimal

import pytest

from chaos.checker import Kind
from tests.chaos.calls import kinds, sound
from tests.demo.sample_ledger import ledger


@pytest.mark.parametrize("total", ["99.99", "100.01"])
def test_a_cent_too_little_or_too_much_is_seen(total: str) -> None:
    """An invoice comes to what ProLine said at the revision that it carries."""
    written = sound()
    written.revision(4, "invoice", "i1", total="100.00")
    written.invoice(7, 4, "update", total=total)

    assert kinds(written.judged()) == {Kind.CENTS_OFF: 1}


def test_a_discount_takes_off() -> None:
    """A line of its own kind, whose amount is positive."""
    written = sound()
    written.revision(4, "invoice", "i1", total="90.00")
    lines = [
        {"DetailType": "SalesItemLineDetail", "Amount": Decimal("100.00")},
        {"DetailType": "DiscountLineDetail", "Amount": Decimal("10.00")},
    ]
    body = {"CustomerMemo": {"value": "Revision 4"}, "Line": lines}
    written.call(7, "Invoice", "update", "5", body)

    assert written.judged().is_clean


def test_a_payments_cent_is_seen() -> None:
    """Also where a later write puts it right."""
    written = sound()
    written.revision(4, "payment", "y1", total="40.00")
    written.revision(5, "payment", "y1", total="40.00")
    written.payment(7, 4, operation="update", amount="4000.00")
    written.payment(8, 5, operation="update", amount="40.00")

    assert kinds(written.judged()) == {Kind.CENTS_OFF: 1}


@pytest.mark.parametrize(("total", "cents_off"), [("100.00", 1), ("120.00", 0)])
def test_a_sum_without_a_revision_is_of_the_one_that_is_shown(total: str, cents_off: int) -> None:
    """A sparse update leaves the memo out where it stays as it is."""
    written = sound()
    written.revision(4, "invoice", "i1", total="120.00")
    written.invoice(7, 4, "update", total="120.00")
    line = {"DetailType": "SalesItemLineDetail", "Amount": Decimal(total)}
    written.call(8, "Invoice", "update", "5", {"Line": [line]})

    assert kinds(written.judged()) == ({Kind.CENTS_OFF: cents_off} if cents_off else {})


@pytest.mark.parametrize(("amount", "cents_off"), [("40.01", 1), ("40.00", 0)])
def test_an_amount_without_a_reference_is_of_the_one_that_is_shown(
    amount: str, cents_off: int
) -> None:
    """Also where QuickBooks does not do what it is asked."""
    written = sound()
    body = {"TotalAmt": Decimal(amount)}
    written.call(7, "Payment", "update", "9", body, status=400, applied_at=None)

    assert kinds(written.judged()) == ({Kind.CENTS_OFF: cents_off} if cents_off else {})


def test_what_is_shown_later_says_nothing_of_a_sum_of_before() -> None:
    """The update arrives between two revisions."""
    written = sound()
    written.revision(4, "invoice", "i1", total="120.00")
    line = {"DetailType": "SalesItemLineDetail", "Amount": Decimal("100.00")}
    written.call(7, "Invoice", "update", "5", {"Line": [line]})
    written.invoice(8, 4, "update", total="120.00")

    assert written.judged().is_clean


def test_a_name_of_before_is_seen() -> None:
    """A snapshot that was read too early says what somebody else has changed since."""
    written = sound()
    (contact,) = ledger().contacts
    written.contacts.append(contact)
    written.revision(4, record_id=contact.id, name="Ada Example")
    for name in ("Ada Example - C#1001", "Bea Example - C#1001"):
        body = {"DisplayName": name, "PrimaryPhone": {"FreeFormNumber": "(555) 010-4"}}
        written.call(7 + len(written.calls), "Customer", "update", "2", body)

    assert kinds(written.judged()) == {Kind.LOST: 1}
