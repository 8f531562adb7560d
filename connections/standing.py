"""Until when a connection lasts, for the page: read from the stored tokens, without opening one."""

from dataclasses import dataclass
from datetime import datetime

from coordination.database import Connection

# The end by age (`refresh_expires_at`) is no day to show: a living connection is refreshed weekly,
# and each refresh moves it on. At the hard end a person must consent anew, however often it was.
_READ = """
SELECT hard_expires_at, refreshed_at, refused_at
  FROM proline_qbo.tokens WHERE company_id = %s AND realm_id = %s
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """How one connection's tokens stand.

    Attributes:
        reconnect_before: when they end unless a person reconnects, five years from the consent;
            None: QuickBooks did not tell.
        refreshed_at: when QuickBooks last gave new ones.
        refused_at: when QuickBooks refused them for good, if it did.
    """

    reconnect_before: datetime | None
    refreshed_at: datetime
    refused_at: datetime | None


def of(c: Connection, company_id: str, realm_id: str) -> Standing | None:
    """Return how the tokens of a company stand in a realm, None if there are none."""
    row = c.execute(_READ, [company_id, realm_id]).fetchone()
    return None if row is None else Standing(*row)


def reconnect_before(c: Connection, company_id: str, realm_id: str) -> datetime | None:
    """Return when a person must have reconnected, None if that is not known.

    Nor is there such a day once QuickBooks has refused the tokens for good.
    """
    standing = of(c, company_id, realm_id)
    if standing is None or standing.refused_at is not None:
        return None
    return standing.reconnect_before
