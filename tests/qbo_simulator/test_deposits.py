"""Deposits: they lock the payments that lie in them."""

import pytest

from tests.qbo_simulator.driver import Company, payment_body

BANK = {"value": "35"}


def _deposit(*payments: str, **fields: object) -> dict[str, object]:
    lines = [{"LinkedTxn": [{"TxnId": each, "TxnType": "Payment"}]} for each in payments]
    return {"DepositToAccountRef": BANK, "Line": lines, **fields}


def test_a_deposit_takes_payments_and_shows_on_each() -> None:
    """Its total is theirs, and each payment links back to it."""
    company = Company()
    ada = company.customer()
    first, second = (
        company.post("payment", payment_body(ada, amount)).object["Id"] for amount in (5, 7)
    )

    made = company.post("deposit", _deposit(first, second)).object

    assert (made["TotalAmt"], made["DepositToAccountRef"]["name"]) == (12, "Checking")
    assert made["Line"][0]["LinkedTxn"][0]["TxnType"] == "Payment"
    shown = company.get(f"payment/{first}").object
    assert shown["LinkedTxn"] == [{"TxnId": made["Id"], "TxnType": "Deposit"}]


def test_a_deposited_payment_is_locked_until_the_deposit_is_gone() -> None:
    """Void, delete and a new amount are refused with 6540; a note may change."""
    company = Company()
    ada = company.customer()
    payment = company.post("payment", payment_body(ada, 5)).object["Id"]
    deposit = company.post("deposit", _deposit(payment)).object["Id"]
    named = {"Id": payment, "SyncToken": "0", "sparse": True}

    refused = [
        company.post("payment", named, operation="update", include="void"),
        company.post("payment", named, operation="delete"),
        company.post("payment", {**named, "TotalAmt": 6}),
        company.post("payment", {**named, "DepositToAccountRef": BANK}),
    ]
    noted = company.post("payment", {**named, "PrivateNote": "by hand"})
    company.post("deposit", {"Id": deposit, "SyncToken": "0"}, operation="delete")
    voided = company.post(
        "payment", {**named, "SyncToken": "1"}, operation="update", include="void"
    )

    assert [reply.code for reply in refused] == ["6540"] * 4
    assert (noted.code, voided.code) == (None, None)
    assert voided.object["TotalAmt"] == 0


def test_other_money_is_deposited_to_an_account() -> None:
    """A line with DepositLineDetail names the account it comes from."""
    company = Company()
    line = {
        "Amount": 20,
        "DetailType": "DepositLineDetail",
        "DepositLineDetail": {"AccountRef": {"value": "45"}},
    }

    made = company.post("deposit", {"DepositToAccountRef": BANK, "Line": [line]}).object

    assert made["TotalAmt"] == 20
    assert made["Line"][0]["DepositLineDetail"]["AccountRef"]["name"] == "Services"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"DepositToAccountRef": None}, "2020"),
        ({"DepositToAccountRef": {"value": "99"}}, "2500"),
        ({"DepositToAccountRef": {"value": "45"}}, "6000"),
        ({"DepositToAccountRef": {"value": "4"}}, "6000"),
        ({"Line": []}, "2020"),
        ({"Line": [{"Amount": 5, "DetailType": "DepositLineDetail"}]}, "2020"),
        ({"Line": [{"LinkedTxn": [{"TxnId": "99", "TxnType": "Payment"}]}]}, "610"),
        ({"Line": [{"LinkedTxn": [{"TxnId": "2", "TxnType": "Payment"}]}]}, "6000"),
        ({"Line": [{"LinkedTxn": [{"TxnId": "1", "TxnType": "Payment"}]}] * 2}, "6000"),
        (
            {
                "Line": [
                    {
                        "DetailType": "DepositLineDetail",
                        "LinkedTxn": [{"TxnId": "1", "TxnType": "Payment"}],
                    }
                ]
            },
            "2020",
        ),
    ],
)
def test_a_bad_deposit_is_refused(change: dict[str, object], code: str) -> None:
    """Each rule has its code; a payment outside Undeposited Funds is not deposited."""
    company = Company()
    ada = company.customer()
    company.post("payment", payment_body(ada, 5))
    company.post("payment", payment_body(ada, 5, DepositToAccountRef=BANK))

    reply = company.post("deposit", {**_deposit("1"), **change})

    assert (reply.status, reply.code) == (400, code)


def test_a_payment_is_deposited_once() -> None:
    """A second deposit of it is refused; a change of its own deposit is not."""
    company = Company()
    payment = company.post("payment", payment_body(company.customer(), 5)).object["Id"]
    made = company.post("deposit", _deposit(payment)).object

    again = company.post("deposit", _deposit(payment))
    changed = company.post(
        "deposit", _deposit(payment, Id=made["Id"], SyncToken="0", PrivateNote="Monday")
    )

    assert (again.code, changed.code) == ("6000", None)
