"""What ProLine says: the event envelope and the four snapshots, frozen, and one way to read them.

It owns the contract's fields and values and nothing else: no database, no broker, no QuickBooks.
The outbox writes `Event`s; intake and the workers read snapshots through `parse_snapshot`. The same
contract for other languages lies in `schemas/json/`, written by `python -m schemas.json_schema`.
"""

from schemas.address import Address
from schemas.contact import Contact
from schemas.decode import decode_snapshot
from schemas.entity import Entity
from schemas.errors import EventInvalid, SchemaError, SnapshotInvalid
from schemas.event import Event
from schemas.invoice import Invoice, InvoiceKind, Line, LineKind, Tax
from schemas.parse import SNAPSHOT_MODELS, Parsed, Snapshot, parse_snapshot
from schemas.payment import (
    Allocation,
    Payment,
    PaymentMethod,
    PaymentReturn,
    PaymentStatus,
    ReturnKind,
)
from schemas.project import Project
from schemas.snapshot_model import SnapshotModel
from schemas.values import Id, Money, Quantity, Text, UtcTime

__all__ = [
    "SNAPSHOT_MODELS",
    "Address",
    "Allocation",
    "Contact",
    "Entity",
    "Event",
    "EventInvalid",
    "Id",
    "Invoice",
    "InvoiceKind",
    "Line",
    "LineKind",
    "Money",
    "Parsed",
    "Payment",
    "PaymentMethod",
    "PaymentReturn",
    "PaymentStatus",
    "Project",
    "Quantity",
    "ReturnKind",
    "SchemaError",
    "Snapshot",
    "SnapshotInvalid",
    "SnapshotModel",
    "Tax",
    "Text",
    "UtcTime",
    "decode_snapshot",
    "parse_snapshot",
]
