"""A contractor to whom steps happen, one after the other, the whole way.

What ProLine would not let happen is left out: a sent invoice stays sent, money that came does not
become money that may come, nothing is edited once it is void or gone. What the office chose is
carried out when all that was said before has arrived, so that it is known what it applied to.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from app.onboarding import change_settings
from connections.settings import CompanySettings
from records.deciding import AnswerRefused, Open, answer, open_questions
from records.orders import Order, order
from records.questions import Question
from tests.behaviour import steps
from tests.behaviour.steps import Cast, Step
from tests.support.proline import OFFICE
from tests.support.roofer import Roofer, until

SETTLE_SECONDS: Final = 20.0
DISTURBED_MOST: Final = 2
LONG_AGO: Final = datetime(2020, 1, 1, tzinfo=UTC)
LEAD: Final = "Lead"

ANSWERS: Final[dict[Question, tuple[str, ...]]] = {
    Question.CHANGED_IN_QUICKBOOKS: ("ours",),
    Question.CUSTOMER_GONE: ("reactivate",),
    Question.FAILED_AFTER_BOOKING: ("void",),
    Question.INVOICE_VOIDED: ("credit",),
    Question.OLDER_INVOICE: ("send",),
    Question.OTHER_CUSTOMER: ("move",),
    Question.PARENT_SKIPPED: ("send",),
    Question.RUNNING_BALANCE_BEGAN_BEFORE: ("whole",),
    Question.SENT_BEFORE_ENABLE: ("send",),
    Question.SEND_AS_NEW: ("new",),
    Question.UNSENT_INVOICE: ("credit",),
    Question.VOID_PAID_INVOICE: ("void", "wait"),
    Question.WHICH_INVOICE: ("invoice", "credit"),
}
"""What the office answers; of several the first leads to something the comparer can judge."""


@dataclass(frozen=True)
class Said:
    """An answer the office has given."""

    entity: str
    record_id: str
    question: Question
    basis: str
    answer: str
    argument: str | None


@dataclass
class Contractor:
    """One company's records as ProLine has them, and what the office has chosen.

    Attributes:
        modes: by project, the mode in which it was transferred.
        contacts: by project, its primary contact.
        stays_with: by transferred project, the contact it had then.
        moved_to: contacts that a project was given to.
        paid_over: by payment, the projects whose customers it may have been booked on.
        came: payments that were complete once: they are not pending again.
        said: the office's answers, in their order.
        sent_anyway: older invoices that a person has sent all the same.
        revived: invoices, and running projects, that were void and have been sent as new.
        disturbed: how often the writes of a kind were.
        touched: what a person has edited in QuickBooks.
    """

    roofer: Roofer
    cast: Cast
    mode: steps.Mode
    stages: tuple[str, ...] = ("Closed - Won",)
    modes: dict[str, steps.Mode] = field(default_factory=dict)
    contacts: dict[str, str] = field(default_factory=dict)
    stays_with: dict[str, str] = field(default_factory=dict)
    paid_over: dict[str, set[str]] = field(default_factory=dict)
    came: set[str] = field(default_factory=set)
    said: list[Said] = field(default_factory=list)
    moved_to: set[str] = field(default_factory=set)
    sent_anyway: set[str] = field(default_factory=set)
    revived: set[str] = field(default_factory=set)
    disturbed: Counter[str] = field(default_factory=Counter)
    touched: set[str] = field(default_factory=set)
    ticks: int = 0

    # --- steps -----------------------------------------------------------------------------------

    def play(self, step: Step) -> None:  # noqa: C901, PLR0912  # one arm a kind of step
        """Let one thing happen."""
        match step:
            case steps.Contact(record_id, name, email):
                self.roofer.contact(
                    record_id, number=f"100{record_id[1:]}", display_name=name, email=email
                )
            case steps.Project(record_id, stage):
                self._project(record_id, stage)
            case steps.Invoice():
                self._invoice(step)
            case steps.Payment():
                self._payment(step)
            case steps.Void(entity, record_id):
                self._end(entity, record_id, "voided_at")
            case steps.Delete(entity, record_id):
                self._end(entity, record_id, "deleted_at")
            case steps.Unvoid(entity, record_id):
                self._unvoid(entity, record_id)
            case steps.Settings(mode, stages):
                self._choose(mode, stages)
            case steps.Edited(record_id, what):
                self._edit_there(record_id, what)
            case steps.PaymentEdited(record_id, what):
                self._edit_payment_there(record_id, what)
            case steps.Deactivated(record_id):
                self._deactivate(record_id)
            case steps.Moved(record_id, contact_id):
                self._move(record_id, contact_id)
            case steps.LeftOut(entity, record_id):
                self._leave_out(entity, record_id)
            case steps.Disturbed(entity, how):
                self._disturb(entity, how)
            case steps.Answered(turn):
                self._answer_one(turn)
            case steps.Settled():
                self.settle()

    def _project(self, record_id: str, stage: str) -> None:
        contact_id = self.contacts.setdefault(record_id, steps.CONTACT_OF[record_id])
        if ("contact", contact_id) not in self.roofer.latest:
            self.play(steps.Contact(contact_id))
        self.roofer.project(
            record_id, number=f"200{record_id[1:]}", contact_id=contact_id, stage=stage
        )
        if stage in self.stages:
            self.modes.setdefault(record_id, self.mode)
            self.stays_with.setdefault(record_id, contact_id)

    def _invoice(self, step: steps.Invoice) -> None:
        before = self.latest("invoice", step.record_id)
        if is_gone(before) or (step.send and not self._may_live_again(step.record_id)):
            return
        project_id = self.project_of_invoice(step.record_id)
        self._know_project(project_id)
        sent_at = before.get("sent_at")
        if step.send and sent_at is None:
            sent_at = self._later(LONG_AGO if step.old else self.roofer.now)
        discount = min(step.discount, step.cents)
        line = {"id": "l1", "kind": "item", "name": "Tear-off", "quantity": "1"}
        gross = money(step.cents)
        self.roofer.invoice(
            step.record_id,
            money(step.cents - discount),
            kind=self.kind_of(step.record_id),
            project_id=project_id,
            contact_id=steps.CONTACT_OF[project_id],
            sent_at=sent_at,
            due_on="2026-12-20",
            memo=step.memo,
            lines=[line | {"amount": gross, "unit_price": gross}],
            discount=money(discount) if discount else None,
        )

    def _payment(self, step: steps.Payment) -> None:
        before = self.latest("payment", step.record_id)
        if is_gone(before):
            return
        project_id = self.cast.payers[steps.PAYMENTS.index(step.record_id)]
        self._know_project(project_id)
        for invoice_id, _ in step.on:
            if not self.latest("invoice", invoice_id):
                self._invoice(steps.Invoice(invoice_id, send=False))
        over = self.paid_over.setdefault(step.record_id, {project_id})
        over |= {self.project_of_invoice(invoice_id) for invoice_id, _ in step.on}
        if step.status == "complete":
            self.came.add(step.record_id)
        came = step.record_id in self.came and step.status == "pending"
        self.roofer.payment(
            money(step.cents),
            {invoice_id: money(cents) for invoice_id, cents in step.on},
            step.record_id,
            project_id=project_id,
            contact_id=steps.CONTACT_OF[project_id],
            status=before["status"] if came else step.status,
        )

    def _end(self, entity: str, record_id: str, how: str) -> None:
        before = self.latest(entity, record_id)
        if before and not is_gone(before):
            self.roofer._say(entity, record_id, {}, {how: self.roofer.now.isoformat()})

    def _unvoid(self, entity: str, record_id: str) -> None:
        before = self.latest(entity, record_id)
        if not before.get("voided_at") or before.get("deleted_at"):
            return
        if entity == "payment" or self._may_live_again(record_id):
            self.roofer.unvoid(entity, record_id)

    def _may_live_again(self, record_id: str) -> bool:
        """What is void is sent as new under its number with a suffix: once, there is no other."""
        stands = self.shown_as(record_id)
        sent = [
            is_gone(each)
            for other, each in self.all("invoice")
            if each["sent_at"] and self.shown_as(other) == stands
        ]
        if not sent or not all(sent):
            return True
        if stands in self.revived:
            return False
        self.revived.add(stands)
        return True

    def _choose(self, mode: steps.Mode, stages: tuple[str, ...]) -> None:
        self.settle()
        self.mode, self.stages = mode, stages
        change_settings(
            self.roofer.system.pool,
            self.roofer.company_id,
            CompanySettings(customer_mode=mode, stages=stages),
            by=OFFICE,
        )

    def _edit_there(self, record_id: str, what: str) -> None:
        self.settle()
        found = self._there("invoice", self.shown_as(record_id), "Invoice")
        if found is None or not self._may_be_edited(found):
            return
        if what == "void" and self.shown_as(record_id) in self.revived:
            return
        self.touched.add(record_id)
        fields: dict[str, Any] = {"Id": found["Id"]}
        if what == "memo":
            fields["CustomerMemo"] = {"value": f"By hand {self.ticks}"}
        if what == "void":
            self.revived.add(self.shown_as(record_id))
        if what == "line":
            first, *rest = found["Line"]
            fields["Line"] = [first | {"Description": f"By hand {self.ticks}"}, *rest]
        self.ticks += 1
        self._by_hand("Invoice", what, fields)

    def _edit_payment_there(self, record_id: str, what: str) -> None:
        self.settle()
        found = self._there("payment", record_id, "Payment")
        if found is None or not self._may_be_edited(found):
            return
        self.touched.add(record_id)
        fields = {"Id": found["Id"]}
        lines = {"CustomerRef": found["CustomerRef"], "TotalAmt": found["TotalAmt"], "Line": []}
        self._by_hand("Payment", what, fields if what == "void" else fields | lines)

    def _deactivate(self, record_id: str) -> None:
        self.settle()
        found = self._there("contact", record_id, "Customer")
        if found is not None and found["Active"]:
            self.touched.add(record_id)
            self._by_hand("Customer", "update", {"Id": found["Id"], "Active": False})

    def _may_be_edited(self, document: dict[str, Any]) -> bool:
        """What is void stays so, and on an inactive customer QuickBooks lets nothing be edited."""
        customer = self.roofer.realm.objects["Customer"][document["CustomerRef"]["value"]]
        return bool(document["TotalAmt"] and customer["Active"])

    def _by_hand(self, entity: str, what: str, fields: dict[str, Any]) -> None:
        operation = "void" if what == "void" else "update"
        self.roofer.operator("by_hand", operation=operation, entity=entity, fields=fields)

    def _there(self, entity: str, record_id: str, kind: str) -> dict[str, Any] | None:
        """Give the first QuickBooks object of a record."""
        rows = self.roofer.rows(
            "SELECT l.qbo_id FROM proline_qbo.links l JOIN proline_qbo.records r"
            " ON r.pk = l.record_pk WHERE (r.company_id, r.entity, r.record_id) = (%s, %s, %s)"
            " ORDER BY l.part",
            self.roofer.company_id,
            entity,
            record_id,
        )
        return self.roofer.realm.objects[kind].get(rows[0].qbo_id) if rows else None

    def _know_project(self, project_id: str) -> None:
        if ("project", project_id) not in self.roofer.latest:
            self._project(project_id, LEAD)

    def _later(self, than: datetime) -> str:
        self.ticks += 1
        return (than + timedelta(seconds=self.ticks)).isoformat()

    def _move(self, record_id: str, contact_id: str) -> None:
        """In QuickBooks a project stays with the contact it was transferred with."""
        self.settle()
        if ("contact", contact_id) not in self.roofer.latest:
            self.play(steps.Contact(contact_id))
        if self.latest("project", record_id):
            self.moved_to.add(contact_id)
            self.contacts[record_id] = contact_id
            self._project(record_id, self.latest("project", record_id)["stage"])

    def _leave_out(self, entity: str, record_id: str) -> None:
        """A customer nobody needs is not left out: it would be sent at the end."""
        self.settle()
        needed = {"contact": list(self.stays_with.values()), "project": list(self.modes)}
        record = self.roofer.record(entity, record_id)
        if record is not None and record_id in needed.get(entity, [record_id]):
            with self.roofer.system.pool.connection() as connection:
                order(connection, [Order(record.pk, "skip", "the office")])

    def _disturb(self, entity: str, how: str) -> None:
        """Twice at most for each kind: the pauses grow with every one."""
        self.disturbed[entity] += 1
        if self.disturbed[entity] > DISTURBED_MOST:
            return
        match = {"realm": self.roofer.realm.settings.realm_id, "entity": entity, "method": "POST"}
        if how == "500":
            self.roofer.fault(match, status=500, applied=True)
        else:
            self.roofer.fault(match, answer=how)

    # --- what ProLine has ------------------------------------------------------------------------

    def latest(self, entity: str, record_id: str) -> dict[str, Any]:
        """Return what was last said of a record; nothing for one that was never said."""
        return self.roofer.latest.get((entity, record_id), {})

    def all(self, entity: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Go through all records of a kind, in the order in which they were first said."""
        for (kind, record_id), snapshot in list(self.roofer.latest.items()):
            if kind == entity:
                yield record_id, snapshot

    def project_of_invoice(self, record_id: str) -> str:
        """Name the project of an invoice."""
        return self.cast.projects[steps.INVOICES.index(record_id)]

    def kind_of(self, record_id: str) -> steps.Kind:
        """Name the kind of an invoice."""
        return self.cast.kinds[steps.INVOICES.index(record_id)]

    def shown_as(self, record_id: str) -> str:
        """Name the record that stands for an invoice."""
        running = self.kind_of(record_id) == "running_balance"
        return f"running:{self.project_of_invoice(record_id)}" if running else record_id

    # --- waiting and answering -------------------------------------------------------------------

    def settle(self) -> None:
        """Wait until nothing is left to do for this company."""
        until(self._is_settled, SETTLE_SECONDS)

    def _is_settled(self) -> bool:
        (row,) = self.roofer.rows(_SETTLED, *[self.roofer.company_id] * 3)
        return bool(row.settled)

    def questions(self) -> list[Open]:
        """List what stands open, and what is offered."""
        rows = self.roofer.rows(_ASKED, self.roofer.company_id)
        with self.roofer.system.pool.connection() as connection:
            return [
                asked
                for row in rows
                for asked in open_questions(
                    connection,
                    record_id=row.record_id,
                    entity=row.entity,
                    company_id=self.roofer.company_id,
                )
            ]

    def _answer_one(self, turn: int) -> None:
        self.settle()
        asked = self.questions()
        if asked:
            self.answer(asked[turn % len(asked)], turn)

    def answer(self, asked: Open, turn: int = 0) -> bool:
        """Answer a question by the fixed rules; `turn` chooses among several answers."""
        question = Question(asked.question)
        possible = ANSWERS[question]
        said = possible[turn % len(possible)]
        argument = None
        if said == "invoice":
            named = asked.basis.split(",")
            argument = named[turn // len(possible) % len(named)]
        try:
            with self.roofer.system.pool.connection() as connection:
                answer(connection, asked, said, by="the office", argument=argument)
        except AnswerRefused:
            return False
        if said == "send":
            self.sent_anyway.add(asked.basis)
        self.said.append(Said(asked.entity, asked.record_id, question, asked.basis, said, argument))
        return True

    def has_said(self, record_id: str, question: Question, basis: str) -> str | None:
        """Return the office's last answer to a question that rests on this."""
        given = [each for each in self.said if each.record_id == record_id]
        fitting = [
            each.answer for each in given if (each.question, each.basis) == (question, basis)
        ]
        return fitting[-1] if fitting else None


_ASKED = """
SELECT DISTINCT r.entity, r.record_id FROM proline_qbo.decisions d
JOIN proline_qbo.records r ON r.pk = d.record_pk
WHERE r.company_id = %s AND d.answer IS NULL ORDER BY r.entity, r.record_id
"""
_SETTLED = """
SELECT NOT EXISTS (SELECT FROM proline_outbox.outbox_events WHERE company_id = %s)
   AND NOT EXISTS (SELECT FROM proline_qbo.nudges WHERE company_id = %s)
   AND NOT EXISTS (SELECT FROM proline_qbo.records WHERE company_id = %s
                   AND state IN ('pending', 'dispatched', 'retrying')) AS settled
"""


def is_gone(snapshot: dict[str, Any]) -> bool:
    """Voided or deleted in ProLine."""
    return bool(snapshot.get("voided_at") or snapshot.get("deleted_at"))


def money(cents: int) -> str:
    """Write cents as ProLine writes an amount."""
    return f"{cents // 100}.{cents % 100:02d}"
