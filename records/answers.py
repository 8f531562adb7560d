"""What people have answered about a record: plain values, looked up by question and basis."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from psycopg.rows import class_row

from coordination.database import Connection
from records.questions import ASKED_OF_EACH, Question


@dataclass(frozen=True)
class Answer:
    """What a person said: to which question, what that rested on, and who.

    `argument` is an id that the choice takes; `shown` what the worker kept with its question.
    """

    id: int
    question: str
    basis: str
    answer: str
    argument: str | None
    answered_by: str
    shown: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Answers:
    """The answers to the questions of one record, the newest first; of each basis the newest."""

    given: tuple[Answer, ...] = ()

    def to(self, question: Question, basis: str) -> Answer | None:
        """Return the answer, if its question still rests on the same.

        Only of what is asked of each invoice of a payment several answers hold at once.
        """
        if question in ASKED_OF_EACH:
            of_each = (each for each in self.given if each.question == question)
            return next((each for each in of_each if each.basis == basis), None)
        found = self.latest(question)
        return found if found is not None and found.basis == basis else None

    def latest(self, question: Question) -> Answer | None:
        """Return the newest answer whatever it rested on."""
        return next((each for each in self.given if each.question == question), None)


NO_ANSWERS = Answers()

_ANSWERS = """
SELECT DISTINCT ON (record_pk, question, basis)
       record_pk, id, question, basis, answer, argument, answered_by, shown
FROM proline_qbo.decisions
WHERE record_pk = ANY(%s) AND answer IS NOT NULL AND spent_at IS NULL
ORDER BY record_pk, question, basis, id DESC
"""


@dataclass(frozen=True, kw_only=True)
class _Row(Answer):
    record_pk: int


def load_answers(connection: Connection, pks: list[int]) -> dict[int, Answers]:
    """Read the answers of these records; one without any is absent."""
    with connection.cursor(row_factory=class_row(_Row)) as cursor:
        rows = cursor.execute(_ANSWERS, [pks]).fetchall()
    found: dict[int, list[Answer]] = {}
    for row in sorted(rows, key=lambda row: row.id, reverse=True):
        found.setdefault(row.record_pk, []).append(row)
    return {pk: Answers(tuple(given)) for pk, given in found.items()}


_SPEND = "UPDATE proline_qbo.decisions SET spent_at = proline_qbo.clock() WHERE id = %s"


def spend(connection: Connection, answer: Answer) -> None:
    """Note that an answer was carried out and did not help: its question is asked anew."""
    connection.execute(_SPEND, [answer.id])
