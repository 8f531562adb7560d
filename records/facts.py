"""What the evaluation of a record looks at: plain values, loaded here, judged elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from records.allocation import Candidate
from records.answers import NO_ANSWERS, Answers
from records.questions import Question
from records.states import State
from schemas import Snapshot


@dataclass(frozen=True)
class Link:
    """What QuickBooks has for a record, as its last answer said.

    `owned` holds the fields we write as QuickBooks returned them; `total` is of invoices and
    payments; `adopted` marks an object that was there before us; `voided` one that is void or
    deleted there; `gone` a customer that was merged or made inactive. `kept` are fields that a
    person left as QuickBooks has them, each with our value that was turned down.
    """

    qbo_id: str
    sync_token: str
    customer_id: str | None
    total: Decimal | None
    owned: dict[str, Any]
    adopted: bool
    voided: bool
    gone: bool = False
    doc_number: str | None = None
    currency: str | None = None
    kept: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Parent:
    """A record that another hangs from; `state` None means ProLine has never sent it.

    `skipped_by` is the person who skipped it by itself; `left_out` says that it was skipped with
    many others, or belongs to former books: who needs it has it sent. `contact_id` is of a project
    the contact it stays with: the one it was transferred with, once that is in QuickBooks.
    """

    record_id: str
    state: State | None = None
    qbo_id: str | None = None
    customer_mode: str | None = None
    snapshot: dict[str, Any] | None = None
    gone: bool = False
    skipped_by: str | None = None
    left_out: bool = False
    contact_id: str | None = None
    currency: str | None = None


@dataclass(frozen=True)
class Asked:
    """The question that stands open; `version` is set where the worker has asked it."""

    question: str
    basis: str
    version: int | None = None


@dataclass(frozen=True)
class Holders:
    """The payments that hold money on an invoice, by their ProLine ids, in order.

    `alive` are those that ProLine has not voided, `locked` names one that will not be voided, and
    says why; `held` is what they have there together, or are about to.
    """

    all: tuple[str, ...] = ()
    alive: tuple[str, ...] = ()
    locked: str | None = None
    held: Decimal = Decimal(0)

    @property
    def about(self) -> str:
        """Say what a person's word about a void rests on."""
        return ",".join(self.alive)

    def allow_void(self, answers: Answers) -> bool:
        """Whether the invoice may be voided: nobody holds anything, or a person has said so."""
        said = answers.to(Question.VOID_PAID_INVOICE, self.about) if self.alive else None
        return not self.all if said is None else said.answer == "void"


NOT_PAID: Final = Holders()


def is_lowered(total: Decimal, there: Decimal | None) -> bool:
    """Whether an invoice comes to less than it does in QuickBooks."""
    return there is not None and 0 <= total < there


@dataclass(frozen=True)
class Facts:
    """One record with everything its next state depends on.

    `read` is the snapshot as its contract reads it, where that is known already. What stands in the
    row now, from `judged_version` to `sentence`, is compared and never judged.

    `customer_mode` is the project's own, pinned when it was transferred; `is_member` says of a
    running-balance invoice that another record stands for it, `amount_due` of one that is booked
    itself what its first sent version asked for; `wanted` says of a contact that one of its
    projects has been transferred; `contact` is the contact the project is booked with (of a
    project, its own; none of what hangs from a job), `moved_to` the one it has in ProLine if that
    is another. `named` and `of_project` are the invoices a payment may pay, see
    `records.allocation`; `booked_on` are the customers a payment is on in QuickBooks, void ones
    left out, and `void_part` is the QuickBooks id of an object of it that somebody voided there.

    `stands_in` is the stage or status of a project, where the office has chosen it for a trigger.
    `sent_anyway` overrules what would leave it out; `formerly` says that it was booked in other
    books; `booked_under` is the record whose customer an invoice is on there; `customer_gone` says
    that a customer a document is on was merged or made inactive. `close_date` is the last closed
    day of the books, known since `books_read_at`; `asked` is the question that stands open.
    """

    pk: int
    company_id: str
    entity: str
    record_id: str
    version: int
    state: State
    since: datetime
    snapshot: dict[str, Any]
    read: Snapshot | None = None
    judged_version: int | None = None
    reason: str | None = None
    code: str | None = None
    sentence: str | None = None
    retry_at: datetime | None = None
    settled_version: int | None = None
    settled_basis: str | None = None
    failed_version: int | None = None
    failed_basis: str | None = None
    failed_code: str | None = None
    failed_sentence: str | None = None
    skipped_by: str | None = None
    skipped_version: int | None = None
    parked_version: int | None = None
    first_enabled_at: datetime | None = None
    link: Link | None = None
    outcome_unknown: bool = False
    customer_mode: str | None = None
    wanted: bool = False
    is_member: bool = False
    amount_due: Decimal | None = None
    older_member: bool = False
    contact: Parent | None = None
    project: Parent | None = None
    paid: Holders = NOT_PAID
    booked_on: tuple[str, ...] = ()
    moved_to: str | None = None
    stands_in: str | None = None
    sent_anyway: bool = False
    formerly: bool = False
    booked_under: tuple[str, str] | None = None
    customer_gone: bool = False
    void_part: str | None = None
    close_date: date | None = None
    books_read_at: datetime | None = None
    asked: Asked | None = None
    answers: Answers = NO_ANSWERS
    named: Sequence[tuple[Candidate, Decimal]] = ()
    of_project: Sequence[Candidate] = ()
