"""The clock of the database in a test's hands: `proline_qbo.clock()` replaced by one it sets."""

from datetime import UTC, datetime
from typing import Self

import psycopg

# The offset lies in a table, not in a setting: every session of the test sees the same time.
REPLACEMENT = """
CREATE TABLE proline_qbo.clock_of_the_test (
    frozen_at timestamptz,
    ahead     interval NOT NULL DEFAULT '0'
);
INSERT INTO proline_qbo.clock_of_the_test DEFAULT VALUES;
CREATE OR REPLACE FUNCTION proline_qbo.clock() RETURNS timestamptz
LANGUAGE sql VOLATILE PARALLEL SAFE AS
'SELECT coalesce(frozen_at, clock_timestamp()) + ahead FROM proline_qbo.clock_of_the_test';
"""


class DatabaseClock:
    """The one source of time of one test's database: it runs until it is frozen.

    Each change is committed at once, so every session that asks afterwards sees it.
    """

    def __init__(self, connection: psycopg.Connection) -> None:
        """Put the replacement in place; `connection` is in autocommit and belongs to this clock."""
        self._connection = connection
        connection.execute(REPLACEMENT)

    @classmethod
    def on(cls, url: str) -> Self:
        """Open a session of its own on the database at `url`; `close()` ends it."""
        return cls(psycopg.connect(url, autocommit=True))

    def now(self) -> datetime:
        """Return the time the database would give now, aware, UTC."""
        row = self._connection.execute("SELECT proline_qbo.clock()").fetchone()
        assert row is not None
        assert isinstance(row[0], datetime)
        return row[0].astimezone(UTC)

    def advance(self, seconds: float) -> None:
        """Let the clock jump; a negative number sets it back."""
        self._connection.execute(
            "UPDATE proline_qbo.clock_of_the_test SET ahead = ahead + make_interval(secs => %s)",
            [seconds],
        )

    def freeze(self, at: datetime | None = None) -> datetime:
        """Stop the clock at a time, or where it is; return that time."""
        instant = at or self.now()
        self._connection.execute(
            "UPDATE proline_qbo.clock_of_the_test SET frozen_at = %s, ahead = '0'", [instant]
        )
        return instant

    def close(self) -> None:
        """End the clock's own session."""
        self._connection.close()
