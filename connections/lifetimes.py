"""How old and how near their end are the tokens of living connections, of all companies."""

from dataclasses import dataclass
from datetime import datetime

from coordination.database import Connection

_READ = """
SELECT min(t.refreshed_at), min(t.refresh_expires_at), min(t.hard_expires_at)
FROM proline_qbo.tokens t
JOIN proline_qbo.companies c ON (c.id, c.realm_id) = (t.company_id, t.realm_id)
WHERE c.connection = 'connected' AND t.refused_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """Of the connections that live: the longest ago a token was refreshed, the first to end.

    `ends_at` is by disuse, which weekly refreshes prevent; `hard_ends_at` needs a person.
    """

    refreshed_at: datetime | None
    ends_at: datetime | None
    hard_ends_at: datetime | None


def lifetimes(connection: Connection) -> Lifetimes:
    """Read them; none where no company is connected."""
    row = connection.execute(_READ).fetchone()
    return Lifetimes(*row) if row else Lifetimes(None, None, None)
