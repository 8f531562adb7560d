"""What people are asked about a record, and what they may answer: one table, pure.

The page, the CLI and the machine read the same words. A question names what it rests on, its basis;
an answer holds until that changes. Some are only offers: the record waits, or was left out, for a
reason of its own, and the office may have it otherwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Question(StrEnum):
    """What is asked; each has its choices in `CHOICES`."""

    ASKS_FOR_NOTHING = "asks_for_nothing"
    BOOKED_DAY_CLOSED = "booked_day_closed"
    BOOKS_CLOSED = "books_closed"
    CHANGED_IN_QUICKBOOKS = "changed_in_quickbooks"
    CUSTOMER_GONE = "customer_gone"
    EXISTING_CUSTOMER = "existing_customer"
    FAILED_AFTER_BOOKING = "failed_after_booking"
    FORMER_BOOKS = "former_books"
    INVOICE_VOIDED = "invoice_voided"
    NAME_TAKEN = "name_taken"
    OLDER_INVOICE = "older_invoice"
    OTHER_CUSTOMER = "other_customer"
    PARENT_SKIPPED = "parent_skipped"
    RUNNING_BALANCE_BEGAN_BEFORE = "running_balance_began_before"
    SEND_AS_NEW = "send_as_new"
    SENT_BEFORE_ENABLE = "sent_before_enable"
    UNSENT_INVOICE = "unsent_invoice"
    VOID_PAID_INVOICE = "void_paid_invoice"
    WHICH_INVOICE = "which_invoice"


ASKED_OF_EACH = frozenset(
    {Question.INVOICE_VOIDED, Question.OLDER_INVOICE, Question.UNSENT_INVOICE}
)
"""Asked of each invoice a payment names, one after the other: each answer holds beside the rest."""


class Takes(StrEnum):
    """What an answer needs besides its word."""

    NOTHING = "nothing"
    CUSTOMER = "QuickBooks customer id"
    INVOICE_THERE = "QuickBooks invoice id"
    INVOICE = "ProLine invoice id"


@dataclass(frozen=True)
class Choice:
    """One answer a person may give, and what it does, in a sentence of the office."""

    answer: str
    sentence: str
    takes: Takes = Takes.NOTHING


_SKIP = Choice("skip", "Leave it out of QuickBooks.")
_REOPENED = Choice("reopened", "The books were reopened: look again, and send it.")
_BY_HAND = Choice("by_hand", "It is booked by hand: nothing is sent.")

CHOICES: Mapping[Question, tuple[Choice, ...]] = MappingProxyType(
    {
        Question.ASKS_FOR_NOTHING: (Choice("send", "Send it all the same."),),
        Question.BOOKED_DAY_CLOSED: (_REOPENED, _SKIP),
        Question.BOOKS_CLOSED: (
            _REOPENED,
            Choice("first_open_day", "Date it the first open day."),
            _SKIP,
        ),
        Question.CHANGED_IN_QUICKBOOKS: (
            Choice("ours", "Write what ProLine says over it."),
            Choice("theirs", "Leave what QuickBooks has."),
        ),
        Question.CUSTOMER_GONE: (
            Choice("link", "Link another customer of QuickBooks.", Takes.CUSTOMER),
            Choice("reactivate", "Make the customer active again."),
            Choice("new", "Send it as a new customer."),
        ),
        Question.EXISTING_CUSTOMER: (
            Choice("link", "Link the customer QuickBooks has.", Takes.CUSTOMER),
            Choice("create", "Create another customer."),
        ),
        Question.FAILED_AFTER_BOOKING: (
            Choice("void", "Void the payment in QuickBooks."),
            Choice("leave", "Leave the payment in QuickBooks."),
        ),
        Question.FORMER_BOOKS: (
            Choice("send", "Book it in these books too."),
            Choice("leave", "It stays in the former books."),
        ),
        Question.INVOICE_VOIDED: (
            Choice("credit", "Keep the money as credit of the customer."),
            _SKIP,
        ),
        Question.NAME_TAKEN: (
            Choice("link", "Link the customer that has the name.", Takes.CUSTOMER),
            Choice("create", 'Create a customer with " (Customer)" behind the name.'),
        ),
        Question.OLDER_INVOICE: (
            Choice("send", "Send the invoice, and then the payment."),
            _BY_HAND,
        ),
        Question.OTHER_CUSTOMER: (
            Choice("move", "Book it on the customer of the invoice instead."),
            Choice("credit", "Leave it as credit where it is."),
        ),
        Question.PARENT_SKIPPED: (
            Choice("send", "Send what was skipped, and then this."),
            _SKIP,
        ),
        Question.RUNNING_BALANCE_BEGAN_BEFORE: (
            Choice("whole", "Book the whole sum of the project."),
            Choice("link", "Link the invoice QuickBooks has already.", Takes.INVOICE_THERE),
            _BY_HAND,
        ),
        Question.SEND_AS_NEW: (
            Choice("new", "Send it as new."),
            Choice("leave", "Leave it as it is in QuickBooks."),
        ),
        Question.SENT_BEFORE_ENABLE: (Choice("send", "Send it all the same."),),
        Question.UNSENT_INVOICE: (Choice("credit", "Book the money as credit now."),),
        Question.VOID_PAID_INVOICE: (
            Choice("void", "Void the invoice, and leave the money as credit."),
            Choice("wait", "Wait until its payments are void too."),
        ),
        Question.WHICH_INVOICE: (
            Choice("invoice", "It pays this invoice.", Takes.INVOICE),
            Choice("credit", "Keep the money as credit of the customer."),
        ),
    }
)


def choice_of(question: str, answer: str) -> Choice | None:
    """Return the choice an answer names; None: the question has no such answer."""
    return next((each for each in CHOICES[Question(question)] if each.answer == answer), None)
