"""Why records need attention, in words of the office: a title, and who acts; pure.

What QuickBooks refuses is in the fault catalogue; what we ourselves hold back, and what is asked,
is here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from records.attention import GroupKey
from records.questions import Question
from workers.actions import Who
from workers.catalogue import CATALOGUE

YOU: Final = "You act: here or in QuickBooks"
IN_PROLINE: Final = "You act: in ProLine"
IN_SETTINGS: Final = "You act: in Settings"
SUPPORT: Final = "ProLine's support acts"
NOBODY: Final = "Nobody has to act"
DECIDES: Final = "You decide"

WHO: Final[Mapping[Who, str]] = {Who.OFFICE: YOU, Who.US: SUPPORT, Who.NOBODY: NOBODY}


@dataclass(frozen=True)
class Reason:
    """What a group of records has in common."""

    title: str
    who_acts: str


OURS: Final[Mapping[str, Reason]] = {
    "amount_due_missing": Reason("What the invoice asks for is missing", IN_PROLINE),
    "amount_not_positive": Reason("A payment of nothing, or less", IN_PROLINE),
    "currency": Reason("Another currency than the books", IN_PROLINE),
    "customer_currency": Reason("The customer is kept in another currency", YOU),
    "date_missing": Reason("The day is missing", IN_PROLINE),
    "discount_negative": Reason("A discount below zero", IN_PROLINE),
    "fraction_of_cent": Reason("Fractions of a cent", IN_PROLINE),
    "internal_error": Reason("Our software failed", SUPPORT),
    "lines_missing": Reason("An invoice without lines", IN_PROLINE),
    "lines_too_many": Reason("Too many lines for QuickBooks", IN_PROLINE),
    "over_applied": Reason("A payment that pays more than it is", IN_PROLINE),
    "parent_missing": Reason("What it belongs to is not in QuickBooks", YOU),
    "parent_unknown": Reason("ProLine has not sent what it belongs to", SUPPORT),
    "parked": Reason("Set aside, because it stopped the program that sent it", SUPPORT),
    "refused": Reason("QuickBooks refused it", YOU),
    "snapshot_invalid": Reason("What ProLine sent cannot be read", SUPPORT),
    "tax_code": Reason("No tax code is chosen", IN_SETTINGS),
    "tax_mode": Reason("Invoices with tax, and no way to book it", IN_SETTINGS),
    "tax_negative": Reason("A tax below zero", IN_PROLINE),
    "tax_off": Reason("Sales tax is off in QuickBooks", YOU),
    "total_mismatch": Reason("The lines do not come to the total", IN_PROLINE),
    "total_negative": Reason("An invoice below zero", YOU),
}

REFUSED: Final[Mapping[str, str]] = {
    "access-withdrawn": "QuickBooks lets us in no longer",
    "books-closed": "The books are closed for their day",
    "business-rule": "QuickBooks refuses them by a rule of its own",
    "cannot-be-linked": "The payment and its invoice cannot be linked there",
    "changed-in-quickbooks": "Changed in QuickBooks meanwhile",
    "company-reset": "The QuickBooks company was reset",
    "connection-lost": "QuickBooks must be reconnected",
    "customer-cannot-change": "The customer of a booked record cannot change",
    "email-not-accepted": "QuickBooks does not take the e-mail address",
    "feature-missing": "The QuickBooks plan lacks what it needs",
    "item-missing": "An item is missing in QuickBooks",
    "limit-reached": "QuickBooks' limit is reached",
    "line-does-not-add-up": "A line does not add up",
    "name-missing": "A name is missing",
    "name-taken": "Somebody else in QuickBooks has the name",
    "negative-amount": "QuickBooks takes no amount below zero here",
    "not-permitted": "QuickBooks does not permit it",
    "number-taken": "Another transaction has the number",
    "our-credentials": "QuickBooks does not know our app",
    "our-mistake": "QuickBooks could not use what we sent",
    "outcome-unknown": "It is not known yet whether it was booked",
    "payment-deposited": "The payment is in a deposit",
    "payment-settled": "The payment is settled",
    "quickbooks-unavailable": "QuickBooks is not available",
    "reference-gone": "What it names is gone in QuickBooks",
    "seen-before": "QuickBooks has seen this before",
    "subscription-ended": "The QuickBooks subscription has ended",
    "tax-not-accepted": "QuickBooks does not take the tax",
    "text-not-accepted": "QuickBooks does not take a text as it is",
    "value-not-accepted": "QuickBooks does not take a value",
    "wrong-account": "The account is not of the right kind",
}
"""What the help on a refusal of QuickBooks is about, by its anchor in the catalogue."""

ASKED: Final[Mapping[Question, str]] = {
    Question.ASKS_FOR_NOTHING: "Invoices that ask for no money",
    Question.BOOKED_DAY_CLOSED: "Booked on a day that is closed by now",
    Question.BOOKS_CLOSED: "The books are closed for their day",
    Question.CHANGED_IN_QUICKBOOKS: "Changed in QuickBooks as well",
    Question.CUSTOMER_GONE: "The customer is inactive or gone in QuickBooks",
    Question.EXISTING_CUSTOMER: "The customer may be in QuickBooks already",
    Question.FAILED_AFTER_BOOKING: "Payments that failed after they were booked",
    Question.FORMER_BOOKS: "Booked in the QuickBooks company from before",
    Question.INVOICE_VOIDED: "Payments of an invoice that is void",
    Question.NAME_TAKEN: "Somebody else in QuickBooks has the name",
    Question.OLDER_INVOICE: "Payments of an invoice from before you enabled",
    Question.OTHER_CUSTOMER: "Payments of another customer's invoice",
    Question.PARENT_SKIPPED: "What they belong to was left out",
    Question.RUNNING_BALANCE_BEGAN_BEFORE: "Running-balance invoices that began before you enabled",
    Question.SEND_AS_NEW: "Voided or deleted, and now wanted again",
    Question.SENT_BEFORE_ENABLE: "Invoices from before you enabled",
    Question.UNSENT_INVOICE: "Payments of an invoice that was not sent",
    Question.VOID_PAID_INVOICE: "Void in ProLine, but paid in QuickBooks",
    Question.WHICH_INVOICE: "Which invoice was paid?",
}


def reason_of(key: GroupKey) -> Reason:
    """Say what a group has in common, and who acts."""
    if key.kind == "answered":
        return Reason("Answered, and on their way", NOBODY)
    if key.kind == "decision":
        known = {question.value: title for question, title in ASKED.items()}
        return Reason(known.get(key.what, "A question"), DECIDES)
    if key.what in OURS:
        return OURS[key.what]
    row = CATALOGUE.get(key.what)
    if row is None:
        return Reason(f"QuickBooks refused it (code {key.what})", YOU)
    return Reason(f"{REFUSED[row.anchor]} (code {key.what})", WHO[row.who])
