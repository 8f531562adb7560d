"""The outbox: written in ProLine's transactions, read by the relay."""

from outbox.errors import BulkChangeNotNamed, CaptureError, IsolationTooHigh
from outbox.writer import record

__all__ = ["BulkChangeNotNamed", "CaptureError", "IsolationTooHigh", "record"]
