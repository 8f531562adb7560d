"""The one clock that counts: the database's, by the function that tests replace."""

from datetime import datetime

from coordination.database import Connection


def clock(connection: Connection) -> datetime:
    """Read `proline_qbo.clock()`, aware and in UTC."""
    row = connection.execute("SELECT proline_qbo.clock()").fetchone()
    if row is None or not isinstance(row[0], datetime):
        raise TypeError("proline_qbo.clock() returned no time")
    return row[0]
