"""What is counted of connections to QuickBooks and of their tokens."""

from prometheus_client import Counter

refreshes = Counter(
    "proline_qbo_token_refreshes", "Refreshes of tokens, by what came of each", ["outcome"]
)
refreshes.labels("ok")
connections_lost = Counter(
    "proline_qbo_connections_lost", "Connections that QuickBooks refused for good"
)
calls_besides = Counter(
    "proline_qbo_calls_besides",
    "Calls beside the workers' own: connecting, probes, lists; by what came of each",
    ["purpose", "outcome"],
)
