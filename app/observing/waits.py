"""What each record that is not done waits for, its company's own waits included; pure."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.observing.stand import Stand
from connections.companies import Company, blocked_reason
from coordination.usage import Usage
from records.places import PLACES_PER_COMPANY
from records.states import State

UNDER_WAY: Final = frozenset({"pending", "dispatched", "retrying"})
OF_ITS_COMPANY: Final = frozenset({"pending", "retrying"})
"""States whose records wait for what their company waits for. What was handed out is not among
them: a claim under way goes on whatever its company waits for, and one that hangs must be seen."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Records of one company and entity that stand alike, and what they wait for, if anything.

    `oldest` is since when: of a wait that is left and begun again with each turn or retry, since
    the record has been under way; of one that is ready and waits for a turn, since it is ready.
    """

    company_id: str
    entity: str
    state: str
    reason: str
    records: int
    oldest: datetime


def waiting(stand: Stand) -> Iterator[Waiting]:
    """Go through what is not done; what is not handed out waits for what its company waits for."""
    waits = company_waits(stand)
    for each in stand.counted:
        reason, oldest = each.reason, each.oldest
        if each.state in OF_ITS_COMPANY:
            reason = waits.get(each.company_id) or ""
        if each.state == State.RETRYING or (each.state == State.PENDING and reason):
            oldest = each.under_way_since
        yield Waiting(each.company_id, each.entity, each.state, reason, each.records, oldest)


def company_waits(stand: Stand) -> Mapping[str, str | None]:
    """Say of each company what all its work waits for, if for anything."""
    claimed = Counter[str]()
    for each in stand.counted:
        claimed[each.company_id] += each.claimed
    return {
        company_id: _wait(company, stand.now, stand.usage, claimed[company_id])
        for company_id, company in stand.companies.items()
    }


def _wait(company: Company, now: datetime, usage: Mapping[str, Usage], claimed: int) -> str | None:
    """Say what a whole company waits for.

    One that uses its ceiling whole, or has a thread at each of its places, waits for QuickBooks
    also in the moments in which a place is free: no worker more would help it.
    """
    blocked = blocked_reason(company, now)
    if blocked == "paused" and company.pause_reason == "subscription":
        return "subscription"
    if blocked is not None:
        return blocked
    used = usage.get(company.realm_id or "")
    if (used is not None and used.is_full) or claimed >= PLACES_PER_COMPANY:
        return "limit"
    return None
