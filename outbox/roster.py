"""What the leader remembers of who may be served: the ring, what is in flight, what is oldest.

All of it can be read from the records, and is where something may have gone otherwise than is
remembered: at the beginning of a term, and after a transaction that failed.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from coordination.database import Connection
from outbox.floor import Oldest
from outbox.in_flight import InFlight
from outbox.ring import Newcomer, Ring
from records.turns import piece_with_work, with_work

PIECE: Final = 200
"""Companies asked in one tick: under an old snapshot each may hide its work behind dead entries."""


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
    _built_to: str = ""

    def forget(self) -> None:
        """Know nothing: a transaction came to nothing, or may have."""
        self.ring.forget()
        self.in_flight.forget()
        self.oldest.forget()
        self.build_anew()

    def tell(self, now: float) -> bool:
        """Set the time, in seconds of the database's clock; say whether it is anybody's turn."""
        if self.ring.is_behind(now):
            # What became eligible by the new clock was looked for by the old one.
            self.oldest.forget()
            self.build_anew()
        return self.ring.tell(now)

    def build_anew(self) -> None:
        """Let all who have work join, a piece with each tick; whoever stands there keeps its turn.

        For a new leader, and whenever somebody may have been missed.
        """
        self.is_known = False
        self._built_to = ""

    def let_join(self, connection: Connection, company_ids: Collection[str]) -> None:
        """Give each of these companies that has eligible work a turn, unless it has one already.

        Args:
            connection: the transaction that may have made the work.
            company_ids: any number.
        """
        absent = sorted({each for each in company_ids if each not in self.ring})
        if absent:
            self._join(with_work(connection, absent, self.oldest.of(absent)))

    def let_next_join(self, connection: Connection) -> None:
        """Let the next piece of companies with eligible work join, until all have been asked."""
        if self.is_known:
            return
        piece = piece_with_work(connection, after=self._built_to, most=PIECE)
        self._join(piece.with_work)
        self._built_to = piece.read_to
        self.is_known = not piece.read_to

    def _join(self, company_ids: Sequence[str]) -> None:
        busy = self.in_flight.by_company
        self.ring.join([Newcomer(each, idle=each not in busy) for each in company_ids])
