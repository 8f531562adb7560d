"""The demonstration's last word, as a table a bookkeeper can read."""

from decimal import Decimal

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from demo.outcome import CompanyOutcome, Outcome, Tally

DIFFERENCES_SHOWN_MOST = 50


def print_report(console: Console, outcome: Outcome) -> None:
    """Print each company's books on both sides, the differences, and what it cost."""
    console.print(_books(outcome))
    if outcome.differences:
        console.print(_differences(outcome))
    console.print(Group(*_last_lines(outcome)))


def _books(outcome: Outcome) -> Table:
    table = Table(title="ProLine and QuickBooks, side by side", title_justify="left")
    for heading in ("Company", "Books"):
        table.add_column(heading)
    for heading in (
        "Customers",
        "Jobs",
        "Invoices",
        "Invoiced",
        "Payments",
        "Received",
        "Still open",
        "Differences",
    ):
        table.add_column(heading, justify="right")
    for company in outcome.companies:
        _add_company(table, company)
    return table


def _add_company(table: Table, company: CompanyOutcome) -> None:
    found = len(company.differences)
    verdict = Text(str(found), style="bold red" if found else "green")
    table.add_row(company.name, "ProLine", *_cells(company.proline), "")
    table.add_row("", "QuickBooks", *_cells(company.quickbooks), verdict, end_section=True)


def _cells(tally: Tally) -> tuple[str, ...]:
    return (
        str(tally.customers),
        str(tally.jobs),
        str(tally.invoices),
        _dollars(tally.invoiced),
        str(tally.payments),
        _dollars(tally.received),
        _dollars(tally.open_balance),
    )


def _differences(outcome: Outcome) -> Table:
    table = Table(title="Differences", title_justify="left")
    for heading in ("Company", "What", "Field", "ProLine says", "QuickBooks has"):
        table.add_column(heading)
    for each in outcome.differences[:DIFFERENCES_SHOWN_MOST]:
        cells = (each.company, each.what, each.field, each.expected, each.actual)
        table.add_row(*(Text(cell) for cell in cells))
    if (more := len(outcome.differences) - DIFFERENCES_SHOWN_MOST) > 0:
        table.caption = f"and {more} more"
    return table


def _last_lines(outcome: Outcome) -> list[Text]:
    requests = outcome.writes + outcome.reads
    latency = outcome.latency
    lines = [
        Text(
            f"{outcome.changes} changes became {requests} requests"
            f" ({outcome.writes} writes, {outcome.reads} reads);"
            f" {outcome.invoices_paid} invoices are paid."
        ),
        Text(f"Records: {_states(outcome)}."),
    ]
    if latency.p50 is not None:
        half, most = f"{latency.p50:.0f} ms", f"{latency.p99:.0f} ms"
        lines.append(Text(f"From commit to QuickBooks: {half} (half), {most} (99 %)."))
    return [*lines, _verdict(outcome)]


def _states(outcome: Outcome) -> str:
    counted = sorted(outcome.records.items())
    return ", ".join(f"{count} {state}" for state, count in counted if count) or "none"


def _verdict(outcome: Outcome) -> Text:
    if outcome.agrees:
        return Text("QuickBooks agrees with ProLine to the cent.", style="bold green")
    if not outcome.settled:
        return Text("The system did not come to rest in time.", style="bold red")
    found = f"{len(outcome.differences)} differences, {outcome.duplicates} duplicates."
    return Text(f"QuickBooks does not agree with ProLine: {found}", style="bold red")


def _dollars(amount: Decimal) -> str:
    return f"{amount:,.2f}"
