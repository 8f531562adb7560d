"""Probing: does a company's connection live? Asked by a refresh of its token, which costs no read.

For the page a person lands on after disconnecting in QuickBooks itself: opening it proves nothing
and changes nothing; what QuickBooks answers does, on the way every refresh takes.
"""

from typing import Final

from structlog import get_logger

from app.quickbooks import QuickBooks
from connections import companies, token_rows
from connections.companies import Company
from connections.errors import TokenUnreadable, UnknownCompany
from connections.token_rows import Place
from coordination.database import Pool
from qbo_client import QuickBooksError

AGAIN_AFTER_SECONDS: Final = 60.0

log = get_logger()


def probe(pool: Pool, quickbooks: QuickBooks, *, company_id: str) -> Company:
    """Find out how a company's connection stands; QuickBooks is asked at most once a minute.

    Where QuickBooks cannot be asked, what was known is returned: silence proves nothing.

    Raises:
        UnknownCompany: its page was never opened.
    """
    company = _read(pool, company_id)
    if company.connection == "connected" and company.realm_id is not None:
        _ask(pool, quickbooks, company_id, company.realm_id)
    return _read(pool, company_id)


def _ask(pool: Pool, quickbooks: QuickBooks, company_id: str, realm_id: str) -> None:
    with pool.connection() as connection:
        age = token_rows.age(connection, Place(company_id, realm_id))
    if age is None or not age.alive or age.seconds < AGAIN_AFTER_SECONDS:
        return
    try:
        quickbooks.tokens.refresh(company_id, realm_id, version=age.version)
    except (QuickBooksError, TokenUnreadable) as error:
        log.info("connection.probed", company_id=company_id, error=str(error))


def _read(pool: Pool, company_id: str) -> Company:
    with pool.connection() as connection:
        company = companies.get(connection, company_id)
    if company is None:
        raise UnknownCompany(f"Company {company_id} is not known: open its page first.")
    return company
