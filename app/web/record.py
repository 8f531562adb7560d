"""One record: where it stands and why, what it hangs from, what was tried, what is asked."""

from starlette.responses import Response

from app.web.asked import Asked
from app.web.attention import WHY_MOST
from app.web.deciding import question
from app.web.pages import message, render
from app.web.situation import stands
from app.web.telling import teller
from records.attention import SENT_AGAIN_FROM, SKIPPED_FROM
from records.finding_one import find_record


def show(asked: Asked) -> Response:
    """Explain a record."""
    entity, record_id = asked.query.get("entity"), asked.query.get("id")
    with asked.web.pool.connection() as connection:
        situation = stands(connection, asked.company_id)
        seen = find_record(connection, asked.company_id, entity, record_id)
        tell = teller(connection, situation)
        if seen is not None:
            asks = seen.question.sentence if seen.question else None
            tell = tell.about(connection, asked.company_id, [seen.shown], asks)
    if seen is None:
        return message(
            asked.request,
            404,
            "No such record",
            "ProLine has not sent your company a record of that id.",
            session=asked.session,
        )
    return render(
        asked,
        "record.html",
        situation=situation,
        seen=seen,
        row=seen.shown,
        tell=tell,
        question=question(seen.question) if seen.question else None,
        may_send=seen.shown.state in SENT_AGAIN_FROM and not seen.orders,
        may_skip=seen.shown.state in SKIPPED_FROM and not seen.orders,
        why_most=WHY_MOST,
        realm_id=situation.company.realm_id,
    )
