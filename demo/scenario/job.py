"""The desk of one company and the job of one project: what stories are told with.

Both only collect steps. A job keeps its own time, which moves forward a seeded bit before each
step, so that stories overlap as they do in an office.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import count
from random import Random

from faker import Faker

from demo.people import address
from demo.scenario.catalogue import CENT, extra_line, lines, total
from demo.scenario.changes import (
    AddProject,
    Change,
    DraftInvoice,
    EditInvoice,
    EditProject,
    Era,
    LineSheet,
    MoveProject,
    ReceivePayment,
    SendInvoice,
    SettlePayment,
    Share,
    SignQuote,
    Step,
    VoidInvoice,
    VoidPayment,
)

WON = "Closed - Won"
PRODUCTION = "Production"
METHODS = ("card", "ach", "cash", "check", "other")


@dataclass(slots=True)
class Desk:
    """One company's numbering, chance and collected steps."""

    company_id: str
    rng: Random
    faker: Faker
    today: date
    steps: list[Step] = field(default_factory=list)
    contact_numbers: "count[int]" = field(default_factory=lambda: count(1001))
    project_numbers: "count[int]" = field(default_factory=lambda: count(1001))
    invoice_numbers: "count[int]" = field(default_factory=lambda: count(1001))
    payment_numbers: "count[int]" = field(default_factory=lambda: count(9001))

    @classmethod
    def opened(cls, company_id: str, seed: int, today: date) -> "Desk":
        """Open a desk whose chance hangs on the seed alone."""
        faker = Faker("en_US")
        faker.seed_instance(seed)
        rng = Random(seed)  # noqa: S311 - a repeatable demonstration, no secret
        return cls(company_id, rng, faker, today)

    def new_id(self) -> str:
        """Draw an id in ProLine's form: thirteen digits, an x, eighteen digits."""
        first = self.rng.randrange(10**12, 10**13)
        return f"{first}x{self.rng.randrange(10**17, 10**18)}"

    def add(self, at_seconds: float, era: Era, strand: str, change: Change) -> None:
        """Collect one step."""
        self.steps.append(Step(at_seconds, era, self.company_id, strand, change))


@dataclass(frozen=True, slots=True)
class Bill:
    """An invoice a story goes on with."""

    id: str
    total: Decimal
    lines: tuple[LineSheet, ...]

    def part(self, share: str) -> Decimal:
        """Take a share of the total, to the cent."""
        return (self.total * Decimal(share)).quantize(CENT, ROUND_HALF_UP)


@dataclass(slots=True)
class Job:
    """One project's story as it is told."""

    desk: Desk
    contact_id: str
    now_seconds: float
    era: Era = Era.LIVE
    project_id: str = ""

    def pause(self, low_seconds: float = 0.2, high_seconds: float = 0.6) -> None:
        """Let some of the story's time pass."""
        self.now_seconds += self.desk.rng.uniform(low_seconds, high_seconds)

    def open(self, stage: str = "Lead") -> None:
        """Open the project; its name is its address, as ProLine names projects."""
        place = address(self.desk.faker)
        self.project_id = self.desk.new_id()
        number = str(next(self.desk.project_numbers))
        organization = self.desk.faker.company() if self.desk.rng.random() < 1 / 5 else None
        self._tell(
            AddProject(
                self.project_id, number, place.line1, self.contact_id, place, stage, organization
            )
        )

    def move(self, *stages: str) -> None:
        """Enter stages one after the other, without a pause between them."""
        for stage in stages:
            self._tell(MoveProject(self.project_id, stage))
        self.pause()

    def touch(self, line2: str) -> None:
        """Change the project where it stands."""
        self._tell(EditProject(self.project_id, line2))

    def sign(self, sheets: tuple[LineSheet, ...]) -> None:
        """Sign a quote over these lines."""
        number = f"Q-{self.desk.rng.randrange(1000, 9999)}"
        self._tell(SignQuote(self.desk.new_id(), self.project_id, number, sheets))

    def some_lines(self, most: int = 5) -> tuple[LineSheet, ...]:
        """Draw lines for an invoice or quote."""
        return lines(self.desk.rng, self.desk.new_id, self.desk.rng.randint(2, most))

    def fresh(self, sheets: tuple[LineSheet, ...]) -> tuple[LineSheet, ...]:
        """Copy lines onto another invoice: the same words and amounts under ids of their own."""
        return tuple(
            LineSheet(
                self.desk.new_id(), sheet.kind, sheet.name, sheet.group, sheet.description,
                sheet.service, sheet.quantity, sheet.unit, sheet.unit_price, sheet.amount,
                sheet.cost,
            )
            for sheet in sheets
        )  # fmt: skip

    def one_more_line(self) -> LineSheet:
        """Draw the line of a change order."""
        return extra_line(self.desk.rng, self.desk.new_id)

    def draft(
        self,
        sheets: tuple[LineSheet, ...] | None = None,
        *,
        kind: str = "standalone",
        discount: Decimal | None = None,
        asked: str | None = None,
        memo: str | None = None,
    ) -> Bill:
        """Write an invoice; `asked` is the share of its total that it wants paid now."""
        sheets = sheets or self.some_lines()
        bill = Bill(self.desk.new_id(), total(sheets) - (discount or 0), sheets)
        issued_on = self.desk.today - timedelta(days=self.desk.rng.randrange(3))
        number = str(next(self.desk.invoice_numbers))
        self._tell(
            DraftInvoice(
                record_id=bill.id,
                number=number,
                name=f"Invoice {number}",
                kind=kind,
                project_id=self.project_id,
                contact_id=self.contact_id,
                issued_on=issued_on,
                due_on=issued_on + timedelta(days=self.desk.rng.choice((0, 14, 30))),
                lines=sheets,
                discount=discount,
                asked=bill.part(asked) if asked else None,
                memo=memo,
            )
        )
        return bill

    def send(self, bill: Bill, *, days_ago: int = 0) -> Bill:
        """Send an invoice after a moment."""
        self.pause()
        self._tell(SendInvoice(bill.id, days_ago))
        return bill

    def edit(
        self, bill: Bill, *, memo: str | None = None, added: tuple[LineSheet, ...] = (),
        removed: tuple[str, ...] = (),
    ) -> Bill:  # fmt: skip
        """Change an invoice and give it as it is then."""
        self.pause()
        self._tell(EditInvoice(bill.id, memo, added, removed))
        kept = (*(sheet for sheet in bill.lines if sheet.id not in removed), *added)
        return Bill(bill.id, bill.total - total(bill.lines) + total(kept), kept)

    def void(self, bill: Bill) -> None:
        """Void an invoice after a while."""
        self.pause(1.5, 2.5)
        self._tell(VoidInvoice(bill.id))

    def pay(self, amount: Decimal, *shares: Share, status: str = "complete") -> str:
        """Log money, naming the invoices it pays or none, and give the payment's id."""
        self.pause()
        payment_id = self.desk.new_id()
        method = self.desk.rng.choice(METHODS)
        self._tell(
            ReceivePayment(
                record_id=payment_id,
                number=str(next(self.desk.payment_numbers)),
                project_id=self.project_id,
                contact_id=self.contact_id,
                status=status,
                received_on=self.desk.today - timedelta(days=self.desk.rng.randrange(2)),
                amount=amount,
                method=method,
                reference=str(self.desk.rng.randrange(1000, 99999)) if method == "check" else None,
                shares=shares,
            )
        )
        return payment_id

    def settle(self, payment_id: str, status: str) -> None:
        """Let a pending payment become complete or fail."""
        self.pause(0.6, 1.2)
        self._tell(SettlePayment(payment_id, status))

    def take_back(self, payment_id: str) -> None:
        """Void a payment after a while."""
        self.pause(1.5, 2.5)
        self._tell(VoidPayment(payment_id))

    def _tell(self, change: Change) -> None:
        self.desk.add(self.now_seconds, self.era, self.contact_id, change)
