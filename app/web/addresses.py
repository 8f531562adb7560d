"""Where each page is, and what a page says about the form that led to it.

What was done is named by a word of a fixed list, never by text in an address: whoever makes a link
cannot make the page say anything of his own.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from app.web.reading import Fields

INTEGRATIONS: Final = "/integrations"
QUICKBOOKS: Final = "/integrations/quickbooks"
SETTINGS: Final = f"{QUICKBOOKS}/settings"
REFRESH_LISTS: Final = f"{SETTINGS}/lists"
INCOME_ACCOUNT: Final = f"{SETTINGS}/income-account"
CONNECT: Final = f"{QUICKBOOKS}/connect"
CONFIRM: Final = f"{QUICKBOOKS}/confirm"
CANCEL: Final = f"{QUICKBOOKS}/cancel"
DISCONNECT: Final = f"{QUICKBOOKS}/disconnect"
ENABLE: Final = f"{QUICKBOOKS}/enable"
DISABLE: Final = f"{QUICKBOOKS}/disable"
ATTENTION: Final = f"{QUICKBOOKS}/attention"
RETRY: Final = f"{ATTENTION}/retry"
SKIP: Final = f"{ATTENTION}/skip"
DECIDE: Final = f"{ATTENTION}/decide"
FINDINGS: Final = f"{QUICKBOOKS}/findings"
RESOLVE: Final = f"{FINDINGS}/resolve"
ACTIVITY: Final = f"{QUICKBOOKS}/activity"
ACTIVITY_CSV: Final = f"{QUICKBOOKS}/activity.csv"
RECORD: Final = f"{QUICKBOOKS}/record"
PROJECTS: Final = f"{QUICKBOOKS}/projects"
TRANSFER: Final = f"{PROJECTS}/transfer"
HISTORY: Final = f"{QUICKBOOKS}/history"
LAUNCH: Final = "/launch"
LAUNCH_OTHER: Final = "/launch/other"
SIGN_OUT: Final = "/sign-out"
DISCONNECTED: Final = "/disconnected"
RECONNECT: Final = "/reconnect"
HEALTH: Final = "/health"

WITHIN: Final[Mapping[str, tuple[str, ...]]] = {
    QUICKBOOKS: (DISCONNECT, ENABLE, FINDINGS, PROJECTS),
    ACTIVITY: (RECORD,),
    ATTENTION: (RETRY, SKIP, DECIDE),
    SETTINGS: (REFRESH_LISTS, INCOME_ACCOUNT),
}
"""Which pages are within which of the tabs."""

NUMBER_DIGITS_MOST: Final = 9
TOLD: Final[Mapping[str, str]] = {
    "saved": "The settings are saved.",
    "connected": "QuickBooks is connected.",
    "cancelled": "Nothing was connected.",
    "disconnected": "QuickBooks is disconnected, and our access there has ended.",
    "disconnected_here": "QuickBooks is disconnected here, but it could not be told: in QuickBooks,"
    " under Apps, remove ProLine as well.",
    "enabled": "Integration is currently on.",
    "disabled": "Integration is off: changes are held, the newest version of each.",
    "left_out": "Records left out: {n}.",
    "retried": "Records on their way again: {n}.",
    "skipped": "Records left out of QuickBooks: {n}.",
    "decided": "Your answer is stored: the record goes on by itself.",
    "resolved": "Noted.",
    "transferred": "The project is on its way to QuickBooks.",
    "lists": "The lists were read from QuickBooks.",
    "account": "The income account is changed in QuickBooks.",
    "stayed": "You stayed with this company.",
}


def tab_of(path: str) -> str:
    """Name the tab a page is within: where one goes back to."""
    return next((tab for tab, pages in WITHIN.items() if path in pages), QUICKBOOKS)


def with_query(path: str, **parameters: str | int | None) -> str:
    """Write an address with what stands behind the question mark; None leaves a name out."""
    given = {name: value for name, value in parameters.items() if value not in (None, "")}
    return f"{path}?{urlencode(given)}" if given else path


def told(query: Fields) -> str | None:
    """Say what was done, as the address names it; None: it names nothing we know."""
    sentence = TOLD.get(query.get("done"))
    number, more = _number(query, "n"), _number(query, "more")
    if sentence is None or number is None or more is None:
        return None
    came = f" {more:,} more {'has' if more == 1 else 'have'} come meanwhile." if more else ""
    return f"{sentence.format(n=f'{number:,}')}{came}"


def _number(query: Fields, name: str) -> int | None:
    said = query.get(name, "0")
    return int(said[:NUMBER_DIGITS_MOST]) if said.isascii() and said.isdigit() else None
