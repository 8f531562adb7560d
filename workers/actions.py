"""What can follow from an error: the machine's next move, and who must act; the words of both."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Action(StrEnum):
    """What the machine does next; `DOES` says it in a sentence."""

    RETRY = "retry"
    RESOLVE = "resolve"
    PAUSE = "pause"
    RECONNECT = "reconnect"
    SUSPEND = "suspend"
    REREAD = "reread"
    ADOPT_NAME = "adopt_name"
    ADOPT_NUMBER = "adopt_number"
    CLOSED_BOOKS = "closed_books"
    LOOK_AT_REFERENCE = "look_at_reference"
    REFUSE = "refuse"


DOES: Mapping[Action, str] = MappingProxyType(
    {
        Action.RETRY: "tries again later, by itself",
        Action.RESOLVE: "sends the same bytes again, or looks first whether they were booked",
        Action.PAUSE: "lets the company wait for QuickBooks' limit, then goes on by itself",
        Action.RECONNECT: "holds the company's work until a person connects it again",
        Action.SUSPEND: "holds the company's work, and tries one record an hour",
        Action.REREAD: "reads what is there, compares, and sends once more",
        Action.ADOPT_NAME: "reads who has the name, and takes over what is ours",
        Action.ADOPT_NUMBER: "reads which transaction has the number, and takes over what is ours",
        Action.CLOSED_BOOKS: "lets the record wait for a person's answer",
        Action.LOOK_AT_REFERENCE: "looks what is missing there, and asks a person",
        Action.REFUSE: "stops the record: the same would be refused again",
    }
)


class Who(StrEnum):
    """Who must act."""

    NOBODY = "nobody"
    OFFICE = "office"
    US = "us"


ANSWERS = frozenset(
    {
        Action.REREAD,
        Action.ADOPT_NAME,
        Action.ADOPT_NUMBER,
        Action.CLOSED_BOOKS,
        Action.LOOK_AT_REFERENCE,
        Action.REFUSE,
    }
)
"""What follows a business answer: the next write then has a new request id."""
