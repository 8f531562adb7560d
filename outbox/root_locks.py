"""Locks the rows of roots, so that events of a record are written one transaction after the other.

Invariant: whoever reads a snapshot to append it holds the root's row lock from before the read
until the commit. Only so is the order of event ids that of commits, and the newest snapshot true.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ARRAY, Connection, any_, literal, select

from outbox.errors import IsolationTooHigh
from outbox.roots import Root

# PostgreSQL runs the first as the second: https://www.postgresql.org/docs/15/transaction-iso.html
ISOLATION_ALLOWED = ("read uncommitted", "read committed")


def lock_roots(connection: Connection, root: Root, ids: Collection[Any]) -> list[Any]:
    """Lock the rows in the order of their ids, and return the ids of those that exist.

    FOR NO KEY UPDATE, because a child's foreign key holds FOR KEY SHARE on the same row: two
    transactions that each added a line would wait for each other under FOR UPDATE.

    Raises:
        IsolationTooHigh: What is read after the lock would be as old as the transaction.
    """
    _check_isolation(connection)
    among = any_(literal(list(ids), ARRAY(root.key.type)))
    rows = select(root.key).where(root.key == among).order_by(root.key)
    return list(connection.scalars(rows.with_for_update(key_share=True)))


def _check_isolation(connection: Connection) -> None:
    level = connection.exec_driver_sql("SHOW transaction_isolation").scalar_one()
    if level not in ISOLATION_ALLOWED:
        raise IsolationTooHigh(
            f"This transaction runs at {str(level).upper()}. Changes are captured only at READ "
            "COMMITTED: above it, a snapshot would be read as it was before its lock."
        )
