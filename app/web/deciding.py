"""A question as the page shows it: what both sides have, and a form for each answer; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from records.deciding import Open
from records.questions import Choice, Takes
from workers.conflicts import WORDS

BOOKKEEPING = frozenset({"left_in"})
"""What is kept with a question for the machine alone."""


@dataclass(frozen=True)
class Side:
    """One field, as ProLine and as QuickBooks has it."""

    field: str
    proline: str
    quickbooks: str


@dataclass(frozen=True)
class Answer:
    """One answer; `options` are the ids it may name, `free` that any may be typed."""

    choice: Choice
    options: Mapping[str, str]
    free: bool


@dataclass(frozen=True)
class Question:
    """What is shown of an open question."""

    open: Open
    sides: tuple[Side, ...]
    there: Mapping[str, str]
    answers: tuple[Answer, ...]


def question(asked: Open) -> Question:
    """Prepare a question for the page.

    What QuickBooks has under a name is shown by id and name; values that differ side by side.
    """
    values = {name: each for name, each in asked.shown.items() if name not in BOOKKEEPING}
    sides = tuple(
        Side(WORDS.get(name, name), readable(each["proline"]), readable(each["quickbooks"]))
        for name, each in values.items()
        if isinstance(each, Mapping) and {"proline", "quickbooks"} <= each.keys()
    )
    there = {name: each for name, each in values.items() if isinstance(each, str)}
    return Question(
        asked, sides, there, tuple(_answer(asked, each, there) for each in asked.choices)
    )


def _answer(asked: Open, choice: Choice, there: Mapping[str, str]) -> Answer:
    match choice.takes:
        case Takes.NOTHING:
            return Answer(choice, {}, free=False)
        case Takes.INVOICE:
            return Answer(choice, {each: each for each in asked.basis.split(",")}, free=False)
        case Takes.CUSTOMER if there:
            return Answer(choice, there, free=False)
        case _:
            return Answer(choice, {}, free=True)


def readable(value: Any) -> str:  # noqa: ANN401  # JSON of QuickBooks
    """Write a value of QuickBooks for a person: parts on lines of their own."""
    match value:
        case None | "":
            return "nothing"
        case {"value": inner, **more} if not more.keys() - {"name"}:
            return readable(more.get("name", inner))
        case Mapping():
            parts = (f"{name}: {readable(each)}" for name, each in value.items())
            return "\n".join(parts)
        case list():
            return "\n".join(readable(each) for each in value)
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)
