"""Who changed what: the audit, as its company may read it."""

from collections.abc import Sequence
from typing import Final

from starlette.responses import Response

from app.web import addresses
from app.web.asked import Asked
from app.web.noted import Known, after, before, done
from app.web.pages import render
from app.web.paging import first_of
from app.web.reading import number
from app.web.situation import stands
from connections.audit import Entry, list_entries
from connections.books import get as get_books
from coordination.database import Connection
from records.findings import sentences_of
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
        known = _known(connection, asked.company_id, entries)
        names = names_in(
            connection, asked.company_id, [*named, *(after(each, known) for each in entries)]
        )
    shown, goes_on = first_of(entries, PAGE_ROWS)
    return render(
        asked,
        "history.html",
        situation=situation,
        entries=shown,
        names=names,
        done=done,
        before=lambda entry: before(entry, known),
        after=lambda entry: names.put_into(after(entry, known)),
        address_next=addresses.with_query(addresses.HISTORY, before=shown[-1].id)
        if goes_on
        else None,
    )


def _known(connection: Connection, company_id: str, entries: Sequence[Entry]) -> Known:
    sides = [side for each in entries for side in (each.before, each.after) if side]
    realms = {side["realm_id"] for side in sides if side.get("realm_id")}
    found = {side["finding"] for side in sides if side.get("finding")}
    books = {realm_id: get_books(connection, realm_id) for realm_id in sorted(realms)}
    return Known(
        {realm_id: each.company_name for realm_id, each in books.items() if each},
        sentences_of(connection, company_id, found),
    )
