"""What is in flight, in the leader's memory: what it handed out and nobody has brought back.

Invariant: it holds every record that is `dispatched`, since only the leader makes one so, and some
that no longer are; `refresh` asks for all of them by key, in each tick after the nudges were taken:
what is released later leaves a nudge for the next. The index of what is dispatched would say the
same, but while an old snapshot is held open it keeps an entry of each record that ever was: so that
one is read at the beginning of a term, after a transaction that failed, and once a minute.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from coordination.database import Connection
from records.places import HeldPlace, Place, changed_places, held_places


@dataclass
class InFlight:
    """The places that are held.

    Attributes:
        is_known: whether it holds all of them; otherwise they are read at the next `refresh`.
        by_company: how many places each company holds.
        unclaimed_by_entity: how many records of each entity nobody has claimed: what stands in its
            queue.
    """

    is_known: bool = False
    by_company: Counter[str] = field(default_factory=Counter)
    unclaimed_by_entity: Counter[str] = field(default_factory=Counter)
    _held: dict[int, HeldPlace] = field(default_factory=dict)

    def refresh(self, connection: Connection) -> None:
        """Ask what has changed with them: some are claimed by now, some are held no longer."""
        if not self.is_known:
            for pk in self.pks:
                self._remove(pk)
            self._add(held_places(connection))
            self.is_known = True
            return
        for pk, is_held in changed_places(connection, list(self._held.values())).items():
            known = self._remove(pk)
            if is_held:
                self._add([HeldPlace(known.place, is_claimed=not known.is_claimed)])

    def forget(self) -> None:
        """Read all anew at the next `refresh`: something may have been handed out otherwise."""
        self.is_known = False

    def hand_out(self, places: Iterable[Place]) -> None:
        """Note what is handed out by a transaction that is about to commit."""
        self._add(HeldPlace(place, is_claimed=False) for place in places)

    @property
    def pks(self) -> list[int]:
        """The keys of all these records."""
        return list(self._held)

    @property
    def unclaimed(self) -> list[Place]:
        """The places whose messages nobody has claimed, in the order of their dispatch."""
        return [each.place for each in self._held.values() if not each.is_claimed]

    def _add(self, held: Iterable[HeldPlace]) -> None:
        for each in held:
            if each.place.pk in self._held:
                self._remove(each.place.pk)
            self._held[each.place.pk] = each
            self.by_company[each.place.company_id] += 1
            self.unclaimed_by_entity[each.place.entity] += not each.is_claimed

    def _remove(self, pk: int) -> HeldPlace:
        held = self._held.pop(pk)
        company_id, entity = held.place.company_id, held.place.entity
        self.by_company[company_id] -= 1
        if not self.by_company[company_id]:
            del self.by_company[company_id]
        self.unclaimed_by_entity[entity] -= not held.is_claimed
        return held
