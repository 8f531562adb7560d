"""Which company a command is about: the argument, and the company itself if it is known."""

from typing import Annotated

import typer

from connections.companies import Company, get
from connections.errors import UnknownCompany
from coordination.database import Connection

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
