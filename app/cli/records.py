"""Commands about records: where they stand, why, and a person's transfer of a project."""

from dataclasses import asdict
from typing import Annotated

import typer

from app.cli.opening import open_database
from app.cli.printing import Json, show
from connections.companies import blocked_reason, get_many, list_companies
from coordination.clock import clock
from coordination.nudges import nudge
from records.explaining import explain as explain_record
from records.keys import RecordKey
from records.transfers import Transfer, latch

project = typer.Typer(help="Projects.", no_args_is_help=True)

Company = Annotated[str | None, typer.Option(help="ProLine's company id.")]

_STATES = """
SELECT company_id, state, reason, count(*), min(since) FROM proline_qbo.records
WHERE state <> 'done' GROUP BY company_id, state, reason ORDER BY 1, 2, 3
"""


def status(*, as_json: Json = False) -> None:
    """Count what is not done, by company, state and reason, with its oldest."""
    with open_database() as pool, pool.connection() as connection:
        companies = {each.id: each for each in list_companies(connection)}
        now = clock(connection)
        rows = [
            {
                "company": company_id,
                "waits": blocked_reason(companies[company_id], now)
                if company_id in companies
                else None,
                "state": state,
                "reason": reason,
                "records": count,
                "since": since,
            }
            for company_id, state, reason, count, since in connection.execute(_STATES)
        ]
    show(rows, as_json=as_json, nothing="Everything ProLine has is done.")


def explain(
    record_id: Annotated[str, typer.Argument(metavar="RECORD", help="ProLine's id.")],
    *,
    entity: Annotated[
        str | None, typer.Option(help="contact, project, invoice or payment.")
    ] = None,
    company: Company = None,
    as_json: Json = False,
) -> None:
    """Say why a record is not in QuickBooks now: what it waits for, and since when."""
    with open_database() as pool, pool.connection() as connection:
        found = explain_record(connection, record_id, entity=entity, company_id=company)
        companies = get_many(connection, {each.company_id for each in found})
        now = clock(connection)
    rows = [
        asdict(each) | {"because": each.because(blocked_reason(companies[each.company_id], now))}
        for each in found
    ]
    if not as_json:
        shown = ("company_id", "entity", "record_id", "state", "since", "because")
        rows = [{name: row[name] for name in shown} for row in rows]
    show(rows, as_json=as_json, nothing=f"ProLine has not sent a record {record_id}.")
    if not found:
        raise typer.Exit(1)


@project.command("transfer")
def transfer(
    project_id: Annotated[str, typer.Argument(help="ProLine's id of the project.")],
    company: Annotated[str, typer.Option(help="ProLine's company id.")],
    by: Annotated[str, typer.Option(help="Who asks for it.")],
) -> None:
    """Transfer a project by hand, on what it holds; for one that was won before the enable."""
    with open_database() as pool, pool.connection() as connection:
        owner = get_many(connection, [company]).get(company)
        if owner is None:
            raise typer.BadParameter(f"Company {company} is not known: open it first.")
        key = RecordKey(company, "project", project_id)
        latched = latch(connection, [Transfer(key, owner.settings.customer_mode, by)])
        if latched:
            nudge(connection, company, "project", project_id)
    if latched:
        typer.echo(f"Project {project_id} is transferred from now on.")
    else:
        typer.echo(f"Project {project_id} was transferred before, or ProLine has not sent it.")
        raise typer.Exit(1)
