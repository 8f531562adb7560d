"""The records of the model: what ProLine says of them, and which change QuickBooks shows."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from tests.support import proline
from tests.support.proline import WON, Snapshot

Record = tuple[str, str]
"""Entity and id."""
CUSTOMERS: Final[tuple[Record, ...]] = (("contact", "c1"), ("project", "p1"))
INVOICES: Final[tuple[Record, ...]] = (("invoice", "i1"), ("invoice", "i2"))
PAYMENTS: Final[tuple[Record, ...]] = (("payment", "y1"), ("payment", "y2"))
RECORDS: Final[tuple[Record, ...]] = (*CUSTOMERS, *INVOICES, *PAYMENTS)
"""What hangs from another comes after it."""
TOTAL: Final = "100.00"
"""Of an invoice."""
PAYS: Final[Mapping[str, Mapping[str, str]]] = {
    "y1": {"i1": "30.00", "i2": "10.00"},
    "y2": {"i1": "20.00"},
}
"""What each payment pays of each invoice: all that it is."""
VOIDED: Final[tuple[tuple[Record, ...], ...]] = (
    PAYMENTS[:1],
    PAYMENTS[1:],
    (*PAYMENTS, INVOICES[0]),
    (*PAYMENTS, *INVOICES),
)
"""What is voided in one go, a transaction each."""
REVISIONS_OF_A_NAME: Final = 4
"""Customers and invoices are renamed now and then, and never back."""
VOIDED_AT: Final = "2026-03-05T09:00:00+00:00"


def sum_of(record: Record) -> Decimal | None:
    """Give what a document comes to; None of a customer."""
    match record:
        case "invoice", _:
            return Decimal(TOTAL)
        case "payment", record_id:
            return sum((Decimal(each) for each in PAYS[record_id].values()), Decimal(0))
    return None


def paid_by(payment: Record) -> list[Record]:
    """Say which invoices a payment pays."""
    return [("invoice", each) for each in PAYS[payment[1]]]


def payers_of(invoice: Record) -> list[Record]:
    """Say which payments pay an invoice."""
    return [each for each in PAYMENTS if invoice in paid_by(each)]


def below_of(record: Record) -> list[Record]:
    """Say what hangs from a record, directly or not."""
    match record[0]:
        case "contact" | "project":
            return list(RECORDS[RECORDS.index(record) + 1 :])
        case "invoice":
            return payers_of(record)
    return []


def snapshot(
    record: Record, number: int, *, sent_at: datetime, ready: bool, void: bool
) -> Snapshot:
    """Give what ProLine says of a record at a revision.

    Args:
        record: which.
        number: the revision, in the field of its kind.
        sent_at: when an invoice was sent, if it was.
        ready: whether it is to be in QuickBooks: won, sent, complete.
        void: whether it is voided.
    """
    entity, record_id = record
    name = f"No. {number // REVISIONS_OF_A_NAME}"
    voided = {"voided_at": VOIDED_AT} if void else {}
    match entity:
        case "contact":
            person = f"Ada Example {name}"
            return proline.contact(record_id, display_name=person, phone=f"(555) 010-{number}")
        case "project":
            stage = WON if ready else "Inspection"
            address = {"line2": f"Unit {number}"}
            return proline.project(record_id, name=f"Roof {name}", stage=stage, address=address)
        case "invoice":
            sent = sent_at.isoformat() if ready else None
            told = proline.invoice(record_id, TOTAL, memo=f"Revision {number}", sent_at=sent)
            return told | {"number": f"{record_id} {name}"} | voided
        case _:
            status = "complete" if ready else "pending"
            told = proline.pays(record_id, str(sum_of(record)), **PAYS[record_id])
            return told | {"reference": f"Check {number}", "status": status} | voided


def is_void(found: Mapping[str, Any]) -> bool:
    """Say whether an object of QuickBooks is void."""
    return found.get("TotalAmt") == 0 and str(found.get("PrivateNote")).startswith("Voided")


def revision_in(found: Mapping[str, Any]) -> int:
    """Read which revision an object of QuickBooks shows."""
    text = " ".join(
        str(part)
        for part in (
            (found.get("PrimaryPhone") or {}).get("FreeFormNumber", ""),
            (found.get("ShipAddr") or {}).get("Line2", "") if found.get("Job") else "",
            (found.get("CustomerMemo") or {}).get("value", ""),
            found.get("PaymentRefNum", ""),
        )
    )
    return int(text.rpartition("-")[2].split()[-1])
