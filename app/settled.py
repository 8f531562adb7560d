"""Whether everything is at rest: what a demonstration or a test waits for."""

from collections.abc import Mapping

from coordination.database import Pool

_SETTLED = """
SELECT NOT EXISTS (SELECT FROM proline_outbox.outbox_events)
   AND NOT EXISTS (SELECT FROM proline_qbo.nudges)
   AND NOT EXISTS (SELECT FROM proline_qbo.records
                   WHERE state IN ('pending', 'dispatched', 'retrying'))
"""
_STATES = "SELECT state, count(*) FROM proline_qbo.records GROUP BY state"


def is_settled(pool: Pool) -> bool:
    """Whether nothing is left to do: no event, no nudge, nothing eligible or in flight."""
    with pool.connection() as connection:
        return connection.execute(_SETTLED).fetchone() == (True,)


def states(pool: Pool) -> Mapping[str, int]:
    """Count the records by state."""
    with pool.connection() as connection:
        return dict(connection.execute(_STATES).fetchall())
