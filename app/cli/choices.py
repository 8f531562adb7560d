"""`company set`: what the office chooses on the Integrations page, an option for each choice."""

from typing import Annotated, Literal

import typer
from pydantic import ValidationError

from app.cli.acting import BY, By, actor
from app.cli.failures import CannotBeDone
from app.cli.known import CompanyId, known
from app.cli.opening import open_database
from app.onboarding import change_settings
from connections.settings import CEILING_MOST, CompanySettings


def set_(  # noqa: PLR0913  # an option for each choice, and nobody calls it but the command line
    company_id: CompanyId,
    *,
    customers: Annotated[
        Literal["main", "sub"] | None,
        typer.Option(help="main: a customer for each contact; sub: a job for each project too."),
    ] = None,
    trigger: Annotated[
        Literal["stages", "statuses"] | None,
        typer.Option(help="What transfers a project: entering a stage, or a status."),
    ] = None,
    stage: Annotated[
        list[str] | None, typer.Option(help="A stage that does; repeat it for each.")
    ] = None,
    status: Annotated[
        list[str] | None, typer.Option(help="A status that does; repeat it for each.")
    ] = None,
    existing: Annotated[
        Literal["link", "ask", "create"] | None,
        typer.Option(help="What becomes of a contact whose customer may be there already."),
    ] = None,
    running_balance: Annotated[
        Literal["one_invoice", "each"] | None,
        typer.Option(
            help="One invoice for all running-balance invoices of a project, or each with what it"
            " asks for; a project keeps the way of its first."
        ),
    ] = None,
    tax: Annotated[
        Literal["none", "amount", "line"] | None,
        typer.Option(help="No tax, ProLine's amount on the tax code, or a line of its own."),
    ] = None,
    tax_code: Annotated[str | None, typer.Option(help="QuickBooks' id of the code.")] = None,
    deposit_account: Annotated[
        str | None, typer.Option(help="QuickBooks' id of the account; else Undeposited Funds.")
    ] = None,
    income_item: Annotated[
        str | None, typer.Option(help='QuickBooks\' id of the item on lines; else "ProLine Sales".')
    ] = None,
    item_for: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SERVICE=ID",
            help="An item of its own for lines of a ProLine service; repeat it for each.",
        ),
    ] = None,
    ceiling: Annotated[
        int | None,
        typer.Option(min=1, max=CEILING_MOST, help="Calls a minute we take of the 500."),
    ] = None,
    by: By = BY,
) -> None:
    """Change what the office chose; what is not named stays as it is."""
    given: dict[str, object] = {
        "customer_mode": customers,
        "trigger": trigger,
        "stages": stage,
        "statuses": status,
        "existing_customers": existing,
        "running_balance": running_balance,
        "tax_mode": tax,
        "tax_code_id": tax_code,
        "deposit_account_id": deposit_account,
        "income_item_id": income_item,
        "items_by_service": _items(item_for or []),
        "ceiling": ceiling,
    }
    # Typer gives an empty list where a repeatable option was not named.
    chosen = {name: value for name, value in given.items() if value not in (None, [], {})}
    if not chosen:
        raise CannotBeDone("Name at least one setting: proline-qbo company set --help lists them.")
    with open_database() as pool:
        with pool.connection() as connection:
            before = known(connection, company_id).settings
        if "items_by_service" in chosen:
            chosen["items_by_service"] = before.items_by_service | _items(item_for or [])
        change_settings(pool, company_id, _changed(before, chosen), by=actor(by))
    names = ", ".join(name.replace("_", " ") for name in chosen)
    typer.echo(f"Company {company_id}: changed {names}.")


def _items(named: list[str]) -> dict[str, str]:
    """Read `SERVICE=ID`; a service may hold an equals sign, an id does not."""
    pairs = [each.rpartition("=") for each in named]
    if not all(service and item for service, _, item in pairs):
        raise CannotBeDone("Name an item as --item-for SERVICE=ID, such as Tear-off=19.")
    return {service: item for service, _, item in pairs}


def _changed(before: CompanySettings, chosen: dict[str, object]) -> CompanySettings:
    try:
        return CompanySettings.model_validate(before.model_dump() | chosen)
    except ValidationError as error:
        told = (f"{problem['loc'][0]}: {problem['msg']}" for problem in error.errors())
        raise CannotBeDone(f"Not changed: {'; '.join(told)}.") from error
