"""The one state a company's page is in, with its sentence and its one button; pure.

Exactly one holds, and the first that fits is it: what keeps everything from going on stands before
what concerns some records.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from app.web.pages import age
from connections.companies import UNTIL_RESUMED, Company

LATE_AFTER: Final = timedelta(minutes=5)


class State(StrEnum):
    """What the page says first."""

    NOT_SET_UP = "not_set_up"
    READY_TO_CONNECT = "ready_to_connect"
    WRONG_COMPANY = "wrong_company"
    RECONNECT = "reconnect"
    OFF = "off"
    SUBSCRIPTION = "subscription"
    LIMIT = "limit"
    UNAVAILABLE = "unavailable"
    PAUSED = "paused"
    ATTENTION = "attention"
    ON = "on"


class Button(StrEnum):
    """The one thing to do next."""

    SET_UP = "Set up"
    CONNECT = "Connect to QuickBooks"
    RECONNECT = "Reconnect to QuickBooks"
    CHOOSE_AGAIN = "Choose another QuickBooks company"
    ENABLE = "Enable Integration"
    REVIEW = "See what needs attention"
    TURN_OFF = "Turn off"
    REFRESH = "Look again"


@dataclass(frozen=True)
class Facts:
    """What the state is judged by, beside the company itself.

    Attributes:
        attention: records that need a person.
        held: records that would go on by themselves if nothing held the company back.
        settings_chosen: somebody has saved the settings once.
        quickbooks_name: of the connected company, if there is one.
        oldest_unsent: since when the oldest of those that go on is on its way, counted from when
            the company could send.
        runs: something of ours that sends is alive.
    """

    attention: int
    held: int
    settings_chosen: bool
    quickbooks_name: str | None
    oldest_unsent: datetime | None = None
    runs: bool = True


@dataclass(frozen=True)
class StateLine:
    """A state, what it says, and its button; `until` is when it ends by itself."""

    state: State
    headline: str
    detail: str
    button: Button
    until: datetime | None = None


def state_line(company: Company, facts: Facts, now: datetime) -> StateLine:
    """Say which state a company is in."""
    if company.connection == "none":
        return _not_connected(company, facts)
    if company.connection == "lost":
        return StateLine(
            State.RECONNECT,
            "QuickBooks must be reconnected.",
            f"{_waiting(facts.held)} Nothing is lost: everything goes on by itself once an"
            " administrator reconnects.",
            Button.RECONNECT,
        )
    if not company.enabled:
        return StateLine(
            State.OFF,
            f"Connected to {facts.quickbooks_name or 'QuickBooks'}. Integration is currently off.",
            "Changes are held until you enable it."
            if company.first_enabled_at
            else "Nothing is sent until you enable it.",
            Button.ENABLE,
        )
    if company.paused_until is not None and company.paused_until > now:
        return _paused(company, facts)
    return _on(facts, now)


def _not_connected(company: Company, facts: Facts) -> StateLine:
    if not facts.settings_chosen:
        return StateLine(
            State.NOT_SET_UP,
            "QuickBooks is not set up yet.",
            "Choose how customers appear in QuickBooks and which stages send a project there.",
            Button.SET_UP,
        )
    held = f" {_waiting(facts.held)} Nothing is lost." if company.enabled else ""
    return StateLine(
        State.READY_TO_CONNECT,
        "Ready to connect to QuickBooks.",
        f"QuickBooks asks you to sign in and to choose your company.{held}",
        Button.CONNECT,
    )


def _paused(company: Company, facts: Facts) -> StateLine:
    waiting = _waiting(facts.held)
    until = company.paused_until if company.paused_until != UNTIL_RESUMED else None
    match company.pause_reason:
        case "limit":
            return StateLine(
                State.LIMIT,
                "Paused by QuickBooks' limit.",
                f"QuickBooks takes only so many requests a minute. {waiting} Nobody has to act.",
                Button.REFRESH,
                until,
            )
        case "subscription":
            return StateLine(
                State.SUBSCRIPTION,
                "QuickBooks refuses new data.",
                f"Its subscription seems to have lapsed: check it in QuickBooks. {waiting} Nothing"
                " is lost, and we try again by ourselves.",
                Button.REFRESH,
                until,
            )
        case "unavailable":
            return StateLine(
                State.UNAVAILABLE,
                "QuickBooks is not available just now.",
                f"{waiting} Nothing is lost, and we try again by ourselves.",
                Button.REFRESH,
                until,
            )
        case _:
            return StateLine(
                State.PAUSED,
                "Paused by ProLine's support.",
                f"{waiting} Nothing is lost: ask support when it goes on.",
                Button.REFRESH,
            )


def _on(facts: Facts, now: datetime) -> StateLine:
    late = _late(facts, now)
    if facts.attention:
        needs = "record needs" if facts.attention == 1 else "records need"
        return StateLine(
            State.ATTENTION,
            f"Integration is currently on. {facts.attention:,} {needs} attention.",
            late or "Everything else goes on.",
            Button.REVIEW,
        )
    return StateLine(
        State.ON,
        "Integration is currently on.",
        late or "Customers, projects, invoices and payments appear in QuickBooks by themselves.",
        Button.TURN_OFF,
    )


def _late(facts: Facts, now: datetime) -> str | None:
    if not facts.runs:
        return (
            "Nothing is being sent just now: our service is not running. Nothing is lost, and"
            " support knows."
        )
    if facts.oldest_unsent is None or now - facts.oldest_unsent < LATE_AFTER:
        return None
    return (
        f"The oldest has been on its way for {age(facts.oldest_unsent, now)}: QuickBooks or our"
        " service is slow. Nothing is lost."
    )


def _waiting(held: int) -> str:
    if held == 0:
        return "No record waits for it."
    return f"{held:,} {'record waits' if held == 1 else 'records wait'}."
