"""The fault catalogue: every refusal and failure of QuickBooks Online there is a word for; pure.

One row says whether the call was applied, who acts, what the machine does, the sentence the office
reads, and where help on it stands. A row is found by the vendor's code, then by HTTP status, then
by the kind of failure, and never by the vendor's text, which is localised. `meaning` decides from
these rows alone, and `docs/faults.md` is written from them (`workers.catalogue_page`).

The client says which error a code is (`qbo_client.verdict`), because the limiter too must know what
leaves a write open; the tests hold both to agree, row by row.
Source of the codes: https://developer.intuit.com/app/developer/qbo/docs/develop/troubleshooting/error-codes
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType

from qbo_client import (
    AccessRefused,
    Applied,
    AuthorizationExpired,
    BusinessFault,
    NotSent,
    OutcomeUnknown,
    QuickBooksError,
    ReconnectRequired,
    Throttled,
    Unavailable,
)
from workers.actions import Action, Who

OAUTH = "OAUTH"
"""The type of a refusal by the token endpoint; its codes are words, `invalid_grant` among them."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one code, status or kind of failure means.

    Attributes:
        kind: As which error the client raises it.
        applied: Whether QuickBooks may have done what was asked.
        who: Who must act.
        action: What the machine does.
        anchor: Where help on it stands, in `docs/faults.md` and on the page.
        sentence: What the office reads: what happened, and what to do.
        note: What whoever runs the system should know besides.
    """

    kind: type[QuickBooksError]
    applied: Applied
    who: Who
    action: Action
    anchor: str
    sentence: str
    note: str = ""


def row_of(error: QuickBooksError) -> tuple[str, Row] | None:
    """Find an error's row and its key; None for a refusal with a code that nobody knows."""
    if error.code is not None and _fits(CATALOGUE.get(error.code), error):
        return error.code, CATALOGUE[error.code]
    key = _key_without_code(error)
    return None if key is None else (key, CATALOGUE[key])


def _fits(row: Row | None, error: QuickBooksError) -> bool:
    """Say whether a code speaks for the error: 6240 in a 500 says nothing of the outcome."""
    return row is not None and isinstance(error, row.kind)


def _key_without_code(error: QuickBooksError) -> str | None:  # noqa: PLR0911  # one arm per error
    match error:
        case NotSent():
            return "not_sent"
        case OutcomeUnknown():
            return _key_of_status(error.status)
        case Throttled():
            return "http_429"
        case Unavailable():
            return "unavailable"
        case AuthorizationExpired():
            return "http_401"
        case AccessRefused():
            return "oauth_refused" if error.type == OAUTH else "http_403"
        case ReconnectRequired():
            return "invalid_grant"
        case BusinessFault() if error.code is None and error.status == HTTPStatus.NOT_FOUND:
            return "http_404"
        case _:
            return None


def _key_of_status(status: int | None) -> str:
    """Name what leaves the outcome open; a success that cannot be read is one of them."""
    if status is None:
        return "no_answer"
    exact = f"http_{status}"
    if exact in CATALOGUE:
        return exact
    return "http_5xx" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "unreadable_answer"


def _open(
    sentence: str, anchor: str = "outcome-unknown", kind: type[QuickBooksError] = OutcomeUnknown
) -> Row:
    return Row(kind, Applied.UNKNOWN, Who.NOBODY, Action.RESOLVE, anchor, sentence)


def _by_itself(
    kind: type[QuickBooksError], action: Action, anchor: str, sentence: str, note: str = ""
) -> Row:
    return Row(kind, Applied.NO, Who.NOBODY, action, anchor, sentence, note)


def _lost(kind: type[QuickBooksError], anchor: str, sentence: str, note: str = "") -> Row:
    return Row(kind, Applied.NO, Who.OFFICE, Action.RECONNECT, anchor, sentence, note)


def _office(anchor: str, sentence: str, action: Action = Action.REFUSE, note: str = "") -> Row:
    return Row(BusinessFault, Applied.NO, Who.OFFICE, action, anchor, sentence, note)


def _ours(note: str, anchor: str = "our-mistake", sentence: str | None = None) -> Row:
    told = sentence or "QuickBooks could not use what we sent, and nothing was booked: ask support."
    return Row(BusinessFault, Applied.NO, Who.US, Action.REFUSE, anchor, told, note)


_REFRESHED_FIRST = "The access token is refreshed first, and the same bytes are sent once more."
_CONNECT_AGAIN = (
    "QuickBooks no longer accepts the connection, and changes are held: connect it again as an"
    " administrator."
)
_ACCESS_TAKEN = (
    "The person who connected QuickBooks, or our app, has lost access to this company, and changes"
    " are held: connect it again as an administrator."
)
_NOT_SAID = (
    "QuickBooks did not say whether this was booked; we find out, and book it once: nothing is to"
    " be done."
)
_AWAY = "QuickBooks is not available for this company at present; it is sent later by itself."
_LIMIT = "QuickBooks' limit of calls is reached; it is sent in a moment by itself."
_GONE = "What this refers to was deleted, merged or made inactive in QuickBooks: say what to do."
_BOOKS_CLOSED = (
    "The books are closed for this date in QuickBooks, and nothing was booked: reopen them, date it"
    " the first open day, or leave it out."
)
_TEXT = (
    "QuickBooks does not accept a text in this, for its length or its characters: shorten or"
    " correct it in ProLine."
)
_VALUE = (
    "QuickBooks does not accept a date, a number or a choice in this: look for an unusual one in"
    " ProLine and correct it, or ask support."
)
_TAX = (
    "QuickBooks does not accept how this is taxed: compare the tax settings of the integration with"
    " those of QuickBooks."
)

CATALOGUE: Mapping[str, Row] = MappingProxyType(
    {
        # The connection.
        "100": _lost(AuthorizationExpired, "connection-lost", _CONNECT_AGAIN, _REFRESHED_FIRST),
        "110": _lost(AuthorizationExpired, "connection-lost", _CONNECT_AGAIN, _REFRESHED_FIRST),
        "3200": _lost(AuthorizationExpired, "connection-lost", _CONNECT_AGAIN, _REFRESHED_FIRST),
        "http_401": _lost(
            AuthorizationExpired, "connection-lost", _CONNECT_AGAIN, _REFRESHED_FIRST
        ),
        "invalid_grant": _lost(ReconnectRequired, "connection-lost", _CONNECT_AGAIN),
        "120": _lost(
            AccessRefused,
            "access-withdrawn",
            _ACCESS_TAKEN,
            "An accountant was removed, or a role lowered.",
        ),
        "3100": _lost(
            AccessRefused,
            "access-withdrawn",
            _ACCESS_TAKEN,
            "Where no company at all gets through, compare environment, keys and scope of our app.",
        ),
        "http_403": _lost(
            AccessRefused,
            "access-withdrawn",
            _ACCESS_TAKEN,
            "A gateway that forbids for a reason of its own looks the same.",
        ),
        "oauth_refused": Row(
            AccessRefused,
            Applied.NO,
            Who.US,
            Action.RETRY,
            "our-credentials",
            "QuickBooks does not accept our app at present, and changes are held: ask support.",
            "invalid_client and its like: keys, secret or address of our app are wrong. No"
            " connection is given up, and all go on by themselves once ours are right.",
        ),
        # QuickBooks is busy or away.
        "3001": _by_itself(Throttled, Action.PAUSE, "limit-reached", _LIMIT),
        "http_429": _by_itself(
            Throttled,
            Action.PAUSE,
            "limit-reached",
            _LIMIT,
            "The month's quota of reads looks the same.",
        ),
        "130": _by_itself(Unavailable, Action.RETRY, "quickbooks-unavailable", _AWAY),
        "140": _by_itself(Unavailable, Action.RETRY, "quickbooks-unavailable", _AWAY),
        "150": _by_itself(Unavailable, Action.RETRY, "quickbooks-unavailable", _AWAY),
        "unavailable": _by_itself(
            Unavailable,
            Action.RETRY,
            "quickbooks-unavailable",
            _AWAY,
            "Something before the token endpoint refused to pass the call on.",
        ),
        "not_sent": _by_itself(
            NotSent,
            Action.RETRY,
            "quickbooks-unavailable",
            "QuickBooks could not be reached, and nothing was sent; it is sent later by itself.",
        ),
        "10000": _open(_NOT_SAID),
        "http_500": _open(_NOT_SAID),
        "http_502": _open(_NOT_SAID),
        "http_503": _open(_NOT_SAID),
        "http_504": _open(_NOT_SAID),
        "http_5xx": _open(_NOT_SAID),
        "http_408": _open(_NOT_SAID),
        "no_answer": _open(_NOT_SAID),
        "unreadable_answer": _open(_NOT_SAID),
        # It was sent before.
        "600": _open(
            "QuickBooks has seen this before, and we look what became of it: nothing is to be"
            " done.",
            "seen-before",
            BusinessFault,
        ),
        "630": _open(
            "QuickBooks says that it has this already, and we look for it: nothing is to be done.",
            "seen-before",
            BusinessFault,
        ),
        # Somebody else has it, or changed it.
        "5010": _by_itself(
            BusinessFault,
            Action.REREAD,
            "changed-in-quickbooks",
            "It was changed in QuickBooks meanwhile; we compare, and ask where the two differ.",
        ),
        "6240": _by_itself(
            BusinessFault,
            Action.ADOPT_NAME,
            "name-taken",
            "The name is taken in QuickBooks by a customer, vendor or employee: rename one of them,"
            " in ProLine or in QuickBooks.",
            "The sentence is read only where QuickBooks does not name who has it.",
        ),
        "6140": _by_itself(
            BusinessFault,
            Action.ADOPT_NUMBER,
            "number-taken",
            "The number is taken in QuickBooks by another transaction: change it there.",
            "The sentence is read only where QuickBooks does not name the transaction.",
        ),
        # What it refers to.
        "610": _office("reference-gone", _GONE, Action.LOOK_AT_REFERENCE),
        "2500": _office("reference-gone", _GONE, Action.LOOK_AT_REFERENCE),
        "6250": _office(
            "reference-gone",
            "The customer was deleted, merged or made inactive in QuickBooks: say what to do.",
            Action.LOOK_AT_REFERENCE,
        ),
        "620": _office(
            "cannot-be-linked",
            "QuickBooks does not let this payment pay that invoice: see whether the invoice there"
            " is void, paid, or another customer's.",
            Action.LOOK_AT_REFERENCE,
        ),
        # The books, the plan, the subscription.
        "6200": _office("books-closed", _BOOKS_CLOSED, Action.CLOSED_BOOKS),
        "6210": _office(
            "books-closed",
            _BOOKS_CLOSED,
            Action.CLOSED_BOOKS,
            "With a password; nothing can be sent that would carry it.",
        ),
        "6190": _office(
            "subscription-ended",
            "QuickBooks takes no new data, as the subscription has ended or has a billing problem;"
            " changes are held: put it right in QuickBooks.",
            Action.SUSPEND,
        ),
        "10200": _ours(
            "Every link to the company's former books is worthless.",
            "company-reset",
            "The company's books in QuickBooks were erased and begun anew: turn the integration off"
            " and ask support.",
        ),
        "5020": _office(
            "not-permitted",
            "The person who connected QuickBooks may not do this there: connect it again as an"
            " administrator.",
        ),
        "5030": _office(
            "feature-missing",
            "The company's QuickBooks plan lacks what this needs: change the plan in QuickBooks, or"
            " the settings of the integration.",
        ),
        # What the office can correct.
        "2040": _office("text-not-accepted", _TEXT),
        "2050": _office("text-not-accepted", _TEXT),
        "2060": _office("value-not-accepted", _VALUE),
        "2070": _office("value-not-accepted", _VALUE),
        "2080": _office("value-not-accepted", _VALUE),
        "2090": _office("value-not-accepted", _VALUE),
        "2100": _office("value-not-accepted", _VALUE),
        "2110": _office("value-not-accepted", _VALUE),
        "2170": _office("value-not-accepted", _VALUE),
        "2210": _office(
            "email-not-accepted",
            "QuickBooks does not accept the e-mail address: correct it in ProLine.",
        ),
        "2290": _office(
            "negative-amount",
            "QuickBooks does not accept the negative amount of a line: make it a discount, or"
            " correct it in ProLine.",
        ),
        "6000": _office(
            "business-rule",
            "QuickBooks refused this by one of its own rules: look in QuickBooks that it is not"
            " there, put right in ProLine what it says, and send it again.",
            # Not RESOLVE: the same bytes would be refused again and again, without an end.
            note="Once an invoice was reported to be there all the same. What is sent again has a"
            " new request id, and QuickBooks itself then names a taken name or number, which is"
            " taken over. A payment that may apply too much is looked for before it is sent again;"
            " for an invoice without a number the office looks first.",
        ),
        "6070": _office(
            "line-does-not-add-up",
            "The amount of a line is not quantity times price: correct the line in ProLine.",
        ),
        "6080": _office(
            "name-missing", "QuickBooks needs a name: enter one for the contact in ProLine."
        ),
        "6100": _office("tax-not-accepted", _TAX),
        "6160": _office("tax-not-accepted", _TAX),
        "6170": _office("tax-not-accepted", _TAX),
        "6230": _office("tax-not-accepted", _TAX),
        "6130": _office(
            "customer-cannot-change",
            "QuickBooks no longer lets the billed customer of this change: change it back in"
            " ProLine, or book the change in QuickBooks by hand.",
        ),
        "6430": _office(
            "wrong-account",
            "QuickBooks cannot use the account chosen for this: choose one of another type in the"
            " settings of the integration.",
        ),
        "6440": _office(
            "item-missing",
            "A line has no product or service in QuickBooks: choose the income item in the settings"
            " of the integration.",
        ),
        "6450": _office(
            "payment-settled",
            "The payment is settled and cannot be voided in QuickBooks: book the refund there by"
            " hand.",
        ),
        "6540": _office(
            "payment-deposited",
            "The payment is part of a deposit in QuickBooks: remove it from the deposit, then send"
            " the change again.",
        ),
        # What we did wrong.
        "500": _ours("Unsupported operation, bad path, or a body that is not UTF-8."),
        "700": _ours("A parent that cannot be one."),
        "900": _ours("A parent that would be its own child."),
        "1040": _ours("A batch too big; none is sent."),
        "2010": _ours("An unknown property."),
        "2020": _ours("A required parameter is missing; the fault's element names it."),
        "2030": _ours("An id that is no number."),
        "2130": _ours("A request id of the wrong form."),
        "4000": _ours(
            "A query that cannot be parsed; the look-up of a customer then asks in a plainer way."
        ),
        "4001": _ours("A query that is not valid."),
        "4002": _ours("A query that failed."),
        "6090": _ours("A discount without amount or percentage."),
        "6150": _ours("A job without its parent, or a parent without a job."),
        "6180": _ours("Customers nested too deep."),
        "6530": _ours("Raw numbers of a card; none is ever sent."),
        "http_404": _ours("A path that does not exist."),
    }
)

UNKNOWN = Row(
    BusinessFault,
    Applied.NO,
    Who.US,
    Action.REFUSE,
    "unknown-refusal",
    "QuickBooks refused this for a reason we have not met before, and nothing was booked: ask"
    " support.",
    "Any code that stands nowhere above; it is counted.",
)
"""A refusal with a code that nobody knows, or with none."""
