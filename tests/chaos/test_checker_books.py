"""The checker sees what is missing, too much or a cent off in the books at the end."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from chaos.checker import Facts, Kind, Realm, judge
from chaos.ground import Contractor
from chaos.harm.diary import Diary
from chaos.judging import modes_of
from demo.comparer import Books, Customer, Ledger, Office, expected_books
from tests.chaos.calls import COMPANY, Written, kinds
from tests.demo.sample_ledger import ENABLED, LATER, ledger

CENT = Decimal("0.01")
OFFICE = Office(COMPANY, "Example Roofing", "main", ENABLED)


def test_what_is_missing_too_much_or_a_cent_off_in_the_books_is_seen() -> None:
    """The books themselves are compared with ProLine, by the comparer of the demonstration."""
    realm = Realm(
        company_id=COMPANY,
        ceiling=450,
        calls=[],
        office=Office(COMPANY, "Example Roofing", "main", ENABLED),
        ledger=ledger(),
        books=Books("Example Roofing"),
    )

    found = kinds(judge(Facts({}, [realm])))

    assert found[Kind.LOST] >= 4
    assert found[Kind.CENTS_OFF] >= 1
    assert set(found) == {Kind.LOST, Kind.CENTS_OFF}


def test_books_that_are_right_are_so() -> None:
    """What ProLine says is all there, once, and nothing else."""
    assert kinds_of_books(right_books()) == {}


def test_something_too_much_in_the_books_is_seen() -> None:
    """Nobody asked for it."""
    books = right_books()
    nobody = Customer("C#9", "Nobody - C#9")

    found = kinds_of_books(replace(books, customers=(*books.customers, nobody)))

    assert found == {Kind.DUPLICATES: 1}


def test_a_second_copy_in_the_books_is_seen() -> None:
    """Two objects carry one name."""
    books = right_books()

    found = kinds_of_books(replace(books, customers=(*books.customers, *books.customers)))

    assert found == {Kind.DUPLICATES: 1}


@pytest.mark.parametrize("field", ["total", "balance", "discount", "line"])
def test_a_cent_off_in_an_invoice_of_the_books_is_seen(field: str) -> None:
    """Wherever the amount stands."""
    books = right_books()
    (invoice,) = books.invoices
    if field == "line":
        lines = [
            each if each.amount is None else cent_more(each, "amount") for each in invoice.lines
        ]
        invoice = replace(invoice, lines=tuple(lines))
    else:
        invoice = cent_more(invoice, field)

    assert set(kinds_of_books(replace(books, invoices=(invoice,)))) == {Kind.CENTS_OFF}


@pytest.mark.parametrize("field", ["amount", "unapplied", "applied"])
def test_a_cent_off_in_a_payment_of_the_books_is_seen(field: str) -> None:
    """Received, left over, or put on an invoice."""
    books = right_books()
    (payment,) = books.payments
    if field == "applied":
        applied = {key: amount + CENT for key, amount in payment.applied.items()}
        payment = replace(payment, applied=applied)
    else:
        payment = cent_more(payment, field)

    assert set(kinds_of_books(replace(books, payments=(payment,)))) == {Kind.CENTS_OFF}


def test_another_memo_in_the_books_is_seen() -> None:
    """That is no amount, and nothing is there twice: something of ProLine's is missing."""
    books = right_books()
    (invoice,) = books.invoices

    found = kinds_of_books(replace(books, invoices=(replace(invoice, memo="Good-bye"),)))

    assert found == {Kind.LOST: 1}


def cent_more(item: Any, field: str) -> Any:  # noqa: ANN401  # whatever has such a field
    """Give it with a cent more."""
    return replace(item, **{field: getattr(item, field) + CENT})


def once_paid() -> Ledger:
    """Give a contact with a won project, an invoice and one payment of it."""
    whole = ledger()
    return replace(whole, payments=whole.payments[:1], allocations=whole.allocations[:1])


def right_books() -> Books:
    """Give what QuickBooks must hold then."""
    return expected_books(OFFICE, once_paid())


def kinds_of_books(books: Books) -> Counter[Kind]:
    """Count what the checker finds in the books of a company that wrote nothing."""
    realm = Realm(COMPANY, 450, calls=[], office=OFFICE, ledger=once_paid(), books=books)
    return kinds(judge(Facts({}, [realm])))


@pytest.mark.parametrize(("operation", "mode"), [("create", "sub"), ("update", "main")])
def test_a_job_that_was_asked_for_is_missed(operation: str, mode: str) -> None:
    """The office changed its mind just then: a job that was to be made must be there."""
    diary = Diary(modes=[(LATER + timedelta(seconds=5), "sub")])
    contractor = Contractor(COMPANY, "Example", "main", "4620816365000000001", 450, ENABLED)
    written = Written()
    job = {"DisplayName": "Zoë's Project - P#1001", "ParentRef": {"value": "1"}}
    written.call(7, "Customer", operation, None, job, status=None, applied_at=None)

    modes = modes_of(contractor, ledger(), Books("Example"), diary, written.calls)

    assert modes == {"pro": mode}
