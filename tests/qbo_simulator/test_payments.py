"""Payments: what they apply, what they leave, and what they do to invoices."""

from decimal import Decimal

import pytest

from tests.qbo_simulator.driver import Company, invoice_body, payment_body


def test_a_payment_without_lines_is_credit_on_account() -> None:
    """The whole amount is unapplied and lowers the customer's balance."""
    company = Company()
    ada = company.customer()

    made = company.post("payment", payment_body(ada, 25)).object

    assert (made["TotalAmt"], made["UnappliedAmt"], made["Line"]) == (25, 25, [])
    assert made["DepositToAccountRef"] == {"value": "4"}
    assert company.get(f"customer/{ada}").object["Balance"] == -25


def test_a_payment_lowers_the_balance_of_its_invoice_and_raises_its_token() -> None:
    """Both sides show the link, and the invoice has a new SyncToken."""
    company = Company()
    ada = company.customer()
    invoice = company.invoice(ada, 100)

    made = company.post("payment", payment_body(ada, 70, {invoice["Id"]: 60})).object
    shown = company.get(f"invoice/{invoice['Id']}").object

    assert (made["UnappliedAmt"], made["Line"][0]["LinkedTxn"][0]["TxnId"]) == (10, invoice["Id"])
    assert (shown["Balance"], shown["TotalAmt"], shown["SyncToken"]) == (40, 100, "1")
    assert shown["LinkedTxn"] == [{"TxnId": made["Id"], "TxnType": "Payment"}]
    assert company.get(f"customer/{ada}").object["Balance"] == 30


def test_one_payment_pays_two_invoices_and_an_update_moves_it() -> None:
    """Lines are all or nothing: an update's lines replace the set, and both invoices follow."""
    company = Company()
    ada = company.customer()
    first, second = (company.invoice(ada, 50)["Id"] for _ in range(2))
    made = company.post("payment", payment_body(ada, 60, {first: 50, second: 10})).object

    company.post(
        "payment",
        {**payment_body(ada, 60, {second: 50}), "Id": made["Id"], "SyncToken": "0", "sparse": True},
    )

    balances = [company.get(f"invoice/{each}").object["Balance"] for each in (first, second)]
    assert balances == [50, 0]
    assert company.get(f"payment/{made['Id']}").object["UnappliedAmt"] == 10


@pytest.mark.parametrize(
    ("applied", "total", "code"),
    [({"1": 100.01}, 200, "6000"), ({"1": 60}, 50, "6000"), ({"99": 5}, 5, "610")],
)
def test_a_payment_that_applies_too_much_or_to_nothing_is_refused(
    applied: dict[str, float], total: float, code: str
) -> None:
    """Neither an invoice's open balance nor the payment's own total can be passed."""
    company = Company()
    ada = company.customer()
    company.invoice(ada, 100)

    reply = company.post("payment", payment_body(ada, total, applied))

    assert reply.code == code
    assert company.get("invoice/1").object["Balance"] == 100


def test_the_same_invoice_in_two_lines_counts_once() -> None:
    """Two lines of one payment together stay within the open balance."""
    company = Company()
    ada = company.customer()
    invoice = company.invoice(ada, 100)["Id"]
    line = {"Amount": 60, "LinkedTxn": [{"TxnId": invoice, "TxnType": "Invoice"}]}

    reply = company.post("payment", {**payment_body(ada, 120), "Line": [line, line]})

    assert reply.code == "6000"


def test_a_payment_belongs_to_the_customer_of_its_invoices() -> None:
    """Another customer's invoice cannot be linked, 620; a job's can where the parent is billed."""
    company = Company()
    ada = company.customer("Ada")
    job = company.customer("Job", Job=True, ParentRef={"value": ada})
    billed = company.customer("Billed", Job=True, ParentRef={"value": ada}, BillWithParent=True)
    of_job, of_billed = company.invoice(job, 10)["Id"], company.invoice(billed, 10)["Id"]

    refused = company.post("payment", payment_body(ada, 10, {of_job: 10}))
    taken = company.post("payment", payment_body(ada, 10, {of_billed: 10}))

    assert refused.code == "620"
    assert taken.code is None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"TotalAmt": None}, "2020"),
        ({"CustomerRef": None}, "2020"),
        ({"TotalAmt": -1}, "6000"),
        ({"PaymentMethodRef": {"value": "99"}}, "2500"),
        ({"DepositToAccountRef": {"value": "99"}}, "2500"),
        ({"DepositToAccountRef": {"value": "45"}}, "6430"),
        ({"PaymentRefNum": "x" * 22}, "2050"),
        ({"Reference": "x"}, "2010"),
        ({"Line": [{"Amount": 5}]}, "2020"),
        ({"Line": [{"Amount": 0, "LinkedTxn": [{"TxnId": "1", "TxnType": "Invoice"}]}]}, "6000"),
        ({"Line": [{"Amount": 5, "LinkedTxn": []}]}, "6000"),
    ],
)
def test_a_bad_payment_is_refused(change: dict[str, object], code: str) -> None:
    """Each rule has its code."""
    company = Company()
    ada = company.customer()
    company.invoice(ada, 100)

    reply = company.post("payment", {**payment_body(ada, 5), **change})

    assert (reply.status, reply.code) == (400, code)


def test_a_void_gives_the_invoices_their_balances_back() -> None:
    """A voided payment applies nothing, and its note keeps what it said."""
    company = Company()
    ada = company.customer()
    invoice = company.invoice(ada, 100)["Id"]
    made = company.post(
        "payment", payment_body(ada, 100, {invoice: 100}, PrivateNote="ProLine payment 9")
    ).object

    shown = company.post(
        "payment",
        {"Id": made["Id"], "SyncToken": "0", "sparse": True},
        operation="update",
        include="void",
    ).object

    assert (shown["TotalAmt"], shown["UnappliedAmt"], shown["Line"]) == (0, 0, [])
    assert shown["PrivateNote"] == "Voided - ProLine payment 9"
    assert company.get(f"invoice/{invoice}").object["Balance"] == 100
    assert company.get(f"customer/{ada}").object["Balance"] == 100


def test_a_deleted_payment_gives_the_balance_back() -> None:
    """A delete undoes what the payment applied."""
    company = Company()
    ada = company.customer()
    invoice = company.invoice(ada, 100)["Id"]
    made = company.post("payment", payment_body(ada, 100, {invoice: 100})).object

    company.post("payment", {"Id": made["Id"], "SyncToken": "0"}, operation="delete")

    assert company.get(f"invoice/{invoice}").object["LinkedTxn"] == []
    assert company.get(f"invoice/{invoice}").object["Balance"] == 100


@pytest.mark.parametrize("operation", ["void", "delete"])
def test_an_invoice_that_goes_leaves_its_money_as_credit(operation: str) -> None:
    """Void or delete of a paid invoice frees what was paid on it."""
    company = Company()
    ada = company.customer()
    invoice = company.invoice(ada, 100)["Id"]
    payment = company.post("payment", payment_body(ada, 80, {invoice: 80})).object["Id"]

    company.post("invoice", {"Id": invoice, "SyncToken": "1"}, operation=operation)

    freed = company.get(f"payment/{payment}").object
    assert (freed["UnappliedAmt"], freed["Line"], freed["SyncToken"]) == (80, [], "1")
    assert company.get(f"customer/{ada}").object["Balance"] == -80


def test_an_invoice_lowered_below_what_is_paid_frees_the_newest_money() -> None:
    """The balance is never negative; what is too much becomes credit of the newest payment."""
    company = Company()
    ada = company.customer()
    invoice = company.invoice(ada, 100)["Id"]
    old, new = (
        company.post("payment", payment_body(ada, 40, {invoice: 40})).object["Id"] for _ in range(2)
    )

    company.post(
        "invoice", {**invoice_body(ada, 50), "Id": invoice, "SyncToken": "2", "sparse": True}
    )

    assert company.get(f"invoice/{invoice}").object["Balance"] == 0
    unapplied = [company.get(f"payment/{each}").object["UnappliedAmt"] for each in (old, new)]
    assert unapplied == [0, Decimal(30)]


def test_a_paid_invoice_stays_with_its_customer() -> None:
    """An invoice with payments cannot move to another customer; one without can."""
    company = Company()
    ada, ben = company.customer("Ada"), company.customer("Ben")
    invoice = company.invoice(ada, 100)["Id"]
    move = {"Id": invoice, "sparse": True, "CustomerRef": {"value": ben}}
    company.post("payment", payment_body(ada, 10, {invoice: 10}))

    refused = company.post("invoice", {**move, "SyncToken": "1"})

    assert refused.code == "6000"
    assert company.get(f"invoice/{invoice}").object["CustomerRef"]["value"] == ada


def test_too_much_is_trimmed_where_the_setting_says_so() -> None:
    """A payment then applies what is open and leaves the rest unapplied."""
    company = Company(over_application="trim")
    ada = company.customer()
    first, second = (company.invoice(ada, 100)["Id"] for _ in range(2))
    company.post("payment", payment_body(ada, 100, {second: 100}))

    made = company.post("payment", payment_body(ada, 300, {first: 150, second: 150})).object

    assert [line["Amount"] for line in made["Line"]] == [100]
    assert made["UnappliedAmt"] == 200
