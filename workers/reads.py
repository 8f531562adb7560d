"""What a worker may spend a metered read on: nothing else is asked of QuickBooks.

Intuit meters reads and not writes, so in the steady state a change is one request: ids, SyncTokens
and totals come from the answers to writes. Each read is counted under its reason and shown by
`company show`.
"""

from enum import StrEnum


class Read(StrEnum):
    """Why something is read."""

    EXISTING_CUSTOMER = "existing_customer"
    """A contact is transferred for the first time, and may be there already."""
    NAME_TAKEN = "name_taken"
    """Who has the name that a customer or job was refused for (6240)."""
    NUMBER_TAKEN = "number_taken"
    """Which invoice has the number that one was refused for (6140)."""
    REREAD = "reread"
    """Somebody changed the object since our SyncToken (5010)."""
    LOOK_UP = "look_up"
    """A write whose outcome is unknown: what it has made or changed, if anything."""
    REFERENCE = "reference"
    """Which of the things a refused write refers to is gone, or what an invoice still has open."""
    BOOKS_CLOSED = "books_closed"
    """The close date: on the fault, when a person says they are open again, once a day."""
    ANSWERED = "answered"
    """What a person named in an answer: a customer or an invoice there."""
