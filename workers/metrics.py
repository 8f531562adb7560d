"""What the workers count beside the tables, which tell what becomes of each record.

A series that is not there yet cannot be seen to rise: where the labels are known, it is made here.
"""

from prometheus_client import Counter, Gauge, Histogram

from broker.routing import QUEUES

CALL_SECONDS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 25)
SLOT_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 1.5)

messages_refused = Counter(
    "proline_qbo_messages_refused",
    "Messages that were no claim check and went to the dead-letter queue",
    ["queue"],
)
late_answers_dropped = Counter(
    "proline_qbo_late_answers_dropped",
    "Acks and nacks whose connection was gone; RabbitMQ delivers their messages again",
)
consumer_restarts = Counter(
    "proline_qbo_consumer_restarts",
    "Times a queue's consumer was lost and started again, attempts that failed included",
    ["queue"],
)
calls = Counter(
    "proline_qbo_calls",
    "Calls to QuickBooks, by what came of each; ok, or the kind of error",
    ["entity", "kind", "outcome"],
)
call_seconds = Histogram(
    "proline_qbo_call_seconds",
    "From a call's first byte to its answer or its end",
    ["entity"],
    buckets=CALL_SECONDS,
)
slot_wait_seconds = Histogram(
    "proline_qbo_slot_wait_seconds",
    "How far ahead the slot lay that a call was given",
    buckets=SLOT_SECONDS,
)
reads = Counter("proline_qbo_reads", "Metered reads of QuickBooks, by what for", ["purpose"])
claims_run = Counter(
    "proline_qbo_claims_run", "Claims that were run to their end, by entity", ["entity"]
)
messages_fenced = Counter(
    "proline_qbo_messages_fenced", "Messages whose record had gone on without them"
)
records_left = Counter(
    "proline_qbo_records_left",
    "Claims left to the relay because the database or this process went away",
)
records_broke = Counter(
    "proline_qbo_records_broke", "Records on which our own software failed", ["entity"]
)
releases = Counter(
    "proline_qbo_releases",
    "How claims ended, by the state the record was left in",
    ["entity", "state"],
)
windows_full = Counter(
    "proline_qbo_windows_full", "Claims handed back because the company's ceiling was reached"
)
for _queue in QUEUES.values():
    messages_refused.labels(_queue)
    consumer_restarts.labels(_queue)
for _entity in QUEUES:
    claims_run.labels(_entity)
    records_broke.labels(_entity)
    call_seconds.labels(_entity)
    for _outcome in ("ok", "NotSent", "OutcomeUnknown", "Unavailable"):
        calls.labels(_entity, "write", _outcome)
threads_busy = Gauge("proline_qbo_threads_busy", "Threads of this worker that run a claim")
threads_all = Gauge(
    "proline_qbo_threads_all", "Threads of this worker, by the queues it takes", ["queues"]
)
unknown_faults = Counter(
    "proline_qbo_unknown_faults",
    "Refusals by QuickBooks whose code is not in the catalogue",
    ["code"],
)
unknown_faults.labels("other")
