"""What QuickBooks or the database refused, in a sentence for a person, wherever it is told.

A sentence names no secret: of a database's refusal whatever is quoted is left out, because an
address that was not understood is quoted in pieces, its password among them.
"""

import re
from collections.abc import Mapping
from typing import Final

from qbo_client import AccessRefused, NotSent, QuickBooksError, ReconnectRequired

SAID: Final[Mapping[type[QuickBooksError], str]] = {
    NotSent: "QuickBooks cannot be reached just now, and nothing was sent: try again in a few"
    " minutes.",
    ReconnectRequired: "QuickBooks does not take this consent, which is good once and for some"
    " minutes: connect again.",
    AccessRefused: "QuickBooks gives ProLine no access to this QuickBooks company: connect again,"
    " signed in there as somebody who may.",
}


def of_quickbooks(error: QuickBooksError) -> str:
    """Say what QuickBooks refused, without the vendor's text, which may name customers."""
    facts = (error.status and f"HTTP {error.status}", error.code, error.intuit_tid)
    known = ", ".join(str(fact) for fact in facts if fact)
    return SAID.get(type(error), "QuickBooks did not do it.") + (f" ({known})" if known else "")


QUOTED: Final = re.compile(r"""(["']).*\1""")


def of_database(error: Exception) -> str:
    """Say why the database cannot be used, without what the address holds."""
    original = getattr(error, "orig", None) or error
    reason = str(original).partition("\n")[0]
    reason = QUOTED.sub("…", reason)
    return f"The database cannot be used: {reason}. Check DATABASE_URL."
