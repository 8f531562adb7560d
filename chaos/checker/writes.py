"""Reads QuickBooks' log: which record each call writes, and which revision of it.

A create names its record by the revision it carries; from then on the object's Id stands for the
record, so that writes without a revision, such as voids, are known too. An invoice says where the
job is as well, and with it a revision of its project.
"""

import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import itemgetter
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
NEVER: Final = datetime.max.replace(tzinfo=UTC)

Thing = tuple[str, str]
"""An object of the books: its kind and its Id."""
Subject = tuple[str, str]
"""What an object stands for: a record, or a project's running balance."""


@dataclass(frozen=True, slots=True)
class Write:
    """A call that asks for a change of a customer, an invoice or a payment.

    Attributes:
        number: of the revision that it carries; None: it says nothing of that.
        revision: that revision; None: there is none, or none was committed.
        thing: the object; None of a create that made none.
        site_number: of its project's revision, that an invoice carries beside its own.
        site: that revision; None: there is none, or none was committed.
    """

    call: Call
    number: int | None
    revision: Revision | None
    thing: Thing | None
    site_number: int | None
    site: Revision | None

    @property
    def carried(self) -> tuple[Revision, ...]:
        """Give every committed revision that it carries."""
        return tuple(each for each in (self.revision, self.site) if each is not None)

    @property
    def name(self) -> str:
        """Say which call it is."""
        what = f"{self.call.operation} of {self.call.entity} {self.call.object_id or 'new'}"
        said = "" if self.number is None else f", revision {self.number}"
        return f"call {self.call.seq} ({what}{said})"


@dataclass(frozen=True, slots=True)
class Understood:
    """One company's writes, each with what it is of.

    Attributes:
        asked: every call that asks for a change, in the order of arrival.
        writes: those that changed the books, in the order in which they did.
        running: the project of each running-balance invoice: together they are one object.
    """

    facts: Facts
    realm: Realm
    asked: tuple[Write, ...]
    writes: tuple[Write, ...]
    running: Mapping[str, str]

    def subject(self, write: Write) -> Subject | None:
        """Say what a write is of, whichever object that becomes: a record, or a project's bill."""
        return None if write.revision is None else self.subject_of(write.revision.record)

    def subject_of(self, record: tuple[str, str]) -> Subject:
        """Say what stands for a record: itself, or its project's bill."""
        project_id = self.running.get(record[1])
        return record if project_id is None else ("running balance", project_id)

    def in_turn(self) -> Iterator[tuple[Write, Sequence[Write]]]:
        """Give each call that asks for a change, with what was done since the one before it came.

        Of all that was done by then it may know, and of nothing else.
        """
        left = deque(self.writes)
        for write in self.asked:
            done: list[Write] = []
            while left and (left[0].call.applied_at or NEVER) <= write.call.received_at:
                done.append(left.popleft())
            yield write, done

    def void_since(self) -> Mapping[tuple[str, str], datetime]:
        """Say when a void of each of the company's records was committed first."""
        since: dict[tuple[str, str], datetime] = {}
        for each in self.facts.revisions.values():
            if each.gone and each.company_id == self.realm.company_id:
                at = since.get(each.record, each.committed_at)
                since[each.record] = min(at, each.committed_at)
        return since

    def breach(self, kind: Kind, sentence: str) -> Breach:
        """Say that a promise to this company was broken."""
        return Breach(kind, self.realm.company_id, sentence)


def understand(facts: Facts, realm: Realm) -> Understood:
    """Read one company's log."""
    asked = tuple(_asked(facts, realm))
    applied = [(at, write.call.seq, write) for write in asked if (at := write.call.applied_at)]
    writes = tuple(write for _, _, write in sorted(applied, key=itemgetter(0, 1)))
    running = {
        invoice.id: invoice.project_id
        for invoice in realm.ledger.invoices
        if invoice.kind == RUNNING
    }
    return Understood(facts, realm, asked, writes, running)


def _asked(facts: Facts, realm: Realm) -> Iterator[Write]:
    for call in realm.calls:
        if call.writes and call.entity in KINDS:
            number, site_number = revision_in(call), site_in(call)
            yield Write(
                call=call,
                number=number,
                revision=None if number is None else facts.revisions.get(number),
                thing=(call.entity, call.object_id) if call.object_id else None,
                site_number=site_number,
                site=None if site_number is None else facts.revisions.get(site_number),
            )


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


def site_in(call: Call) -> int | None:
    """Find the revision of its project that an invoice's body carries."""
    if call.entity != "Invoice":
        return None
    return _found("unit", _part(call.body, "ShipAddr", "Line2"))


def _found(field_name: str, text: str) -> int | None:
    found = _REVISION[field_name].search(text)
    return int(found.group(1)) if found else None


def _part(body: Mapping[str, Any], name: str, part: str) -> str:
    return str((body.get(name) or {}).get(part) or "")
