"""What each record that is not done waits for, its company's own waits included; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from app.observing.stand import Stand
from connections.companies import Company, blocked_reason
from coordination.usage import Usage

UNDER_WAY = frozenset({"pending", "dispatched", "retrying"})


@dataclass(frozen=True, slots=True)
class Waiting:
    """Records of one company and entity that stand alike, and what they wait for, if anything."""

    company_id: str
    entity: str
    state: str
    reason: str
    records: int
    oldest: datetime


def waiting(stand: Stand) -> Iterator[Waiting]:
    """Go through what is not done; what is under way waits for what its company waits for."""
    waits = {
        company_id: company_wait(company, stand.now, stand.usage)
        for company_id, company in stand.companies.items()
    }
    for each in stand.counted:
        reason = each.reason
        if each.state in UNDER_WAY:
            reason = waits.get(each.company_id) or ""
        yield Waiting(each.company_id, each.entity, each.state, reason, each.records, each.oldest)


def company_wait(company: Company, now: datetime, usage: Mapping[str, Usage]) -> str | None:
    """Say what a whole company waits for, if for anything.

    One that uses its ceiling whole waits for QuickBooks' limit also in the moments in which a place
    is free: what is behind its work is no lack of workers.
    """
    blocked = blocked_reason(company, now)
    used = usage.get(company.realm_id or "")
    if blocked is None and used is not None and used.is_full:
        return "limit"
    return blocked
