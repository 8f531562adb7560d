"""Holds expected against actual books, object by object and to the cent: pure.

Two things may differ without being wrong. A document voided in ProLine may be absent, because it
may have been voided before it was booked. And of several payments on one invoice only the sum is
certain, not which of them was cut when together they are more than it asks for.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from decimal import Decimal
from typing import TypeVar

from demo.comparer.books import Books, Customer, Difference, Invoice, Line, Payment

Found = tuple[str, object, object]
"""A field with what is expected and what is there."""
Item = TypeVar("Item", Customer, Invoice, Payment)


def compare(expected: Books, actual: Books) -> tuple[Difference, ...]:
    """List every difference, customers first, in the order of what is expected."""
    found = [
        *_objects("customer", expected.customers, actual.customers, _customer),
        *_objects("invoice", expected.invoices, actual.invoices, _invoice, _voided(expected)),
        *_objects("payment", expected.payments, actual.payments, _payment, _voided(expected)),
        *_sums(expected, actual),
    ]
    return tuple(
        Difference(expected.company, what, field, _said(wanted), _said(there))
        for what, (field, wanted, there) in found
    )


def duplicates(actual: Books) -> int:
    """Count the objects beyond the first that carry one name."""
    kinds: tuple[Sequence[Customer | Invoice | Payment], ...]
    kinds = (actual.customers, actual.invoices, actual.payments)
    return sum(len(kind) - len({each.key for each in kind}) for kind in kinds)


def _objects(
    kind: str,
    expected: Sequence[Item],
    actual: Sequence[Item],
    fields: Callable[[Item, Item], Iterator[Found]],
    optional: Collection[str] = (),
) -> Iterator[tuple[str, Found]]:
    there = {each.key: each for each in actual}
    wanted = {each.key: each for each in expected}
    for key, item in wanted.items():
        if key in there:
            yield from ((key, found) for found in fields(item, there[key]))
        elif key not in optional:
            yield key, (kind, "is there", "is missing")
    for key, copies in Counter(each.key for each in actual).items():
        if key not in wanted:
            yield key, (kind, "nothing", "is there")
        if copies > 1:
            yield key, ("copies", 1, copies)


def _voided(expected: Books) -> set[str]:
    invoices = {each.key for each in expected.invoices if each.voided}
    return invoices | {each.key for each in expected.payments if each.voided}


def _customer(wanted: Customer, there: Customer) -> Iterator[Found]:
    yield from _unlike(("name", wanted.name, there.name), ("parent", wanted.parent, there.parent))
    if wanted.parent is None:
        yield from _unlike(
            ("e-mail", wanted.email, there.email),
            ("phone", wanted.phone, there.phone),
            ("address", wanted.address, there.address),
        )


def _invoice(wanted: Invoice, there: Invoice) -> Iterator[Found]:
    yield from _unlike(
        ("customer", wanted.customer, there.customer),
        ("voided", wanted.voided, there.voided),
    )
    if wanted.voided or there.voided:
        return
    yield from _unlike(
        ("date", wanted.issued_on, there.issued_on),
        ("due date", wanted.due_on, there.due_on),
        ("discount", wanted.discount, there.discount),
        ("total", wanted.total, there.total),
        ("balance", wanted.balance, there.balance),
        ("memo", wanted.memo, there.memo),
        ("job site", wanted.city, there.city),
    )
    yield from _lines(wanted.lines, there.lines)


def _lines(wanted: Sequence[Line], there: Sequence[Line]) -> Iterator[Found]:
    if len(wanted) != len(there):
        yield "number of lines", len(wanted), len(there)
        return
    for position, (line, found) in enumerate(zip(wanted, there, strict=True), start=1):
        yield from _unlike((f"amount of line {position}", line.amount, found.amount))
        if not _says_the_same(line.text, found.text):
            yield f"text of line {position}", line.text, found.text


def _says_the_same(wanted: str, there: str) -> bool:
    """QuickBooks' text may go on with the real quantity, where its own column cannot say it."""
    rest = there.removeprefix(wanted).lstrip("\n")
    return there.startswith(wanted) and (not rest or rest.startswith("Quantity "))


def _payment(wanted: Payment, there: Payment) -> Iterator[Found]:
    yield from _unlike(
        ("customer", wanted.customer, there.customer),
        ("voided", wanted.voided, there.voided),
    )
    if wanted.voided or there.voided:
        return
    yield from _unlike(
        ("amount", wanted.amount, there.amount),
        ("date", wanted.received_on, there.received_on),
        ("reference", wanted.reference, there.reference),
        ("method", wanted.method, there.method),
        ("credit", there.amount - sum(there.applied.values()), there.unapplied),
    )
    for key, amount in there.applied.items():
        most = wanted.applied.get(key, Decimal("0.00"))
        if amount > most:
            yield f"applied to {key}", f"at most {most}", amount


def _sums(expected: Books, actual: Books) -> Iterator[tuple[str, Found]]:
    for bill in expected.invoices:
        paid = bill.total - bill.balance
        yield from _of(bill.key, _unlike(("paid", paid, actual.applied_to(bill.key))))
    for customer in dict.fromkeys(payment.customer for payment in expected.payments):
        credit = expected.received_from(customer) - expected.paid_by(customer)
        yield from _of(customer, _unlike(("credit", credit, actual.credit_of(customer))))


def _of(what: str, found: Iterator[Found]) -> Iterator[tuple[str, Found]]:
    return ((what, each) for each in found)


def _unlike(*fields: Found) -> Iterator[Found]:
    return (found for found in fields if found[1] != found[2])


def _said(value: object) -> str:
    """Put a value into words for the table of differences."""
    match value:
        case None | "":
            return "nothing"
        case bool():
            return "yes" if value else "no"
        case Decimal():
            return f"{value:,.2f}"
        case tuple():
            return ", ".join(str(part) for part in value if part) or "nothing"
        case _:
            return str(value)
