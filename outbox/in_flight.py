"""What is in flight, in the leader's memory: what it handed out and nobody has brought back.

Invariant: it holds every record that is `dispatched`, since only the leader makes one so, and some
that no longer are; `refresh` asks for all of them by key. Nothing is counted that the rows do not
say at that moment. The index of what is dispatched would say the same, but while an old snapshot is
held open it keeps an entry of each record that ever was: so that one is read at the beginning of a
term, after a transaction that failed, and once a minute.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from coordination.database import Connection
from records.places import HeldPlace, Place, held_places, still_held


@dataclass
class InFlight:
    """The places that are held.

    Attributes:
        is_known: whether it holds all of them; otherwise they are read at the next `refresh`.
    """

    is_known: bool = False
    _held: dict[int, HeldPlace] = field(default_factory=dict)

    def refresh(self, connection: Connection) -> None:
        """Ask which of them are still held."""
        held = still_held(connection, self.pks) if self.is_known else held_places(connection)
        self._held = {each.place.pk: each for each in held}
        self.is_known = True

    def forget(self) -> None:
        """Read all anew at the next `refresh`: something may have been handed out otherwise."""
        self.is_known = False

    def hand_out(self, places: Iterable[Place]) -> None:
        """Note what is handed out by a transaction that is about to commit."""
        self._held |= {place.pk: HeldPlace(place, is_claimed=False) for place in places}

    @property
    def pks(self) -> list[int]:
        """The keys of all these records."""
        return list(self._held)

    @property
    def unclaimed(self) -> list[Place]:
        """The places whose messages nobody has claimed, in the order of their dispatch."""
        return [each.place for each in self._held.values() if not each.is_claimed]

    def count_unclaimed(self) -> Counter[str]:
        """Count them by entity: what stands in each queue."""
        return Counter(place.entity for place in self.unclaimed)

    def count_by_company(self) -> Counter[str]:
        """Count the places that each company holds."""
        return Counter(each.place.company_id for each in self._held.values())
