"""Commands about companies: set up, switch, pause, look."""

from typing import Annotated, Literal

import typer

from app.cli.opening import open_both, open_database
from app.cli.printing import Json, show
from app.onboarding import (
    change_settings,
    connect_company,
    disable_company,
    enable_company,
    open_company,
)
from connections.companies import (
    UNTIL_RESUMED,
    Company,
    blocked_reason,
    get,
    list_companies,
    pause,
    resume,
)
from connections.errors import UnknownCompany
from connections.settings import CompanySettings
from coordination.clock import clock
from coordination.database import Connection, Pool

app = typer.Typer(help="Companies: set up, switch, pause, look.", no_args_is_help=True)

CompanyId = Annotated[str, typer.Argument(metavar="COMPANY", help="ProLine's id of the company.")]


@app.command("open")
def open_(
    company_id: CompanyId,
    name: Annotated[str, typer.Option(help="As the office knows it.")] = "",
) -> None:
    """Make a company known: its contacts and projects are kept from now on."""
    with open_database() as pool:
        open_company(pool, company_id, name)
    typer.echo(f"Company {company_id} is known: connect it next.")


@app.command()
def connect(
    company_id: CompanyId,
    realm: Annotated[str, typer.Option(help="The QuickBooks company, as the redirect named it.")],
    code: Annotated[str, typer.Option(help="The code of the redirect; good once.")],
) -> None:
    """Connect a company to QuickBooks with the code of a person's consent."""
    with open_both() as opened:
        books = connect_company(
            opened.pool,
            opened.quickbooks,
            opened.slots,
            company_id=company_id,
            realm_id=realm,
            code=code,
        )
    typer.echo(f"Company {company_id} is connected to {books.company_name} ({realm}).")


@app.command()
def enable(company_id: CompanyId) -> None:
    """Turn the integration on."""
    with open_database() as pool:
        enable_company(pool, company_id)
    typer.echo("Integration is currently on.")


@app.command()
def disable(company_id: CompanyId) -> None:
    """Turn the integration off: changes are held, newest version each."""
    with open_database() as pool:
        disable_company(pool, company_id)
    typer.echo("Integration is currently off; changes are held.")


@app.command("pause")
def pause_(company_id: CompanyId) -> None:
    """Hold a company's work until it is resumed."""
    with open_database() as pool, pool.connection() as connection:
        _known(connection, company_id)
        pause(connection, company_id, UNTIL_RESUMED, "person")
    typer.echo(f"Company {company_id} is paused.")


@app.command("resume")
def resume_(company_id: CompanyId) -> None:
    """Let a paused company's work go on."""
    with open_database() as pool, pool.connection() as connection:
        _known(connection, company_id)
        resume(connection, company_id)
    typer.echo(f"Company {company_id} goes on.")


@app.command("set")
def set_(
    company_id: CompanyId,
    *,
    customers: Annotated[
        Literal["main", "sub"] | None,
        typer.Option(help="main customers only, or a sub-customer for each project too."),
    ] = None,
    stage: Annotated[
        list[str] | None, typer.Option(help="A stage that triggers the transfer; repeatable.")
    ] = None,
    ceiling: Annotated[
        int | None, typer.Option(min=0, max=500, help="Calls a minute we take of the 500.")
    ] = None,
) -> None:
    """Change what the office chose."""
    given = {"customer_mode": customers, "stages": stage, "ceiling": ceiling}
    chosen = {name: value for name, value in given.items() if value is not None}
    if not chosen:
        raise typer.BadParameter("Name at least one setting to change.")
    with open_database() as pool:
        settings = _settings(pool, company_id).model_dump() | chosen
        change_settings(pool, company_id, CompanySettings.model_validate(settings))
    typer.echo(f"Company {company_id}: {', '.join(sorted(chosen))} changed.")


@app.command("list")
def list_(*, as_json: Json = False) -> None:
    """List the companies and how each stands."""
    with open_database() as pool, pool.connection() as connection:
        rows = [_row(connection, each) for each in list_companies(connection)]
    show(rows, as_json=as_json, nothing="No company is known yet.")


@app.command("show")
def show_(company_id: CompanyId, *, as_json: Json = False) -> None:
    """Show one company with its settings and its reads, which QuickBooks meters."""
    with open_database() as pool, pool.connection() as connection:
        company = _known(connection, company_id)
        row = _row(connection, company) | _details(connection, company)
    show([row], as_json=as_json, nothing="")


def _settings(pool: Pool, company_id: str) -> CompanySettings:
    with pool.connection() as connection:
        return _known(connection, company_id).settings


def _known(connection: Connection, company_id: str) -> Company:
    company = get(connection, company_id)
    if company is None:
        raise UnknownCompany(f"Company {company_id} is not known: open it first.")
    return company


def _row(connection: Connection, company: Company) -> dict[str, object]:
    return {
        "company": company.id,
        "name": company.name,
        "enabled": company.enabled,
        "connection": company.connection,
        "realm": company.realm_id,
        "waits": blocked_reason(company, clock(connection)),
        "dropped_events": company.dropped_events,
    }


_CALLS = """
SELECT count(*) FILTER (WHERE kind = 'read'), count(*) FILTER (WHERE kind = 'write')
FROM proline_qbo.calls WHERE company_id = %s AND NOT unsent
"""


def _details(connection: Connection, company: Company) -> dict[str, object]:
    reads, writes = connection.execute(_CALLS, [company.id]).fetchone() or (0, 0)
    settings = company.settings.model_dump(mode="json")
    return {"reads": reads, "writes": writes, "settings": settings}
