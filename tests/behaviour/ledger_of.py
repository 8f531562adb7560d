"""ProLine's tables, as the comparer reads them, composed from what was last said.

The comparer expects only what needs no person. Where the outcome rests on an answer, the ledger
says what a person has made of it:

- a trigger stage is what the office had chosen when the project came into it, so a transferred
  project stands in a stage of its own here;
- money that became credit (of a void invoice, an unsent one, by choice) is allocated to an invoice
  that is void: it pays nothing, and is no deposit that would look for another invoice;
- a payment that names no invoice stays with the one it paid, or that a person named: that one is
  named here, if it is a living one of its project;
- money that failed is void;
- an invoice sent before the enable counts from the moment a person has sent it all the same, and
  still as the first of its project.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from demo.comparer import Books, Ledger, Office, Payment
from demo.comparer.proline import (
    AllocationRow,
    ContactRow,
    InvoiceRow,
    LineRow,
    PaymentRow,
    ProjectRow,
    StageMoveRow,
)
from records.questions import Question
from tests.behaviour.contractor import LONG_AGO, Contractor, is_gone

NAME: Final = "Acme Roofing"
TRANSFERRED: Final = "Transferred"
_ENABLED: Final = datetime(2021, 1, 1, tzinfo=UTC)
_SAID: Final = _ENABLED + timedelta(days=1)
_NO_ADDRESS: Final = dict.fromkeys(
    ("line1", "line2", "city", "state", "postal_code", "country"), None
)
Snapshot = dict[str, Any]


def office_of(contractor: Contractor) -> Office:
    """Give the office: each project keeps the mode it was transferred in."""
    return Office(
        company_id=contractor.roofer.company_id,
        name=NAME,
        mode="main",
        enabled_at=_ENABLED,
        trigger_stages=frozenset({TRANSFERRED}),
        modes=dict(contractor.modes),
    )


def ledger_of(contractor: Contractor, actual: Books) -> Ledger:
    """Compose the ledger.

    Args:
        contractor: who has said what.
        actual: what QuickBooks holds; of it only which invoice a payment that names none pays.
    """
    payments = [_Paid(contractor, actual, *each) for each in contractor.all("payment")]
    allocations = [row for each in payments for row in each.allocations()]
    return Ledger(
        contacts=[_contact(*each) for each in contractor.all("contact")],
        projects=[_project(contractor, *each) for each in contractor.all("project")],
        moves=[StageMoveRow(each, TRANSFERRED, _SAID) for each in contractor.modes],
        invoices=[
            *(_invoice(contractor, *each) for each in contractor.all("invoice")),
            *(_nothing(project_id) for project_id in contractor.modes),
        ],
        lines=[line for each in contractor.all("invoice") for line in _lines(*each)],
        payments=[each.row() for each in payments],
        allocations=allocations,
    )


def living(contractor: Contractor, project_id: str) -> list[str]:
    """Name the invoices of a project that QuickBooks shall have, of running ones the first."""
    sent = [
        (record_id, snapshot)
        for record_id, snapshot in contractor.all("invoice")
        if snapshot["project_id"] == project_id
        and _counts_from(contractor, record_id)
        and not is_gone(snapshot)
    ]
    running = [each for each, _ in sent if contractor.kind_of(each) == "running_balance"]
    alone = [each for each, _ in sent if contractor.kind_of(each) == "standalone"]
    return [*alone, *running[:1]] if project_id in contractor.modes else []


@dataclass(frozen=True)
class _Paid:
    """A payment with what it pays."""

    contractor: Contractor
    actual: Books
    record_id: str
    said: Snapshot

    def row(self) -> PaymentRow:
        """Give the payment's row: on the project whose customer it is booked on."""
        failed = self.said["status"] == "failed"
        return PaymentRow(
            id=self.record_id,
            number=self.said["number"],
            project_id=self._project(),
            status="complete" if failed else self.said["status"],
            received_on=date.fromisoformat(self.said["received_on"]),
            amount=Decimal(self.said["amount"]),
            reference=self.said.get("reference"),
            gone=self._is_void(),
            updated_at=_SAID,
        )

    def allocations(self) -> Iterator[AllocationRow]:
        """Give what it pays, or shall pay."""
        if self._is_void():
            yield self._credit(self.said["amount"])
        elif self.said["allocations"]:
            for each in self.said["allocations"]:
                yield self._allocation(each["invoice_id"], each["amount"])
        else:
            yield from self._chosen()

    def _allocation(self, invoice_id: str, amount: str) -> AllocationRow:
        invoice = self.contractor.latest("invoice", invoice_id)
        ask = Question.UNSENT_INVOICE
        as_credit = self.contractor.has_said(self.record_id, ask, invoice_id) == "credit"
        if (is_gone(invoice) and not self._another_stands(invoice_id)) or (
            invoice["sent_at"] is None and as_credit
        ):
            return self._credit(amount)
        return AllocationRow(self.record_id, invoice_id, Decimal(amount))

    def _chosen(self) -> Iterator[AllocationRow]:
        """Of a payment that names none: what it pays, if that is one of its project's."""
        candidates = living(self.contractor, self.said["project_id"])
        keys = {_key(self.contractor, each): each for each in candidates}
        paid = {key for each in self._copies() if not each.voided for key in each.applied}
        if len(paid) == 1 and paid <= keys.keys():
            (key,) = paid
            yield AllocationRow(self.record_id, keys[key], Decimal(self.said["amount"]))
        elif not paid and (self._is_credit_by_choice() or not self._open_of(keys)):
            yield self._credit(self.said["amount"])

    def _is_credit_by_choice(self) -> bool:
        given = [
            each.answer
            for each in self.contractor.said
            if each.record_id == self.record_id and each.question is Question.WHICH_INVOICE
        ]
        return given[-1:] == ["credit"]

    def _open_of(self, keys: Iterable[str]) -> list[str]:
        wanted = set(keys)
        return [each.key for each in self.actual.invoices if each.key in wanted and each.balance]

    def _copies(self) -> list[Payment]:
        return [
            each for each in self.actual.payments if each.key == f"payment {self.said['number']}"
        ]

    def _is_void(self) -> bool:
        return is_gone(self.said) or self.said["status"] == "failed"

    def _credit(self, amount: str) -> AllocationRow:
        return AllocationRow(self.record_id, f"nothing {self._project()}", Decimal(amount))

    def _project(self) -> str:
        """The first invoice that can be paid says the customer, else its own project does.

        What is booked stays where it is when neither says one any more.
        """
        named = [each["invoice_id"] for each in self.said["allocations"]]
        projects = [self.contractor.project_of_invoice(each) for each in named]
        payable = [
            project_id
            for invoice_id, project_id in zip(named, projects, strict=True)
            if invoice_id in living(self.contractor, project_id)
            or self._is_running_living(invoice_id, project_id)
        ]
        own: str = self.said["project_id"]
        booked = any(self._is_void() or not each.voided for each in self._copies())
        ever = sorted(self.contractor.paid_over[self.record_id]) if booked else ()
        transferred = [each for each in (*payable, own, *ever) if each in self.contractor.modes]
        return next(iter(transferred), own)

    def _another_stands(self, invoice_id: str) -> bool:
        """Whether a running-balance invoice that is void is part of one that is not."""
        if self.contractor.latest("invoice", invoice_id)["sent_at"] is None:
            return False
        stands = self.contractor.shown_as(invoice_id)
        return any(
            self.contractor.shown_as(each) == stands
            and _counts_from(self.contractor, each) is not None
            and not is_gone(said)
            for each, said in self.contractor.all("invoice")
            if each != invoice_id
        )

    def _is_running_living(self, invoice_id: str, project_id: str) -> bool:
        running = self.contractor.kind_of(invoice_id) == "running_balance"
        return (
            running
            and _counts_from(self.contractor, invoice_id) is not None
            and any(
                self.contractor.kind_of(each) == "running_balance"
                for each in living(self.contractor, project_id)
            )
        )


def _key(contractor: Contractor, invoice_id: str) -> str:
    """Name an invoice as QuickBooks shows it: running ones by the first that was sent."""
    invoice = contractor.latest("invoice", invoice_id)
    if contractor.kind_of(invoice_id) == "standalone":
        return f"invoice {invoice['number']}"
    members = [
        (sent_at, record_id, each["number"])
        for record_id, each in contractor.all("invoice")
        if each["project_id"] == invoice["project_id"]
        and (sent_at := _counts_from(contractor, record_id)) is not None
        and contractor.kind_of(record_id) == "running_balance"
    ]
    return f"invoice {min(members)[2]}"


def _contact(record_id: str, said: Snapshot) -> ContactRow:
    return ContactRow(
        **_NO_ADDRESS,
        id=record_id,
        number=said["number"],
        display_name=said["display_name"],
        given_name=None,
        family_name=None,
        company_name=None,
        email=said["email"],
        phone=None,
    )


def _project(contractor: Contractor, record_id: str, said: Snapshot) -> ProjectRow:
    return ProjectRow(
        **_NO_ADDRESS,
        id=record_id,
        number=said["number"],
        contact_id=contractor.stays_with.get(record_id, str(said["contact_id"])),
        stage=TRANSFERRED if record_id in contractor.modes else "Lead",
        updated_at=_SAID,
    )


def _counts_from(contractor: Contractor, record_id: str) -> datetime | None:
    """Tell when an invoice was sent, if it counts: history does when a person has sent it."""
    sent_at = contractor.latest("invoice", record_id)["sent_at"]
    if sent_at is None:
        return None
    at = datetime.fromisoformat(sent_at)
    if at >= _ENABLED:
        return at
    return _ENABLED + (at - LONG_AGO) if record_id in contractor.sent_anyway else None


def _invoice(contractor: Contractor, record_id: str, said: Snapshot) -> InvoiceRow:
    return InvoiceRow(
        id=record_id,
        number=said["number"],
        kind=said["kind"],
        project_id=said["project_id"],
        sent_at=_counts_from(contractor, record_id),
        issued_on=date.fromisoformat(said["issued_on"]),
        due_on=date.fromisoformat(said["due_on"]),
        discount=Decimal(said["discount"]) if said["discount"] else None,
        memo=said["memo"],
        gone=is_gone(said),
    )


def _nothing(project_id: str) -> InvoiceRow:
    """An invoice that is void: what is allocated to it is credit."""
    return InvoiceRow(
        id=f"nothing {project_id}",
        number=f"nothing {project_id}",
        kind="standalone",
        project_id=project_id,
        sent_at=_SAID,
        issued_on=None,
        due_on=None,
        discount=None,
        memo=None,
        gone=True,
    )


def _lines(record_id: str, said: Snapshot) -> Iterator[LineRow]:
    for line in said["lines"]:
        yield LineRow(record_id, None, line["name"], None, Decimal(line["amount"]))
