"""A process that ends in the middle: between two of its commits, or in a call to QuickBooks."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from coordination.database import Connection, Pool

When = Literal["before", "after"]


class Crash(BaseException):
    """The process is no more: nothing of it runs any further, whatever it would catch."""


@dataclass
class CrashingPool:
    """A pool of one process, which may end before or after one of its transactions.

    Attributes:
        left: how many transactions it comes through; None: all.
        when: whether the one after those is still committed.
    """

    pool: Pool
    left: int | None = None
    when: When = "before"

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Give a session with one transaction, unless the process ends before it."""
        crashes = self._crashes()
        if crashes and self.when == "before":
            raise Crash
        with self.pool.connection() as connection:
            yield connection
        if crashes:
            raise Crash

    def getconn(self) -> Connection:
        """Give a session to look with: nothing is committed there."""
        return self.pool.getconn()

    def putconn(self, connection: Connection) -> None:
        """Take it back."""
        self.pool.putconn(connection)

    def _crashes(self) -> bool:
        if self.left is None:
            return False
        self.left -= 1
        return self.left < 0
