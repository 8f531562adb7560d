"""What needs attention: by reason, with who acts; sent again, left out, or decided."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from starlette.responses import Response

from app.tending import (
    answer_question,
    leave_group_out,
    leave_out,
    send_again,
    send_group_again,
)
from app.web import addresses
from app.web.asked import Asked, go_to
from app.web.asking import shown_questions
from app.web.deciding import Question, typed_id
from app.web.failing import Refused
from app.web.pages import render
from app.web.reasons import Reason, reason_of
from app.web.situation import Situation, stands
from app.web.telling import Teller, teller
from coordination.database import Connection
from records.as_shown import AsShown, Ordered, ShownOtherwise
from records.attention import Group, GroupKey, groups, in_group
from records.cursors import Cursor
from records.deciding import open_questions, open_questions_about
from records.keys import RecordKey
from records.orders import count_ordered

WHY_MOST: Final = 200
GROUP_ROWS: Final = 50
NOTHING_DONE: Final = "It is on its way already, or stands otherwise by now: reload the page."
MORE_BY_NOW: Final = (
    "More stand there than you were shown, and nothing was done: look at them again."
)
ANOTHER_BY_NOW: Final = "The question is another by now: look at it again."


@dataclass(frozen=True)
class ShownGroup:
    """A group with what the page says of it; `questions` by the record they are about.

    `ordered` says of how many a person has said what shall become of them: they stand here until
    the relay has acted.
    """

    group: Group
    reason: Reason
    questions: dict[int, Question]
    ordered: int = 0


def show(asked: Asked) -> Response:
    """Show every reason with its first records, or one reason with all of its records."""
    key = GroupKey.decode(asked.query.get("group"))
    with asked.web.pool.connection() as connection:
        situation = stands(connection, asked.company_id)
        found = groups(connection, asked.company_id)
        if key is not None:
            return _one(asked, connection, situation, key, found)
        ordered = count_ordered(connection, asked.company_id)
        shown = [_shown(connection, asked.company_id, each, ordered) for each in found]
        tell = _teller(connection, situation, found)
    return render(
        asked,
        "attention.html",
        situation=situation,
        groups=shown,
        tell=tell,
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
    whole = replace(group, first=page.rows)
    return render(
        asked,
        "attention.html",
        situation=situation,
        groups=[
            _shown(connection, asked.company_id, whole, count_ordered(connection, asked.company_id))
        ],
        tell=_teller(connection, situation, [whole]),
        why_most=WHY_MOST,
        alone=True,
        address_next=addresses.with_query(
            addresses.ATTENTION, group=key.encode(), after=page.after.encode()
        )
        if page.after
        else None,
    )


def _shown(
    connection: Connection, company_id: str, group: Group, ordered: Mapping[tuple[str, str], int]
) -> ShownGroup:
    asked = {}
    if group.key.kind == "decision":
        pks = [each.pk for each in group.first]
        found = open_questions_about(connection, company_id, pks)
        asked = shown_questions(connection, company_id, found)
    state = "failed" if group.key.kind == "failed" else "waiting"
    taken_up = ordered.get((state, group.key.what), 0)
    return ShownGroup(group, reason_of(group.key), asked, taken_up)


def _teller(connection: Connection, situation: Situation, found: list[Group]) -> Teller:
    rows = [row for group in found for row in group.first]
    samples = [group.sample for group in found]
    tell = teller(connection, situation)
    return tell.about(connection, situation.company.id, rows, *samples)


def retry(asked: Asked) -> Response:
    """Send a group of failures as it was shown again, or one record that failed or was left out."""
    group = GroupKey.decode(asked.form.get("group"))
    with asked.web.pool.connection() as connection:
        if group is None:
            return _back(
                asked, "retried", Ordered(int(send_again(connection, _record(asked), asked.actor)))
            )
        with _only_what_was_shown():
            ordered = send_group_again(
                connection, asked.company_id, group, _as_shown(asked), asked.actor
            )
    return _back(asked, "retried", ordered)


def skip(asked: Asked) -> Response:
    """Leave a group as it was shown or one record out, for a reason."""
    why = asked.form.get("why").strip()
    if not 0 < len(why) <= WHY_MOST:
        raise Refused(f"Say why it is left out, in at most {WHY_MOST} letters.")
    group = GroupKey.decode(asked.form.get("group"))
    with asked.web.pool.connection() as connection:
        if group is None:
            left_out = leave_out(connection, _record(asked), asked.actor, why)
            return _back(asked, "skipped", Ordered(int(left_out)))
        with _only_what_was_shown():
            ordered = leave_group_out(
                connection, asked.company_id, group, _as_shown(asked), by=asked.actor, why=why
            )
    return _back(asked, "skipped", ordered)


def _as_shown(asked: Asked) -> AsShown:
    as_shown = AsShown.decode(asked.form.get("shown"))
    if as_shown is None:
        raise Refused(MORE_BY_NOW)
    return as_shown


@contextmanager
def _only_what_was_shown() -> Iterator[None]:
    try:
        yield
    except ShownOtherwise as error:
        raise Refused(MORE_BY_NOW) from error


def _record(asked: Asked) -> RecordKey:
    return RecordKey(asked.company_id, asked.form.get("entity"), asked.form.get("id"))


def _back(asked: Asked, done: str, ordered: Ordered) -> Response:
    if not ordered.count:
        raise Refused(NOTHING_DONE)
    told: dict[str, str | int] = {"done": done, "n": ordered.count}
    if asked.form.get("group"):
        more = {"more": ordered.came_later} if ordered.came_later else {}
        return go_to(addresses.ATTENTION, **told, **more)
    key = _record(asked)
    return go_to(addresses.RECORD, entity=key.entity, id=key.record_id, **told)


def decide(asked: Asked) -> Response:
    """Store an answer to a question as it was shown; one that has changed is shown anew."""
    key, said = _record(asked), asked.form.get("answer")
    with asked.web.pool.connection() as connection:
        found = open_questions(
            connection, record_id=key.record_id, entity=key.entity, company_id=key.company_id
        )
        if len(found) != 1 or found[0].token != asked.form.get("shown"):
            raise Refused(ANOTHER_BY_NOW)
        argument = typed_id(asked.form.get("argument")) or None
        answer_question(connection, found[0], said, asked.actor, argument)
    if asked.form.get("on") == "record":
        return go_to(addresses.RECORD, entity=key.entity, id=key.record_id, done="decided")
    return go_to(addresses.ATTENTION, done="decided")
