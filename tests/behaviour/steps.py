"""What may happen to a contractor, step by step: plain values that read as they are written.

Two contacts, three projects, four invoices and four payments. Amounts are whole cents. A step says
what somebody does in ProLine, at the office or in QuickBooks itself; how it is done is in
`tests.behaviour.contractor`, which leaves out what could not be so (a void of what was never said).
"""

from dataclasses import dataclass
from typing import Literal

Mode = Literal["main", "sub"]
Kind = Literal["standalone", "running_balance"]
Kinds = tuple[Kind, Kind, Kind, Kind]
Projects = tuple[str, str, str, str]
Status = Literal["pending", "complete", "failed"]
Document = Literal["invoice", "payment"]

CONTACTS = ("c1", "c2")
CONTACT_OF = {"p1": "c1", "p2": "c1", "p3": "c2"}
INVOICES = ("i1", "i2", "i3", "i4")
PAYMENTS = ("y1", "y2", "y3", "y4")
STANDALONE: Kinds = ("standalone", "standalone", "standalone", "standalone")
RUNNING: Kinds = ("running_balance", "running_balance", "running_balance", "running_balance")
ONE_PROJECT: Projects = ("p1", "p1", "p1", "p1")
STAGES = ("Lead", "Closed - Won", "Production")


@dataclass(frozen=True)
class Cast:
    """Who is in the play: the mode at the beginning, each invoice's project and kind.

    `waits` leaves money for unsent invoices waiting at the end, where it was never booked;
    `numbered` says that the QuickBooks company takes our numbers, `trims` that it cuts a line that
    applies too much and does not refuse it.
    """

    mode: Mode = "main"
    projects: Projects = ("p1", "p1", "p2", "p3")
    kinds: Kinds = STANDALONE
    payers: Projects = ("p1", "p1", "p2", "p3")
    waits: bool = False
    numbered: bool = True
    trims: bool = False


@dataclass(frozen=True)
class Contact:
    """A contact is renamed, or gets another e-mail address."""

    record_id: str
    name: str = "Ada Example"
    email: str = "ada@example.com"


@dataclass(frozen=True)
class Project:
    """A project enters a stage."""

    record_id: str
    stage: str = "Closed - Won"


@dataclass(frozen=True)
class Invoice:
    """An invoice is drafted or edited; `send` sends it, and a sent one stays sent.

    `old` says that it had been sent before the integration was enabled.
    """

    record_id: str
    cents: int = 10_000
    memo: str = "Thank you"
    discount: int = 0
    send: bool = True
    old: bool = False


@dataclass(frozen=True)
class Payment:
    """A payment is taken or edited: `on` names invoices with cents, `more` is not allocated."""

    record_id: str
    on: tuple[tuple[str, int], ...] = ()
    more: int = 0
    status: Status = "complete"

    @property
    def cents(self) -> int:
        """The whole amount."""
        return sum(cents for _, cents in self.on) + self.more


@dataclass(frozen=True)
class Void:
    """A document is voided in ProLine."""

    entity: Document
    record_id: str


@dataclass(frozen=True)
class Delete:
    """A document is deleted in ProLine."""

    entity: Document
    record_id: str


@dataclass(frozen=True)
class Unvoid:
    """A voided document lives again in ProLine."""

    entity: Document
    record_id: str


@dataclass(frozen=True)
class Settings:
    """The office chooses anew, when what was said so far has arrived."""

    mode: Mode = "main"
    stages: tuple[str, ...] = ("Closed - Won",)


@dataclass(frozen=True)
class Edited:
    """A person edits an invoice in QuickBooks itself."""

    record_id: str
    what: Literal["memo", "line", "void"] = "memo"


@dataclass(frozen=True)
class PaymentEdited:
    """A person voids a payment in QuickBooks itself, or takes it off what it pays."""

    record_id: str
    what: Literal["void", "unapply"] = "void"


@dataclass(frozen=True)
class Deactivated:
    """A person makes the customer of a contact inactive in QuickBooks."""

    record_id: str


@dataclass(frozen=True)
class Moved:
    """A project gets another primary contact, when what was said so far has arrived."""

    record_id: str
    contact_id: str


@dataclass(frozen=True)
class LeftOut:
    """A person orders that a record be left out; at the end all such are sent again."""

    entity: Literal["contact", "project", "invoice", "payment"]
    record_id: str


@dataclass(frozen=True)
class Disturbed:
    """The next write of a kind is done and its answer lost, or it is lost itself, or 500."""

    entity: Literal["customer", "invoice", "payment"]
    how: Literal["lost", "drop", "500"] = "lost"


@dataclass(frozen=True)
class Answered:
    """The office answers one of the questions that stand open, if any; `turn` chooses."""

    turn: int = 0


@dataclass(frozen=True)
class Settled:
    """Nothing more happens until all has arrived."""


Step = (
    Contact
    | Project
    | Invoice
    | Payment
    | Void
    | Delete
    | Unvoid
    | Settings
    | Edited
    | PaymentEdited
    | Deactivated
    | Moved
    | LeftOut
    | Disturbed
    | Answered
    | Settled
)


@dataclass(frozen=True)
class Sequence:
    """A cast and what happens to it."""

    cast: Cast
    steps: tuple[Step, ...]
