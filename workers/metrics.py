"""What the workers count beside the tables, which tell what becomes of each record."""

from prometheus_client import Counter

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
unknown_faults = Counter(
    "proline_qbo_unknown_faults",
    "Refusals by QuickBooks whose code is not in the catalogue",
    ["code"],
)
