"""What a page says of records: why each is not in QuickBooks now, in sentences of the office."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from app.web.situation import Situation
from connections.companies import blocked_reason
from coordination.database import Connection
from records.explaining import consumed_entities
from records.naming import Names, names_in
from records.shown import Shown


@dataclass(frozen=True)
class Teller:
    """Knows what holds the company back as a whole, which workers run, and what records are called.

    Without `names` records are named by ProLine's ids.
    """

    company_waits: str | None
    consumed: frozenset[str]
    names: Names = field(default_factory=Names)

    def __call__(self, row: Shown) -> str:
        """Say why a record stands where it does."""
        return self.names.put_into(row.because(self.company_waits, self.consumed))

    def sentence(self, said: str | None) -> str:
        """Say a sentence that is stored with a record."""
        return self.names.put_into(said or "")

    def about(
        self, connection: Connection, company_id: str, rows: Iterable[Shown], *more: str | None
    ) -> "Teller":
        """Give one that knows what is named in what it says of these rows, and in more."""
        said = [row.because(self.company_waits, self.consumed) for row in rows]
        names = names_in(connection, company_id, [*said, *(each or "" for each in more)])
        return replace(self, names=names)


def teller(connection: Connection, situation: Situation) -> Teller:
    """Read what sentences of a company's records need to know."""
    waits = blocked_reason(situation.company, situation.now)
    return Teller(waits, consumed_entities(connection))
