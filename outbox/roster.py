"""What the leader remembers of who may be served: the ring, what is in flight, what is oldest.

All of it can be read from the records, and is where something may have gone otherwise than is
remembered: at the beginning of a term, and after a transaction that failed.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from coordination.database import Connection
from outbox.floor import Oldest
from outbox.in_flight import InFlight
from outbox.ring import Newcomer, Ring
from records.turns import all_with_work, with_work


@dataclass
class Roster:
    """The ring with what it takes to hand out a turn.

    Attributes:
        ring: whose turn it is.
        in_flight: who holds which places.
        oldest: from when on to look for each company's first eligible record.
        is_known: whether all who have work stand in the ring; otherwise it has to be built.
    """

    ring: Ring = field(default_factory=Ring)
    in_flight: InFlight = field(default_factory=InFlight)
    oldest: Oldest = field(default_factory=Oldest)
    is_known: bool = False

    def forget(self) -> None:
        """Know nothing: a transaction came to nothing, or may have."""
        self.ring.forget()
        self.in_flight.forget()
        self.oldest.forget()
        self.is_known = False

    def tell(self, now: float) -> bool:
        """Set the time, in seconds of the database's clock; say whether it is anybody's turn."""
        if self.ring.is_behind(now):
            self.oldest.forget()
        return self.ring.tell(now)

    def let_join(self, connection: Connection, company_ids: Collection[str]) -> None:
        """Give each of these companies that has eligible work a turn, unless it has one already.

        Args:
            connection: the transaction that may have made the work.
            company_ids: any number.
        """
        absent = sorted({each for each in company_ids if each not in self.ring})
        if absent:
            self._join(with_work(connection, absent, self.oldest.of(absent)))

    def let_all_join(self, connection: Connection) -> None:
        """Let every company with eligible work join: what a leader does before its first turn."""
        self._join(all_with_work(connection))
        self.is_known = True

    def _join(self, company_ids: list[str]) -> None:
        busy = self.in_flight.by_company
        self.ring.join([Newcomer(each, idle=each not in busy) for each in company_ids])
