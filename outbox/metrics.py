"""What the relay counts; what broke is told by the log, with its kind and its place.

A series that is not there yet cannot be seen to rise: where the labels are known, it is made here.
"""

from prometheus_client import Counter, Gauge, Histogram

from broker.routing import QUEUES

TICK_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)

events_taken_in = Counter("proline_qbo_events_taken_in", "Outbox events removed by intake")
events_dropped = Counter(
    "proline_qbo_events_dropped", "Outbox events nobody asked for, by reason", ["reason"]
)
unknown_keys = Counter(
    "proline_qbo_snapshots_with_unknown_keys",
    "Snapshots with keys the contract ignores",
    ["entity"],
)
records_dispatched = Counter(
    "proline_qbo_records_dispatched", "Records that were given a place, by entity", ["entity"]
)
nudges_taken = Counter("proline_qbo_nudges_taken", "Nudges the leader has taken and looked after")
tick_seconds = Histogram(
    "proline_qbo_tick_seconds",
    "What a tick of the leader took that found work",
    buckets=TICK_SECONDS,
)
leading = Gauge("proline_qbo_leading", "Whether this relay believes to lead")
leads_taken = Counter("proline_qbo_leads_taken", "Times this relay has taken the lead")
taken_back = Counter(
    "proline_qbo_taken_back",
    "What the leader took back: processes gone, claims of theirs, records no worker takes",
    ["what"],
)
publisher_connected = Gauge(
    "proline_qbo_publisher_connected", "Whether this relay has a connection to the broker"
)
messages_published = Counter("proline_qbo_messages_published", "Claim checks handed to the broker")
messages_unconfirmed = Counter(
    "proline_qbo_messages_unconfirmed", "Claim checks no queue confirmed; they are published again"
)
publisher_failures = Counter(
    "proline_qbo_publisher_failures", "Connections to the broker that were given up"
)
messages_published_again = Counter(
    "proline_qbo_messages_published_again",
    "Claim checks that were lost, by what showed it",
    ["evidence"],
)
resync_finds = Counter(
    "proline_qbo_resync_finds", "Records the slow look moved: a wake-up was lost, and should not be"
)
relay_failures = Counter(
    "proline_qbo_relay_failures", "Terms given up because something unforeseen broke"
)
views_unreadable = Counter(
    "proline_qbo_views_unreadable",
    "Reads of ProLine's views that broke or took too long",
    ["entity"],
)
for _entity in QUEUES:
    records_dispatched.labels(_entity)
    unknown_keys.labels(_entity)
    views_unreadable.labels(_entity)
for _what in ("processes", "claims", "unserved"):
    taken_back.labels(_what)
for _evidence in ("never_sent", "consumer_gone", "overtaken", "queue_empty"):
    messages_published_again.labels(_evidence)
for _reason in ("unknown_company", "before_first_enable"):
    events_dropped.labels(_reason)
