"""The stand as figures for Prometheus; pure. Every label has few values, whatever is in the tables.

Companies have series of their own only where it is worst, `COMPANIES_MOST` of them, and where they
were asked for by name: Prometheus keeps every series it has ever seen.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, TypeAlias, TypeVar

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from app.observing.stand import Stand
from app.observing.waits import UNDER_WAY, Waiting, company_waits, waiting
from broker.depths import ALL_QUEUES
from broker.routing import QUEUES
from coordination.processes import threads_taking
from records.states import Reason, State
from schemas import Entity

COMPANIES_MOST: Final = 20
CODES_MOST: Final = 30
OTHER: Final = "other"
WAITS: Final = ("", "off", "connection", "subscription", "limit", "unavailable", "paused")
WRONG_BOOKS: Final = ("made_twice", "total_differs", "tax_differs")
"""Findings that say that the books are not as ProLine has them."""
KINDS: Final = ("relay", "worker", "web", "cli")

Labels: TypeAlias = tuple[str, ...]
AnyLabels = TypeVar("AnyLabels", bound=Labels)


def figures(stand: Stand, asked_for: Iterable[str] = ()) -> Iterator[Metric]:
    """Write the stand as gauges; those that are 0 are there too, so that an alert can see them end.

    Args:
        stand: as it was read.
        asked_for: companies that have series of their own, however well they stand.
    """
    every = list(waiting(stand))
    yield from _of_records(stand, every)
    yield from _of_companies(stand, every, asked_for)
    yield from _of_outbox(stand)
    yield from _of_quickbooks(stand)
    yield from _of_processes(stand)
    yield from _of_queues(stand)


def _of_records(stand: Stand, every: Sequence[Waiting]) -> Iterator[Metric]:
    often = Counter[str]()
    for each in every:
        if each.state == State.FAILED:
            often[each.reason] += each.records
    named = {code for code, _ in often.most_common(CODES_MOST)}
    counted: dict[Labels, int] = defaultdict(int, _no_records())
    oldest: dict[Labels, float] = defaultdict(float, {labels[:2]: 0.0 for labels in counted})
    for each in every:
        is_named = each.state != State.FAILED or each.reason in named
        labels = (each.state, each.reason if is_named else OTHER, each.entity)
        counted[labels] += each.records
        age = _age(stand, each.oldest)
        oldest[labels[:2]] = max(oldest[labels[:2]], age)
    done = stand.known - sum(each.records for each in every)
    yield _gauge("records_known", "Records ProLine has sent, whatever became of them", stand.known)
    yield _gauge("records_done", "Records of which QuickBooks has the newest version", max(done, 0))
    yield _family("records", "Records that are not done", ["state", "reason", "entity"], counted)
    yield _family(
        "records_oldest_seconds", "Age of the oldest of them", ["state", "reason"], oldest
    )
    yield _gauge(
        "orphans_oldest_seconds",
        "For how long a failed or skipped parent has held a child back",
        _age(stand, stand.orphaned_since),
    )
    since, unknown = stand.unknown
    yield _gauge("outcomes_unknown", "Writes whose outcome is unknown", unknown)
    yield _gauge("outcomes_unknown_oldest_seconds", "Age of the oldest of them", _age(stand, since))
    yield _family(
        "questions", "Questions that wait for a person", ["question"], _by(stand.questions)
    )
    found = dict.fromkeys(WRONG_BOOKS, 0) | dict(stand.findings)
    yield _family("findings", "Findings nobody has seen to", ["kind"], _by(found))


def _no_records() -> dict[Labels, int]:
    states = [(state, wait) for state in sorted(UNDER_WAY) for wait in WAITS]
    states += [(State.WAITING, reason) for reason in Reason]
    states += [(State.FAILED, ""), (State.SKIPPED, "")]
    return {(state, reason, entity.value): 0 for state, reason in states for entity in Entity}


def _of_companies(
    stand: Stand, every: Sequence[Waiting], asked_for: Iterable[str]
) -> Iterator[Metric]:
    waits = Counter(wait or "" for wait in company_waits(stand).values())
    yield _family(
        "companies",
        "Companies, by what all their work waits for",
        ["wait"],
        {(wait,): waits[wait] for wait in WAITS},
    )
    if stand.missing_stages is not None:
        yield _gauge(
            "companies_with_missing_stages",
            "Companies that chose a stage ProLine has no more",
            len(stand.missing_stages),
        )
    shown = [*_worst(stand, every), *(name for name in asked_for if name in stand.companies)]
    yield from _each_company(stand, every, list(dict.fromkeys(shown)))


def _worst(stand: Stand, every: Sequence[Waiting]) -> list[str]:
    """Name the companies whose work is oldest, or that have most failures."""
    rank: dict[str, tuple[float, int]] = defaultdict(lambda: (0.0, 0))
    for each in every:
        age, failed = rank[each.company_id]
        if each.state in UNDER_WAY and each.reason != "off":
            rank[each.company_id] = (max(age, _age(stand, each.oldest)), failed)
        elif each.state == State.FAILED:
            rank[each.company_id] = (age, failed + each.records)
    worst = sorted(rank, key=lambda name: (rank[name], name), reverse=True)
    return [name for name in worst if any(rank[name])][:COMPANIES_MOST]


def _each_company(stand: Stand, every: Sequence[Waiting], shown: Sequence[str]) -> Iterator[Metric]:
    counted: dict[Labels, int] = {(name, state): 0 for name in shown for state in _NOT_DONE}
    oldest: dict[Labels, float] = {(name,): 0.0 for name in shown}
    for each in every:
        if (each.company_id,) not in oldest:
            continue
        counted[each.company_id, each.state] += each.records
        if each.state in UNDER_WAY:
            age = max(oldest[each.company_id,], _age(stand, each.oldest))
            oldest[each.company_id,] = age
    whole = company_waits(stand)
    waits = {
        (name, wait): int((whole[name] or "") == wait)
        for name in shown
        if name in whole
        for wait in WAITS
    }
    shares = {
        (name,): used.share
        for name in shown
        if (company := stand.companies.get(name))
        and (used := stand.usage.get(company.realm_id or ""))
    }
    yield _family(
        "company_records", "Records of a company that are not done", ["company", "state"], counted
    )
    yield _family(
        "company_oldest_seconds", "Age of a company's oldest record under way", ["company"], oldest
    )
    yield _family("company_waits", "What a company waits for", ["company", "wait"], waits)
    yield _family(
        "company_quota_share",
        "Calls of the last minute to the company's books, of those it may have",
        ["company"],
        {(name,): shares.get((name,), 0.0) for name in shown},
    )


_NOT_DONE: Final = tuple(state.value for state in State if state is not State.DONE)


def _of_outbox(stand: Stand) -> Iterator[Metric]:
    events = sum(each.events for each in stand.unread)
    since = min((each.since for each in stand.unread), default=None)
    yield _gauge("outbox_events", "Events no relay has taken in yet; counted to 100,000", events)
    yield _gauge("outbox_oldest_seconds", "Age of the oldest of them", _age(stand, since))
    yield _gauge(
        "nudges_oldest_seconds",
        "Age of the oldest nudge no relay has taken",
        _age(stand, stand.nudged_at),
    )
    yield _gauge("views_missing", "ProLine's views that are not there", len(stand.missing_views))


def _of_quickbooks(stand: Stand) -> Iterator[Metric]:
    used = stand.usage.values()
    yield _gauge(
        "places_taken",
        "Records that are dispatched; ten of a company at most",
        sum(each.records for each in stand.counted if each.state == State.DISPATCHED),
    )
    yield _gauge("calls_open", "Calls to QuickBooks under way", sum(u.open_calls for u in used))
    yield _gauge(
        "quota_share_most",
        "The most that any company's books have of the calls they may have in a minute",
        max((each.share for each in used), default=0.0),
    )
    yield _gauge(
        "realms_lowered",
        "Books of which another app uses so much that our ceiling is halved",
        sum(each.lowered for each in used),
    )
    lives = stand.lifetimes
    if lives.refreshed_at is not None:
        yield _gauge(
            "tokens_oldest_seconds",
            "For how long the token refreshed longest ago has not been",
            _age(stand, lives.refreshed_at),
        )
    for name, of, at in (
        ("tokens_end_seconds", "Until the first token ends by disuse", lives.ends_at),
        ("connections_end_seconds", "Until the first connection needs consent", lives.hard_ends_at),
    ):
        if at is not None:
            yield _gauge(name, of, (at - stand.now).total_seconds())


def _of_processes(stand: Stand) -> Iterator[Metric]:
    kinds = Counter(each.kind for each in stand.processes)
    yield _family(
        "processes", "Living processes", ["kind"], {(kind,): kinds[kind] for kind in KINDS}
    )
    threads = {(queue,): threads_taking(stand.processes, queue) for queue in QUEUES.values()}
    yield _family("threads", "Threads of living workers that take a queue", ["queue"], threads)
    yield _gauge("leader_held", "Whether a relay leads", int(stand.leading.held))
    yield _gauge("leader_term", "How often the lead has been taken", stand.leading.term)
    yield _gauge(
        "leader_silent_seconds",
        "Since when the leader has not beaten",
        _age(stand, stand.leading.beat_at),
    )


def _of_queues(stand: Stand) -> Iterator[Metric]:
    queues = stand.queues
    yield _gauge("broker_answers", "Whether RabbitMQ says how its queues stand", int(bool(queues)))
    if queues is None:
        return
    yield _family(
        "queue_messages",
        "Messages that stand ready in a queue; those ending in .XQ were refused",
        ["queue"],
        {(name,): depth for name in ALL_QUEUES if (depth := queues.get(name)) is not None},
    )
    missing = sum(queues.get(name) is None for name in ALL_QUEUES)
    yield _gauge("queues_missing", "Queues of ours that RabbitMQ does not have", missing)


def _age(stand: Stand, since: datetime | None) -> float:
    return 0.0 if since is None else max((stand.now - since).total_seconds(), 0.0)


def _by(counted: Mapping[str, int]) -> dict[Labels, int]:
    return {(name,): number for name, number in counted.items()}


def _gauge(name: str, says: str, value: float) -> Metric:
    return GaugeMetricFamily(f"proline_qbo_{name}", says, value=value)


def _family(
    name: str, says: str, labels: Sequence[str], values: Mapping[AnyLabels, float]
) -> Metric:
    family = GaugeMetricFamily(f"proline_qbo_{name}", says, labels=labels)
    for of, value in sorted(values.items()):
        family.add_metric(list(of), value)
    return family
