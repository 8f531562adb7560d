"""One record: where it stands and why, what it hangs from, what was tried, what is asked."""

from starlette.responses import Response

from app.web.asked import Asked
from app.web.asking import shown_questions
from app.web.attention import WHY_MOST
from app.web.deciding import Question
from app.web.pages import message, render
from app.web.situation import Situation, stands
from app.web.telling import teller
from coordination.database import Connection
from records.attention import SENT_AGAIN_FROM, SKIPPED_FROM
from records.finding_one import Seen, find_record
from records.transfers import is_transferred


def show(asked: Asked) -> Response:
    """Explain a record."""
    entity, record_id = asked.query.get("entity"), asked.query.get("id")
    question, may_transfer = None, False
    with asked.web.pool.connection() as connection:
        situation = stands(connection, asked.company_id)
        seen = find_record(connection, asked.company_id, entity, record_id)
        tell = teller(connection, situation)
        if seen is not None:
            asks = seen.question.sentence if seen.question else None
            tell = tell.about(connection, asked.company_id, [seen.shown], asks)
            question = _question(connection, asked.company_id, seen)
            may_transfer = _may_transfer(connection, situation, seen)
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
        question=question,
        may_transfer=may_transfer,
        may_send=seen.shown.state in SENT_AGAIN_FROM and not seen.orders,
        may_skip=seen.shown.state in SKIPPED_FROM and not seen.orders,
        why_most=WHY_MOST,
        realm_id=situation.company.realm_id,
    )


def _question(connection: Connection, company_id: str, seen: Seen) -> Question | None:
    if seen.question is None:
        return None
    pk = seen.shown.pk
    return shown_questions(connection, company_id, {pk: seen.question})[pk]


def _may_transfer(connection: Connection, situation: Situation, seen: Seen) -> bool:
    """A project that no trigger has transferred, of a company that has got so far."""
    company = situation.company
    begun = company.first_enabled_at is not None or company.connection == "connected"
    if seen.shown.entity != "project" or not begun:
        return False
    return not is_transferred(connection, company.id, seen.shown.record_id)
