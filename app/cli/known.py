"""Which company or record a command is about: the arguments, and what is known by them."""

from typing import Annotated

import typer

from app.cli.failures import CannotBeDone
from connections.companies import Company, get
from connections.errors import UnknownCompany
from coordination.database import Connection
from records.explaining import Explained, explain
from schemas import Entity

ID_LENGTH_MAX = 64


def a_company_id(given: str) -> str:
    """Refuse what ProLine never uses as an id: it would be known and never written to.

    Raises:
        typer.BadParameter: it is empty, too long or not printable.
    """
    if not given.strip() or len(given) > ID_LENGTH_MAX or not given.isprintable():
        raise typer.BadParameter(f"an id has 1 to {ID_LENGTH_MAX} printable characters.")
    return given


CompanyId = Annotated[
    str,
    typer.Argument(metavar="COMPANY", help="ProLine's id of the company.", callback=a_company_id),
]


RecordId = Annotated[str, typer.Argument(metavar="RECORD", help="ProLine's id of it.")]
OfCompany = Annotated[str | None, typer.Option("--company", help="Only records of this company.")]
EntityKind = Annotated[
    Entity | None, typer.Option(metavar="KIND", help="contact, project, invoice or payment.")
]


def one_record(
    connection: Connection, record_id: str, entity: Entity | None, company_id: str | None
) -> Explained:
    """Return the one record that is meant.

    Raises:
        CannotBeDone: there is none, or there are several of this id.
    """
    found = explain(connection, record_id, entity=entity, company_id=company_id)
    if not found:
        raise CannotBeDone(f"ProLine has sent no record {record_id}.")
    if len(found) > 1:
        raise CannotBeDone(
            f"Several records have the id {record_id}: name one with --entity and --company."
        )
    return found[0]


def known(connection: Connection, company_id: str) -> Company:
    """Return the company.

    Raises:
        UnknownCompany: nobody has opened it.
    """
    company = get(connection, company_id)
    if company is None:
        raise UnknownCompany(
            f"Company {company_id} is not known: open it with proline-qbo company open."
        )
    return company
