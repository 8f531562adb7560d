"""A contractor to whom steps happen, one after the other, the whole way.

What ProLine would not let happen is left out: a sent invoice stays sent, money that came does not
become money that may come, nothing is edited once it is void or gone. What the office chose is
carried out when all that was said before has arrived, so that it is known what it applied to.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from app.onboarding import change_settings
from connections.settings import CompanySettings
from records.deciding import AnswerRefused, Open, answer, open_questions
from records.questions import Question
from tests.behaviour import steps
from tests.behaviour.steps import Cast, Step
from tests.support.roofer import Roofer, until

SETTLE_SECONDS: Final = 15.0
LEAD: Final = "Lead"

ANSWERS: Final[dict[Question, tuple[str, ...]]] = {
    Question.CHANGED_IN_QUICKBOOKS: ("ours",),
    Question.FAILED_AFTER_BOOKING: ("void",),
    Question.INVOICE_VOIDED: ("credit",),
    Question.OTHER_CUSTOMER: ("move",),
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
        paid_over: by payment, the projects whose customers it may have been booked on.
        said: the office's answers, in their order.
        touched: invoices a person has edited in QuickBooks.
    """

    roofer: Roofer
    cast: Cast
    mode: steps.Mode
    stages: tuple[str, ...] = ("Closed - Won",)
    modes: dict[str, steps.Mode] = field(default_factory=dict)
    paid_over: dict[str, set[str]] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)
    ticks: int = 0

    # --- steps -----------------------------------------------------------------------------------

    def play(self, step: Step) -> None:  # noqa: C901  # one arm a kind of step
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
            case steps.Answered(turn):
                self._answer_one(turn)
            case steps.Settled():
                self.settle()

    def _project(self, record_id: str, stage: str) -> None:
        contact_id = steps.CONTACT_OF[record_id]
        if ("contact", contact_id) not in self.roofer.latest:
            self.play(steps.Contact(contact_id))
        self.roofer.project(
            record_id, number=f"200{record_id[1:]}", contact_id=contact_id, stage=stage
        )
        if stage in self.stages:
            self.modes.setdefault(record_id, self.mode)

    def _invoice(self, step: steps.Invoice) -> None:
        before = self.latest("invoice", step.record_id)
        if is_gone(before):
            return
        project_id = self.project_of_invoice(step.record_id)
        self._know_project(project_id)
        sent_at = before.get("sent_at")
        if step.send and sent_at is None:
            sent_at = self._later()
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
        came = before.get("status") == "complete" and step.status == "pending"
        self.roofer.payment(
            money(step.cents),
            {invoice_id: money(cents) for invoice_id, cents in step.on},
            step.record_id,
            project_id=project_id,
            contact_id=steps.CONTACT_OF[project_id],
            status="complete" if came else step.status,
        )

    def _end(self, entity: str, record_id: str, how: str) -> None:
        before = self.latest(entity, record_id)
        if before and not is_gone(before):
            self.roofer._say(entity, record_id, {}, {how: self.roofer.now.isoformat()})

    def _unvoid(self, entity: str, record_id: str) -> None:
        before = self.latest(entity, record_id)
        if before.get("voided_at") and not before.get("deleted_at"):
            self.roofer.unvoid(entity, record_id)

    def _choose(self, mode: steps.Mode, stages: tuple[str, ...]) -> None:
        self.settle()
        self.mode, self.stages = mode, stages
        change_settings(
            self.roofer.system.pool,
            self.roofer.company_id,
            CompanySettings(customer_mode=mode, stages=stages),
        )

    def _edit_there(self, record_id: str, what: str) -> None:
        self.settle()
        found = self._booked(record_id)
        if found is None or found["TotalAmt"] == 0:
            return
        self.touched.add(record_id)
        fields: dict[str, Any] = {"Id": found["Id"]}
        if what == "memo":
            fields["CustomerMemo"] = {"value": f"By hand {self.ticks}"}
        if what == "line":
            first, *rest = found["Line"]
            fields["Line"] = [first | {"Description": f"By hand {self.ticks}"}, *rest]
        self.ticks += 1
        operation = "void" if what == "void" else "update"
        self.roofer.operator("by_hand", operation=operation, entity="Invoice", fields=fields)

    def _booked(self, record_id: str) -> dict[str, Any] | None:
        """Give the QuickBooks invoice that stands for one of ProLine's."""
        running = self.kind_of(record_id) == "running_balance"
        rows = self.roofer.rows(
            "SELECT l.qbo_id FROM proline_qbo.links l JOIN proline_qbo.records r"
            " ON r.pk = l.record_pk WHERE r.company_id = %s AND r.entity = 'invoice'"
            " AND r.record_id = %s",
            self.roofer.company_id,
            f"running:{self.project_of_invoice(record_id)}" if running else record_id,
        )
        return self.roofer.realm.objects["Invoice"].get(rows[0].qbo_id) if rows else None

    def _know_project(self, project_id: str) -> None:
        if ("project", project_id) not in self.roofer.latest:
            self._project(project_id, LEAD)

    def _later(self) -> str:
        self.ticks += 1
        return (self.roofer.now + timedelta(seconds=self.ticks)).isoformat()

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

    # --- waiting and answering -------------------------------------------------------------------

    def settle(self) -> None:
        """Wait until nothing is left to do for this company."""
        until(self._is_settled, SETTLE_SECONDS)

    def _is_settled(self) -> bool:
        (row,) = self.roofer.rows(_SETTLED, *[self.roofer.company_id] * 3)
        return bool(row.settled)

    def questions(self) -> list[Open]:
        """List what stands open."""
        with self.roofer.system.pool.connection() as connection:
            found = open_questions(connection, company_id=self.roofer.company_id)
        return sorted(found, key=lambda each: (each.entity, each.record_id))

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
        self.said.append(Said(asked.entity, asked.record_id, question, asked.basis, said, argument))
        return True

    def has_said(self, record_id: str, question: Question, basis: str) -> str | None:
        """Return the office's last answer to a question that rests on this."""
        given = [each for each in self.said if each.record_id == record_id]
        fitting = [
            each.answer for each in given if (each.question, each.basis) == (question, basis)
        ]
        return fitting[-1] if fitting else None


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
