"""Rendering: one environment for all templates, which escapes everything, and the words they share.

A value that a template names and a route did not give is an error, not an empty place.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from access.people import Right
from access.sessions import Session
from app.web import addresses
from app.web.asked import Asked

HERE: Final = Path(__file__).parent
SUPPORT: Final = "support@proline.app"
NAMED: Final[Mapping[str, str]] = {
    "contact": "Customer",
    "project": "Project",
    "invoice": "Invoice",
    "payment": "Payment",
}
ENVIRONMENT: Final = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def moment(value: datetime) -> Markup:
    """Write a time, in UTC; the browser puts it into the reader's own where it may."""
    utc = value.astimezone(UTC)
    text = f"{utc:%b} {utc.day}, {utc.year}, {utc:%H:%M} UTC"
    return Markup('<time datetime="{}">{}</time>').format(utc.isoformat(timespec="seconds"), text)


def age(value: datetime, now: datetime) -> str:
    """Say how long ago something was, in one unit."""
    seconds = max(0, int((now - value).total_seconds()))
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        number = seconds // length
        if number:
            return f"{number} {unit}{'' if number == 1 else 's'}"
    return "less than a minute"


def money(value: Decimal, currency: str | None = None) -> str:
    """Write an amount with its cents, and its currency where that is known."""
    amount = f"{abs(value):,.2f}"
    sign = "-" if value < 0 else ""
    if currency == "USD":
        return f"{sign}${amount}"
    return f"{sign}{amount} {currency}" if currency else f"{sign}{amount}"


def many(number: int, one: str, more: str | None = None) -> str:
    """Write a number with its noun."""
    return f"{number:,} {one if number == 1 else (more or one + 's')}"


def first_up(text: str) -> str:
    """Begin a text with a capital letter, and leave the rest as it is."""
    return text[:1].upper() + text[1:]


ENVIRONMENT.filters |= {"moment": moment, "money": money, "many": many, "first_up": first_up}
ENVIRONMENT.globals |= {
    "age": age,
    "addresses": addresses,
    "within": addresses.WITHIN,
    "named": NAMED,
    "support": SUPPORT,
    "Right": Right,
}


def render(asked: Asked, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:  # noqa: ANN401  # whatever the template names
    """Render a page for somebody who is signed in."""
    page = ENVIRONMENT.get_template(template).render(
        session=asked.session,
        person=asked.person,
        csrf=asked.session.csrf,
        path=asked.request.url.path,
        told=addresses.told(asked.query),
        **{"situation": None, **values},
    )
    return HTMLResponse(page, status)


def message(
    request: Request, status: int, headline: str, sentence: str, *, session: Session | None = None
) -> HTMLResponse:
    """Render a page that only says something."""
    page = ENVIRONMENT.get_template("message.html").render(
        session=session,
        person=session.person if session else None,
        csrf=session.csrf if session else "",
        path=request.url.path,
        told=None,
        situation=None,
        headline=headline,
        sentence=sentence,
    )
    return HTMLResponse(page, status)
