"""What the audit notes, in words of the office: pure. What has no words yet is shown as noted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from app.web.pages import many
from app.web.reasons import ASKED, reason_of
from connections.audit import Entry
from records.attention import GroupKey
from records.questions import Question, Takes, choice_of

DONE: Final[Mapping[str, str]] = {
    "company.disable": "Turned the integration off",
    "company.enable": "Turned the integration on",
    "company.open": "Opened the page for the company",
    "company.pause": "Paused the company",
    "company.resume": "Resumed the company",
    "connection.connect": "Connected to QuickBooks",
    "connection.disconnect": "Disconnected from QuickBooks",
    "connection.revoke": "Ended our access to QuickBooks",
    "finding.resolve": "Saw to a finding",
    "income_account.change": "Changed the income account",
    "lists.refresh": "Read QuickBooks' lists again",
    "project.transfer": "Transferred",
    "question.answer": "Answered a question about",
    "records.send": "Sent again",
    "records.skip": "Left out",
    "settings.change": "Changed the settings",
}
"""What was done, by the audit's own word for it."""
WORDS: Final[Mapping[str, str]] = {
    "realm_id": "QuickBooks company",
    "enabled": "on",
    "customer_mode": "customer object types",
    "tax_mode": "sales tax",
    "ceiling": "requests a minute",
    "why": "because",
}
REALM_DIGITS: Final = 4


@dataclass(frozen=True)
class Known:
    """What is known of what entries name: books by realm, findings by our id of them."""

    books: Mapping[str, str] = field(default_factory=dict)
    findings: Mapping[int, str] = field(default_factory=dict)


NOTHING_KNOWN: Final = Known()


def done(action: str) -> str:
    """Say what somebody did; what has no words yet is shown as it is noted."""
    return DONE.get(action, action.replace("_", " ").replace(".", " ").capitalize())


def before(entry: Entry, known: Known = NOTHING_KNOWN) -> str:
    """Write what stood there, or what was asked, in a line."""
    if entry.action == "question.answer":
        return _asked((entry.after or {}).get("question"))
    return _in_words(entry.before, known)


def after(entry: Entry, known: Known = NOTHING_KNOWN) -> str:
    """Write what was put there, or what was said, in a line."""
    values = dict(entry.after or {})
    match entry.action:
        case "question.answer":
            return _answered(values)
        case "finding.resolve":
            return known.findings.get(values.get("finding", 0), "")
    return _in_words(values, known)


def _asked(name: object) -> str:
    known = {question.value: title for question, title in ASKED.items()}
    return known.get(str(name), str(name or ""))


def _answered(values: Mapping[str, Any]) -> str:
    question, said, named = (str(values.get(each, "")) for each in ("question", "answer", "id"))
    choice = choice_of(question, said) if question in list(Question) else None
    sentence = choice.sentence if choice else said
    if choice is not None and choice.takes is Takes.INVOICE:
        return f"It pays invoice {named}."
    return f"{sentence.rstrip('.')}: {named}" if named else sentence


def _in_words(values: Mapping[str, Any] | None, known: Known) -> str:
    return "; ".join(_one(name, value, known) for name, value in (values or {}).items())


def _one(name: str, value: Any, known: Known) -> str:  # noqa: ANN401  # JSON of the audit
    match name:
        case "reason":
            asked = value in list(Question)
            return reason_of(GroupKey("decision" if asked else "failed", str(value))).title
        case "records" if isinstance(value, int):
            return many(value, "record")
        case "realm_id" if value:
            return f"{WORDS[name]}: {_books(str(value), known)}"
    return f"{WORDS.get(name, name.replace('_', ' '))}: {_word(value)}"


def _books(realm_id: str, known: Known) -> str:
    ending = f"ID ending in {realm_id[-REALM_DIGITS:]}"
    name = known.books.get(realm_id)
    return f"{name} ({ending})" if name else ending


def _word(value: object) -> str:
    match value:
        case None | "" | [] | {}:
            return "none"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(str, value))
        case dict():
            return ", ".join(f"{name} → {each}" for name, each in value.items())
        case _:
            return str(value)
