"""What an error from QuickBooks means: was it applied, who must act, what the machine does.

One exhaustive match, decided on codes, since messages are localised. Nothing else in the workers
decides about an error, and nothing else retries.
"""

from dataclasses import dataclass
from enum import StrEnum

from qbo_client import (
    AccessRefused,
    Applied,
    AuthorizationExpired,
    BusinessFault,
    DuplicateDocNumber,
    DuplicateName,
    NotSent,
    OutcomeUnknown,
    QuickBooksError,
    ReconnectRequired,
    StaleObject,
    Throttled,
    Unavailable,
)


class Action(StrEnum):
    """What the machine does next."""

    RETRY = "retry"
    """Not applied, and not refused either: again later, by itself."""
    RESOLVE = "resolve"
    """The outcome is unknown: the same bytes again, or a look-up first."""
    PAUSE = "pause"
    """The company waits for QuickBooks' limit."""
    RECONNECT = "reconnect"
    """The connection is lost: the company's work is held until a person reconnects."""
    SUSPEND = "suspend"
    """QuickBooks takes no new data of this company: held until the subscription is repaired."""
    REREAD = "reread"
    """Someone changed the object: read, compare, send again once."""
    ADOPT_NAME = "adopt_name"
    """The name is taken: read who has it."""
    ADOPT_NUMBER = "adopt_number"
    """The document number is taken: read which transaction has it."""
    REFUSE = "refuse"
    """The same would be refused again: needs attention at once."""


class Who(StrEnum):
    """Who must act."""

    NOBODY = "nobody"
    OFFICE = "office"
    US = "us"


@dataclass(frozen=True)
class Meaning:
    """The answer to the two questions of every error, and the machine's next move."""

    action: Action
    who: Who
    code: str
    sentence: str

    @property
    def answered(self) -> bool:
        """Whether it was a business answer: the next write then has a new request id."""
        return self.action in {
            Action.REREAD,
            Action.ADOPT_NAME,
            Action.ADOPT_NUMBER,
            Action.REFUSE,
        }


def meaning_of(error: QuickBooksError) -> Meaning:  # noqa: PLR0911  # one arm per error
    """Decide what `error` means; an unknown code is a refusal that needs us."""
    code = error.code or (str(error.status) if error.status else type(error).__name__)
    match error:
        case NotSent():
            return _nobody(Action.RETRY, "not_sent", "QuickBooks could not be reached.")
        case OutcomeUnknown():
            return _nobody(
                Action.RESOLVE, "outcome_unknown", "QuickBooks did not say whether it was booked."
            )
        case Throttled():
            return _nobody(Action.PAUSE, code, "QuickBooks' limit of calls is reached.")
        case Unavailable():
            return _nobody(Action.RETRY, code, "QuickBooks is not available for this company now.")
        case AuthorizationExpired() | AccessRefused() | ReconnectRequired():
            return Meaning(
                Action.RECONNECT,
                Who.OFFICE,
                code,
                "QuickBooks no longer accepts the connection: reconnect it as an administrator.",
            )
        case StaleObject():
            return _nobody(Action.REREAD, code, "The object was changed in QuickBooks.")
        case DuplicateName():
            return _nobody(Action.ADOPT_NAME, code, "The name is taken in QuickBooks.")
        case DuplicateDocNumber():
            return _nobody(Action.ADOPT_NUMBER, code, "The number is taken in QuickBooks.")
        case BusinessFault():
            return _of_code(error, code)
        case _:
            return _unknown(code)


def _of_code(error: BusinessFault, code: str) -> Meaning:
    if error.applied is Applied.UNKNOWN:
        return _nobody(Action.RESOLVE, code, "QuickBooks has seen this request before.")
    if code == "6190":
        return Meaning(Action.SUSPEND, Who.OFFICE, code, OFFICE_SENTENCES[code])
    if code in OFFICE_SENTENCES:
        return _office(code)
    return _unknown(code)


OFFICE_SENTENCES = {
    "610": "What this refers to was deleted or made inactive in QuickBooks.",
    "2500": "What this refers to was deleted or made inactive in QuickBooks.",
    "6250": "The customer was deleted, merged or made inactive in QuickBooks.",
    "620": "QuickBooks does not let this payment be linked to that invoice.",
    "2210": "QuickBooks does not accept the e-mail address.",
    "5020": "The person who connected QuickBooks may not do this there.",
    "5030": "This QuickBooks plan does not have the feature that is needed.",
    "6000": "QuickBooks refused this by one of its business rules.",
    "6130": "QuickBooks does not let the billed customer change any more.",
    "6190": "QuickBooks takes no new data: the subscription has ended or has a billing problem.",
    "6200": "The books are closed for this date in QuickBooks.",
    "6210": "The books are closed for this date in QuickBooks and need a password.",
    "6430": "The chosen account is of the wrong type in QuickBooks.",
    "6450": "The payment is settled in QuickBooks and cannot be voided there.",
    "6540": "The payment is part of a deposit in QuickBooks: remove it from the deposit first.",
}
"""Refusals that the office can mend, in one sentence for a bookkeeper.

Source of the codes: https://developer.intuit.com/app/developer/qbo/docs/develop/troubleshooting/error-codes
"""


def _nobody(action: Action, code: str, sentence: str) -> Meaning:
    return Meaning(action, Who.NOBODY, code, sentence)


def _office(code: str) -> Meaning:
    return Meaning(Action.REFUSE, Who.OFFICE, code, OFFICE_SENTENCES[code])


def _unknown(code: str) -> Meaning:
    return Meaning(
        Action.REFUSE, Who.US, code, f"QuickBooks refused this with code {code}: ask support."
    )
