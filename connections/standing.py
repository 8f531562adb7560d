"""Until when a connection lasts, for the page: read from the stored tokens, without opening one."""

from dataclasses import dataclass
from datetime import datetime

from coordination.database import Connection

# After the first the refresh token is dead by age; after the second a person must consent anew
# however often it was refreshed.
_READ = """
SELECT least(refresh_expires_at, hard_expires_at), refreshed_at, refused_at
  FROM proline_qbo.tokens WHERE company_id = %s AND realm_id = %s
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """How one connection's tokens stand.

    Attributes:
        reconnect_before: when they end unless a person reconnects; each refresh moves it on, up to
            five years from the consent.
        refreshed_at: when QuickBooks last gave new ones.
        refused_at: when QuickBooks refused them for good, if it did.
    """

    reconnect_before: datetime
    refreshed_at: datetime
    refused_at: datetime | None


def of(c: Connection, company_id: str, realm_id: str) -> Standing | None:
    """Return how the tokens of a company stand in a realm, None if there are none."""
    row = c.execute(_READ, [company_id, realm_id]).fetchone()
    return None if row is None else Standing(*row)


def reconnect_before(c: Connection, company_id: str, realm_id: str) -> datetime | None:
    """Return when a person must have reconnected, None if there are no tokens."""
    standing = of(c, company_id, realm_id)
    return None if standing is None else standing.reconnect_before
