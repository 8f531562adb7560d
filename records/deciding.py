"""Asking and answering: what stands open about a record, and a person's word on it.

Invariant: an answer names the basis it was shown; if that has changed meanwhile it is refused, and
the question is shown anew. An answer takes effect in the relay, where the record is at rest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from coordination.database import Connection
from coordination.nudges import nudge
from records.claims import Claim
from records.id_lists import split_ids
from records.orders import Order, order
from records.questions import CHOICES, Choice, Question, Takes, choice_of

ANSWER_LENGTH_MAX = 64


class AnswerRefused(Exception):  # a word of the page, not of the machine
    """An answer that does not count; the message is a sentence for whoever gave it."""


@dataclass(frozen=True)
class Open:
    """A question that stands open, as a person is shown it.

    `shown` are values of both sides, where there are any: a customer's data, for the office only.
    """

    id: int
    record_pk: int
    company_id: str
    entity: str
    record_id: str
    state: str
    sentence: str | None
    question: str
    basis: str
    shown: Mapping[str, Any]
    asked_at: datetime

    @property
    def token(self) -> str:
        """Name what was shown, in few letters: an answer carries it back."""
        return sha256(f"{self.id}:{self.basis}".encode()).hexdigest()[:8]

    @property
    def choices(self) -> tuple[Choice, ...]:
        """Return what may be answered."""
        return CHOICES[Question(self.question)]


_OPEN = """
SELECT d.id, d.record_pk, r.company_id, r.entity, r.record_id, r.state, r.sentence,
       d.question, d.basis, d.shown, d.asked_at
FROM proline_qbo.decisions d JOIN proline_qbo.records r ON r.pk = d.record_pk
WHERE d.answer IS NULL
  AND (%(record_id)s::text IS NULL OR r.record_id = %(record_id)s)
  AND (%(entity)s::text IS NULL OR r.entity = %(entity)s)
  AND (%(company_id)s::text IS NULL OR r.company_id = %(company_id)s)
  -- What was left out by rule has an offer each; they are shown where a record is named.
  AND (%(record_id)s::text IS NOT NULL OR r.state = 'waiting')
ORDER BY r.company_id, d.asked_at, d.id
LIMIT %(most)s
"""
# The same of one company, by its own index, in pages.
_OPEN_OF_COMPANY = """
SELECT d.id, d.record_pk, r.company_id, r.entity, r.record_id, r.state, r.sentence,
       d.question, d.basis, d.shown, d.asked_at
FROM proline_qbo.decisions d JOIN proline_qbo.records r ON r.pk = d.record_pk
WHERE d.answer IS NULL AND d.company_id = %(company_id)s AND r.state = 'waiting'
  AND (d.asked_at, d.id) > (%(asked_at)s::timestamptz, %(id)s)
ORDER BY d.asked_at, d.id
LIMIT %(most)s
"""
_OPEN_OF_RECORDS = """
SELECT d.id, d.record_pk, r.company_id, r.entity, r.record_id, r.state, r.sentence,
       d.question, d.basis, d.shown, d.asked_at
FROM proline_qbo.decisions d JOIN proline_qbo.records r ON r.pk = d.record_pk
WHERE d.answer IS NULL AND r.company_id = %s AND d.record_pk = ANY(%s)
"""
OPEN_MOST = 1_000


def open_questions(
    connection: Connection,
    *,
    record_id: str | None = None,
    entity: str | None = None,
    company_id: str | None = None,
) -> list[Open]:
    """List what waits for a person, the oldest of each company first; at most `OPEN_MOST`.

    Of a record that is named also what is only offered.
    """
    arguments = {
        "record_id": record_id,
        "entity": entity,
        "company_id": company_id,
        "most": OPEN_MOST,
    }
    with connection.cursor(row_factory=class_row(Open)) as cursor:
        return cursor.execute(_OPEN, arguments).fetchall()


def open_questions_of(
    connection: Connection, company_id: str, *, after: Open | None = None, limit: int = OPEN_MOST
) -> list[Open]:
    """List what of a company waits for a person or is offered meanwhile, the oldest first.

    Args:
        connection: any transaction.
        company_id: whose.
        after: the last question of the page before.
        limit: how many, at most `OPEN_MOST`.
    """
    arguments = {
        "company_id": company_id,
        "asked_at": after.asked_at if after else "-infinity",
        "id": after.id if after else 0,
        "most": max(1, min(limit, OPEN_MOST)),
    }
    with connection.cursor(row_factory=class_row(Open)) as cursor:
        return cursor.execute(_OPEN_OF_COMPANY, arguments).fetchall()


def open_questions_about(
    connection: Connection, company_id: str, pks: Sequence[int]
) -> dict[int, Open]:
    """Give the open question of each of these records of a company, by pk, offers too."""
    with connection.cursor(row_factory=class_row(Open)) as cursor:
        rows = cursor.execute(_OPEN_OF_RECORDS, [company_id, list(pks)]).fetchall()
    return {row.record_pk: row for row in rows}


_ANSWER = """
UPDATE proline_qbo.decisions
SET answer = %(answer)s, argument = %(argument)s, answered_by = %(by)s,
    answered_at = proline_qbo.clock()
WHERE id = %(id)s AND basis = %(basis)s AND answer IS NULL
"""


def answer(
    connection: Connection,
    asked: Open,
    said: str,
    *,
    by: str,
    argument: str | None = None,
) -> None:
    """Store a person's answer to a question as it was shown; the relay acts on it.

    Args:
        connection: the caller's transaction.
        asked: the question as the person has seen it.
        said: one of its choices.
        by: who answers.
        argument: the id that the choice takes, if it takes one.

    Raises:
        AnswerRefused: it is no choice of this question, an id is missing, or what the question
            rests on has changed since it was shown.
    """
    choice = choice_of(asked.question, said)
    if choice is None:
        named = ", ".join(each.answer for each in asked.choices)
        raise AnswerRefused(f'"{said}" is no answer to this question: it takes {named}.')
    _check_argument(connection, asked, choice, argument)
    stored = connection.execute(
        _ANSWER,
        {"id": asked.id, "basis": asked.basis, "answer": said, "argument": argument, "by": by},
    )
    if stored.rowcount != 1:
        raise AnswerRefused(
            f"Nothing was decided about {asked.entity} {asked.record_id}: what the question rests"
            " on has changed. Look at it again."
        )
    _order_along(connection, asked, said, by)
    nudge(connection, asked.company_id, asked.entity, asked.record_id)


def _check_argument(
    connection: Connection, asked: Open, choice: Choice, argument: str | None
) -> None:
    if choice.takes is Takes.NOTHING:
        if argument is not None:
            raise AnswerRefused(f'The answer "{choice.answer}" takes no id.')
        return
    if argument is None:
        raise AnswerRefused(f'The answer "{choice.answer}" needs an id: a {choice.takes}.')
    if choice.takes is Takes.INVOICE:
        fits = argument in split_ids(asked.basis)
    else:
        fits = argument.isascii() and argument.isdigit() and len(argument) <= ANSWER_LENGTH_MAX
        _check_owner(connection, asked, choice, argument)
    if not fits:
        raise AnswerRefused(f'"{argument}" is no {choice.takes} this question is about.')


_OWNER = """
SELECT o.entity, o.record_id
FROM proline_qbo.companies c
JOIN proline_qbo.links l ON l.realm_id = c.realm_id AND l.kind = %s AND l.qbo_id = %s
JOIN proline_qbo.records o ON o.pk = l.record_pk
WHERE c.id = %s AND o.pk <> %s
"""


def _check_owner(connection: Connection, asked: Open, choice: Choice, argument: str) -> None:
    kind = "Invoice" if choice.takes is Takes.INVOICE_THERE else "Customer"
    row = connection.execute(_OWNER, [kind, argument, asked.company_id, asked.record_pk]).fetchone()
    if row is not None:
        raise AnswerRefused(
            f"{kind} {argument} of QuickBooks belongs to {row[0]} {row[1]} already."
        )


# Some answers send another record, or this one, that was left out.
_NAMED = """
SELECT pk FROM proline_qbo.records WHERE (company_id, entity, record_id) = (%s, %s, %s)
"""


def _order_along(connection: Connection, asked: Open, said: str, by: str) -> None:
    if said != "send":
        return
    target = asked.record_pk
    if asked.question == Question.OLDER_INVOICE:
        target = _pk(connection, asked.company_id, "invoice", asked.basis) or target
    elif asked.question == Question.PARENT_SKIPPED:
        entity, _, record_id = asked.basis.partition(" ")
        target = _pk(connection, asked.company_id, entity, record_id) or target
    order(connection, [Order(target, "send", by)])


def _pk(connection: Connection, company_id: str, entity: str, record_id: str) -> int | None:
    row = connection.execute(_NAMED, [company_id, entity, record_id]).fetchone()
    return int(row[0]) if row else None


_ASK = """
INSERT INTO proline_qbo.decisions (record_pk, company_id, question, basis, shown, version)
VALUES (%(record_pk)s, %(company_id)s, %(question)s, %(basis)s, %(shown)s, %(version)s)
ON CONFLICT (record_pk) WHERE answer IS NULL DO UPDATE
SET question = excluded.question, basis = excluded.basis, shown = excluded.shown,
    version = excluded.version, asked_at = proline_qbo.clock()
"""


def ask(
    connection: Connection, claim: Claim, question: Question, about: str, shown: Mapping[str, Any]
) -> None:
    """Ask about a claimed record what only QuickBooks' answer has shown; it is then released.

    Args:
        connection: the settling transaction.
        claim: whose record it is.
        question: with its choices in `records.questions`.
        about: what the question rests on.
        shown: what the person is shown, and what carrying the answer out needs.
    """
    arguments = {
        "record_pk": claim.pk,
        "company_id": claim.company_id,
        "question": question,
        "basis": about,
        "shown": Jsonb(dict(shown)),
        "version": claim.version,
    }
    connection.execute(_ASK, arguments)
