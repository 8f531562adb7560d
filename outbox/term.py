"""One term of leadership: whatever the leading relay writes, it writes in a transaction of this."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from coordination import leadership
from coordination.database import Connection, Pool


@dataclass(frozen=True)
class Term:
    """What makes a relay the leader.

    Attributes:
        pool: sessions with our timeouts; one is used at a time.
        process_id: this process as `coordination.processes` registered it.
        number: what `coordination.leadership.acquire` gave.
    """

    pool: Pool
    process_id: UUID
    number: int

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Open a transaction that nobody else can lead beside.

        Raises:
            NotLeading: another relay has taken over.
        """
        with self.pool.connection() as connection:
            leadership.assert_leading(connection, self.process_id, self.number)
            yield connection

    @contextmanager
    def beat(self) -> Iterator[Connection]:
        """Open a transaction that is one beat of this leadership once it commits.

        Raises:
            NotLeading: another relay has taken over.
        """
        with self.pool.connection() as connection:
            leadership.renew(connection, self.process_id, self.number)
            yield connection

    def resign(self) -> None:
        """Give the lead up in an orderly stop, so that a standby need not wait."""
        with self.pool.connection() as connection:
            leadership.resign(connection, self.process_id, self.number)
