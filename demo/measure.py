"""Measures the demonstration: how long a commit took to reach QuickBooks, and what it cost."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from demo.comparer import Ledger, ObjectKeys
from demo.play import Commit
from demo.simulator_control import Written


@dataclass(frozen=True, slots=True)
class Latency:
    """How long changes took from ProLine's commit to QuickBooks' receipt, in milliseconds."""

    p50: float | None
    p99: float | None


def latencies_ms(
    commits: Iterable[Commit],
    writes: Sequence[Written],
    keys: ObjectKeys,
    records: Mapping[str, frozenset[str]],
) -> list[float]:
    """For each write, the time since the newest commit before it that can have caused it.

    Args:
        commits: What ProLine committed.
        writes: What one QuickBooks company received and carried out.
        keys: How ProLine calls its objects.
        records: By such a name, the ids of the record and of those it hangs from.
    """
    times = _times_by_record(commits)
    found = []
    for write in writes:
        key = keys.get((write.entity, write.object_id))
        causes = records.get(key, frozenset()) if key else frozenset()
        before = [_newest(times[cause], write.received_at) for cause in causes if cause in times]
        newest = max((at for at in before if at is not None), default=None)
        if newest is not None:
            found.append((write.received_at - newest).total_seconds() * 1000)
    return found


def percentiles(values_ms: Sequence[float]) -> Latency:
    """Give the nearest-rank percentiles; none of nothing."""
    ordered = sorted(values_ms)
    if not ordered:
        return Latency(None, None)
    p50, p99 = (ordered[ceil(len(ordered) * share) - 1] for share in (0.5, 0.99))
    return Latency(round(p50, 1), round(p99, 1))


def records_by_key(ledger: Ledger) -> dict[str, frozenset[str]]:
    """Name, for each object QuickBooks may hold, the ProLine records it comes from."""
    contacts = {contact.id: contact.number for contact in ledger.contacts}
    owner = {project.id: project.contact_id for project in ledger.projects}
    billed: dict[str, set[str]] = defaultdict(set)
    for invoice in ledger.invoices:
        billed[invoice.project_id].add(invoice.id)
    named: dict[str, set[str]] = defaultdict(set)
    for share in ledger.allocations:
        named[share.payment_id].add(share.invoice_id)
    found: dict[str, set[str]] = {f"C#{number}": {each} for each, number in contacts.items()}
    for project in ledger.projects:
        found[f"P#{project.number}"] = {project.id, project.contact_id}
        found[f"C#{contacts[project.contact_id]}"].add(project.id)
    for invoice in ledger.invoices:
        members = {invoice.id} if invoice.kind == "standalone" else billed[invoice.project_id]
        above = {invoice.project_id, owner[invoice.project_id]}
        found[f"invoice {invoice.number}"] = members | above
    for payment in ledger.payments:
        paid = named[payment.id] or billed[payment.project_id]
        above = {payment.project_id, owner[payment.project_id]}
        found[f"payment {payment.number}"] = {payment.id} | paid | above
    return {key: frozenset(ids) for key, ids in found.items()}


def _times_by_record(commits: Iterable[Commit]) -> dict[str, list[datetime]]:
    times: dict[str, list[datetime]] = defaultdict(list)
    for commit in sorted(commits, key=lambda commit: commit.at):
        times[commit.record_id].append(commit.at)
    return times


def _newest(times: Sequence[datetime], before: datetime) -> datetime | None:
    position = bisect_right(times, before)
    return times[position - 1] if position else None
