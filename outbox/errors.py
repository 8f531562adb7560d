"""What ProLine may meet when it writes to the outbox.

    CaptureError
    ├── IsolationTooHigh     the transaction would read an old snapshot after its locks
    └── BulkChangeNotNamed   a bulk statement does not say which records it changes

`schemas.EventInvalid` is the third: the event cannot be addressed.
"""


class CaptureError(Exception):
    """Automatic capture cannot say truthfully what this transaction changed; roll it back."""


class IsolationTooHigh(CaptureError):
    """The transaction runs above READ COMMITTED, where a read after a lock is still the old one."""


class BulkChangeNotNamed(CaptureError):
    """A bulk INSERT, UPDATE or DELETE on a captured table names no records to capture."""
