"""Revocations under way: whether QuickBooks may be told now to end something in a realm.

Whether Intuit ends the one consent or the app's whole connection to those books is not known, so
nothing is revoked in books that are connected, or about to be. That is judged and then QuickBooks
asked, with no transaction open between: meanwhile a row keeps consents from coming back for the
realm, for as long as the call may take. Both sides take the realm's lock for their one statement,
so that one of them sees the other.
"""

from typing import Final, Literal

from connections import companies
from coordination.database import Connection

# Longer than the call's deadline; what a dead process leaves ends by itself.
CALL_MOST_SECONDS: Final = 30
# From the redirect until its code is exchanged and the realm proved.
ON_THE_WAY_SECONDS: Final = 120

Judged = Literal["begun", "connected", "later"]

# One namespace beside others of this database; two realms of one hash only wait for each other.
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('proline_qbo.revocations'), hashtext(%s))"
_CONSENTED = """
SELECT FROM proline_qbo.consents
 WHERE realm_id = %(realm_id)s AND expires_at > proline_qbo.clock()
   AND state_hash IS DISTINCT FROM %(but)s::bytea
   AND (obtained_at IS NOT NULL
        OR returned_at > proline_qbo.clock() - make_interval(secs => %(on_the_way)s))
 LIMIT 1
"""
_BEGIN = """
INSERT INTO proline_qbo.revocations AS r (realm_id, until)
VALUES (%(realm_id)s, proline_qbo.clock() + make_interval(secs => %(most)s))
ON CONFLICT (realm_id) DO UPDATE SET until = excluded.until WHERE r.until <= proline_qbo.clock()
"""
_UNDER_WAY = """
SELECT FROM proline_qbo.revocations WHERE realm_id = %s AND until > proline_qbo.clock()
"""
_END = "DELETE FROM proline_qbo.revocations WHERE realm_id = %s"


def begin(c: Connection, realm_id: str, *, but: bytes | None = None) -> Judged:
    """Judge whether something may be revoked in a realm, and keep consents away if it may.

    Commit before QuickBooks is asked, and `end` after.

    Args:
        c: the caller's transaction.
        realm_id: the books.
        but: the hash of the state of a consent that is to be ended itself, and does not count.

    Returns:
        `begun`; `connected`: a company of ours lives there, so that nothing must be revoked;
        `later`: a consent for these books is on its way or waits for its person, or another
        process is at it.
    """
    c.execute(_LOCK, [realm_id])
    values = {
        "realm_id": realm_id,
        "but": but,
        "on_the_way": ON_THE_WAY_SECONDS,
        "most": CALL_MOST_SECONDS,
    }
    # In this order: what is tied between the two was a consent at the first.
    if c.execute(_CONSENTED, values).fetchone() is not None:
        return "later"
    if companies.is_connected_to(c, realm_id):
        return "connected"
    return "begun" if c.execute(_BEGIN, values).rowcount == 1 else "later"


def end(c: Connection, realm_id: str) -> None:
    """Let consents come back again."""
    c.execute(_END, [realm_id])


def under_way(c: Connection, realm_id: str) -> bool:
    """Say whether something is being revoked there; none begins until the caller's commit."""
    c.execute(_LOCK, [realm_id])
    return c.execute(_UNDER_WAY, [realm_id]).fetchone() is not None
