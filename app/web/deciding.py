"""A question as the page shows it: what both sides have, and a form for each answer; pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from app.web.pages import money
from records.asked_about import CustomerThere, MayBePaid
from records.deciding import Open
from records.id_lists import split_ids
from records.questions import Choice, Takes
from records.questions import Question as Name
from workers.conflicts import WORDS

BOOKKEEPING = frozenset({"left_in"})
"""What is kept with a question for the machine alone."""

ASKS_FOR: Final[Mapping[Takes, str]] = {
    Takes.NOTHING: "",
    Takes.CUSTOMER: "Customer in QuickBooks",
    Takes.INVOICE_THERE: "Invoice in QuickBooks",
    Takes.INVOICE: "Invoice",
}
"""What a field of an answer is called."""
FOUND_AT: Final[Mapping[Takes, str]] = {
    Takes.CUSTOMER: "Its id, or the address of its page there: open the customer in QuickBooks, and"
    " the address ends in nameId= and the id.",
    Takes.INVOICE_THERE: "Its id, or the address of its page there: open the invoice in QuickBooks,"
    " and the address ends in txnId= and the id.",
}
"""Where an office finds an id of QuickBooks, whose screens do not show it."""
_IN_ADDRESS: Final = re.compile(r"\s*https://\S*[?&](?:nameId|txnId)=(\d{1,64})(?!\d)", re.ASCII)


@dataclass(frozen=True)
class Known:
    """What is known of what questions are about: invoices by ProLine's id, customers by pk."""

    invoices: Mapping[str, MayBePaid] = field(default_factory=dict)
    customers: Mapping[int, CustomerThere] = field(default_factory=dict)


NOTHING_KNOWN: Final = Known()


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

    @property
    def label(self) -> str:
        """What its field is called."""
        return ASKS_FOR[self.choice.takes]

    @property
    def found_at(self) -> str:
        """Where the id is found that is typed."""
        return FOUND_AT.get(self.choice.takes, "")


@dataclass(frozen=True)
class Question:
    """What is shown of an open question."""

    open: Open
    sides: tuple[Side, ...]
    there: Mapping[str, str]
    answers: tuple[Answer, ...]
    invoices: tuple[MayBePaid, ...] = ()


def question(asked: Open, known: Known = NOTHING_KNOWN) -> Question:
    """Prepare a question for the page.

    What QuickBooks has under a name is shown by id and name; values that differ side by side; the
    invoices a payment may pay by number, name and what is left of them.
    """
    values = {name: each for name, each in asked.shown.items() if name not in BOOKKEEPING}
    sides = tuple(
        Side(WORDS.get(name, name), readable(each["proline"]), readable(each["quickbooks"]))
        for name, each in values.items()
        if isinstance(each, Mapping) and {"proline", "quickbooks"} <= each.keys()
    )
    there = {name: each for name, each in values.items() if isinstance(each, str)}
    invoices = {each: known.invoices.get(each) for each in ids_asked_about(asked)}
    return Question(
        asked,
        (*_customer(known.customers.get(asked.record_pk)), *sides),
        there,
        tuple(_answer(each, there, invoices) for each in asked.choices),
        tuple(each for each in invoices.values() if each is not None),
    )


def ids_asked_about(asked: Open) -> tuple[str, ...]:
    """Name the invoices, by ProLine's id, among which a question has somebody choose."""
    return split_ids(asked.basis) if asked.question == Name.WHICH_INVOICE else ()


def typed_id(typed: str) -> str:
    """Read an id of QuickBooks as people find it: by itself, or in the address of a page there."""
    found = _IN_ADDRESS.match(typed)
    return found[1] if found else typed.strip()


def _customer(found: CustomerThere | None) -> tuple[Side, ...]:
    if found is None:
        return ()
    here = ", number ".join(part for part in (found.name, found.number) if part)
    there = f"{found.there}, id {found.qbo_id}" if found.there else f"id {found.qbo_id}"
    return (Side("customer", here or "without a name", f"{there} (gone or inactive)"),)


def _answer(
    choice: Choice, there: Mapping[str, str], invoices: Mapping[str, MayBePaid | None]
) -> Answer:
    match choice.takes:
        case Takes.NOTHING:
            return Answer(choice, {}, free=False)
        case Takes.INVOICE:
            options = {each: _called(each, of) for each, of in invoices.items()}
            return Answer(choice, options, free=False)
        case Takes.CUSTOMER if there:
            return Answer(choice, there, free=False)
        case _:
            return Answer(choice, {}, free=True)


def _called(record_id: str, found: MayBePaid | None) -> str:
    if found is None:
        return record_id
    shown = found.shown
    whole = "For a whole project" if shown.stands_for_project else record_id
    parts = [shown.number or whole, shown.name]
    if shown.amount is not None:
        parts.append(money(shown.amount, shown.currency))
    if found.left is not None:
        parts.append(f"{money(found.left, shown.currency)} not paid")
    return ", ".join(part for part in parts if part)


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
