"""Requests to be stored, where a test is not about what is in them."""

from coordination.database import Connection
from coordination.limiter import Call, Limits, Slot
from records.attempts import Write, open_attempt
from records.claims import Claim, OpenAttempt


def a_write(request_id: str) -> Write:
    """Give a create of a customer."""
    return Write("", "create", "Customer", "/customer", (), b"{}", request_id, "", {})


def an_attempt(connection: Connection, claim: Claim, write: Write) -> OpenAttempt:
    """Open an attempt in the slot of a call that never leaves."""
    call = Call(
        claim.realm_id, claim.company_id, claim.process_id, "write", "test", record_pk=claim.pk
    )
    opened = open_attempt(connection, claim, write, call, Limits())
    assert isinstance(opened, tuple)
    attempt, slot = opened
    assert isinstance(slot, Slot)
    return attempt
