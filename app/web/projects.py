"""Projects that stand where a transfer begins and were there before: transferred one by one."""

from typing import Final

from starlette.responses import Response

from app.tending import transfer_project
from app.web import addresses
from app.web.asked import Asked, go_to
from app.web.failing import Refused
from app.web.pages import render
from app.web.paging import first_of
from app.web.reading import number
from app.web.situation import stands
from records.finding_one import find_record
from records.transfers import count_ready, list_ready

PAGE_ROWS: Final = 50


def show(asked: Asked) -> Response:
    """List them, the newest first."""
    with asked.web.pool.connection() as connection:
        situation = stands(connection, asked.company_id)
        settings = situation.company.settings
        ready = count_ready(connection, asked.company_id, settings)
        rows = list_ready(
            connection,
            asked.company_id,
            settings,
            after=number(asked.query.get("after")),
            limit=PAGE_ROWS + 1,
        )
    shown, goes_on = first_of(rows, PAGE_ROWS)
    return render(
        asked,
        "projects.html",
        situation=situation,
        ready=ready,
        rows=shown,
        address_next=addresses.with_query(addresses.PROJECTS, after=shown[-1].pk)
        if goes_on
        else None,
    )


def transfer(asked: Asked) -> Response:
    """Transfer a project on what it holds, as entering its stage would have done."""
    record_id = asked.form.get("id")
    with asked.web.pool.connection() as connection:
        company = stands(connection, asked.company_id).company
        known = find_record(connection, asked.company_id, "project", record_id)
        if known is None or not transfer_project(connection, company, record_id, asked.actor):
            raise Refused("This project was transferred already, or is not known.")
    if asked.form.get("on") == "record":
        return go_to(addresses.RECORD, entity="project", id=record_id, done="transferred")
    return go_to(addresses.PROJECTS, done="transferred")
