"""What QuickBooks refused, in a sentence for a person: page and command line say the same."""

from collections.abc import Mapping
from typing import Final

from qbo_client import AccessRefused, NotSent, QuickBooksError, ReconnectRequired

SAID: Final[Mapping[type[QuickBooksError], str]] = {
    NotSent: "QuickBooks cannot be reached, and nothing was sent: check the address, try again.",
    ReconnectRequired: "QuickBooks does not take this consent: its code is good once and for some"
    " minutes. Let the person connect again.",
    AccessRefused: "QuickBooks gives our app no access to this company: check the realm, or let the"
    " person connect again.",
}


def of_quickbooks(error: QuickBooksError) -> str:
    """Say what QuickBooks refused, without the vendor's text, which may name customers."""
    facts = (error.status and f"HTTP {error.status}", error.code, error.intuit_tid)
    known = ", ".join(str(fact) for fact in facts if fact)
    return SAID.get(type(error), "QuickBooks did not do it.") + (f" ({known})" if known else "")
