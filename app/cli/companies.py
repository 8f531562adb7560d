"""Commands about companies: set up, switch, pause, look."""

from datetime import datetime
from typing import Annotated, Literal

import typer

from app.choosing import refresh_lists
from app.cli.acting import BY, By, Why, actor
from app.cli.choices import set_
from app.cli.known import CompanyId, known
from app.cli.opening import open_both, open_database
from app.cli.printing import Json, print_sentence, show_one, show_rows
from app.cli.standing import how_it_stands
from app.connecting import connect_company
from app.disconnecting import disconnect
from app.onboarding import (
    disable_company,
    enable_company,
    open_company,
    pause_company,
    resume_company,
)
from connections.companies import Company, blocked_reason, every_company
from coordination.clock import clock

app = typer.Typer(help="Companies: set up, switch, pause, look.", no_args_is_help=True)


@app.command("open")
def open_(
    company_id: CompanyId,
    name: Annotated[str, typer.Option(help="As its office calls it.")] = "",
    by: By = BY,
) -> None:
    """Make a company known: its contacts and projects are kept from now on."""
    with open_database() as pool:
        open_company(pool, company_id, name, by=actor(by))
    typer.echo(f"Company {company_id} is known: connect it next.")


@app.command()
def connect(  # an option each, and nobody calls it but the command line
    company_id: CompanyId,
    realm: Annotated[str, typer.Option(help="The QuickBooks company, as the redirect named it.")],
    code: Annotated[str, typer.Option(help="The code of the redirect; good once.")],
    other_books: Annotated[
        str | None,
        typer.Option(
            metavar="REALM",
            help="Confirms that these are other books than before: type their realm once more.",
        ),
    ] = None,
    income_account: Annotated[
        str | None,
        typer.Option(help='QuickBooks\' id of the account "ProLine Sales" is made under.'),
    ] = None,
    by: By = BY,
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
            other_books=other_books,
            income_account_id=income_account,
            by=actor(by),
        )
    print_sentence(f"Company {company_id} is connected to {books.company_name} ({realm}).")
    if other_books is not None:
        typer.echo("Choose tax code, deposit account and items again, where you had chosen any.")


@app.command("disconnect")
def disconnect_(
    company_id: CompanyId,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; else it is only told.")] = False,
    by: By = BY,
) -> None:
    """Give a company's QuickBooks books up; its records are held, and nothing is lost."""
    if not yes:
        with open_database() as pool, pool.connection() as connection:
            company = known(connection, company_id)
        print_sentence(
            f"Company {company_id} would be disconnected from {company.realm_id or 'nothing'}:"
            " say --yes."
        )
        return
    with open_both() as opened:
        told = disconnect(opened.pool, opened.quickbooks, company_id=company_id, by=actor(by))
    typer.echo(f"Company {company_id} is disconnected; changes are held.")
    if not told:
        typer.echo("QuickBooks could not be told yet: a worker tells it within minutes.")


@app.command("refresh-lists")
def refresh_lists_(company_id: CompanyId, *, by: By = BY) -> None:
    """Read anew what can be chosen in QuickBooks: accounts, items, tax codes; four reads."""
    with open_both() as opened:
        read = refresh_lists(
            opened.pool, opened.quickbooks, opened.slots, company_id=company_id, by=actor(by)
        )
    counts = (f"{kind.replace('_', ' ')}s {len(rows)}" for kind, rows in read.by_kind().items())
    typer.echo(f"Company {company_id}: {', '.join(counts)}.")


@app.command()
def enable(
    company_id: CompanyId,
    *,
    changed: Annotated[
        Literal["send", "skip"] | None,
        typer.Option(help="What becomes of records that changed while it was off."),
    ] = None,
    by: By = BY,
) -> None:
    """Turn the integration on."""
    with open_database() as pool:
        with pool.connection() as connection:
            known(connection, company_id)
        enabled = enable_company(pool, company_id, changed=changed, by=actor(by))
    typer.echo("Integration is currently on.")
    if enabled.left_out:
        typer.echo(f"Records that changed while it was off and were left out: {enabled.left_out}.")


@app.command()
def disable(company_id: CompanyId, *, by: By = BY, why: Why = "") -> None:
    """Turn the integration off: changes are held, newest version each."""
    with open_database() as pool:
        with pool.connection() as connection:
            known(connection, company_id)
        disable_company(pool, company_id, by=actor(by), why=why)
    typer.echo("Integration is currently off; changes are held.")


@app.command("pause")
def pause_(company_id: CompanyId, *, by: By = BY, why: Why = "") -> None:
    """Hold a company's work until it is resumed."""
    with open_database() as pool:
        with pool.connection() as connection:
            known(connection, company_id)
        pause_company(pool, company_id, by=actor(by), why=why)
    typer.echo(f"Company {company_id} is paused.")


@app.command("resume")
def resume_(company_id: CompanyId, *, by: By = BY, why: Why = "") -> None:
    """Let a paused company's work go on."""
    with open_database() as pool:
        with pool.connection() as connection:
            known(connection, company_id)
        ended = resume_company(pool, company_id, by=actor(by), why=why)
    typer.echo(f"Company {company_id} {'goes on' if ended else 'was not paused'}.")


app.command("set")(set_)


@app.command("list")
def list_(*, as_json: Json = False) -> None:
    """List the companies and how each stands."""
    with open_database() as pool, pool.connection() as connection:
        now = clock(connection)
        rows = [_row(each, now) for each in every_company(connection)]
    show_rows(rows, as_json=as_json, nothing="No company is known yet.")


@app.command("show")
def show_(company_id: CompanyId, *, as_json: Json = False) -> None:
    """Show one company: its settings, its reads, which QuickBooks meters, and what is open."""
    with open_database() as pool, pool.connection() as connection:
        company = known(connection, company_id)
        row = _row(company, clock(connection))
        row |= how_it_stands(connection, company, for_people=not as_json)
    show_one(row, as_json=as_json)


def _row(company: Company, now: datetime) -> dict[str, object]:
    return {
        "company": company.id,
        "name": company.name,
        "enabled": company.enabled,
        "connection": company.connection,
        "realm": company.realm_id,
        "waits": blocked_reason(company, now),
        "dropped_events": company.dropped_events,
    }
