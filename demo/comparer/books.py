"""The books of one QuickBooks company, in the form in which the two sides are compared.

Objects are named by what ProLine calls them (`C#1001`, `P#1001`, `invoice 1001`, `payment 9931`),
never by QuickBooks' ids, so that an expected and an actual object can be laid side by side.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

Address = tuple[str, ...]
"""Line 1, line 2, city, state, postal code, country; empty parts are empty text."""


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer, or a job when it has a parent."""

    key: str
    name: str
    parent: str | None = None
    email: str = ""
    phone: str = ""
    address: Address = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an invoice; a text line has no amount."""

    amount: Decimal | None
    text: str


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice.

    Attributes:
        voided: Then only its customer counts: amounts are zero and text may be gone.
        lines: Without the discount, which stands by itself as a positive amount.
    """

    key: str
    customer: str
    issued_on: date | None
    due_on: date | None
    lines: tuple[Line, ...]
    discount: Decimal
    total: Decimal
    balance: Decimal
    memo: str
    city: str
    voided: bool = False


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment.

    Attributes:
        applied: By invoice; on the expected side the most it may pay there, because of two payments
            that race for one invoice only the sum is certain.
        unapplied: What QuickBooks shows as credit; the expected side knows it by customer only.
        voided: Then only its customer counts.
    """

    key: str
    customer: str
    amount: Decimal
    received_on: date | None
    reference: str
    method: str
    applied: Mapping[str, Decimal]
    unapplied: Decimal = Decimal(0)
    voided: bool = False


@dataclass(frozen=True, slots=True)
class Books:
    """All that one QuickBooks company holds, or should hold."""

    company: str
    customers: tuple[Customer, ...] = ()
    invoices: tuple[Invoice, ...] = ()
    payments: tuple[Payment, ...] = ()

    def received_from(self, customer: str) -> Decimal:
        """Add up a customer's payments."""
        return sum((each.amount for each in self._live(customer)), Decimal("0.00"))

    def paid_by(self, customer: str) -> Decimal:
        """Add up what is paid on a customer's invoices."""
        invoices = (each for each in self.invoices if each.customer == customer)
        return sum((each.total - each.balance for each in invoices), Decimal("0.00"))

    def credit_of(self, customer: str) -> Decimal:
        """Add up what a customer's payments leave unapplied, as QuickBooks shows it."""
        return sum((each.unapplied for each in self._live(customer)), Decimal("0.00"))

    def applied_to(self, invoice: str) -> Decimal:
        """Add up what payments pay on an invoice."""
        payments = (each for each in self.payments if not each.voided)
        return sum((each.applied.get(invoice, Decimal(0)) for each in payments), Decimal("0.00"))

    def _live(self, customer: str) -> list[Payment]:
        return [each for each in self.payments if each.customer == customer and not each.voided]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which QuickBooks is not what ProLine says."""

    company: str
    what: str
    field: str
    expected: str
    actual: str
