"""Disconnect: the company gives its books up at once, and QuickBooks is told right after.

The two cannot be one step. What a crash between leaves undone is found by the sweep of
`app.keeping_alive`, and so is what QuickBooks could not be told at that moment.
"""

from app.quickbooks import QuickBooks
from app.revoking import revoke_left_over
from connections import audit, companies
from connections.audit import Actor
from connections.errors import NotConnected
from coordination.database import Pool
from records.places import return_unclaimed


def disconnect(pool: Pool, quickbooks: QuickBooks, *, company_id: str, by: Actor) -> bool:
    """Give a company's books up, its records held and nothing lost, and revoke its tokens.

    Args:
        pool: sessions with our timeouts.
        quickbooks: this process's access.
        company_id: a known company.
        by: who disconnects.

    Returns:
        Whether QuickBooks could be told. If not, or if something is being written at this moment,
        it is told by itself within minutes.

    Raises:
        UnknownCompany: its page was never opened.
        NotConnected: it has no connection, not even one that is lost.
    """
    give_up_books(pool, company_id=company_id, by=by)
    return revoke_left_over(pool, quickbooks, company_id=company_id, by=by)


def give_up_books(pool: Pool, *, company_id: str, by: Actor) -> None:
    """Give a company's books up, and ask QuickBooks nothing: `revoke_left_over` is to follow.

    Raises:
        UnknownCompany: its page was never opened.
        NotConnected: it has no connection, not even one that is lost.
    """
    with pool.connection() as connection:
        before = companies.lock(connection, company_id)
        if not companies.disconnect(connection, company_id):
            raise NotConnected(f"Company {company_id} is not connected to QuickBooks.")
        return_unclaimed(connection, company_id)
        audit.note(
            connection,
            company_id,
            by,
            "connection.disconnect",
            before={"connection": before.connection, "realm_id": before.realm_id},
            after={"connection": "none", "realm_id": None},
        )
