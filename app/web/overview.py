"""The two pages a person comes to first: all integrations, and QuickBooks with its one state."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from starlette.responses import Response

from access.people import Right
from app.web import addresses
from app.web.asked import Asked
from app.web.checklist import checklist
from app.web.pages import render
from app.web.situation import Situation, stands
from app.web.state_line import Button
from connections import consents
from connections.companies import Company
from connections.consents import Pending
from connections.lists import lists_of
from connections.standing import reconnect_before
from coordination.database import Connection
from outbox.stages import missing_stages
from records.counting import count_findings, count_skipped_by_rule
from records.standings import Standing, count_standings, last_sent, oldest_unsent
from records.transfers import count_ready

# As in ProLine's own list, so that an office finds QuickBooks where it looks for it.
ELSEWHERE: Final = (
    ("Zapier", "Automations between ProLine and other apps."),
    ("ProLine API", "For programs of your own."),
    ("Backup to Google Drive", "A copy of your files."),
    ("CompanyCam", "Photos from the job site."),
)


RECONNECT_WITHIN: Final = timedelta(days=60)
"""So long before the end the page offers to reconnect, and says why."""


@dataclass(frozen=True)
class Action:
    """What the button of a state does, and who may press it."""

    address: str
    post: bool
    right: Right = Right.SET_UP


ACTIONS: Final = {
    Button.SET_UP: Action(addresses.SETTINGS, post=False),
    Button.CONNECT: Action(addresses.CONNECT, post=True),
    Button.RECONNECT: Action(addresses.CONNECT, post=True),
    Button.CHOOSE_AGAIN: Action(addresses.CONNECT, post=True),
    Button.ENABLE: Action(addresses.ENABLE, post=True),
    Button.REVIEW: Action(addresses.ATTENTION, post=False, right=Right.LOOK),
    Button.TURN_OFF: Action(addresses.DISABLE, post=True),
    Button.REFRESH: Action(addresses.QUICKBOOKS, post=False, right=Right.LOOK),
}


def integrations(asked: Asked) -> Response:
    """Show what can be connected, QuickBooks among it."""
    with asked.web.pool.connection() as connection:
        situation = stands(connection, asked.company_id)
    return render(
        asked,
        "integrations.html",
        situation=situation,
        elsewhere=ELSEWHERE,
    )


def overview(asked: Asked) -> Response:
    """Show whether it works, at a glance, and what to do next."""
    with asked.web.pool.connection() as connection:
        situation = stands(connection, asked.company_id)
        values = _values(connection, situation)
        ends = _ends(connection, situation)
        pending = _pending(connection, asked)
    offered = _reconnecting(situation, ends, asked_for=asked.query.get("reconnect") == "yes")
    return render(
        asked,
        "overview.html",
        reconnect_before=ends,
        reconnecting=offered,
        pending=pending,
        **values,
    )


def _ends(connection: Connection, situation: Situation) -> datetime | None:
    """Return until when the connection lasts, as far as it lives and QuickBooks has told."""
    company = situation.company
    if company.connection != "connected" or company.realm_id is None:
        return None
    return reconnect_before(connection, company.id, company.realm_id)


def _reconnecting(
    situation: Situation, ends: datetime | None, *, asked_for: bool
) -> Literal["soon", "asked_for"] | None:
    """Say why a connection that lives can be made anew just now, if it can."""
    if situation.company.connection != "connected":
        return None  # the state has the button
    if ends is not None and ends - situation.now <= RECONNECT_WITHIN:
        return "soon"
    return "asked_for" if asked_for else None


def _pending(connection: Connection, asked: Asked) -> Pending | None:
    """Return what waits for this person's word, which another page than this one asks for."""
    found = consents.pending(connection, asked.session.token_hash)
    mine = found is not None and found.company_id == asked.company_id
    return found if mine and asked.person.may(Right.SET_UP) else None


def _values(connection: Connection, situation: Situation) -> dict[str, Any]:
    company, books = situation.company, situation.books
    ready = count_ready(connection, company.id, company.settings) if books else 0
    return {
        "situation": situation,
        "standings": list(Standing),
        "counts": count_standings(connection, company.id),
        "action": ACTIONS[situation.line.button],
        "last_sent": last_sent(connection, company.id),
        "oldest_unsent": oldest_unsent(connection, company.id),
        "missing_stages": missing_stages(connection, company.id) or (),
        "checklist": []
        if books is None or company.enabled
        else checklist(
            company, books, ready_projects=ready, item_name=_item_name(connection, company)
        ),
        "ready_projects": ready,
        "skipped_by_rule": count_skipped_by_rule(connection, company.id),
        "findings_count": sum(count_findings(connection, company.id).values()),
    }


def _item_name(connection: Connection, company: Company) -> str | None:
    chosen = company.settings.income_item_id
    if company.realm_id is None or chosen is None:
        return None
    names = {each.qbo_id: each.name for each in lists_of(connection, company.realm_id).items}
    return names.get(chosen)
