"""Findings: what somebody should know although nothing failed; read, and seen to."""

from typing import Final

from starlette.responses import Response

from app.tending import see_to_finding
from app.web import addresses
from app.web.asked import Asked, go_to
from app.web.failing import Refused
from app.web.pages import render
from app.web.paging import first_of
from app.web.reading import number
from app.web.situation import stands
from records.findings import list_findings
from records.naming import names_in

PAGE_ROWS: Final = 50


def show(asked: Asked) -> Response:
    """Show what nobody has seen to yet, the oldest first."""
    after = number(asked.query.get("after")) or 0
    with asked.web.pool.connection() as connection:
        situation = stands(connection, asked.company_id)
        found = list_findings(
            connection, company_id=asked.company_id, after=after, limit=PAGE_ROWS + 1
        )
        named = [f"{each.entity} {each.record_id}" for each in found if each.record_id]
        said = [each.sentence for each in found]
        names = names_in(connection, asked.company_id, [*named, *said])
    shown, goes_on = first_of(found, PAGE_ROWS)
    return render(
        asked,
        "findings.html",
        situation=situation,
        findings=shown,
        names=names,
        address_next=addresses.with_query(addresses.FINDINGS, after=shown[-1].id)
        if goes_on
        else None,
    )


def resolve(asked: Asked) -> Response:
    """Note that somebody has seen to a finding."""
    finding_id = number(asked.form.get("finding"))
    with asked.web.pool.connection() as connection:
        if finding_id is None or not see_to_finding(
            connection, finding_id, asked.actor, company_id=asked.company_id
        ):
            raise Refused("This finding is seen to already: reload the page.")
    return go_to(addresses.FINDINGS, done="resolved")
