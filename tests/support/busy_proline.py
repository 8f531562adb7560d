"""A busy ProLine: fifty records in each of some companies, said and edited in a random order."""

import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from coordination.database import Pool
from tests.support.proline import (
    SENT_AT,
    WON,
    Snapshot,
    append,
    contact,
    invoice,
    payment,
    project,
)

CONTACTS = 10
PROJECTS = 10
INVOICES = 15
PAYMENTS = 15
PAUSE_SECONDS = 0.01


@dataclass(frozen=True)
class Said:
    """One snapshot to be said: the number of its edit stands in it."""

    entity: str
    record_id: str
    edit: int
    final: bool

    @property
    def tag(self) -> str:
        """What is found again in QuickBooks."""
        return f"{self.record_id} e{self.edit}"

    def snapshot(self, chance: random.Random) -> Snapshot:
        """Compose it; only the last is surely in the stage, and sent."""
        index = int(self.record_id.rpartition("-")[2])
        company_id = self.record_id.partition("-")[0]
        parent = f"{company_id}-p-{index % PROJECTS}"
        ready = self.final or chance.random() < 0.5
        match self.entity:
            case "contact":
                return contact(self.record_id, address={"line1": self.tag})
            case "project":
                whose = f"{company_id}-c-{index % CONTACTS}"
                stage = WON if ready else "Inspection"
                return project(
                    self.record_id, contact_id=whose, stage=stage, address={"line1": self.tag}
                )
            case "invoice":
                sent_at = SENT_AT.isoformat() if ready else None
                return invoice(self.record_id, project_id=parent, sent_at=sent_at, memo=self.tag)
            case _:
                paid = [{"invoice_id": f"{company_id}-i-{index}", "amount": "40.00"}]
                return payment(
                    self.record_id, project_id=parent, allocations=paid, reference=self.tag
                )


class BusyProLine:
    """What one company says, in an order drawn by `chance`."""

    def __init__(self, company_id: str, edits: int, chance: random.Random) -> None:
        """Draw the edits: each record is said at least once, some many times."""
        self.company_id = company_id
        self.chance = chance
        self.records = [
            (entity, f"{company_id}-{entity[0] if entity != 'payment' else 'y'}-{index}")
            for entity, size in (
                ("contact", CONTACTS),
                ("project", PROJECTS),
                ("invoice", INVOICES),
                ("payment", PAYMENTS),
            )
            for index in range(size)
        ]
        drawn = self.records + chance.choices(self.records, k=edits)
        chance.shuffle(drawn)
        self.newest = {record_id: drawn.count((entity, record_id)) for entity, record_id in drawn}
        self._drawn = drawn

    def said(self) -> Iterator[Said]:
        """Number the edits of each record in the order in which they are said."""
        edits: dict[str, int] = {}
        for entity, record_id in self._drawn:
            edits[record_id] = edits.get(record_id, 0) + 1
            final = edits[record_id] == self.newest[record_id]
            yield Said(entity, record_id, edits[record_id], final)

    def speak(self, pool: Pool) -> None:
        """Commit each in a transaction of its own, with short pauses."""
        never = threading.Event()
        for each in self.said():
            with pool.connection() as connection:
                snapshot = each.snapshot(self.chance)
                append(connection, each.entity, snapshot, company_id=self.company_id)
            never.wait(self.chance.random() * PAUSE_SECONDS)
