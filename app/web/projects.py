"""Projects that stand where a transfer begins and were there before: transferred one by one."""

from typing import Final

from starlette.responses import Response

from app.web import addresses
from app.web.asked import Asked, go_to
from app.web.failing import Refused
from app.web.findings import number
from app.web.pages import render
from app.web.situation import stands
from connections import audit
from records.finding_one import find_record
from records.keys import RecordKey
from records.transfers import Transfer, count_ready, list_ready, transfer_by_hand

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
    shown = rows[:PAGE_ROWS]
    goes_on = len(rows) > PAGE_ROWS
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
        settings = stands(connection, asked.company_id).company.settings
        known = find_record(connection, asked.company_id, "project", record_id)
        key = RecordKey(asked.company_id, "project", record_id)
        by = asked.person.user_name
        if known is None or not transfer_by_hand(
            connection, Transfer(key, settings.customer_mode, by)
        ):
            raise Refused("This project was transferred already, or is not known.")
        audit.note(
            connection,
            asked.company_id,
            asked.actor,
            "project.transfer",
            entity="project",
            record_id=record_id,
        )
    return go_to(addresses.PROJECTS, done="transferred")
