"""The comparer against five errors planted in the real mapping, each end to end.

A small plan goes the whole way: capture, relay, workers, HTTP, the simulator's books. What the
comparer then reports is of exactly the planted kind, and the exit code is 1; without a plant it
is 0 and there is nothing to report.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from rich.console import Console

from demo.compose import composed_on
from demo.outcome import Outcome
from demo.people import people
from demo.run import play, run
from demo.scenario import Era, Office, Plan
from demo.scenario.changes import AddContact, LineSheet, Share
from demo.scenario.job import WON, Desk, Job
from records.basis import VOID
from records.claims import Claim
from tests.support.roofer import QUICK
from workers import wanted
from workers.mapping import Fields, Mapped, invoice_fields
from workers.wanted import Wanted

AS_FAST_AS_POSSIBLE = 1000.0
SETTLE_WITHIN_SECONDS = 20.0
OFFICE = Office("1726503941127x100000000000000001", "Ridgeline Roofing", "sub", enabled=True)
CENT = Decimal("0.01")

Plant = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Judged:
    """How the demonstration ended, whether all came to rest, and what each difference is about."""

    code: int
    settled: bool
    found: set[tuple[str, str]]


def small_plan() -> Plan:
    """Tell of one project: an invoice half paid, and another that is voided once it is booked."""
    desk = Desk.opened(OFFICE.id, 1, date(2026, 11, 22))
    contact_id = desk.new_id()
    desk.add(0.0, Era.LIVE, contact_id, AddContact(contact_id, "1001", people(1, 1)[0]))
    job = Job(desk, contact_id, 0.0)
    job.open()
    job.move(WON)
    kept = job.send(job.draft(two_lines(desk)))
    job.pay(kept.part("0.5"), Share(kept.id, kept.part("0.5")))
    voided = job.send(job.draft(two_lines(desk)))
    job.era = Era.AFTER_REST
    job.void(voided)
    return Plan((OFFICE,), tuple(desk.steps))


def two_lines(desk: Desk) -> tuple[LineSheet, ...]:
    """Sell two things that cannot be mistaken for each other."""
    sold = (("Tear-off", "1200.00"), ("Gutters", "345.60"))
    return tuple(
        LineSheet(
            desk.new_id(),
            "item",
            name,
            quantity=Decimal(1),
            unit_price=Decimal(price),
            amount=Decimal(price),
        )
        for name, price in sold
    )


def a_cent_off(patch: pytest.MonkeyPatch) -> None:
    """Let every invoice's first line cost a cent more."""

    def dearer(fields: Fields) -> Fields:
        first, *others = fields["Line"]
        amount = first["Amount"] + CENT
        sold = first["SalesItemLineDetail"] | {"Qty": Decimal(1), "UnitPrice": amount}
        return fields | {"Line": [first | {"Amount": amount, "SalesItemLineDetail": sold}, *others]}

    _plant_in_invoices(patch, dearer)


def another_customer(patch: pytest.MonkeyPatch) -> None:
    """Bill the contact itself instead of the project's job."""
    patch.setattr(wanted, "_customer_id", lambda claim: claim.contact.qbo_id)


def the_date_a_day_off(patch: pytest.MonkeyPatch) -> None:
    """Date every invoice a day later, as a time zone taken wrong would."""

    def later(fields: Fields) -> Fields:
        day = date.fromisoformat(fields["TxnDate"]) + timedelta(days=1)
        return fields | {"TxnDate": day.isoformat()}

    _plant_in_invoices(patch, later)


def two_lines_swapped(patch: pytest.MonkeyPatch) -> None:
    """Send an invoice's lines in another order."""
    _plant_in_invoices(patch, lambda fields: fields | {"Line": fields["Line"][::-1]})


def a_void_not_sent(patch: pytest.MonkeyPatch) -> None:
    """Take what QuickBooks has for what a voided document shall be there."""

    def as_it_is(claim: Claim) -> tuple[Wanted, ...]:
        if claim.link is None:
            return ()
        return (Wanted("Invoice", basis=VOID, fields=dict(claim.link.owned)),)

    patch.setattr(wanted, "_voids", as_it_is)


@pytest.mark.parametrize(
    ("plant", "differences"),
    [
        pytest.param(
            a_cent_off,
            {
                ("invoice 1001", "amount of line 1"),
                ("invoice 1001", "total"),
                ("invoice 1001", "balance"),
            },
            id="cents",
        ),
        pytest.param(
            another_customer,
            {("invoice 1001", "customer"), ("invoice 1002", "customer")}
            | {("payment 9001", "customer")},
            id="customer",
        ),
        pytest.param(the_date_a_day_off, {("invoice 1001", "date")}, id="date"),
        pytest.param(
            two_lines_swapped,
            {
                ("invoice 1001", f"{part} of line {position}")
                for part in ("amount", "text")
                for position in (1, 2)
            },
            id="line order",
        ),
        pytest.param(a_void_not_sent, {("invoice 1002", "voided")}, id="void"),
    ],
)
def test_a_planted_error_is_reported_as_what_it_is(
    plant: Plant,
    differences: set[tuple[str, str]],
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever reads the report is led to the error, and the demonstration fails."""
    plant(monkeypatch)

    judged = demonstrated(database_url, monkeypatch)

    assert judged == Judged(code=1, settled=True, found=differences)


def test_without_a_planted_error_there_is_nothing_to_report(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same plan agrees to the cent: what the others report is their plant and nothing else."""
    judged = demonstrated(database_url, monkeypatch)

    assert judged == Judged(code=0, settled=True, found=set())


def demonstrated(database_url: str, patch: pytest.MonkeyPatch) -> Judged:
    """Play the small plan through the real system, without limits, and look at the outcome."""
    outcomes: list[Outcome] = []

    def kept(*given: Any, **named: Any) -> Outcome:  # noqa: ANN401  # handed on as they come
        outcomes.append(play(*given, **named))
        return outcomes[-1]

    patch.setattr("demo.run.play", kept)
    with composed_on(database_url, small_plan(), tuning=QUICK, limited=False) as stage:
        quick = replace(
            stage,
            speed=AS_FAST_AS_POSSIBLE,
            reads_apart_seconds=0.0,
            settle_within_seconds=SETTLE_WITHIN_SECONDS,
        )
        code = run(quick, Console(file=io.StringIO()), as_json=True)
    (outcome,) = outcomes
    found = {(each.what, each.field) for each in outcome.differences}
    return Judged(code, outcome.settled, found)


def _plant_in_invoices(patch: pytest.MonkeyPatch, change: Callable[[Fields], Fields]) -> None:
    def planted(*given: Any, **named: Any) -> Mapped:  # noqa: ANN401  # handed on as they come
        mapped = invoice_fields(*given, **named)
        return replace(mapped, fields=change(mapped.fields))

    patch.setattr(wanted, "invoice_fields", planted)
