"""Puts the judgements together: which promise was broken, how often, and by which call."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from chaos.checker.arrivals import arrivals
from chaos.checker.breaches import Breach, Kind
from chaos.checker.facts import Facts
from chaos.checker.flights import overlaps
from chaos.checker.holdings import holdings
from chaos.checker.limits import limit_breaches
from chaos.checker.order import inversions
from chaos.checker.repeats import blind_repeats
from chaos.checker.said import misquotations
from chaos.checker.strays import strays
from chaos.checker.twice import twice
from chaos.checker.writes import Understood, understand


@dataclass(frozen=True, slots=True)
class Verdict:
    """All breaches; none is what was promised.

    Attributes:
        writes: how many writes changed the books: a judgement of none proves nothing.
    """

    breaches: Sequence[Breach]
    writes: int

    def count(self, kind: Kind) -> int:
        """Count the breaches of one promise."""
        return sum(each.kind is kind for each in self.breaches)

    @property
    def is_clean(self) -> bool:
        """Whether nothing was broken, by a system that did something."""
        return not self.breaches and self.writes > 0


def judge(facts: Facts) -> Verdict:
    """Judge each company's calls and books."""
    understood = [understand(facts, realm) for realm in facts.realms]
    found = chain.from_iterable(_judgements(each) for each in understood)
    return Verdict(tuple(found), sum(len(each.writes) for each in understood))


def _judgements(seen: Understood) -> Iterator[Breach]:
    yield from strays(seen)
    yield from arrivals(seen)
    yield from inversions(seen)
    yield from overlaps(seen)
    yield from twice(seen)
    yield from blind_repeats(seen)
    yield from misquotations(seen)
    yield from limit_breaches(seen.realm)
    yield from holdings(seen.realm)
