"""The second opinion: it agrees with books kept right, and finds each planted mapping error."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from demo.comparer import (
    Books,
    Difference,
    Ledger,
    Office,
    books_from,
    compare,
    duplicates,
    expected_books,
)
from demo.comparer.proline import LineRow, StageMoveRow
from tests.demo.sample_ledger import BEFORE, ENABLED, LATER, invoice_row, ledger

MAIN = Office("c1", "Ridgeline Roofing", "main", ENABLED)
SUB = replace(MAIN, mode="sub")


@dataclass
class QuickBooks:
    """The objects of a QuickBooks company as its API returns them, written by hand."""

    customers: list[dict[str, Any]]
    invoices: list[dict[str, Any]]
    payments: list[dict[str, Any]]

    def books(self) -> Books:
        """Put them into the comparer's form."""
        methods = [{"Id": "3", "Name": "ProLine"}]
        return books_from(
            MAIN.name,
            customers=self.customers,
            invoices=self.invoices,
            payments=self.payments,
            methods=methods,
        )


def quickbooks() -> QuickBooks:
    """Give the books a careful bookkeeper would keep for that ledger, over-paid by 50 dollars."""
    return QuickBooks(
        customers=[
            {
                "Id": "11",
                "DisplayName": "Zoë O'Hara Jr - C#1001",
                "PrimaryEmailAddr": {"Address": "zoe@example.com"},
                "PrimaryPhone": {"FreeFormNumber": "(303) 555-0101"},
                "BillAddr": {
                    "Line1": "1 Main St",
                    "City": "Denver",
                    "CountrySubDivisionCode": "CO",
                    "PostalCode": "80202",
                    "Country": "USA",
                },
            }
        ],
        invoices=[
            {
                "Id": "21",
                "CustomerRef": {"value": "11", "name": "Zoë O'Hara Jr - C#1001"},
                "TxnDate": "2026-11-20",
                "DueDate": "2026-12-20",
                "PrivateNote": "ProLine invoice 1001",
                "CustomerMemo": {"value": "Thank you"},
                "ShipAddr": {"Line1": "9 Job Site Rd", "City": "Boulder"},
                "TotalAmt": Decimal("350.00"),
                "Balance": Decimal(0),
                "Line": [
                    text_line("Roof"),
                    sold_line("Tear-off\nTwo layers", "100.10"),
                    sold_line("Shingles\nQuantity 2.5 SQ at 100.10", "250.25"),
                    text_line("Ten years' warranty"),
                    {
                        "Amount": Decimal("0.35"),
                        "DetailType": "DiscountLineDetail",
                        "DiscountLineDetail": {"PercentBased": False},
                    },
                    {"Amount": Decimal("350.35"), "DetailType": "SubTotalLineDetail"},
                ],
            }
        ],
        payments=[payment("31", "9001", "200.00", "200.00"), payment("32", "9002", "200", "150")],
    )


def text_line(text: str) -> dict[str, Any]:
    """Give a line that only says something."""
    return {"DetailType": "DescriptionOnly", "Description": text, "DescriptionLineDetail": {}}


def sold_line(text: str, amount: str) -> dict[str, Any]:
    """Give a line that sells something."""
    return {
        "DetailType": "SalesItemLineDetail",
        "Description": text,
        "Amount": Decimal(amount),
        "SalesItemLineDetail": {"ItemRef": {"value": "7"}},
    }


def payment(object_id: str, number: str, amount: str, applied: str) -> dict[str, Any]:
    """Give a payment of the invoice as QuickBooks returns it."""
    return {
        "Id": object_id,
        "CustomerRef": {"value": "11"},
        "TotalAmt": Decimal(amount),
        "UnappliedAmt": Decimal(amount) - Decimal(applied),
        "TxnDate": "2026-11-20",
        "PaymentRefNum": number,
        "PaymentMethodRef": {"value": "3"},
        "PrivateNote": f"ProLine payment {number}",
        "Line": [
            {"Amount": Decimal(applied), "LinkedTxn": [{"TxnId": "21", "TxnType": "Invoice"}]}
        ],
    }


def differences(there: QuickBooks, wanted: Ledger | None = None) -> tuple[Difference, ...]:
    """Hold the ledger against QuickBooks."""
    return compare(expected_books(MAIN, wanted or ledger()), there.books())


def test_books_kept_right_show_no_difference() -> None:
    """Names cleaned, groups and text as lines, over-payment as credit: all as it must be."""
    assert differences(quickbooks()) == ()


def test_which_of_two_payments_was_cut_does_not_matter() -> None:
    """Two payments that race for one invoice may share it either way; the sums are the same."""
    there = quickbooks()

    there.payments = [payment("31", "9001", "200", "150"), payment("32", "9002", "200", "200")]

    assert differences(there) == ()


def plant_cents(there: QuickBooks) -> None:
    """Lose a cent on a line."""
    there.invoices[0]["Line"][1]["Amount"] = Decimal("100.09")


def plant_customer(there: QuickBooks) -> None:
    """Book the invoice for somebody else."""
    there.customers.append({"Id": "12", "DisplayName": "Somebody Else - C#1002"})
    there.invoices[0]["CustomerRef"] = {"value": "12"}


def plant_date(there: QuickBooks) -> None:
    """Book the invoice a day late."""
    there.invoices[0]["TxnDate"] = "2026-11-21"


def plant_line_order(there: QuickBooks) -> None:
    """Swap two lines."""
    lines = there.invoices[0]["Line"]
    lines[1], lines[2] = lines[2], lines[1]


def plant_void(there: QuickBooks) -> None:
    """Void what ProLine has not voided."""
    there.invoices[0] |= {
        "TotalAmt": Decimal(0),
        "Balance": Decimal(0),
        "PrivateNote": "Voided - ProLine invoice 1001",
    }


@pytest.mark.parametrize(
    ("plant", "field"),
    [
        (plant_cents, "amount of line 2"),
        (plant_customer, "customer"),
        (plant_date, "date"),
        (plant_line_order, "amount of line 2"),
        (plant_void, "voided"),
    ],
    ids=["cents", "customer", "date", "line order", "void"],
)
def test_a_planted_mapping_error_is_found(plant: Callable[[QuickBooks], None], field: str) -> None:
    """Each of the five errors is named with its invoice and field."""
    there = quickbooks()

    plant(there)

    assert ("invoice 1001", field) in {(each.what, each.field) for each in differences(there)}


@pytest.mark.parametrize(
    ("kind", "changed", "field"),
    [
        ("customers", {"DisplayName": "Zoe O'Hara Jr - C#1001"}, "name"),
        ("customers", {"PrimaryEmailAddr": None}, "e-mail"),
        ("customers", {"PrimaryPhone": {"FreeFormNumber": "1"}}, "phone"),
        ("customers", {"BillAddr": {"Line1": "1 Main St"}}, "address"),
        ("customers", {"ParentRef": {"value": "11"}}, "parent"),
        ("invoices", {"DueDate": "2026-12-21"}, "due date"),
        ("invoices", {"TotalAmt": Decimal("350.01")}, "total"),
        ("invoices", {"Balance": Decimal("0.01")}, "balance"),
        ("invoices", {"CustomerMemo": None}, "memo"),
        ("invoices", {"ShipAddr": None}, "job site"),
        ("invoices", {"Line": [sold_line("Roof", "350.35")]}, "number of lines"),
        ("payments", {"TotalAmt": Decimal("200.01")}, "amount"),
        ("payments", {"TxnDate": "2026-11-19"}, "date"),
        ("payments", {"PaymentRefNum": "1"}, "reference"),
        ("payments", {"PaymentMethodRef": {"value": "4"}}, "method"),
        ("payments", {"UnappliedAmt": Decimal(1)}, "credit"),
        ("payments", {"Line": []}, "credit"),
        ("payments", {"PrivateNote": "Voided - x ProLine payment 9001", "TotalAmt": 0}, "voided"),
    ],
)
def test_every_compared_field_can_differ(kind: str, changed: dict[str, Any], field: str) -> None:
    """A field that nobody compares would let its mapping rot; changing each one is noticed."""
    there = quickbooks()

    getattr(there, kind)[0].update(changed)

    assert field in {each.field for each in differences(there)}


def test_what_is_missing_and_what_is_too_much_are_both_differences() -> None:
    """Nothing else may exist: not for a company that was never enabled either."""
    nothing = QuickBooks([], [], [])
    never = expected_books(replace(MAIN, enabled_at=None), ledger())

    assert {each.actual for each in differences(nothing) if each.what == "invoice 1001"} == {
        "is missing",
        "0.00",
    }
    assert {each.actual for each in compare(never, quickbooks().books())} == {"is there"}


def test_an_object_booked_twice_is_a_difference_and_a_duplicate() -> None:
    """The second of two invoices with one note is revenue booked twice."""
    there = quickbooks()

    there.invoices.append(deepcopy(there.invoices[0]) | {"Id": "22"})

    assert duplicates(there.books()) == 1
    assert Difference(MAIN.name, "invoice 1001", "copies", "1", "2") in differences(there)


def test_a_voided_invoice_is_voided_or_absent_but_never_alive() -> None:
    """It may have been voided before it was booked; booked and alive it must not be."""
    wanted = ledger()
    gone = replace(
        wanted,
        invoices=(replace(wanted.invoices[0], gone=True),),
        payments=(),
        allocations=(),
    )
    alive, voided = quickbooks(), quickbooks()
    alive.payments = voided.payments = []
    plant_void(voided)
    voided.invoices[0]["PrivateNote"] = "Voided"
    voided.invoices[0]["DocNumber"] = "1001"
    absent = replace_invoices(voided)

    assert differences(voided, gone) == ()
    assert differences(absent, gone) == ()
    assert "voided" in {each.field for each in differences(alive, gone)}


def test_running_balance_invoices_are_one_invoice_of_the_newest_living_member() -> None:
    """Its number is the first one's; a voided member falls back to the one before it."""
    first = replace(invoice_row("inv", "1001", "running_balance"), discount=None)
    final = replace(first, id="fin", number="1002", sent_at=LATER + timedelta(hours=1))
    lines = (
        *ledger().lines,
        LineRow("fin", None, "All", None, Decimal("999.00")),
    )
    both = replace(ledger(), invoices=(first, final), lines=lines, allocations=())
    voided = replace(both, invoices=(first, replace(final, gone=True)))

    (booked,) = expected_books(MAIN, both).invoices
    (fallen_back,) = expected_books(MAIN, voided).invoices

    assert (booked.key, booked.total, booked.balance) == (
        "invoice 1001",
        Decimal("999.00"),
        Decimal("599.00"),
    )
    assert (fallen_back.key, fallen_back.total) == ("invoice 1001", Decimal("350.35"))


def test_a_payment_of_an_invoice_that_is_not_there_waits() -> None:
    """Unsent invoice: neither it nor its money is in QuickBooks yet."""
    wanted = ledger()

    unsent = replace(wanted, invoices=(replace(wanted.invoices[0], sent_at=None),))

    books = expected_books(MAIN, unsent)
    assert (books.invoices, books.payments) == ((), ())


@pytest.mark.parametrize("status", ["pending", "failed"])
def test_a_payment_that_is_not_complete_is_not_expected(status: str) -> None:
    """Only complete money is money."""
    payments = tuple(replace(row, status=status) for row in ledger().payments)

    assert expected_books(MAIN, replace(ledger(), payments=payments)).payments == ()


def test_a_payment_that_names_no_invoice_pays_the_only_one_or_stays_credit() -> None:
    """A deposit before its invoice is the customer's credit."""
    unnamed = replace(ledger(), allocations=(), payments=ledger().payments[:1])
    early = replace(unnamed, invoices=())

    (invoice,) = expected_books(MAIN, unnamed).invoices
    (deposit,) = expected_books(MAIN, early).payments

    assert invoice.balance == Decimal("150.00")
    assert deposit.applied == {}
    assert deposit.amount == Decimal("200.00")


def test_a_project_is_transferred_by_entering_or_by_being_saved_in_a_trigger_stage() -> None:
    """Having been won before the enable alone transfers nothing, and its contact neither."""
    old = replace(ledger(), moves=(StageMoveRow("pro", "Closed - Won", BEFORE),))
    standing = replace(old, projects=(replace(old.projects[0], stage="Closed - Won"),))
    untouched = replace(standing, projects=(replace(standing.projects[0], updated_at=BEFORE),))

    assert expected_books(MAIN, old) == Books(MAIN.name)
    assert expected_books(MAIN, untouched) == Books(MAIN.name)
    assert len(expected_books(MAIN, standing).invoices) == 1


def test_an_invoice_sent_before_the_enable_is_never_expected() -> None:
    """History goes record by record, by a person."""
    sent_before = replace(ledger().invoices[0], sent_at=BEFORE)

    assert expected_books(MAIN, replace(ledger(), invoices=(sent_before,))).invoices == ()


def test_a_project_keeps_the_mode_it_was_transferred_in() -> None:
    """What the office chooses today is not what it had chosen when a project was won."""
    kept_main = expected_books(replace(SUB, modes={"pro": "main"}), ledger())
    kept_sub = expected_books(replace(MAIN, modes={"pro": "sub"}), ledger())

    assert [kept_main, kept_sub] == [expected_books(each, ledger()) for each in (MAIN, SUB)]


def test_a_sub_customer_is_named_for_its_contact_and_bears_the_documents() -> None:
    """`John Doe's Project - P#1001` hangs below `John Doe - C#1001`."""
    books = expected_books(SUB, ledger())

    contact, job = books.customers

    assert job.name == "Zoë O'Hara Jr's Project - P#1001"
    assert job.parent == contact.key
    assert {each.customer for each in books.invoices} == {"P#1001"}
    assert {each.customer for each in books.payments} == {"P#1001"}


def replace_invoices(there: QuickBooks) -> QuickBooks:
    """Give the same books without invoices."""
    return QuickBooks(there.customers, [], there.payments)
