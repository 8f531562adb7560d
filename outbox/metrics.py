"""What the relay counts."""

from prometheus_client import Counter

events_taken_in = Counter("proline_qbo_events_taken_in", "Outbox events removed by intake")
events_dropped = Counter(
    "proline_qbo_events_dropped", "Outbox events nobody asked for, by reason", ["reason"]
)
unknown_keys = Counter(
    "proline_qbo_snapshots_with_unknown_keys",
    "Snapshots with keys the contract ignores",
    ["entity"],
)
messages_published = Counter("proline_qbo_messages_published", "Claim checks handed to the broker")
messages_unconfirmed = Counter(
    "proline_qbo_messages_unconfirmed", "Claim checks no queue confirmed; they are published again"
)
publisher_failures = Counter(
    "proline_qbo_publisher_failures", "Connections to the broker given up, by error", ["error"]
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
    "proline_qbo_relay_failures", "Terms given up because something unforeseen broke", ["error"]
)
views_unreadable = Counter(
    "proline_qbo_views_unreadable",
    "Reads of ProLine's views that broke or took too long",
    ["entity"],
)
