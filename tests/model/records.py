"""The records of the model: what ProLine says of them, and which change QuickBooks shows."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from tests.support import proline
from tests.support.proline import SENT_AT, WON, Snapshot

Record = tuple[str, str]
"""Entity and id."""
PAYMENT: Final[Record] = ("payment", "y1")
INVOICES: Final[tuple[Record, ...]] = (("invoice", "i1"), ("invoice", "i2"))
RECORDS: Final[tuple[Record, ...]] = (("contact", "c1"), ("project", "p1"), *INVOICES, PAYMENT)
"""What hangs from another comes after it."""
SUMS: Final = {"invoice": Decimal("100.00"), "payment": Decimal("40.00")}
PAYS: Final = {"i1": "30.00", "i2": "10.00"}
VOIDED_AT: Final = "2026-03-05T09:00:00+00:00"


def snapshot(record: Record, number: int, *, ready: bool, void: bool) -> Snapshot:
    """Give what ProLine says of a record at a revision.

    Args:
        record: which.
        number: the revision, in the field of its kind.
        ready: whether it is to be in QuickBooks: won, sent, complete.
        void: whether it is voided.
    """
    entity, record_id = record
    voided = {"voided_at": VOIDED_AT} if void else {}
    match entity:
        case "contact":
            return proline.contact(record_id, phone=f"(555) 010-{number}")
        case "project":
            stage = WON if ready else "Inspection"
            return proline.project(record_id, stage=stage, address={"line2": f"Unit {number}"})
        case "invoice":
            sent_at = SENT_AT.isoformat() if ready else None
            return proline.invoice(record_id, memo=f"Revision {number}", sent_at=sent_at) | voided
        case _:
            status = "complete" if ready else "pending"
            allocations = [{"invoice_id": each, "amount": sum_} for each, sum_ in PAYS.items()]
            told = proline.payment(
                record_id, reference=f"Check {number}", status=status, allocations=allocations
            )
            return told | voided


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
