"""What a page says of one record: why it is not in QuickBooks now, in a sentence of the office."""

from dataclasses import dataclass

from app.web.situation import Situation
from connections.companies import blocked_reason
from coordination.database import Connection
from records.explaining import consumed_entities
from records.shown import Shown


@dataclass(frozen=True)
class Teller:
    """Knows what holds the company back as a whole, and which workers run."""

    company_waits: str | None
    consumed: frozenset[str]

    def __call__(self, row: Shown) -> str:
        """Say it."""
        return row.because(self.company_waits, self.consumed)


def teller(connection: Connection, situation: Situation) -> Teller:
    """Read what sentences of a company's records need to know."""
    waits = blocked_reason(situation.company, situation.now)
    return Teller(waits, consumed_entities(connection))
