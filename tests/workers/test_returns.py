"""Money that went back: QuickBooks' payment is left alone, and a person is told what to book."""

import pytest

from tests.support.roofer import Roofer

REFUND = {"id": "r1", "kind": "refund", "amount": "20.00", "on": "2026-11-22"}
CHARGEBACK = {"id": "r2", "kind": "chargeback", "amount": "30.00", "on": "2026-11-23"}
ACH_RETURN = {"id": "r3", "kind": "ach_return", "amount": "50.00"}

TOLD_FIRST = (
    "A refund of 20.00 on 2026-11-22: 20.00 of 100.00 has gone back in all. Book it in QuickBooks;"
    " the payment there is left as it is."
)
TOLD_SECOND = (
    "A chargeback of 30.00 on 2026-11-23: 50.00 of 100.00 has gone back in all. Book it in"
    " QuickBooks; the payment there is left as it is."
)


def findings(roofer: Roofer) -> list[tuple[str, str]]:
    """List what was found of money that went back, by return."""
    return [
        (row.key, row.sentence)
        for row in roofer.rows(
            "SELECT key, sentence FROM proline_qbo.findings WHERE kind = 'money_returned'"
            " ORDER BY key"
        )
    ]


@pytest.fixture
def paid(roofer: Roofer) -> Roofer:
    """Give a contractor with one paid invoice."""
    return roofer.contact().project().invoice().payment("100.00", {"i1": "100.00"}).settle()


def returned(roofer: Roofer, *returns: dict[str, str], reference: str | None = None) -> None:
    """Say that this much of the payment has gone back so far, and let it settle."""
    gone = {"returns": list(returns), "reference": reference}
    roofer.payment("100.00", {"i1": "100.00"}, "y1", **gone).settle()


def test_each_return_is_told_once_with_the_sum_so_far(paid: Roofer) -> None:
    """Every event is a finding of its own, and the payment in the books is not touched."""
    returned(paid, REFUND)
    returned(paid, REFUND, CHARGEBACK)
    returned(paid, REFUND, CHARGEBACK, reference="check 12")

    assert findings(paid) == [("r1", TOLD_FIRST), ("r2", TOLD_SECOND)]
    assert paid.the("Payment")["TotalAmt"] == 100
    assert paid.record("payment", "y1").state == "done"


def test_a_return_that_comes_with_the_payment_is_told_too(roofer: Roofer) -> None:
    """The whole payment may come to us when part of it is back already; a day may be missing."""
    roofer.contact().project().invoice()

    returned(roofer, ACH_RETURN)

    ((key, sentence),) = findings(roofer)
    assert (key, sentence.partition(":")[0]) == ("r3", "An ACH return of 50.00")


def test_a_payment_that_is_void_there_asks_for_nothing_to_be_booked(roofer: Roofer) -> None:
    """Its void has taken all of the money back."""
    roofer.contact().project().invoice().payment("100.00", {"i1": "100.00"}).settle()
    roofer.latest["payment", "y1"] |= {"returns": [REFUND]}

    roofer.void("payment", "y1").settle()

    assert findings(roofer) == []
    assert roofer.the("Payment")["TotalAmt"] == 0


def test_a_return_that_proline_corrects_is_told_anew_and_not_twice(paid: Roofer) -> None:
    """The finding stays one, with the sum that holds now."""
    returned(paid, REFUND)
    returned(paid, REFUND | {"amount": "25.00"})

    ((key, sentence),) = findings(paid)
    assert (key, "25.00 of 100.00" in sentence) == ("r1", True)
