"""Who changed what: the audit, as its company may read it."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import Response

from app.web import addresses
from app.web.asked import Asked
from app.web.pages import render
from app.web.paging import first_of
from app.web.reading import number
from app.web.situation import stands
from connections.audit import list_entries
from records.naming import names_in

PAGE_ROWS: Final = 50


def show(asked: Asked) -> Response:
    """Show what people have changed, the newest first."""
    with asked.web.pool.connection() as connection:
        situation = stands(connection, asked.company_id)
        entries = list_entries(
            connection,
            asked.company_id,
            before_id=number(asked.query.get("before")),
            limit=PAGE_ROWS + 1,
        )
        named = [f"{each.entity} {each.record_id}" for each in entries if each.record_id]
        names = names_in(connection, asked.company_id, named)
    shown, goes_on = first_of(entries, PAGE_ROWS)
    return render(
        asked,
        "history.html",
        situation=situation,
        entries=shown,
        names=names,
        done=done,
        in_words=in_words,
        address_next=addresses.with_query(addresses.HISTORY, before=shown[-1].id)
        if goes_on
        else None,
    )


DONE: Final[Mapping[str, str]] = {
    "company.disable": "Turned the integration off",
    "company.enable": "Turned the integration on",
    "company.open": "Opened the page for the company",
    "company.pause": "Paused the company",
    "company.resume": "Resumed the company",
    "connection.connect": "Connected to QuickBooks",
    "connection.disconnect": "Disconnected from QuickBooks",
    "connection.revoke": "Ended our access to QuickBooks",
    "finding.resolve": "Saw to a finding",
    "income_account.change": "Changed the income account",
    "lists.refresh": "Read QuickBooks' lists again",
    "project.transfer": "Transferred",
    "question.answer": "Answered a question about",
    "records.send": "Sent again",
    "records.skip": "Left out",
    "settings.change": "Changed the settings",
}
"""What the audit notes, as the office would say it."""
WORDS: Final[Mapping[str, str]] = {
    "realm_id": "QuickBooks company",
    "enabled": "on",
    "customer_mode": "customer object types",
    "tax_mode": "sales tax",
    "ceiling": "requests a minute",
}


def done(action: str) -> str:
    """Say what somebody did; what has no words yet is shown as it is noted."""
    return DONE.get(action, action.replace("_", " ").replace(".", " ").capitalize())


def in_words(values: Mapping[str, Any] | None) -> str:
    """Write what stood there, or what was put there, in a line."""
    if not values:
        return ""
    return "; ".join(
        f"{WORDS.get(name, name.replace('_', ' '))}: {_word(value)}"
        for name, value in values.items()
    )


def _word(value: object) -> str:
    match value:
        case None | "" | [] | {}:
            return "none"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(str, value))
        case dict():
            return ", ".join(f"{name} → {each}" for name, each in value.items())
        case _:
            return str(value)
