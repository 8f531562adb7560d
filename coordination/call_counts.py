"""How many calls a realm has had: reads by what they were for, since QuickBooks meters reads."""

from collections.abc import Mapping
from dataclasses import dataclass

from coordination.database import Connection

# By realm, as the index of calls is; a former realm's calls are not this connection's.
_CALLS = """
SELECT kind, purpose, count(*) FROM proline_qbo.calls
WHERE realm_id = %s AND NOT unsent
  AND ended_at > proline_qbo.clock() - make_interval(days => %s)
GROUP BY kind, purpose ORDER BY kind, purpose
"""


@dataclass(frozen=True)
class Calls:
    """Calls that have ended: how many writes, and the reads of each purpose."""

    writes: int
    reads_by_purpose: Mapping[str, int]

    @property
    def reads(self) -> int:
        """How many reads, whatever for."""
        return sum(self.reads_by_purpose.values())


def count_calls(c: Connection, realm_id: str | None, *, days: int) -> Calls:
    """Count the calls to a realm in so many days back from now; none without a realm."""
    rows = c.execute(_CALLS, [realm_id, days]).fetchall()
    return Calls(
        writes=sum(calls for kind, _, calls in rows if kind == "write"),
        reads_by_purpose={purpose: calls for kind, purpose, calls in rows if kind == "read"},
    )
