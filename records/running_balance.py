"""Running-balance invoices: one record per project stands for all of them.

Each such invoice repeats the whole project sum, so booking every one would book the same revenue
two or three times. The wanted state is a pure function of the members: lines, sum, dates and memo
of the newest by (sent_at, id) that is sent and neither voided nor deleted; the number of the first
sent, for ever, and with it the note "ProLine invoice 1001". When none is left it is void. Members
themselves never go to QuickBooks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from coordination.database import Connection
from records.keys import RUNNING_PREFIX, RecordKey, running_id
from records.storing import Incoming
from schemas import Entity, Invoice, SnapshotInvalid, parse_snapshot


@dataclass(frozen=True)
class Member:
    """One running-balance invoice: its newest version, raw for the derived snapshot."""

    version: int
    raw: dict[str, Any]
    invoice: Invoice

    @property
    def alive(self) -> bool:
        """Neither voided nor deleted."""
        return self.invoice.voided_at is None and self.invoice.deleted_at is None


def derive(members: Sequence[Member]) -> dict[str, Any] | None:
    """Compose the snapshot of the record that stands for `members`; None while none was sent."""
    sent = sorted((each for each in members if each.invoice.sent_at), key=_turn)
    if not sent:
        return None
    first = sent[0]
    alive = [each for each in sent if each.alive]
    newest = alive[-1] if alive else sent[-1]
    derived = newest.raw | {
        "id": first.raw["id"],
        "number": first.raw.get("number"),
        "sent_at": first.raw.get("sent_at"),
    }
    if not alive:
        return derived | {"voided_at": derived.get("voided_at") or derived.get("deleted_at")}
    return derived | {"voided_at": None, "deleted_at": None}


def _turn(member: Member) -> tuple[datetime, str]:
    sent_at = member.invoice.sent_at
    if sent_at is None:
        raise ValueError("an unsent member has no turn")
    return sent_at, member.invoice.id


_MEMBERS = """
SELECT m.company_id, m.project_id, s.version, s.snapshot, c.first_enabled_at
FROM unnest(%s::text[], %s::text[]) AS k (company_id, project_id)
JOIN proline_qbo.members m ON (m.company_id, m.project_id) = (k.company_id, k.project_id)
JOIN proline_qbo.companies c ON c.id = m.company_id
JOIN proline_qbo.snapshots s ON s.record_pk = m.record_pk
ORDER BY m.record_pk
"""


def derive_for(connection: Connection, projects: Sequence[tuple[str, str]]) -> list[Incoming]:
    """Compose what stands for the members of each (company, project), ready to be stored.

    Members sent before the first enable do not count: they are history, and a person decides. A
    project with a member we cannot read keeps what it has: leaving one out could void the invoice.
    """
    distinct = sorted(set(projects))
    if not distinct:
        return []
    arrays = [[company for company, _ in distinct], [project for _, project in distinct]]
    members: dict[tuple[str, str], list[Member]] = {}
    unreadable = set()
    for company_id, project_id, version, raw, enabled_at in connection.execute(_MEMBERS, arrays):
        member = _member(version, raw)
        if member is None:
            unreadable.add((company_id, project_id))
        elif not _is_history(member, enabled_at):
            members.setdefault((company_id, project_id), []).append(member)
    readable = {key: of_key for key, of_key in members.items() if key not in unreadable}
    derived = [_incoming(key, of_key) for key, of_key in readable.items()]
    return [each for each in derived if each is not None]


_OF_RUNNING = """
SELECT r.pk, s.version, s.snapshot, c.first_enabled_at
FROM proline_qbo.records r
JOIN proline_qbo.companies c ON c.id = r.company_id
JOIN proline_qbo.members m
  ON (m.company_id, m.project_id) = (r.company_id, substr(r.record_id, length(%s) + 1))
JOIN proline_qbo.snapshots s ON s.record_pk = m.record_pk
WHERE r.pk = ANY(%s)
"""


def began_before_enable(connection: Connection, pks: Sequence[int]) -> set[int]:
    """Name those of these running-balance records that have a member sent before the enable.

    Read here and not in SQL, where the time of a member that is a misfit would be an error, and
    the relay's transaction with it.
    """
    if not pks:
        return set()
    began = set()
    for pk, version, raw, enabled_at in connection.execute(_OF_RUNNING, [RUNNING_PREFIX, [*pks]]):
        member = _member(version, raw)
        if member is not None and member.alive and _is_history(member, enabled_at):
            began.add(pk)
    return began


def _member(version: int, raw: dict[str, Any]) -> Member | None:
    try:
        return Member(version, raw, parse_snapshot(Entity.INVOICE, raw).snapshot)
    except SnapshotInvalid:
        return None  # the member itself is failed, with the sentence


def _is_history(member: Member, enabled_at: datetime | None) -> bool:
    sent_at = member.invoice.sent_at
    return sent_at is not None and (enabled_at is None or sent_at < enabled_at)


def _incoming(key: tuple[str, str], members: Sequence[Member]) -> Incoming | None:
    company_id, project_id = key
    snapshot = derive(members)
    if snapshot is None:
        return None
    return Incoming(
        key=RecordKey(company_id, "invoice", running_id(project_id)),
        version=max(member.version for member in members),
        snapshot=snapshot,
        depends_on=(("project", project_id),),
    )
