"""A log of calls and ProLine's revisions, written by hand: what the checker's tests begin with."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from chaos.checker import Call, Facts, Kind, Realm, Revision, Verdict, judge
from demo.comparer import Books, Ledger, Office
from demo.comparer.proline import AllocationRow, ContactRow, InvoiceRow

COMPANY, OTHER = "company-1", "company-2"
BEGAN = datetime(2026, 11, 20, 12, tzinfo=UTC)
TODAY = "2026-11-20"


def at(seconds: float) -> datetime:
    """Give a moment of the run."""
    return BEGAN + timedelta(seconds=seconds)


@dataclass
class Written:
    """A company's run as it is told to the checker; nothing is wrong with it so far."""

    revisions: list[Revision] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    contacts: list[ContactRow] = field(default_factory=list)
    invoices: list[InvoiceRow] = field(default_factory=list)
    allocations: list[AllocationRow] = field(default_factory=list)
    ceiling: int = 450
    proved: bool = True

    def revision(
        self,
        number: int,
        entity: str = "contact",
        record_id: str = "c1",
        *,
        committed: float | None = None,
        total: str | None = None,
        name: str | None = None,
        gone: bool = False,
        company_id: str = COMPANY,
    ) -> None:
        """Let a change be committed in ProLine, at the second of its number unless told."""
        self.revisions.append(
            Revision(
                number=number,
                company_id=company_id,
                entity=entity,
                record_id=record_id,
                total=None if total is None else Decimal(total),
                name=name,
                gone=gone,
                committed_at=at(number if committed is None else committed),
            )
        )

    def call(
        self,
        second: float,
        entity: str,
        operation: str,
        object_id: str | None,
        body: Mapping[str, Any],
        **changes: object,
    ) -> None:
        """Let a call arrive, be done at once, and be answered a tenth of a second later."""
        call = Call(
            seq=len(self.calls) + 1,
            entity=entity,
            operation=operation,
            requestid=f"r{len(self.calls) + 1}",
            received_at=at(second),
            ended_at=at(second + 0.1),
            applied_at=at(second + 0.05),
            status=200,
            object_id=object_id,
            body=body,
        )
        self.calls.append(replace(call, **changes))  # type: ignore[arg-type]

    def customer(
        self,
        second: float,
        revision: int,
        operation: str = "create",
        object_id: str | None = "1",
        **changes: object,
    ) -> None:
        """Let a contact be written."""
        body = {"PrimaryPhone": {"FreeFormNumber": f"(555) 010-{revision}"}}
        self.call(second, "Customer", operation, object_id, body, **changes)

    def invoice(
        self,
        second: float,
        revision: int,
        operation: str = "create",
        object_id: str = "5",
        *,
        customer: str = "1",
        total: str = "100.00",
        site: int | None = None,
        **changes: object,
    ) -> None:
        """Let an invoice of one line be written, with a revision of its project if one is given."""
        line = {"DetailType": "SalesItemLineDetail", "Amount": Decimal(total)}
        body: dict[str, Any] = {
            "CustomerRef": {"value": customer},
            "TxnDate": TODAY,
            "CustomerMemo": {"value": f"Thank you. Revision {revision}"},
            "Line": [line],
        }
        if site is not None:
            body["ShipAddr"] = {"Line2": f"Unit {site}"}
        self.call(second, "Invoice", operation, object_id, body, **changes)

    def payment(
        self,
        second: float,
        revision: int,
        object_id: str = "9",
        *,
        operation: str = "create",
        amount: str = "40.00",
        pays: str | None = "5",
        **changes: object,
    ) -> None:
        """Let a payment be written."""
        linked = [{"LinkedTxn": [{"TxnId": pays, "TxnType": "Invoice"}]}] if pays else []
        body = {
            "CustomerRef": {"value": "1"},
            "TxnDate": TODAY,
            "PaymentRefNum": f"Check {revision}",
            "TotalAmt": Decimal(amount),
            "Line": linked,
        }
        self.call(second, "Payment", operation, object_id, body, **changes)

    def look(
        self,
        second: float,
        entity: str = "Payment",
        customer: str = "1",
        day: str = TODAY,
        **changes: object,
    ) -> None:
        """Let somebody ask what there is of a customer and a day."""
        where = f"WHERE CustomerRef = '{customer}' AND TxnDate = '{day}'"
        query = f"SELECT * FROM {entity} {where} STARTPOSITION 1 MAXRESULTS 1000"
        self.call(second, entity, "query", None, {}, **{"query": query, **changes})

    def judged(self) -> Verdict:
        """Have it judged; the books are left out, as of a company that was never on."""
        realm = Realm(
            company_id=COMPANY,
            ceiling=self.ceiling,
            calls=self.calls,
            office=Office(COMPANY, "Example Roofing", "main", None),
            ledger=Ledger(
                contacts=self.contacts, invoices=self.invoices, allocations=self.allocations
            ),
            books=Books("Example Roofing"),
        )
        revisions = {each.number: each for each in self.revisions}
        return judge(Facts(revisions, [realm], proved=self.proved))


def sound() -> Written:
    """Give a run with a contact, its invoice and a payment, each written once, in order."""
    written = Written()
    written.revision(1)
    written.revision(2, "invoice", "i1", total="100.00")
    written.revision(3, "payment", "y1", total="40.00")
    written.allocations.append(AllocationRow("y1", "i1", Decimal("40.00")))
    written.customer(4, 1)
    written.invoice(5, 2)
    written.payment(6, 3)
    return written


def kinds(verdict: Verdict) -> Counter[Kind]:
    """Count what the checker found."""
    return Counter(each.kind for each in verdict.breaches)


def voided_in_proline() -> Written:
    """Give a sound run whose invoice and payment are void in ProLine from then on."""
    written = sound()
    written.revision(7, "invoice", "i1", total="100.00", gone=True)
    written.revision(8, "payment", "y1", total="40.00", gone=True)
    return written


def shown_in_turn(sent: float = 0.0) -> Written:
    """Give a run in which one invoice shows i2 and then i3 of its project's running balance.

    Args:
        sent: when i2 was; i3 was sent at the beginning.
    """
    written = sound()
    written.invoices += [running("i2", "2", sent=sent), running("i3", "3")]
    written.revision(4, "invoice", "i2", total="100.00")
    written.revision(5, "invoice", "i3", total="100.00")
    written.invoice(7, 4, object_id="6")
    written.invoice(8, 5, "update", object_id="6")
    return written


def running(invoice_id: str, number: str, *, sent: float = 0.0) -> InvoiceRow:
    """Give a running-balance invoice of one project."""
    return InvoiceRow(
        id=invoice_id,
        number=number,
        kind="running_balance",
        project_id="p1",
        sent_at=at(sent),
        issued_on=None,
        due_on=None,
        discount=None,
        memo=None,
        gone=False,
    )
