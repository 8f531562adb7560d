"""Commands about records: where they stand, why, and a person's transfer of a project."""

from dataclasses import asdict
from typing import Annotated

import typer

from app.cli.acting import actor
from app.cli.known import known
from app.cli.opening import open_database
from app.cli.printing import Json, print_json, print_sentence
from app.tending import transfer_project
from connections.companies import blocked_reason, get_many
from coordination.clock import clock
from coordination.database import Connection
from outbox.backlog import Unread, unread, why_unread
from records.explaining import Explained, consumed_entities
from records.explaining import explain as explain_record
from schemas import Entity

IN_OUTBOX = "outbox"
"""Where an event is before it is any record's."""

project = typer.Typer(help="Projects: transfer one by hand.", no_args_is_help=True)


def explain(
    record_id: Annotated[str, typer.Argument(metavar="RECORD", help="ProLine's id of it.")],
    *,
    entity: Annotated[
        Entity | None, typer.Option(metavar="KIND", help="contact, project, invoice or payment.")
    ] = None,
    company: Annotated[str | None, typer.Option(help="Only records of this company.")] = None,
    as_json: Json = False,
) -> None:
    """Say why a record is not in QuickBooks now: what it waits for, and since when.

    The exit code is 1 if ProLine has sent no such record.
    """
    with open_database() as pool, pool.connection() as connection:
        explained = explain_all(connection, record_id, entity, company)
        in_outbox = unread(connection, record_id, entity=entity, company_id=company)
        why = why_unread(connection) if in_outbox else ""
    if as_json:
        rows = [asdict(each) | {"because": because} for each, because in explained]
        rows += [asdict(each) | {"state": IN_OUTBOX, "because": why} for each in in_outbox]
        print_json(rows)
    elif explained or in_outbox:
        told = [_told(each, because) for each, because in explained]
        told += [_told_unread(each, why) for each in in_outbox]
        print_sentence("\n".join(told))
    else:
        print_sentence(f"ProLine has sent no record {record_id}.")
    if not explained and not in_outbox:
        raise typer.Exit(1)


def explain_all(
    connection: Connection, record_id: str, entity: Entity | None = None, company: str | None = None
) -> list[tuple[Explained, str]]:
    """Find a record by ProLine's id, and say of each that has it why it is not there yet."""
    found = explain_record(connection, record_id, entity=entity, company_id=company)
    companies = get_many(connection, {each.company_id for each in found})
    now = clock(connection)
    consumed = consumed_entities(connection)
    return [
        (each, each.because(blocked_reason(companies[each.company_id], now), consumed))
        for each in found
    ]


def _told(each: Explained, because: str) -> str:
    """Name the record whole: several companies, or kinds of record, may use one id."""
    reason = f" ({each.reason or each.code})" if each.reason or each.code else ""
    since = each.since.isoformat(timespec="seconds")
    name = f"{each.entity} {each.record_id} of company {each.company_id}"
    return f"{name}: {each.state}{reason} since {since}\n  {because}"


def _told_unread(each: Unread, why: str) -> str:
    since = each.since.isoformat(timespec="seconds")
    name = f"{each.entity} {each.record_id} of company {each.company_id}"
    return f"{name}: sent, and in the outbox since {since}\n  {why}"


@project.command("transfer")
def transfer(
    project_id: Annotated[
        str, typer.Argument(metavar="PROJECT", help="ProLine's id of the project.")
    ],
    company: Annotated[str, typer.Option(help="ProLine's company id.")],
    by: Annotated[str, typer.Option(help="Who asks for it.")],
) -> None:
    """Transfer a project by hand, on what it holds; for one that was won before the enable."""
    with open_database() as pool, pool.connection() as connection:
        owner = known(connection, company)
        transferred = transfer_project(connection, owner, project_id, actor(by))
    if transferred:
        typer.echo(f"Project {project_id} is transferred from now on.")
    else:
        typer.echo(f"Project {project_id} was transferred before, or ProLine has not sent it.")
        raise typer.Exit(1)
