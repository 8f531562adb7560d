"""What the demonstration came to: the figures, company by company and in all."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal

from demo.comparer import Books, Difference
from demo.measure import Latency


@dataclass(frozen=True, slots=True)
class Tally:
    """One side's counts and sums of a company's books; voided documents do not count."""

    customers: int
    jobs: int
    invoices: int
    invoiced: Decimal
    payments: int
    received: Decimal
    open_balance: Decimal

    @property
    def unapplied(self) -> Decimal:
        """Say how much of what was received pays no invoice yet: it stands as a credit."""
        return self.received - (self.invoiced - self.open_balance)

    @classmethod
    def of(cls, books: Books) -> "Tally":
        """Count and add up."""
        invoices = [each for each in books.invoices if not each.voided]
        payments = [each for each in books.payments if not each.voided]
        jobs = sum(each.parent is not None for each in books.customers)
        return cls(
            customers=len(books.customers) - jobs,
            jobs=jobs,
            invoices=len(invoices),
            invoiced=sum((each.total for each in invoices), Decimal("0.00")),
            payments=len(payments),
            received=sum((each.amount for each in payments), Decimal("0.00")),
            open_balance=sum((each.balance for each in invoices), Decimal("0.00")),
        )


@dataclass(frozen=True, slots=True)
class CompanyOutcome:
    """One company: what its QuickBooks must hold, what it holds, and where they part."""

    name: str
    proline: Tally
    quickbooks: Tally
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The whole demonstration.

    Attributes:
        settled: Whether the system came to rest in time.
        records: Records by state.
        quickbooks: Objects in QuickBooks by kind, of all companies.
        invoices_paid: Living invoices in QuickBooks with nothing left open.
        harm: What was done to the system while it worked.
        changes: Commits of enabled companies while the integration was on.
    """

    companies: tuple[CompanyOutcome, ...]
    settled: bool
    records: Mapping[str, int]
    quickbooks: Mapping[str, int]
    invoices_paid: int
    duplicates: int
    writes: int
    reads: int
    changes: int
    latency: Latency
    harm: tuple[str, ...] = ()

    @property
    def differences(self) -> tuple[Difference, ...]:
        """The differences of all companies."""
        return tuple(each for company in self.companies for each in company.differences)

    @property
    def agrees(self) -> bool:
        """Whether QuickBooks holds exactly what it must."""
        return self.settled and not self.differences and not self.duplicates

    @property
    def requests_per_change(self) -> float | None:
        """Requests to QuickBooks for each change; connecting counts too."""
        return round((self.writes + self.reads) / self.changes, 2) if self.changes else None

    def as_json(self) -> dict[str, object]:
        """Give the object that `demo --json` ends with."""
        return {
            "records": dict(self.records),
            "quickbooks": dict(self.quickbooks),
            "invoices_paid": self.invoices_paid,
            "differences": len(self.differences),
            "duplicates": self.duplicates,
            "writes": self.writes,
            "reads": self.reads,
            "changes": self.changes,
            "requests_per_change": self.requests_per_change,
            "commit_to_quickbooks_ms": asdict(self.latency),
            "settled": self.settled,
            **({"harm": list(self.harm)} if self.harm else {}),
        }


def invoices_paid(books: Books) -> int:
    """Count the living invoices with nothing left open."""
    return sum(not each.voided and not each.balance for each in books.invoices)
