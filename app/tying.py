"""Tying a company to its books: what is refused, and all that happens in that one transaction."""

from connections import audit, companies
from connections.audit import Actor
from connections.connecting import Consent, Obtained, keep
from connections.errors import OtherRealm
from connections.keys import TokenKeys
from coordination.database import Connection
from coordination.leadership import hold_still
from records.holding import look_at_held
from records.other_books import change_books, refuse_while_writing
from records.places import return_unclaimed


def checked(
    connection: Connection, company_id: str, realm_id: str, other_books: str | None
) -> Consent:
    """Refuse what `tie` would refuse, before anything is asked of QuickBooks or made there.

    Args:
        connection: a transaction that ends before QuickBooks is asked.
        company_id: a known company.
        realm_id: the books a person means.
        other_books: the realm as the person typed it, if these are others than before.

    Raises:
        ConnectionRefused: with the sentence for the office.
    """
    confirmed = _confirmed(other_books, realm_id)
    before = companies.check_realm(
        connection, company_id, realm_id, other_realm_confirmed=confirmed
    )
    if companies.other_books_than(before, realm_id) is not None:
        refuse_while_writing(connection, company_id, realm_id)
    return Consent(company_id, realm_id, other_realm_confirmed=confirmed)


def tie(connection: Connection, keys: TokenKeys, obtained: Obtained, *, by: Actor) -> None:
    """Tie a company to the books of a consent, with all that has to happen in the same transaction.

    One function, so that no way of connecting leaves a part out: an attempt left open in other
    books would be in the way of every write of its record.

    Raises:
        ConnectionRefused: as `connections.companies.connect`, or the former books are being
            written to; nothing is stored.
    """
    company_id, realm_id = obtained.consent.company_id, obtained.consent.realm_id
    seen = companies.get(connection, company_id)
    if seen is not None and companies.other_books_than(seen, realm_id) is not None:
        # Handed out beside this, a record could be claimed for the former books and not be seen.
        hold_still(connection)
    before = companies.lock(connection, company_id)
    keep(connection, keys, obtained, by=by.user_name)
    return_unclaimed(connection, company_id)
    former = companies.other_books_than(before, realm_id)
    if former is not None:
        change_books(connection, company_id, former=former, realm_id=realm_id)
    look_at_held(connection, company_id)
    audit.note(
        connection,
        company_id,
        by,
        "connection.connect",
        before={"connection": before.connection, "realm_id": before.realm_id},
        after={"connection": "connected", "realm_id": realm_id},
        intuit_tid=obtained.reply.intuit_tid,
    )


def _confirmed(other_books: str | None, realm_id: str) -> bool:
    if other_books is not None and other_books != realm_id:
        raise OtherRealm(
            f"The confirmation names {other_books}, and QuickBooks named {realm_id}: nothing was"
            " connected."
        )
    return other_books is not None
