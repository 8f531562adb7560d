"""Payments: the whole amount, applied to what it pays, never to more."""

import pickle
from decimal import Decimal

import pytest

from tests.workers_mapping.examples import books, payment
from workers.mapping import AppliedLine, MappingRefused, payment_fields

LINES = (AppliedLine("266", Decimal(60)), AppliedLine("267", Decimal("30.5")))


def test_a_payment_carries_what_proline_knows() -> None:
    """Customer, amount, day, method, reference, note, and a line for each invoice it pays."""
    fields = payment_fields(payment(), "58", LINES, books(deposit_account_id="35")).fields

    assert fields == {
        "CustomerRef": {"value": "58"},
        "TotalAmt": Decimal("100.00"),
        "TxnDate": "2026-03-05",
        "PaymentMethodRef": {"value": "2"},
        "PaymentRefNum": "Check 4711",
        "DepositToAccountRef": {"value": "35"},
        "PrivateNote": "ProLine payment 9931",
        "Line": [
            {"Amount": Decimal("60.00"), "LinkedTxn": [{"TxnId": "266", "TxnType": "Invoice"}]},
            {"Amount": Decimal("30.50"), "LinkedTxn": [{"TxnId": "267", "TxnType": "Invoice"}]},
        ],
    }


def test_a_deposit_is_all_credit() -> None:
    """Without lines the whole amount stays on the customer's account."""
    fields = payment_fields(payment(), "58", (), books()).fields

    assert fields.keys().isdisjoint({"Line", "DepositToAccountRef"})


def test_the_reference_is_the_number_if_there_is_none_and_is_cut() -> None:
    """QuickBooks takes 21 characters; without either nothing is sent."""
    numbered = payment_fields(payment(reference=None), "58", (), books()).fields
    long = payment_fields(payment(reference="r" * 30), "58", (), books()).fields
    neither = payment_fields(payment(reference=None, number=None), "58", (), books()).fields

    assert numbered["PaymentRefNum"] == "9931"
    assert long["PaymentRefNum"] == "r" * 21
    assert "PaymentRefNum" not in neither
    assert neither["PrivateNote"] == "ProLine payment payment-1"


def test_a_part_of_a_payment_has_its_own_amount() -> None:
    """A payment for invoices of two customers becomes one payment for each."""
    fields = payment_fields(payment(), "58", LINES[:1], books(), Decimal("60.5")).fields

    assert fields["TotalAmt"] == Decimal("60.50")


@pytest.mark.parametrize(
    ("code", "changes", "lines"),
    [
        ("currency", {"currency": "EUR"}, ()),
        ("date_missing", {"received_on": None}, ()),
        ("amount_not_positive", {"amount": "0"}, ()),
        ("amount_not_positive", {"amount": "-5"}, ()),
        ("fraction_of_cent", {"amount": "100.001"}, ()),
        ("fraction_of_cent", {}, (AppliedLine("266", Decimal("0.001")),)),
        ("over_applied", {"amount": "90.49"}, LINES),
    ],
)
def test_what_cannot_be_booked_is_refused(
    code: str, changes: dict[str, object], lines: tuple[AppliedLine, ...]
) -> None:
    """Money is not converted, rounded, dated by guess or applied twice."""
    with pytest.raises(MappingRefused) as refused:
        payment_fields(payment(**changes), "58", lines, books())

    assert refused.value.code == code
    assert "{" not in refused.value.sentence


def test_a_payment_may_be_applied_to_the_last_cent() -> None:
    """Equal is not over."""
    fields = payment_fields(payment(amount="90.5"), "58", LINES, books()).fields

    assert fields["TotalAmt"] == Decimal("90.50")


def test_a_refusal_travels_between_processes() -> None:
    """Code and sentence are there on the other side."""
    refusal = MappingRefused("currency", "A sentence.")

    again = pickle.loads(pickle.dumps(refusal))  # noqa: S301  # bytes of this very test

    assert (again.code, again.sentence) == ("currency", "A sentence.")
