"""What an author knows of its own jobs, so that it does only what needs no person to be booked.

It is the author's memory, not the truth: a transaction whose commit was never answered may have
happened, and its job is left alone from then on.
"""

from dataclasses import dataclass, field
from decimal import Decimal


@dataclass
class Money:
    """A payment of a bill."""

    id: str
    amount: Decimal
    pending: bool
    voided: bool = False


@dataclass
class Bill:
    """An invoice; `line_ids` are those that may be replaced."""

    id: str
    total: Decimal
    sent: bool
    line_ids: list[str] = field(default_factory=list)
    payments: list[Money] = field(default_factory=list)
    voided: bool = False

    @property
    def living_payments(self) -> list[Money]:
        """Say what is paid, or may be once it is complete."""
        return [each for each in self.payments if not each.voided]


@dataclass
class Job:
    """A project with its bills.

    Attributes:
        running: its invoices are running-balance ones.
        unsure: a commit was not answered: what is known may be wrong.
    """

    company_id: str
    contact_id: str
    project_id: str
    stage: str
    running: bool
    bills: list[Bill] = field(default_factory=list)
    unsure: bool = False

    @property
    def is_closed(self) -> bool:
        """Whether all that stood for its running balance is void: only a person books it anew."""
        sent = [each for each in self.bills if each.sent]
        return self.running and bool(sent) and all(each.voided for each in sent)

    @property
    def living_bills(self) -> list[Bill]:
        """Leave out what is voided."""
        return [each for each in self.bills if not each.voided]
