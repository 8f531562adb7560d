"""What needs attention: by reason, with who acts; sent again, left out, or decided."""

from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from app.web import addresses
from app.web.asked import Asked, go_to
from app.web.deciding import Question, question
from app.web.failing import Refused
from app.web.pages import render
from app.web.reasons import Reason, reason_of
from app.web.situation import Situation, stands
from connections import audit
from coordination.database import Connection
from records.attention import (
    Group,
    GroupKey,
    groups,
    in_group,
    retry_group,
    send_record,
    skip_group,
    skip_record,
)
from records.cursors import Cursor
from records.deciding import answer, open_questions, open_questions_about

WHY_MOST: Final = 200
GROUP_ROWS: Final = 50
ANOTHER_BY_NOW: Final = "The question is another by now: look at it again."


@dataclass(frozen=True)
class ShownGroup:
    """A group with what the page says of it; `questions` by the record they are about."""

    group: Group
    reason: Reason
    questions: dict[int, Question]


def show(asked: Asked) -> Response:
    """Show every reason with its first records, or one reason with all of its records."""
    key = GroupKey.decode(asked.query.get("group"))
    with asked.web.pool.connection() as connection:
        situation = stands(connection, asked.company_id)
        found = groups(connection, asked.company_id)
        if key is not None:
            return _one(asked, connection, situation, key, found)
        shown = [_shown(connection, asked.company_id, each) for each in found]
    return render(
        asked,
        "attention.html",
        situation=situation,
        groups=shown,
        why_most=WHY_MOST,
        alone=False,
        address_next=None,
    )


def _one(
    asked: Asked,
    connection: Connection,
    situation: Situation,
    key: GroupKey,
    found: list[Group],
) -> Response:
    group = next((each for each in found if each.key == key), None)
    if group is None:
        return go_to(addresses.ATTENTION)
    after = Cursor.decode(asked.query.get("after"))
    page = in_group(connection, asked.company_id, key, after=after, limit=GROUP_ROWS)
    whole = Group(group.key, group.count, group.oldest, group.sample, page.rows)
    return render(
        asked,
        "attention.html",
        situation=situation,
        groups=[_shown(connection, asked.company_id, whole)],
        why_most=WHY_MOST,
        alone=True,
        address_next=addresses.with_query(
            addresses.ATTENTION, group=key.encode(), after=page.after.encode()
        )
        if page.after
        else None,
    )


def _shown(connection: Connection, company_id: str, group: Group) -> ShownGroup:
    asked = {}
    if group.key.kind == "decision":
        pks = [each.pk for each in group.first]
        found = open_questions_about(connection, company_id, pks)
        asked = {pk: question(each) for pk, each in found.items()}
    return ShownGroup(group, reason_of(group.key), asked)


def retry(asked: Asked) -> Response:
    """Send a group of failures again, or one record that failed or was left out."""
    by = asked.person.user_name
    with asked.web.pool.connection() as connection:
        key = GroupKey.decode(asked.form.get("group"))
        if key is not None:
            number = retry_group(connection, asked.company_id, key, by=by)
        else:
            number = int(send_record(connection, asked.company_id, *_record(asked), by=by))
        _note(connection, asked, "records.retry", key, number)
    return _back(asked, "retried", number)


def skip(asked: Asked) -> Response:
    """Leave a group or one record out, for a reason."""
    by, why = asked.person.user_name, asked.form.get("why").strip()
    if not 0 < len(why) <= WHY_MOST:
        raise Refused(f"Say why it is left out, in at most {WHY_MOST} letters.")
    with asked.web.pool.connection() as connection:
        key = GroupKey.decode(asked.form.get("group"))
        if key is not None:
            number = skip_group(connection, asked.company_id, key, by=by, why=why)
        else:
            number = int(skip_record(connection, asked.company_id, *_record(asked), by=by, why=why))
        _note(connection, asked, "records.skip", key, number)
    return _back(asked, "skipped", number)


def _record(asked: Asked) -> tuple[str, str]:
    return asked.form.get("entity"), asked.form.get("id")


def _note(
    connection: Connection, asked: Asked, action: str, key: GroupKey | None, number: int
) -> None:
    if not number:
        raise Refused("Nothing was changed: it is on its way already, or stands otherwise by now.")
    entity, record_id = (None, None) if key is not None else _record(asked)
    audit.note(
        connection,
        asked.company_id,
        asked.actor,
        action,
        entity=entity,
        record_id=record_id,
        after={"records": number, **({"reason": key.what} if key is not None else {})},
    )


def _back(asked: Asked, done: str, number: int) -> Response:
    if asked.form.get("group"):
        return go_to(addresses.ATTENTION, done=done, n=number)
    entity, record_id = _record(asked)
    return go_to(addresses.RECORD, entity=entity, id=record_id, done=done, n=number)


def decide(asked: Asked) -> Response:
    """Store an answer to a question as it was shown; one that has changed is shown anew."""
    entity, record_id = _record(asked)
    said = asked.form.get("answer")
    with asked.web.pool.connection() as connection:
        found = open_questions(
            connection, record_id=record_id, entity=entity, company_id=asked.company_id
        )
        if len(found) != 1 or found[0].token != asked.form.get("shown"):
            raise Refused(ANOTHER_BY_NOW)
        answer(
            connection,
            found[0],
            said,
            by=asked.person.user_name,
            argument=asked.form.get("argument").strip() or None,
        )
        audit.note(
            connection,
            asked.company_id,
            asked.actor,
            "question.answer",
            entity=entity,
            record_id=record_id,
            after={"question": found[0].question, "answer": said},
        )
    if asked.form.get("on") == "record":
        return go_to(addresses.RECORD, entity=entity, id=record_id, done="decided")
    return go_to(addresses.ATTENTION, done="decided")
