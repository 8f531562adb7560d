"""What of a company's ProLine is the integration's concern: the projects it was handed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from demo.comparer.proline import (
    AllocationRow,
    ContactRow,
    Ledger,
    LineRow,
    Office,
    ProjectRow,
)


@dataclass(frozen=True, slots=True)
class Scope:
    """An enabled company with the projects that were transferred.

    Attributes:
        contacts: by id.
        lines: by their invoice, in their order.
        allocations: by their payment.
    """

    office: Office
    enabled_at: datetime
    ledger: Ledger
    transferred: Mapping[str, ProjectRow]
    contacts: Mapping[str, ContactRow]
    lines: Mapping[str, Sequence[LineRow]]
    allocations: Mapping[str, Sequence[AllocationRow]]

    @classmethod
    def of(cls, office: Office, enabled_at: datetime, ledger: Ledger) -> "Scope":
        """Find the transferred projects."""
        moved = {
            move.project_id
            for move in ledger.moves
            if move.stage in office.trigger_stages and move.entered_at >= enabled_at
        }
        transferred = {
            project.id: project
            for project in ledger.projects
            if project.id in moved or _saved_where_it_counts(office, enabled_at, project)
        }
        lines: dict[str, list[LineRow]] = defaultdict(list)
        for line in ledger.lines:
            lines[line.invoice_id].append(line)
        allocations: dict[str, list[AllocationRow]] = defaultdict(list)
        for allocation in ledger.allocations:
            allocations[allocation.payment_id].append(allocation)
        contacts = {each.id: each for each in ledger.contacts}
        return cls(office, enabled_at, ledger, transferred, contacts, lines, allocations)

    def contact_of(self, project: ProjectRow) -> ContactRow:
        """Give a project's main contact."""
        return self.contacts[project.contact_id]

    def billed(self, project_id: str) -> str:
        """Name the customer of a project's documents: its job, or its contact without jobs."""
        project = self.transferred[project_id]
        if self.office.mode_of(project_id) == "sub":
            return f"P#{project.number}"
        return f"C#{self.contact_of(project).number}"


def _saved_where_it_counts(office: Office, enabled_at: datetime, project: ProjectRow) -> bool:
    """A project won before the enable counts as entering once it is saved in that stage."""
    return project.stage in office.trigger_stages and project.updated_at >= enabled_at
