"""What the buttons do in ProLine: small real transactions, whose changes the outbox captures.

They are the scenario's own steps, played one at a time instead of from a plan.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from itertools import cycle
from typing import Final, Self, TypeVar

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from demo.boards import set_up
from demo.looking.failures import NotNow
from demo.people import Person, people
from demo.play import play_now
from demo.proline import capture_changes, create_tables
from demo.scenario import Change, Era, Office
from demo.scenario.changes import AddContact, AddProject, DraftInvoice, EditContact, Share
from demo.scenario.job import WON, Bill, Desk, Job

SEED: Final = 1001
CROWD: Final = 200
Made = TypeVar("Made", AddProject, DraftInvoice)


@dataclass(slots=True)
class Owed:
    """An invoice that is not paid yet."""

    job: Job
    bill: Bill
    number: str
    left: Decimal


@dataclass(slots=True)
class Customer:
    """The customer whose project was won last."""

    id: str
    number: str
    name: str
    person: Person
    job: Job


@dataclass(slots=True)
class LittleProline:
    """One contractor's ProLine in the hands of whoever presses its buttons; one at a time."""

    sessions: sessionmaker[Session]
    desk: Desk
    crowd: Iterator[Person] = field(default_factory=lambda: cycle(people(SEED, CROWD)[1::2]))
    customer: Customer | None = None
    owed: list[Owed] = field(default_factory=list)

    @classmethod
    def opened(cls, engine: Engine, office: Office) -> Self:
        """Make ProLine's tables with the office's boards, and capture what is done from then on."""
        create_tables(engine)
        sessions = sessionmaker(engine)
        with sessions.begin() as session:
            set_up(session, office)
        capture_changes(sessions)
        return cls(sessions, Desk.opened(office.id, SEED, datetime.now(UTC).date()))

    def win_project(self) -> str:
        """Enter somebody with a project, win it, and send its invoice."""
        person = next(self.crowd)
        number = str(next(self.desk.contact_numbers))
        contact_id = self.desk.new_id()
        self.desk.add(0.0, Era.LIVE, contact_id, AddContact(contact_id, number, person))
        job = Job(self.desk, contact_id, 0.0)
        job.open()
        job.move("Estimate sent", WON)
        bill = job.send(job.draft())
        changes = self._commit()
        self.customer = Customer(contact_id, number, person.display_name, person, job)
        project, invoice = _the(changes, AddProject), self._owe(job, bill, changes)
        return (
            f"{person.display_name} (C#{number}) signed: project P#{project.number} entered {WON},"
            f" and invoice {invoice.number} over {bill.total:,.2f} was sent."
        )

    def send_invoice(self, before: Callable[[str], None]) -> str:
        """Send the last customer one more invoice, and give its number.

        Args:
            before: is told the number before anybody else can know of the invoice.

        Raises:
            NotNow: there is no customer.
        """
        job = self.last_customer().job
        bill = job.send(job.draft())
        before(_the([step.change for step in self.desk.steps], DraftInvoice).number)
        return self._owe(job, bill, self._commit()).number

    def receive_payment(self) -> str:
        """Take half of the newest invoice that is not paid, then the rest of it.

        Raises:
            NotNow: nothing is owed.
        """
        if not self.owed:
            raise NotNow("Nobody owes anything: win a project first.")
        owed = self.owed[-1]
        half = owed.bill.part("0.5")
        amount = half if owed.left == owed.bill.total else owed.left
        owed.job.pay(amount, Share(owed.bill.id, amount))
        self._commit()
        owed.left -= amount
        if not owed.left:
            self.owed.pop()
        rest = f"{owed.left:,.2f} is left." if owed.left else "It is paid."
        return f"{amount:,.2f} was received for invoice {owed.number}. {rest}"

    def rename_customer(self) -> str:
        """Give the last customer another family name.

        Raises:
            NotNow: there is no customer.
        """
        customer = self.last_customer()
        before = customer.name
        given = customer.person.given_name or customer.person.display_name
        name = f"{given} {self.desk.faker.last_name()}"
        self.desk.add(0.0, Era.LIVE, customer.id, EditContact(customer.id, display_name=name))
        self._commit()
        customer.name = name
        return f"{before} (C#{customer.number}) is called {name} from now on."

    def last_customer(self) -> Customer:
        """Give the customer whose project was won last.

        Raises:
            NotNow: nobody has been won.
        """
        if self.customer is None:
            raise NotNow("There is no customer yet: win a project first.")
        return self.customer

    def _owe(self, job: Job, bill: Bill, changes: list[Change]) -> Owed:
        self.owed.append(Owed(job, bill, _the(changes, DraftInvoice).number, bill.total))
        return self.owed[-1]

    def _commit(self) -> list[Change]:
        """Play what was collected, a transaction each."""
        steps, self.desk.steps = self.desk.steps, []
        play_now(self.sessions, steps)
        return [step.change for step in steps]


def _the(changes: list[Change], kind: type[Made]) -> Made:
    return next(change for change in changes if isinstance(change, kind))
