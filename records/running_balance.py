"""Running-balance invoices: one record per project stands for all of them.

Each such invoice repeats the whole project sum, so booking every one would book the same revenue
two or three times. The wanted state is a pure function of the members: lines, sum, dates and memo
of the newest by (sent_at, id) that is sent and neither voided nor deleted; the number of the first
sent, for ever, and with it the note "ProLine invoice 1001". When none is left it is void. Members
themselves never go to QuickBooks; but where the office has chosen that each is booked with what it
asks for (`records.running_bookings`), they alone do, and nothing stands for them.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from coordination.clock import clock
from coordination.database import Connection
from records.keys import RUNNING_PREFIX, RecordKey, running_id
from records.running_bookings import ProjectKey, book_themselves, pin
from records.storing import Incoming
from schemas import Entity, Invoice, SnapshotInvalid, parse_snapshot


@dataclass(frozen=True)
class Member:
    """One running-balance invoice: its newest version, raw for the derived snapshot."""

    version: int
    raw: dict[str, Any]
    invoice: Invoice
    pk: int = 0

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
SELECT m.company_id, m.project_id, m.record_pk, s.version, s.snapshot,
       c.first_enabled_at, r.sent_anyway_in IS NOT NULL
FROM unnest(%s::text[], %s::text[]) AS k (company_id, project_id)
JOIN proline_qbo.members m ON (m.company_id, m.project_id) = (k.company_id, k.project_id)
JOIN proline_qbo.records r ON r.pk = m.record_pk
JOIN proline_qbo.companies c ON c.id = m.company_id
JOIN proline_qbo.snapshots s ON s.record_pk = m.record_pk
WHERE NOT m.booked_itself
ORDER BY m.record_pk
"""


def derive_for(connection: Connection, projects: Collection[tuple[str, str]]) -> list[Incoming]:
    """Compose what stands for the members of each (company, project), where that has changed.

    Members sent before the first enable do not count: they are history, unless a person sends them
    all the same. A project with a member we cannot read keeps what it has: leaving one out could
    void the invoice. At its first sent member that counts a project is pinned to one way of
    booking; in the other one nothing is composed, and its sent members are booked themselves.
    """
    distinct = sorted(set(projects))
    if not distinct:
        return []
    arrays = [[company for company, _ in distinct], [project for _, project in distinct]]
    members: dict[tuple[str, str], list[Member]] = {key: [] for key in distinct}
    unreadable = set()
    rows = connection.execute(_MEMBERS, arrays).fetchall()
    for company_id, project_id, pk, version, raw, enabled_at, sent_anyway in rows:
        member = _member(version, raw, pk)
        if member is None:
            unreadable.add((company_id, project_id))
        elif sent_anyway or not _is_history(member, enabled_at):
            members[company_id, project_id].append(member)
    booked_each = _pin(connection, members)
    standing = _load_standing(connection, arrays)
    now = clock(connection)
    derived = [
        _incoming(key, of_key, standing.get(key), now)
        for key, of_key in members.items()
        if key not in unreadable | booked_each
    ]
    return [each for each in derived if each is not None]


def _pin(connection: Connection, members: Mapping[ProjectKey, Sequence[Member]]) -> set[ProjectKey]:
    sent = {key: [each for each in of if each.invoice.sent_at] for key, of in members.items()}
    booked_each = pin(connection, [key for key, of in sent.items() if of])
    book_themselves(connection, [each.pk for key in sorted(booked_each) for each in sent[key]])
    return booked_each


_PROJECTS = """
SELECT m.company_id, m.project_id
FROM unnest(%s::text[], %s::text[]) AS k (company_id, record_id)
JOIN proline_qbo.records r
  ON (r.company_id, r.entity, r.record_id) = (k.company_id, 'invoice', k.record_id)
JOIN proline_qbo.members m ON m.record_pk = r.pk
"""


def projects_of(connection: Connection, invoices: Sequence[RecordKey]) -> set[tuple[str, str]]:
    """Name the (company, project) in which these invoices are counted as members until now."""
    if not invoices:
        return set()
    arrays = [[key.company_id for key in invoices], [key.record_id for key in invoices]]
    return {(row[0], row[1]) for row in connection.execute(_PROJECTS, arrays)}


_OF_RUNNING = """
SELECT r.pk, s.version, s.snapshot, c.first_enabled_at
FROM proline_qbo.records r
JOIN proline_qbo.companies c ON c.id = r.company_id
JOIN proline_qbo.members m
  ON (m.company_id, m.project_id) = (r.company_id, substr(r.record_id, length(%s) + 1))
JOIN proline_qbo.snapshots s ON s.record_pk = m.record_pk
JOIN proline_qbo.records i ON i.pk = m.record_pk
WHERE r.pk = ANY(%s) AND i.sent_anyway_in IS NULL AND NOT m.booked_itself
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


def _member(version: int, raw: dict[str, Any], pk: int = 0) -> Member | None:
    try:
        return Member(version, raw, parse_snapshot(Entity.INVOICE, raw).snapshot, pk)
    except SnapshotInvalid:
        return None  # the member itself is failed, with the sentence


def _is_history(member: Member, enabled_at: datetime | None) -> bool:
    sent_at = member.invoice.sent_at
    return sent_at is not None and (enabled_at is None or sent_at < enabled_at)


_STANDING = """
SELECT k.company_id, k.project_id, r.version, s.snapshot
FROM unnest(%s::text[], %s::text[]) AS k (company_id, project_id)
JOIN proline_qbo.records r
  ON (r.company_id, r.entity, r.record_id) = (k.company_id, 'invoice', %s || k.project_id)
JOIN proline_qbo.snapshots s ON s.record_pk = r.pk
"""


@dataclass(frozen=True)
class _Standing:
    """What stands for the members of a project until now."""

    version: int
    snapshot: dict[str, Any]


def _load_standing(
    connection: Connection, arrays: Sequence[list[str]]
) -> dict[tuple[str, str], _Standing]:
    rows = connection.execute(_STANDING, [*arrays, RUNNING_PREFIX]).fetchall()
    return {(row[0], row[1]): _Standing(row[2], row[3]) for row in rows}


def _incoming(
    key: tuple[str, str], members: Sequence[Member], standing: _Standing | None, now: datetime
) -> Incoming | None:
    company_id, project_id = key
    snapshot = derive(members)
    if snapshot is None and standing is not None:
        snapshot = _void(standing.snapshot, now)
    if snapshot is None or (standing is not None and snapshot == standing.snapshot):
        return None
    return Incoming(
        key=RecordKey(company_id, "invoice", running_id(project_id)),
        version=_version(members, standing),
        snapshot=json.dumps(snapshot),
        depends_on=(("project", project_id),),
    )


def _void(snapshot: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Give what stands for members that have all moved away: nothing was voided but the sum."""
    if snapshot.get("voided_at") or snapshot.get("deleted_at"):
        return snapshot
    return snapshot | {"voided_at": now.isoformat()}


def _version(members: Sequence[Member], standing: _Standing | None) -> int:
    newest = max((member.version for member in members), default=0)
    return newest if standing is None else max(standing.version + 1, newest)
