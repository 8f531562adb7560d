"""Authors at work: each in a thread and session of its own, until they are told to stop.

ProLine's database goes down too. An author then does what a person does: nothing of the change was
answered, so it goes on with another one.
"""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Final

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from chaos.load.author import Author, Transaction, Way
from chaos.load.revisions import lock_roots, look_at_roots, raise_revision
from chaos.load.shared import Shared
from demo.people import people
from demo.transactions import perform

PEOPLE: Final = 120
AWAY: Final = frozenset({"57P01", "57P02", "57P03", "53300"})
"""Shut down by an administrator, or by a crash; starting, or ending; too many sessions."""
LOOK_SECONDS: Final = (0.1, 0.8)
"""How long an author looks at a record before it locks it."""
OPEN_SECONDS: Final[Mapping[Way, tuple[float, float]]] = {
    "hold": (0.3, 2.5),
    "linger": (65.0, 80.0),
}
"""How long a transaction stays open after its changes. The relay reads anew for a minute what may
still be committed below what it has read; later, only its full look finds it."""
AGAIN_SECONDS: Final = 0.2


@dataclass
class Tally:
    """What the authors have done; each counter has one lock around it."""

    changes: int = 0
    rolled_back: int = 0
    unanswered: int = 0
    lingered: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, name: str, by: int = 1) -> None:
        """Add to one counter."""
        with self._lock:
            setattr(self, name, getattr(self, name) + by)


@dataclass
class Load:
    """ProLine while it is written to.

    Attributes:
        tally: what was done so far.
    """

    sessions: sessionmaker[Session]
    authors: Sequence[Author]
    changes_per_second: float
    tally: Tally = field(default_factory=Tally)
    _writing: list[Future[None]] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Write for as long as the block lasts; what went wrong in an author is raised at its end.

        Raises:
            Exception: whatever an author did not expect.
        """
        with ThreadPoolExecutor(len(self.authors), thread_name_prefix="author") as threads:
            self._writing = [threads.submit(self._write, author) for author in self.authors]
            try:
                yield
            finally:
                self._stop.set()
        for each in self._writing:
            each.result()

    def assert_writing(self) -> None:
        """See that no author has ended before its time.

        Raises:
            Exception: what ended it.
        """
        for each in self._writing:
            if each.done():
                each.result()

    def _write(self, author: Author) -> None:
        """Write at the pace asked for: what one transaction is late, the next pause is shorter."""
        mean = len(self.authors) / self.changes_per_second
        due = time.monotonic()
        while True:
            due += author.chance.expovariate(1 / mean)
            if self._stop.wait(max(0.0, due - time.monotonic())):
                return
            for transaction in author.draw():
                if not self._commit(author.chance, transaction):
                    self._stop.wait(AGAIN_SECONDS)
                    break

    def _commit(self, chance: Random, transaction: Transaction) -> bool:
        """Make one transaction; False: it was taken back, or nobody answered its commit.

        Raises:
            DBAPIError: whatever else than its absence the database had against it.
        """
        try:
            with self.sessions() as session:
                # A session forgets what nobody holds, and would then read it anew.
                held: list[object] = []
                if transaction.way == "look first":
                    held += look_at_roots(session, transaction.changes)
                    self._stop.wait(chance.uniform(*LOOK_SECONDS))
                lock_roots(session, transaction.changes)
                for change in transaction.changes:
                    perform(change, session, transaction.company_id)
                    raise_revision(session, transaction.company_id, change)
                if transaction.way == "roll back":
                    session.rollback()
                    self.tally.count("rolled_back")
                    return False
                if transaction.way in OPEN_SECONDS:
                    was_told = self._stop.wait(chance.uniform(*OPEN_SECONDS[transaction.way]))
                session.commit()
                held.clear()
        except DBAPIError as error:
            if not _is_away(error):
                raise
            self.tally.count("unanswered")
            transaction.doubt()
            return False
        if transaction.way == "linger" and not was_told:
            self.tally.count("lingered")
        self.tally.count("changes", len(transaction.changes))
        transaction.learn()
        return True


def _is_away(error: DBAPIError) -> bool:
    """Whether the database went away, is going, or is not there yet.

    https://www.postgresql.org/docs/current/errcodes-appendix.html
    """
    if not isinstance(error.orig, psycopg.OperationalError):
        return False
    code = error.orig.sqlstate
    return code is None or code.startswith("08") or code in AWAY


def authors_of(seed: int, number: int, companies: Sequence[str]) -> list[Author]:
    """Give authors with chances of their own, who write for all companies together."""
    shared, invented = Shared(), people(seed, PEOPLE)
    return [
        Author(each, companies, invented, shared, Random(f"{seed} author {each}"))  # noqa: S311  # nothing secret
        for each in range(1, number + 1)
    ]


def lingering_author(seed: int, number: int, companies: Sequence[str]) -> Author:
    """Give one whose transactions stay open for over a minute; nobody else knows its records."""
    chance = Random(f"{seed} author {number}")  # noqa: S311  # nothing secret
    return Author(number, companies, people(seed, PEOPLE), Shared(), chance, lingers=True)
