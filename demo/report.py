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
    table.add_column("")
    table.add_column("ProLine", justify="right")
    table.add_column("QuickBooks", justify="right")
    table.add_column("")
    for company in outcome.companies:
        _add_company(table, company)
    return table


def _add_company(table: Table, company: CompanyOutcome) -> None:
    table.add_row(Text(company.name, style="bold"), "", "", _found(len(company.differences)))
    sides = zip(_cells(company.proline), _cells(company.quickbooks), strict=True)
    for (name, proline), (_, quickbooks) in sides:
        mark = "" if proline == quickbooks else Text("differs", style="red")
        table.add_row(f"  {name}", proline, quickbooks, mark)
    table.add_section()


def _found(differences: int) -> Text:
    if not differences:
        return Text("agree", style="green")
    return Text(f"{differences} differences", style="bold red")


def _cells(tally: Tally) -> tuple[tuple[str, str], ...]:
    return (
        ("Customers", str(tally.customers)),
        ("Jobs (sub-customers)", str(tally.jobs)),
        ("Invoices", str(tally.invoices)),
        ("Invoiced", _dollars(tally.invoiced)),
        ("Payments", str(tally.payments)),
        ("Received", _dollars(tally.received)),
        ("Received and not applied yet", _dollars(tally.unapplied)),
        ("Still open", _dollars(tally.open_balance)),
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
            f"{outcome.changes} changes of companies that are on became {requests} requests"
            f" ({outcome.writes} writes, {outcome.reads} reads);"
            f" {outcome.invoices_paid} invoices are paid."
        ),
        Text(f"Records: {_states(outcome)}."),
    ]
    lines += [Text(f"On the way: {each}.") for each in outcome.harm]
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
