"""What is measured: the commit that caused a write, percentiles, and what an outcome says."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from demo.comparer import Books, Customer, Difference, Invoice, Ledger, Payment
from demo.comparer.proline import AllocationRow
from demo.measure import Latency, latencies_ms, percentiles, records_by_key
from demo.outcome import CompanyOutcome, Outcome, Tally, invoices_paid
from demo.play import Commit
from demo.simulator_control import Written
from tests.demo.sample_ledger import ledger

START = datetime(2026, 11, 22, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    """Give a moment after the start."""
    return START + timedelta(seconds=seconds)


def test_a_write_is_laid_beside_the_newest_commit_before_it_that_can_have_caused_it() -> None:
    """Its own record, its project, contact, invoices; never another's, never a later one."""
    commits = [
        Commit(at(0), "c1", "invoice", "inv"),
        Commit(at(1), "c1", "contact", "con"),
        Commit(at(2), "c1", "invoice", "other"),
        Commit(at(5), "c1", "invoice", "inv"),
    ]
    writes = [Written("invoice", "21", at(3)), Written("item", "1", at(3))]
    keys = {("invoice", "21"): "invoice 1001"}

    found = latencies_ms(commits, writes, keys, records_by_key(ledger()))

    assert found == [2000.0]


def test_each_object_hangs_from_its_project_contact_and_invoices() -> None:
    """A payment that names an invoice hangs from it; one that names none from its project's."""
    unnamed = Ledger(
        contacts=ledger().contacts,
        projects=ledger().projects,
        invoices=ledger().invoices,
        payments=ledger().payments,
        allocations=(AllocationRow("pay1", "inv", Decimal(1)),),
    )

    records = records_by_key(unnamed)

    assert records["C#1001"] == {"con", "pro"}
    assert records["P#1001"] == {"pro", "con"}
    assert records["invoice 1001"] == {"inv", "pro", "con"}
    assert records["payment 9001"] == {"pay1", "inv", "pro", "con"}
    assert records["payment 9002"] == {"pay2", "inv", "pro", "con"}


@given(st.lists(st.floats(min_value=0, max_value=1e6), min_size=1, max_size=300))
def test_percentiles_are_values_that_occurred_in_their_order(values_ms: list[float]) -> None:
    """Nearest rank: half of all values are at or below p50, 99 of a hundred at or below p99."""
    latency = percentiles(values_ms)

    assert latency.p50 is not None
    assert latency.p99 is not None
    assert latency.p50 <= latency.p99 <= round(max(values_ms), 1)
    assert 2 * sum(round(value, 1) <= latency.p50 for value in values_ms) >= len(values_ms)


def test_of_nothing_there_is_no_percentile() -> None:
    """A demonstration in which nothing was written has no latency, not one of zero."""
    assert percentiles([]) == Latency(None, None)


def test_a_tally_leaves_out_what_is_void_and_tells_jobs_from_customers() -> None:
    """Counts and sums are those a bookkeeper would make."""
    books = Books(
        "Ridgeline Roofing",
        customers=(Customer("C#1", "A - C#1"), Customer("P#1", "A's Project - P#1", parent="C#1")),
        invoices=(invoice("1", "100.10", "0.00"), invoice("2", "0.00", "0.00", voided=True)),
        payments=(payment("1", "100.10"), payment("2", "0.00", voided=True)),
    )

    tally = Tally.of(books)

    assert (tally.customers, tally.jobs, tally.invoices, tally.payments) == (1, 1, 1, 1)
    assert (tally.invoiced, tally.received) == (Decimal("100.10"), Decimal("100.10"))
    assert invoices_paid(books) == 1


def test_an_outcome_agrees_only_when_settled_equal_and_without_duplicates() -> None:
    """Each of the three alone is enough to fail the demonstration."""
    difference = Difference("Ridgeline Roofing", "invoice 1", "total", "1.00", "2.00")

    assert outcome().agrees
    assert not outcome(settled=False).agrees
    assert not outcome(duplicates=1).agrees
    assert not outcome(differences=(difference,)).agrees


def test_the_json_has_the_promised_keys() -> None:
    """Others script against them."""
    told = outcome().as_json()

    assert {
        "records",
        "quickbooks",
        "invoices_paid",
        "differences",
        "duplicates",
        "writes",
        "reads",
        "changes",
        "requests_per_change",
        "commit_to_quickbooks_ms",
    } <= set(told)
    assert told["requests_per_change"] == 0.75
    assert told["commit_to_quickbooks_ms"] == {"p50": 10.0, "p99": 20.0}


def outcome(
    *, settled: bool = True, duplicates: int = 0, differences: tuple[Difference, ...] = ()
) -> Outcome:
    """Give the outcome of one company."""
    tally = Tally.of(Books("Ridgeline Roofing"))
    return Outcome(
        companies=(CompanyOutcome("Ridgeline Roofing", tally, tally, differences),),
        settled=settled,
        records={"done": 4},
        quickbooks={"Customer": 1},
        invoices_paid=1,
        duplicates=duplicates,
        writes=2,
        reads=1,
        changes=4,
        latency=Latency(10.0, 20.0),
    )


def invoice(number: str, total: str, balance: str, *, voided: bool = False) -> Invoice:
    """Give an invoice."""
    return Invoice(
        key=f"invoice {number}",
        customer="C#1",
        issued_on=None,
        due_on=None,
        lines=(),
        discount=Decimal(0),
        total=Decimal(total),
        balance=Decimal(balance),
        memo="",
        city="",
        voided=voided,
    )


def payment(number: str, amount: str, *, voided: bool = False) -> Payment:
    """Give a payment."""
    return Payment(
        key=f"payment {number}",
        customer="C#1",
        amount=Decimal(amount),
        received_on=None,
        reference="",
        method="ProLine",
        applied={},
        voided=voided,
    )
