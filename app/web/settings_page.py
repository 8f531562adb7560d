"""Settings: shown with what can be chosen, saved, and what the drop-downs offer read anew.

The page itself never asks QuickBooks: it shows the lists as they were read last.
"""

from collections.abc import Iterable
from typing import Any, Final

from starlette.responses import Response

from access.people import Right
from app import choosing
from app.onboarding import change_settings, settings_basis
from app.web import addresses
from app.web.asked import Asked, go_to
from app.web.failing import Refused
from app.web.pages import render
from app.web.settings_form import STATUSES, Offered, Read, read_settings_form
from app.web.situation import Situation, stands
from connections.errors import ShownChanged
from connections.lists import Choice, Lists, lists_of
from coordination.database import Connection
from outbox.stages import project_stages
from records.preview import ContactAndProject, newest_contact_and_project
from records.services import services_seen

SAMPLE: Final = ContactAndProject("John Doe", "1001", None, "1001")


def show(asked: Asked) -> Response:
    """Show what is chosen and what could be."""
    with asked.web.pool.connection() as connection:
        situation = stands(connection, asked.company_id)
        return _page(asked, connection, situation, Read(situation.company.settings))


def save(asked: Asked) -> Response:
    """Store what was chosen, or say what cannot be."""
    pool, shown = asked.web.pool, asked.form.get("shown")
    with pool.connection() as connection:
        situation = stands(connection, asked.company_id)
        # What was chosen on other settings, or among other books' ids, is not even read.
        if shown != settings_basis(situation.company):
            return _anew(asked, connection, situation)
        offered, _ = _offered(connection, situation)
        read = read_settings_form(asked.form, situation.company.settings, offered)
        if read.problems:
            return _page(asked, connection, situation, read, status=422)
    try:
        change_settings(pool, asked.company_id, read.settings, shown=shown, by=asked.actor)
    except ShownChanged:
        with pool.connection() as connection:
            return _anew(asked, connection, stands(connection, asked.company_id))
    return go_to(addresses.QUICKBOOKS, done="saved")


def _anew(asked: Asked, connection: Connection, situation: Situation) -> Response:
    """Show what stands now to whoever chose on something else."""
    read = Read(situation.company.settings, (str(ShownChanged()),))
    return _page(asked, connection, situation, read, status=409)


def read_lists(asked: Asked) -> Response:
    """Read the lists of the drop-downs from QuickBooks again."""
    web = asked.web
    with web.asking_quickbooks() as slots:
        choosing.refresh_lists(
            web.pool, web.quickbooks, slots, company_id=asked.company_id, by=asked.actor
        )
    return go_to(addresses.SETTINGS, done="lists")


def change_account(asked: Asked) -> Response:
    """Have our item book to another of the accounts that were offered."""
    web, chosen = asked.web, asked.form.get("income_account")
    with web.pool.connection() as connection:
        _, lists = _offered(connection, stands(connection, asked.company_id))
    if chosen not in {each.qbo_id for each in lists.income_accounts}:
        raise Refused("QuickBooks does not offer this account: read its lists again.")
    with web.asking_quickbooks() as slots:
        choosing.change_income_account(
            web.pool,
            web.quickbooks,
            slots,
            company_id=asked.company_id,
            realm_id=asked.form.get("realm"),
            account_id=chosen,
            by=asked.actor,
        )
    return go_to(addresses.SETTINGS, done="account")


def _offered(connection: Connection, situation: Situation) -> tuple[Offered, Lists]:
    company = situation.company
    lists = lists_of(connection, company.realm_id) if company.realm_id else Lists()
    return (
        Offered(
            stages=project_stages(connection, company.id),
            connected=situation.books is not None,
            items=_names(lists.items),
            deposit_accounts=_names(lists.deposit_accounts),
            tax_codes=_names(lists.tax_codes),
            services=tuple(services_seen(connection, company.id)),
        ),
        lists,
    )


def _names(choices: Iterable[Choice]) -> dict[str, str]:
    return {each.qbo_id: each.name for each in choices}


def _page(
    asked: Asked, connection: Connection, situation: Situation, read: Read, *, status: int = 200
) -> Response:
    offered, lists = _offered(connection, situation)
    settings, books = read.settings, situation.books
    values: dict[str, Any] = {
        "situation": situation,
        "settings": settings,
        "problems": read.problems,
        "shown": settings_basis(situation.company),
        "may_change": asked.person.may(Right.SET_UP),
        "offered": offered,
        "missing": tuple(each for each in settings.stages if each not in offered.stages),
        "statuses": STATUSES,
        "services": sorted({*offered.services, *settings.items_by_service}),
        "preview": newest_contact_and_project(connection, asked.company_id) or SAMPLE,
        "lists_read_at": books.lists_read_at if books else None,
        "income_accounts": _names(lists.income_accounts),
        "income_account": books.income_account_id if books else None,
    }
    return render(asked, "settings.html", status=status, **values)
