"""Intake: from the outbox's rows to records, in one transaction that also removes the rows.

Committed rows are taken in id order in bounded batches. Of each record only the newest snapshot is
kept, but what must not be skipped is noticed event by event: a project that only passed through a
trigger stage is transferred. Entities are stored before any is judged, so a child that arrives
beside its parent sees it. ProLine's views are not read here: a parent that was never sent is named,
asked for afterwards, and taken in with what then waits for it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from structlog import get_logger

from connections.companies import count_dropped
from coordination.database import Connection
from outbox import metrics
from outbox.events import TakenEvent, is_full, take_events
from outbox.receiving import Receiving, read_companies
from records.evaluation import Evaluated, evaluate
from records.keys import RecordKey, running_id
from records.loading import Known
from records.running_balance import derive_for, projects_of
from records.running_bookings import AmountDue, remember
from records.storing import Incoming, Stored, store
from records.transfers import Transfer, latch
from records.waking import affected_by, contacts_of, missing_parents
from schemas import (
    Contact,
    Entity,
    Invoice,
    InvoiceKind,
    Payment,
    Project,
    Snapshot,
    SnapshotInvalid,
    parse_snapshot,
)

log = get_logger()

BYTES_MOST = 4_000_000
"""Of one batch's snapshots: parsed and stored well within the timeouts of a session."""


@dataclass(frozen=True)
class Intake:
    """What one batch did: rows taken, the highest id among them, and the work it made.

    `missing` are the parents that ProLine has never sent; `more` says that the batch was full.
    """

    taken: int
    highest_id: int
    evaluated: Evaluated
    missing: tuple[RecordKey, ...] = ()
    more: bool = False


@dataclass(frozen=True)
class _Read:
    """A snapshot beside what the contract reads in it; None where it is a misfit."""

    key: RecordKey
    version: int
    raw: dict[str, Any]
    text: str
    snapshot: Snapshot | None


def take_in(
    connection: Connection, *, floor: int, most: int, most_bytes: int = BYTES_MOST
) -> Intake:
    """Take in a batch of events with an id above `floor`, the oldest first.

    Args:
        connection: the leading relay's open transaction.
        floor: 0 for a full look; else an id below which the poll need not look this time.
        most: the batch's limit, see `take_events`.
        most_bytes: no further event is taken once the batch's snapshots hold so many.
    """
    events = take_events(connection, floor=floor, most=most, most_bytes=most_bytes)
    if not events:
        return Intake(0, floor, Evaluated())
    companies = read_companies(connection, {event.key.company_id for event in events})
    kept = _without_dropped(connection, events, companies)
    read = [_read(event.key, event.id, event.raw, event.text) for event in kept]
    stored, changed = _store(connection, read)
    latched = latch(connection, _transfers(read, companies))
    looked_at = affected_by(connection, [*changed, *latched])
    looked_at += contacts_of(connection, [*latched, *_projects_in(stored)])
    metrics.events_taken_in.inc(len(events))
    return Intake(
        taken=len(events),
        highest_id=events[-1].id,
        evaluated=evaluate(connection, looked_at, _known(stored, read)),
        missing=_missing(connection, stored),
        more=is_full((event.text for event in events), most, most_bytes),
    )


def take_in_exported(
    connection: Connection, exported: Mapping[RecordKey, dict[str, Any]]
) -> Intake:
    """Take in what ProLine's views show of records never sent, as version 0.

    Args:
        connection: the leading relay's open transaction.
        exported: snapshots by key; where an event has come meanwhile, it is the newer.
    """
    read = [_read(key, 0, raw, json.dumps(raw)) for key, raw in exported.items()]
    stored, changed = _store(connection, read)
    looked_at = affected_by(connection, changed)
    looked_at += contacts_of(connection, _projects_in(stored))
    return Intake(
        taken=len(stored),
        highest_id=0,
        evaluated=evaluate(connection, looked_at),
        missing=_missing(connection, stored),
    )


def _store(connection: Connection, read: Sequence[_Read]) -> tuple[list[Stored], list[RecordKey]]:
    """Store what was read and what is derived of it; name all that has to be judged anew.

    A running-balance invoice may have left a project or begin to count in one: both are derived.
    """
    invoices = [each.key for each in read if each.key.entity == Entity.INVOICE]
    left = projects_of(connection, invoices)
    stored = store(connection, [_incoming(each) for each in read])
    remember(connection, _amounts_due(read))
    projects = sorted(left.union(_projects_with_members(read)))
    stored += store(connection, derive_for(connection, projects))
    running = [RecordKey(company, "invoice", running_id(project)) for company, project in projects]
    return stored, [*(each.key for each in stored), *running]


def _missing(connection: Connection, stored: Sequence[Stored]) -> tuple[RecordKey, ...]:
    # A contact hangs from nothing.
    pks = [each.pk for each in stored if each.key.entity != Entity.CONTACT]
    return tuple(missing_parents(connection, pks))


def _known(stored: Sequence[Stored], read: Sequence[_Read]) -> dict[int, Known]:
    """Hand on what was read of each record: later versions take the place of earlier ones."""
    by_key = {
        each.key: Known(each.version, each.raw, each.snapshot)
        for each in read
        if each.snapshot is not None
    }
    return {each.pk: by_key[each.key] for each in stored if each.key in by_key}


def _without_dropped(
    connection: Connection, events: Sequence[TakenEvent], companies: Mapping[str, Receiving]
) -> list[TakenEvent]:
    """Leave out what nobody asked for: unknown companies, money before the first enable."""
    kept = []
    dropped: dict[str, int] = {}
    for event in events:
        company = companies.get(event.key.company_id)
        if company is None:
            metrics.events_dropped.labels(reason="unknown_company").inc()
            log.info("event.dropped", reason="unknown_company", event_id=event.id)
        elif company.first_enabled_at is None and event.key.entity in {"invoice", "payment"}:
            metrics.events_dropped.labels(reason="before_first_enable").inc()
            company_id = event.key.company_id
            dropped[company_id] = dropped.get(company_id, 0) + 1
        else:
            kept.append(event)
    if dropped:
        count_dropped(connection, dropped)
    return kept


def _read(key: RecordKey, version: int, raw: dict[str, Any], text: str) -> _Read:
    try:
        parsed = parse_snapshot(Entity(key.entity), raw)
    except SnapshotInvalid as misfit:
        log.warning(
            "snapshot.misfit",
            company_id=key.company_id,
            entity=key.entity,
            record_id=key.record_id,
            problems=misfit.problems,
        )
        return _Read(key, version, raw, text, None)
    if parsed.unknown_keys:
        metrics.unknown_keys.labels(entity=key.entity).inc()
    return _Read(key, version, raw, text, parsed.snapshot)


def _incoming(read: _Read) -> Incoming:
    return Incoming(
        key=read.key,
        version=read.version,
        snapshot=read.text,
        depends_on=None if read.snapshot is None else _edges(read.snapshot),
        member_of=_member_of(read.snapshot),
    )


def _member_of(snapshot: Snapshot | None) -> str | None:
    running = isinstance(snapshot, Invoice) and snapshot.kind is InvoiceKind.RUNNING_BALANCE
    return snapshot.project_id if isinstance(snapshot, Invoice) and running else None


def _amounts_due(read: Sequence[_Read]) -> list[AmountDue]:
    """Every sent version of a running-balance invoice that asks for something, not the newest."""
    return [
        AmountDue(each.key, each.version, each.snapshot.amount_due)
        for each in read
        if isinstance(each.snapshot, Invoice)
        and each.snapshot.kind is InvoiceKind.RUNNING_BALANCE
        and each.snapshot.sent_at is not None
        and each.snapshot.amount_due is not None
    ]


def _edges(snapshot: Snapshot) -> tuple[tuple[str, str], ...]:
    """What a record hangs from, by key."""
    match snapshot:
        case Contact():
            return ()
        case Project():
            return (("contact", snapshot.contact_id),)
        case Invoice():
            return (("project", snapshot.project_id),)
        case Payment():
            named = tuple(("invoice", each.invoice_id) for each in snapshot.allocations)
            return (("project", snapshot.project_id), *dict.fromkeys(named))


def _projects_with_members(read: Sequence[_Read]) -> list[tuple[str, str]]:
    members = ((each.key.company_id, _member_of(each.snapshot)) for each in read)
    return [(company_id, project_id) for company_id, project_id in members if project_id]


def _projects_in(stored: Sequence[Stored]) -> list[RecordKey]:
    return [each.key for each in stored if each.key.entity == Entity.PROJECT]


def _transfers(read: Sequence[_Read], companies: Mapping[str, Receiving]) -> list[Transfer]:
    """Every event of a project that is in a trigger stage or status, not only the newest."""
    transfers = []
    for each in read:
        project = each.snapshot
        if not isinstance(project, Project):
            continue
        company = companies[each.key.company_id]
        if company.first_enabled_at is None:
            continue
        if company.settings.triggers(project.stage, project.status):
            transfers.append(Transfer(each.key, company.settings.customer_mode, "trigger"))
    return transfers
