"""What a QuickBooks company holds, read over plain HTTP and put into the comparer's form.

Reading needs an access token and nothing of the product's. Our documents are recognised as a
bookkeeper would: by the number at the end of a customer's name and by the note on a document. What
is not recognised keeps QuickBooks' own id as its name, and so shows up as too much.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import count
from time import sleep
from typing import Any, Final
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from demo.comparer.books import Address, Books, Customer, Invoice, Line, Payment

PAGE_SIZE: Final = 1000
PAGES_MOST: Final = 100
TIMEOUT_SECONDS: Final = 30
ADDRESS_PARTS: Final = (
    "Line1",
    "Line2",
    "City",
    "CountrySubDivisionCode",
    "PostalCode",
    "Country",
)
_CUSTOMER_KEY: Final = re.compile(r"([CP]#[^ ]+)(?: \(Customer\))?$")
_DOCUMENT_KEY: Final = re.compile(r"ProLine ((?:invoice|payment) .+)$")
_VOIDED: Final = "Voided"

Document = Mapping[str, Any]
ObjectKeys = Mapping[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class QuickBooksReader:
    """Where to read and with which right.

    `pace_seconds` passes before each read: QuickBooks takes ten calls in a second from all of an
    account's apps (https://developer.intuit.com/app/developer/qbo/docs/learn/limits-and-throttles),
    and the system under judgement may have used most of the last one.
    """

    base_url: str
    realm_id: str
    access_token: str = field(repr=False)
    pace_seconds: float

    def everything(self, entity: str, where: str = "") -> list[Document]:
        """Read all objects of one kind, page by page.

        Raises:
            urllib.error.HTTPError: QuickBooks refused the read.
        """
        found: list[Document] = []
        for page in range(PAGES_MOST):
            start = page * PAGE_SIZE + 1
            select = f"select * from {entity}{where} startposition {start} maxresults {PAGE_SIZE}"
            part = self._query(select).get(entity, [])
            found.extend(part)
            if len(part) < PAGE_SIZE:
                return found
        raise ValueError(f"More than {PAGES_MOST * PAGE_SIZE} objects of {entity}.")

    def _query(self, select: str) -> Document:
        query = urlencode({"query": select, "minorversion": "75"})
        request = Request(  # noqa: S310 - the address is the operator's own setting
            f"{self.base_url}/v3/company/{self.realm_id}/query?{query}",
            headers={"Authorization": f"Bearer {self.access_token}", "Accept": "application/json"},
        )
        sleep(self.pace_seconds)
        with urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310 - as above
            reply = json.load(response, parse_float=Decimal, parse_int=Decimal)
        answer: Document = reply["QueryResponse"]
        return answer


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read, and how ProLine calls each object: by its kind in lower case and its Id."""

    books: Books
    keys: ObjectKeys


def read_books(company: str, reader: QuickBooksReader) -> Reading:
    """Read all customers, invoices and payments of one QuickBooks company."""
    customers = reader.everything("Customer", " where Active in (true, false)")
    invoices = reader.everything("Invoice")
    payments = reader.everything("Payment")
    books = books_from(
        company,
        customers=customers,
        invoices=invoices,
        payments=payments,
        methods=reader.everything("PaymentMethod"),
    )
    keys = {("customer", str(each["Id"])): customer_key(each) for each in customers}
    keys |= {("invoice", str(each["Id"])): document_key("Invoice", each) for each in invoices}
    keys |= {("payment", str(each["Id"])): document_key("Payment", each) for each in payments}
    return Reading(books, keys)


def books_from(
    company: str,
    *,
    customers: Sequence[Document],
    invoices: Sequence[Document],
    payments: Sequence[Document],
    methods: Sequence[Document],
) -> Books:
    """Put QuickBooks' objects into the comparer's form."""
    people = {each["Id"]: customer_key(each) for each in customers}
    bills = {each["Id"]: document_key("Invoice", each) for each in invoices}
    names = {each["Id"]: str(each["Name"]) for each in methods}
    return Books(
        company=company,
        customers=tuple(_customer(each, people) for each in customers),
        invoices=tuple(_invoice(each, people) for each in invoices),
        payments=tuple(_payment(each, people, bills, names) for each in payments),
    )


def customer_key(customer: Document) -> str:
    """Recognise a customer by the number at the end of its name."""
    found = _CUSTOMER_KEY.search(customer["DisplayName"])
    return found.group(1) if found else f"customer with Id {customer['Id']}"


def document_key(kind: str, document: Document) -> str:
    """Recognise a document by its note.

    A void may leave nothing of the note but "Voided"; an invoice then still has its number.
    """
    note = document.get("PrivateNote") or ""
    if found := _DOCUMENT_KEY.search(note):
        return found.group(1)
    if note == _VOIDED and kind == "Invoice" and document.get("DocNumber"):
        return f"invoice {document['DocNumber']}"
    return f"{kind.lower()} with Id {document['Id']}"


def _customer(customer: Document, people: Mapping[str, str]) -> Customer:
    parent = _reference(customer, "ParentRef")
    return Customer(
        key=people[customer["Id"]],
        name=customer["DisplayName"],
        parent=people.get(parent, parent) if parent else None,
        email=_part(customer, "PrimaryEmailAddr", "Address"),
        phone=_part(customer, "PrimaryPhone", "FreeFormNumber"),
        address=_address(customer.get("BillAddr") or {}),
    )


def _invoice(invoice: Document, people: Mapping[str, str]) -> Invoice:
    customer = _reference(invoice, "CustomerRef")
    return Invoice(
        key=document_key("Invoice", invoice),
        customer=people.get(customer, customer),
        issued_on=_day(invoice, "TxnDate"),
        due_on=_day(invoice, "DueDate"),
        lines=tuple(_lines(invoice)),
        discount=_discount(invoice),
        total=_money(invoice, "TotalAmt"),
        balance=_money(invoice, "Balance"),
        memo=_part(invoice, "CustomerMemo", "value"),
        city=_part(invoice, "ShipAddr", "City"),
        voided=_is_voided(invoice),
    )


def _payment(
    payment: Document,
    people: Mapping[str, str],
    bills: Mapping[str, str],
    methods: Mapping[str, str],
) -> Payment:
    customer = _reference(payment, "CustomerRef")
    method = _reference(payment, "PaymentMethodRef")
    return Payment(
        key=document_key("Payment", payment),
        customer=people.get(customer, customer),
        amount=_money(payment, "TotalAmt"),
        received_on=_day(payment, "TxnDate"),
        reference=payment.get("PaymentRefNum") or "",
        method=methods.get(method, method),
        applied=dict(_applied(payment, bills)),
        unapplied=_money(payment, "UnappliedAmt"),
        voided=_is_voided(payment),
    )


def _lines(invoice: Document) -> Iterator[Line]:
    for line in invoice.get("Line", ()):
        match line.get("DetailType"):
            case "SalesItemLineDetail":
                yield Line(_money(line, "Amount"), line.get("Description") or "")
            case "DescriptionOnly":
                yield Line(None, line.get("Description") or "")


def _discount(invoice: Document) -> Decimal:
    lines = (line for line in invoice.get("Line", ()) if "DiscountLineDetail" in line)
    return sum((_money(line, "Amount") for line in lines), Decimal("0.00"))


def _applied(payment: Document, bills: Mapping[str, str]) -> Iterator[tuple[str, Decimal]]:
    for position, line in zip(count(1), payment.get("Line", ()), strict=False):
        for linked in line.get("LinkedTxn", ()):
            key = bills.get(linked["TxnId"]) or f"line {position}: {linked['TxnType']}"
            yield key, _money(line, "Amount")


def _is_voided(document: Document) -> bool:
    """A void shows in nothing else: no amount, and a note that begins so."""
    note = document.get("PrivateNote") or ""
    return note.startswith(_VOIDED) and not _money(document, "TotalAmt")


def _reference(document: Document, name: str) -> str:
    return str((document.get(name) or {}).get("value") or "")


def _part(document: Document, name: str, part: str) -> str:
    return str((document.get(name) or {}).get(part) or "")


def _address(address: Document) -> Address:
    return tuple(str(address.get(part) or "") for part in ADDRESS_PARTS)


def _day(document: Document, name: str) -> date | None:
    day = document.get(name)
    return date.fromisoformat(day) if day else None


def _money(document: Document, name: str) -> Decimal:
    return Decimal(document.get(name) or 0)
