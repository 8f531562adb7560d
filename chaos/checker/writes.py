"""Reads QuickBooks' log: which record each call writes, and which revision of it.

A create names its record by the revision it carries; from then on the object's Id stands for the
record, so that writes without a revision, such as voids, are known too.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chaos.checker.breaches import Breach, Kind
from chaos.checker.facts import Call, Facts, Realm, Revision

RUNNING: Final = "running_balance"
KINDS: Final = frozenset({"Customer", "Invoice", "Payment"})
_REVISION: Final = {
    "phone": re.compile(r"\(555\) 010-(\d+)"),
    "unit": re.compile(r"Unit (\d+)"),
    "memo": re.compile(r"Revision (\d+)"),
    "check": re.compile(r"Check (\d+)"),
}

Thing = tuple[str, str]
"""An object of the books: its kind and its Id."""


@dataclass(frozen=True, slots=True)
class Write:
    """A call that asks for a change of a customer, an invoice or a payment.

    Attributes:
        revision: what it carries; None: it says nothing of that.
        thing: the object; None of a create that made none.
    """

    call: Call
    revision: Revision | None
    thing: Thing | None

    @property
    def name(self) -> str:
        """Say which call it is."""
        what = f"{self.call.operation} of {self.call.entity} {self.call.object_id or 'new'}"
        said = f", revision {self.revision.number}" if self.revision else ""
        return f"call {self.call.seq} ({what}{said})"


@dataclass(frozen=True, slots=True)
class Understood:
    """One company's writes, each with what it is of.

    Attributes:
        asked: every call that asks for a change, in the order of arrival.
        writes: those that changed the books, in the order in which they did.
        strays: calls that write what does not belong there.
        running: the project of each running-balance invoice: together they are one object.
    """

    facts: Facts
    realm: Realm
    asked: tuple[Write, ...]
    writes: tuple[Write, ...]
    strays: tuple[Breach, ...]
    running: Mapping[str, str]

    def subject(self, write: Write) -> tuple[str, str] | None:
        """Say what a write is of, whichever object that becomes: a record, or a project's bill."""
        if write.revision is None:
            return None
        entity, record_id = write.revision.record
        project_id = self.running.get(record_id)
        return (entity, record_id) if project_id is None else ("running balance", project_id)

    def breach(self, kind: Kind, sentence: str) -> Breach:
        """Say that a promise to this company was broken."""
        return Breach(kind, self.realm.company_id, sentence)


def understand(facts: Facts, realm: Realm) -> Understood:
    """Read one company's log."""
    strays: list[Breach] = []
    asked = tuple(_asked(facts, realm, strays))
    applied = {call.seq: place for place, call in enumerate(realm.applied)}
    writes = sorted(
        (each for each in asked if each.call.seq in applied),
        key=lambda each: applied[each.call.seq],
    )
    running = {
        invoice.id: invoice.project_id
        for invoice in realm.ledger.invoices
        if invoice.kind == RUNNING
    }
    return Understood(facts, realm, asked, tuple(writes), tuple(strays), running)


def _asked(facts: Facts, realm: Realm, strays: list[Breach]) -> Iterator[Write]:
    for call in realm.calls:
        if not call.writes or call.entity not in KINDS:
            continue
        number = revision_in(call)
        revision = None if number is None else facts.revisions.get(number)
        thing = (call.entity, call.object_id) if call.object_id else None
        write = Write(call, revision, thing)
        yield write
        sentence = _stray(realm, write, number)
        if sentence:
            strays.append(Breach(Kind.STRAYS, realm.company_id, sentence))


def _stray(realm: Realm, write: Write, number: int | None) -> str | None:
    if number is None:
        carries = write.call.operation == "create"
        return f"{write.name} carries no revision" if carries else None
    revision = write.revision
    if revision is None:
        return f"{write.name} carries revision {number}, which was never committed"
    if revision.company_id != realm.company_id:
        return f"{write.name} carries a change of {revision.company_id}"
    return None


def revision_in(call: Call) -> int | None:
    """Find the revision that a body carries, in the field of its kind."""
    body = call.body
    match call.entity:
        case "Customer":
            return _found("phone", _part(body, "PrimaryPhone", "FreeFormNumber")) or _found(
                "unit", _part(body, "ShipAddr", "Line2")
            )
        case "Invoice":
            return _found("memo", _part(body, "CustomerMemo", "value"))
        case "Payment":
            return _found("check", str(body.get("PaymentRefNum") or ""))
    return None


def _found(field_name: str, text: str) -> int | None:
    found = _REVISION[field_name].search(text)
    return int(found.group(1)) if found else None


def _part(body: Mapping[str, Any], name: str, part: str) -> str:
    return str((body.get(name) or {}).get(part) or "")
