"""What wakes somebody, and when: the one list that alerts.yml, its runbook and its tests follow.

The ages are those at which a wait is no longer ordinary (README, Words). `page` is for somebody who
gets up at night: work stands still or books may be wrong. `ticket` waits for the morning.
"""

from dataclasses import dataclass
from typing import Literal

Op = Literal[">", "<", "=="]


@dataclass(frozen=True)
class Alert:
    """One alert: what is asked, when it is too much, and for how long before it is told.

    Attributes:
        name: as it is shown; the runbook has a section of the same name.
        query: in PromQL, without its limit; it has an answer also while all is well.
        op: how the answer is compared.
        limit: to what.
        lasts: for how long.
        severity: page or ticket.
        summary: one sentence for whoever is woken.
    """

    name: str
    query: str
    op: Op
    limit: float
    lasts: str
    severity: Literal["page", "ticket"]
    summary: str


MINUTE, HOUR, DAY = 60, 3_600, 86_400


def _oldest(state: str, reason: str) -> str:
    return f'max(proline_qbo_records_oldest_seconds{{state=~"{state}",reason=~"{reason}"}})'


# A code is a series of its own from its first time on, and what begins with 1 has not risen.
_UNKNOWN = (
    "(sum(increase(proline_qbo_unknown_faults_total[1h])) or vector(0))"
    " + (sum(proline_qbo_unknown_faults_total unless"
    " last_over_time(proline_qbo_unknown_faults_total[1d] offset 1h)) or vector(0))"
)
# A silent night with one call that brings no answer is no outage.
_NO_ANSWER = (
    'sum(rate(proline_qbo_calls_total{outcome=~"OutcomeUnknown|Unavailable|NotSent"}[5m]))'
    " / sum(rate(proline_qbo_calls_total[5m]))"
    " * (sum(rate(proline_qbo_calls_total[5m])) > bool 0.1)"
)
# Of those who take the same queues: where each queue has workers of its own, one may be short.
_SATURATED = (
    "max(sum by (queues) (proline_qbo_threads_busy"
    " * on (instance) group_left (queues) (proline_qbo_threads_all * 0 + 1))"
    " / sum by (queues) (proline_qbo_threads_all))"
)
RECORDS = (
    Alert(
        "RecordsPending",
        _oldest("pending", ""),
        ">",
        5 * MINUTE,
        "2m",
        "page",
        "Records that could be sent have not been handed to a worker for 5 minutes.",
    ),
    Alert(
        "RecordsDispatched",
        _oldest("dispatched", ""),
        ">",
        2 * MINUTE,
        "1m",
        "page",
        "Records that were handed to workers have not come to an end for 2 minutes.",
    ),
    Alert(
        "RecordsRetrying",
        _oldest("retrying", ""),
        ">",
        HOUR,
        "5m",
        "ticket",
        "A record has been tried again and again for an hour.",
    ),
    Alert(
        "OutcomeUnknown",
        "max(proline_qbo_outcomes_unknown_oldest_seconds)",
        ">",
        30 * MINUTE,
        "1m",
        "page",
        "It has not been found out for half an hour whether a write was applied.",
    ),
    Alert(
        "WaitsForConnection",
        _oldest("pending|retrying", "connection|subscription"),
        ">",
        HOUR,
        "1m",
        "ticket",
        "Records have waited an hour for a company to reconnect, or to renew its subscription.",
    ),
    Alert(
        "WaitsForLimit",
        _oldest("pending|retrying", "limit"),
        ">",
        2 * HOUR,
        "5m",
        "ticket",
        "Records have waited two hours for QuickBooks' limit of calls.",
    ),
    Alert(
        "WaitsForQuickBooks",
        _oldest("pending|retrying", "unavailable"),
        ">",
        HOUR,
        "5m",
        "ticket",
        "QuickBooks has not answered for a company for an hour.",
    ),
    Alert(
        "WaitsForClosedBooks",
        _oldest("waiting", "closed_books"),
        ">",
        DAY,
        "5m",
        "ticket",
        "Records have waited a day for an office to open its books.",
    ),
    Alert(
        "WaitsForDecision",
        _oldest("waiting", "decision"),
        ">",
        DAY,
        "5m",
        "ticket",
        "A question to an office has stood open for a day.",
    ),
    Alert(
        "WaitsForFailedParent",
        "max(proline_qbo_orphans_oldest_seconds)",
        ">",
        HOUR,
        "5m",
        "ticket",
        "A record that failed or was left out has held others back for an hour.",
    ),
    Alert(
        "OurSoftwareFailed",
        "sum(increase(proline_qbo_records_broke_total[15m]))",
        ">",
        0,
        "0m",
        "ticket",
        "Our own software failed on a record; it needs attention and the log says where.",
    ),
    Alert(
        "UnknownFault",
        _UNKNOWN,
        ">",
        0,
        "0m",
        "ticket",
        "QuickBooks refused with a code that is not in docs/faults.md.",
    ),
    Alert(
        "BooksMayBeWrong",
        'max(proline_qbo_findings{kind=~"made_twice|total_differs|tax_differs"})',
        ">",
        0,
        "1m",
        "page",
        "QuickBooks has something twice, or with another sum than ProLine.",
    ),
)
RELAY = (
    Alert(
        "OutboxNotTakenIn",
        "max(proline_qbo_outbox_oldest_seconds)",
        ">",
        MINUTE,
        "30s",
        "page",
        "What ProLine has sent lies in the outbox and no relay takes it in.",
    ),
    Alert(
        "NudgesNotTaken",
        "max(proline_qbo_nudges_oldest_seconds)",
        ">",
        MINUTE,
        "30s",
        "page",
        "The relay does not look after what has changed.",
    ),
    Alert(
        "NobodyLeads",
        "sum(proline_qbo_leading) or vector(0)",
        "<",
        1,
        "30s",
        "page",
        "No relay leads: nothing is taken in and nothing handed out.",
    ),
    Alert(
        "NoStandby",
        'max(proline_qbo_processes{kind="relay"})',
        "<",
        2,
        "10m",
        "ticket",
        "One relay is running: if it ends, nobody takes over.",
    ),
    Alert(
        "LeadChangesHands",
        "max(proline_qbo_leader_term) - min(min_over_time(proline_qbo_leader_term[15m]))",
        ">",
        3,
        "0m",
        "ticket",
        "The lead has changed hands again and again.",
    ),
    Alert(
        "RelayFails",
        "sum(increase(proline_qbo_relay_failures_total[10m]))",
        ">",
        0,
        "0m",
        "page",
        "A relay gave its lead up because something unforeseen broke.",
    ),
    Alert(
        "WakeUpLost",
        "sum(increase(proline_qbo_resync_finds_total[30m]))",
        ">",
        0,
        "0m",
        "ticket",
        "The slow look moved records that should have been woken: that is a fault of ours.",
    ),
    Alert(
        "MessagesLost",
        'sum(increase(proline_qbo_messages_published_again_total{evidence!="never_sent"}[15m]))',
        ">",
        100,
        "0m",
        "ticket",
        "Many messages were lost between relay and workers, and published again.",
    ),
    Alert(
        "ViewsBroken",
        "sum(increase(proline_qbo_views_unreadable_total[15m]))",
        ">",
        0,
        "0m",
        "ticket",
        "ProLine's views cannot be read, or not in time.",
    ),
    Alert(
        "StagesMissing",
        "max(proline_qbo_companies_with_missing_stages)",
        ">",
        0,
        "15m",
        "ticket",
        "A company chose a stage that ProLine has no more: its projects are not transferred.",
    ),
)
WORKERS = (
    Alert(
        "QueueWithoutWorker",
        "min(max by (queue) (proline_qbo_threads))",
        "<",
        1,
        "2m",
        "page",
        "Nobody takes one of the queues: its records wait.",
    ),
    Alert(
        "WorkersSaturated",
        _SATURATED,
        ">",
        0.9,
        "15m",
        "ticket",
        "Nearly all threads have been busy for a quarter of an hour: start more workers.",
    ),
    Alert(
        "ClaimsTakenBack",
        'sum(increase(proline_qbo_taken_back_total{what="claims"}[15m]))',
        ">",
        20,
        "0m",
        "ticket",
        "Workers die or hang with records in hand, again and again.",
    ),
    Alert(
        "MessagesRefused",
        'max(sum by (instance) (proline_qbo_queue_messages{queue=~".*[.]XQ"}))',
        ">",
        0,
        "1m",
        "ticket",
        "Messages that are no claim checks were refused; nothing is lost.",
    ),
)
AROUND = (
    Alert(
        "BrokerAway",
        "max(proline_qbo_broker_answers) or vector(1)",
        "<",
        1,
        "1m",
        "page",
        "RabbitMQ does not answer: records wait in PostgreSQL.",
    ),
    Alert(
        "DatabaseAway",
        "max(proline_qbo_census_ok) or vector(0)",
        "<",
        1,
        "1m",
        "page",
        "The tables cannot be read: PostgreSQL is away, overloaded, or no relay is scraped.",
    ),
    Alert(
        "QuickBooksSlow",
        "histogram_quantile(0.95, sum by (le) (rate(proline_qbo_call_seconds_bucket[5m])))",
        ">",
        10,
        "10m",
        "ticket",
        "One call to QuickBooks in twenty takes longer than 10 seconds.",
    ),
    Alert(
        "QuickBooksFails",
        _NO_ANSWER,
        ">",
        0.2,
        "5m",
        "page",
        "One call to QuickBooks in five brings no answer.",
    ),
    Alert(
        "LimitsExceeded",
        'sum(increase(proline_qbo_throttles_total{whose="ours"}[10m]))',
        ">",
        0,
        "0m",
        "page",
        "QuickBooks throttled us above its own limits: that is a fault of ours.",
    ),
    Alert(
        "OthersUseTheLimit",
        'sum(increase(proline_qbo_throttles_total{whose="foreign"}[1h]))',
        ">",
        20,
        "0m",
        "ticket",
        "Another app of a contractor's uses so much that we are throttled.",
    ),
    Alert(
        "ConnectionsLost",
        "sum(increase(proline_qbo_connections_lost_total[15m]))",
        ">",
        3,
        "0m",
        "page",
        "Several companies lost their connection at once: look at the app, not at them.",
    ),
    Alert(
        "TokensNotRefreshed",
        "max(proline_qbo_tokens_oldest_seconds)",
        ">",
        10 * DAY,
        "10m",
        "ticket",
        "A living connection has not been refreshed for ten days.",
    ),
    Alert(
        "PageFails",
        'sum(rate(proline_qbo_page_answers_total{status=~"5.."}[5m]))',
        ">",
        0.02,
        "5m",
        "ticket",
        "The Integrations page answers with errors.",
    ),
)
GROUPS = {"records": RECORDS, "relay": RELAY, "workers": WORKERS, "around": AROUND}
ALERTS = tuple(alert for group in GROUPS.values() for alert in group)
