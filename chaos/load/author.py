"""One of ProLine's users: draws what happens next, from a chance of its own.

An author makes jobs and does to its own what needs an order of events: moves, bills, payments,
voids. What anybody may do at any time, it does to everybody's records: edits, several a second to
the same few.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from random import Random
from typing import Final, Literal

from chaos.load.jobs import Bill, Job, Money
from chaos.load.shared import Shared
from demo.people import Person
from demo.scenario import Change
from demo.scenario.catalogue import extra_line, lines, total
from demo.scenario.changes import (
    AddContact,
    AddProject,
    DraftInvoice,
    EditContact,
    EditInvoice,
    EditPayment,
    EditProject,
    LineSheet,
    MoveProject,
    ReceivePayment,
    SendInvoice,
    SettlePayment,
    Share,
    VoidInvoice,
    VoidPayment,
)

CENT: Final = Decimal("0.01")
WON: Final = "Closed - Won"
NEXT: Final = {
    "Lead": ("Inspection", WON),
    "Inspection": (WON, WON, "Closed - Lost"),
    WON: ("Production", "Closed - Lost"),
    "Production": ("Completed",),
}
FIRST: Final = ("Lead", "Inspection", "Inspection", WON)
RUNNING_SHARE: Final = 0.15
PAID_MOST: Final = Decimal("0.3")
"""Of a bill, by one payment: with three of them no bill is ever overpaid."""
PAYMENTS_MOST: Final = 3
BILLS_MOST: Final = 4
JOBS_KEPT: Final = 60
"""An author turns to its newest jobs; the old ones are edited at most."""

Way = Literal["commit", "look first", "hold", "linger", "roll back"]
Learn = Callable[[], None]


@dataclass(frozen=True)
class Transaction:
    """Changes that are committed together, or not at all.

    Attributes:
        way: `look first` reads the record some time before it locks it, as a form does; `hold`
            waits between the changes and the commit, as a slow page does; `linger` for over a
            minute, as an import does.
        learn: what its author knows once it is committed.
        doubt: what it knows if nobody answers the commit.
    """

    company_id: str
    changes: tuple[Change, ...]
    way: Way = "commit"
    learn: Learn = lambda: None
    doubt: Learn = lambda: None


@dataclass
class Author:
    """Draws transactions, one or a few at a time.

    Args:
        number: tells its records from those of other authors.
        companies: those it writes for.
        people: whom it enters.
        shared: what everybody may edit.
        chance: its own.
        lingers: whether all it does is enter won jobs, in transactions that stay open for long.
    """

    number: int
    companies: Sequence[str]
    people: Sequence[Person]
    shared: Shared
    chance: Random
    lingers: bool = False
    jobs: list[Job] = field(default_factory=list)
    _ids: "count[int]" = field(default_factory=lambda: count(1))

    def draw(self) -> Sequence[Transaction]:
        """Say what happens next; transactions of one draw follow each other at once."""
        if self.lingers:
            return self.add_job()
        while True:
            (act,) = self.chance.choices(list(_ACTS), list(_ACTS.values()))
            if drawn := act(self):
                return drawn

    # --- making ----------------------------------------------------------------------------------

    def add_job(self) -> list[Transaction]:
        """Enter a person with a project."""
        company_id = self.chance.choice(self.companies)
        contact_id, project_id = self._new_id("contact"), self._new_id("project")
        person = self.chance.choice(self.people)
        job = Job(
            company_id=company_id,
            contact_id=contact_id,
            project_id=project_id,
            stage=WON if self.lingers else self.chance.choice(FIRST),
            running=self.chance.random() < RUNNING_SHARE,
        )
        changes = (
            AddContact(contact_id, self._new_number(), person),
            AddProject(
                project_id, self._new_number(), "New roof", contact_id, person.address, job.stage
            ),
        )

        def learn() -> None:
            self.jobs.append(job)
            del self.jobs[:-JOBS_KEPT]
            self.shared.add(company_id, "contact", contact_id)
            self.shared.add(company_id, "project", project_id)

        way: Way = "linger" if self.lingers else self._way()
        return [Transaction(company_id, changes, way, learn)]

    def move(self) -> list[Transaction]:
        """Move a project to another stage; sometimes it only passes through."""
        job = self._job(lambda each: each.stage in NEXT)
        if job is None:
            return []
        moves = [self.chance.choice(NEXT[job.stage])]
        if moves == [WON] and self.chance.random() < 1 / 3:
            moves.append(self.chance.choice(NEXT[WON]))
        return [self._moved(job, stage) for stage in moves]

    def bill(self) -> list[Transaction]:
        """Write an invoice, and send it in the same transaction or later."""
        job = self._job(lambda each: len(each.bills) < BILLS_MOST and not each.is_closed)
        if job is None:
            return []
        invoice_id, number = self._new_id("invoice"), self._new_number()
        sheets = self._lines(job)
        sends = self.chance.random() < 1 / 2
        today = datetime.now(UTC).date()
        draft = DraftInvoice(
            record_id=invoice_id,
            number=number,
            name="Roof",
            kind="running_balance" if job.running else "standalone",
            project_id=job.project_id,
            contact_id=job.contact_id,
            issued_on=today,
            due_on=today + timedelta(days=30),
            lines=sheets,
        )
        bill = Bill(invoice_id, total(sheets), sends, [each.id for each in sheets if each.amount])

        def learn() -> None:
            job.bills.append(bill)
            self.shared.add(job.company_id, "invoice", invoice_id)

        changes: tuple[Change, ...] = (draft, SendInvoice(invoice_id)) if sends else (draft,)
        return [self._of(job, changes, learn)]

    def send(self) -> list[Transaction]:
        """Send an invoice that was a draft."""
        found = self._bill(lambda each: not each.sent and not each.voided)
        if found is None or found[0].is_closed:
            return []
        job, bill = found

        def learn() -> None:
            bill.sent = True

        return [self._of(job, (SendInvoice(bill.id),), learn)]

    def pay(self) -> list[Transaction]:
        """Log a payment, complete or pending, also of an invoice not sent yet."""
        found = self._bill(lambda each: not each.voided and each.total > 1)
        if found is None or found[0].is_closed:
            return []
        job, bill = found
        asked = job.living_bills if job.running else [bill]
        logged = sum(len(each.payments) for each in (job.bills if job.running else [bill]))
        if logged >= PAYMENTS_MOST:
            return []
        most = min(each.total for each in asked) * PAID_MOST
        amount = (most * Decimal(self.chance.random())).quantize(CENT)
        money = Money(
            self._new_id("payment"), max(amount, CENT), pending=self.chance.random() < 1 / 4
        )
        received = ReceivePayment(
            record_id=money.id,
            number=self._new_number(),
            project_id=job.project_id,
            contact_id=job.contact_id,
            status="pending" if money.pending else "complete",
            received_on=datetime.now(UTC).date(),
            amount=money.amount,
            method=self.chance.choice(("card", "ach", "check")),
            reference=None,
            shares=() if job.running else (Share(bill.id, money.amount),),
        )

        def learn() -> None:
            bill.payments.append(money)
            self.shared.add(job.company_id, "payment", money.id)

        return [self._of(job, (received,), learn)]

    def settle(self) -> list[Transaction]:
        """Let a pending payment come in, or fail."""
        found = self._money(lambda each: each.pending and not each.voided)
        if found is None:
            return []
        job, _, money = found

        def learn() -> None:
            money.pending = False

        status = "failed" if self.chance.random() < 1 / 4 else "complete"
        return [self._of(job, (SettlePayment(money.id, status),), learn)]

    # --- taking back -----------------------------------------------------------------------------

    def void_payment(self) -> list[Transaction]:
        """Void a payment."""
        found = self._money(lambda each: not each.voided)
        if found is None:
            return []
        job, _, money = found
        return [self._of(job, (VoidPayment(money.id),), _voiding(money))]

    def void_bill(self) -> list[Transaction]:
        """Void an invoice, its payments before it: one after the other, or all at once."""
        found = self._bill(lambda each: not each.voided)
        if found is None:
            return []
        job, bill = found
        if job.running:
            return self._void_member(job, bill)
        payments = bill.living_payments
        if self.chance.random() < 1 / 2:
            voids: tuple[Change, ...] = (
                VoidInvoice(bill.id),
                *(VoidPayment(each.id) for each in payments),
            )
            return [self._of(job, voids, _voiding(bill, *payments))]
        one_by_one = [self._of(job, (VoidPayment(each.id),), _voiding(each)) for each in payments]
        return [*one_by_one, self._of(job, (VoidInvoice(bill.id),), _voiding(bill))]

    def _void_member(self, job: Job, bill: Bill) -> list[Transaction]:
        """Void one of several running-balance invoices: the project's payments stay paid."""
        others = any(each.sent and each is not bill for each in job.living_bills)
        if not others and any(each.payments for each in job.bills):
            return []
        return [self._of(job, (VoidInvoice(bill.id),), _voiding(bill))]

    # --- editing, whosever it is -----------------------------------------------------------------

    def edit_contact(self) -> list[Transaction]:
        """Change a person's telephone number, sometimes the name too."""
        renamed = self.chance.choice(self.people) if self.chance.random() < 1 / 3 else None
        name = renamed.display_name if renamed else None
        return self._edit("contact", lambda record_id: EditContact(record_id, name))

    def edit_project(self) -> list[Transaction]:
        """Change the second line of a project's address."""
        return self._edit("project", lambda record_id: EditProject(record_id, ""))

    def edit_memo(self) -> list[Transaction]:
        """Change a column of an invoice."""
        return self._edit("invoice", EditInvoice)

    def add_line(self) -> list[Transaction]:
        """Add a line to anybody's invoice, which another may be doing at this moment."""
        line = extra_line(self.chance, lambda: self._new_id("line"))
        return self._edit("invoice", lambda record_id: EditInvoice(record_id, added=(line,)))

    def replace_line(self) -> list[Transaction]:
        """Put a dearer line in the place of one of an own invoice."""
        found = self._bill(lambda each: not each.voided and bool(each.line_ids))
        if found is None:
            return []
        job, bill = found
        gone = self.chance.choice(bill.line_ids)
        added = self._dear_line(bill.total)

        def learn() -> None:
            bill.line_ids.remove(gone)
            bill.line_ids.append(added.id)

        change = EditInvoice(bill.id, added=(added,), removed=(gone,))
        return [self._of(job, (change,), learn)]

    def edit_reference(self) -> list[Transaction]:
        """Change the reference of a payment."""
        return self._edit("payment", lambda record_id: EditPayment(record_id, ""))

    def edit_two(self) -> list[Transaction]:
        """Change two people of one company together."""
        company_id = self.chance.choice(self.companies)
        chosen = {self.shared.choose(self.chance, company_id, "contact") for _ in range(2)}
        ids = sorted(each for each in chosen if each is not None)
        if len(ids) < 2:  # noqa: PLR2004  # two, as it says
            return []
        return [Transaction(company_id, tuple(EditContact(each) for each in ids), self._way())]

    # --- parts -----------------------------------------------------------------------------------

    def _edit(self, entity: str, change: Callable[[str], Change]) -> list[Transaction]:
        company_id = self.chance.choice(self.companies)
        record_id = self.shared.choose(self.chance, company_id, entity)
        if record_id is None:
            return []
        return [Transaction(company_id, (change(record_id),), self._way())]

    def _way(self) -> Way:
        ways: tuple[Way, ...] = ("commit", "look first", "hold", "roll back")
        return self.chance.choices(ways, (0.54, 0.3, 0.04, 0.12))[0]

    def _of(self, job: Job, changes: tuple[Change, ...], learn: Learn) -> Transaction:
        def doubt() -> None:
            job.unsure = True

        return Transaction(job.company_id, changes, self._way(), learn, doubt)

    def _moved(self, job: Job, stage: str) -> Transaction:
        def learn() -> None:
            job.stage = stage

        return self._of(job, (MoveProject(job.project_id, stage),), learn)

    def _lines(self, job: Job) -> tuple[LineSheet, ...]:
        """Draw lines; a running-balance invoice asks for all that those before it did, and more."""
        if job.running and job.bills:
            return (self._dear_line(max(each.total for each in job.bills)),)
        return lines(self.chance, lambda: self._new_id("line"), self.chance.randint(1, 4))

    def _dear_line(self, at_least: Decimal) -> LineSheet:
        amount = at_least.quantize(CENT) + CENT * self.chance.randint(1, 9_999)
        return LineSheet(
            id=self._new_id("line"),
            kind="item",
            name="Change order",
            quantity=Decimal(1),
            unit="EA",
            unit_price=amount,
            amount=amount,
            cost=Decimal("1.00"),
        )

    def _job(self, fits: Callable[[Job], bool]) -> Job | None:
        found = [each for each in self.jobs if not each.unsure and fits(each)]
        return self.chance.choice(found) if found else None

    def _bill(self, fits: Callable[[Bill], bool]) -> tuple[Job, Bill] | None:
        found = [
            (job, bill) for job in self.jobs if not job.unsure for bill in job.bills if fits(bill)
        ]
        return self.chance.choice(found) if found else None

    def _money(self, fits: Callable[[Money], bool]) -> tuple[Job, Bill, Money] | None:
        found = [
            (job, bill, money)
            for job in self.jobs
            if not job.unsure
            for bill in job.bills
            for money in bill.payments
            if fits(money)
        ]
        return self.chance.choice(found) if found else None

    def _new_id(self, kind: str) -> str:
        return f"{kind}-{self.number}-{next(self._ids)}"

    def _new_number(self) -> str:
        return f"{self.number}{next(self._ids):06d}"


def _voiding(*voided: Bill | Money) -> Learn:
    def learn() -> None:
        for each in voided:
            each.voided = True

    return learn


_ACTS: Final[Mapping[Callable[[Author], Sequence[Transaction]], float]] = {
    Author.add_job: 8,
    Author.move: 9,
    Author.bill: 9,
    Author.send: 5,
    Author.pay: 9,
    Author.settle: 3,
    Author.void_payment: 1.5,
    Author.void_bill: 1.5,
    Author.edit_contact: 14,
    Author.edit_project: 8,
    Author.edit_memo: 8,
    Author.add_line: 10,
    Author.replace_line: 4,
    Author.edit_reference: 7,
    Author.edit_two: 3,
}
"""How often each is drawn: more is edited than made, as in any office."""
