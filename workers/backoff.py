"""How long a transient error waits: doubling, with a limit; kept in PostgreSQL, never in memory."""

FIRST_SECONDS = 1.0
LONGEST_SECONDS = 300.0


def backoff_seconds(errors_before: int) -> float:
    """Seconds until the next try after `errors_before` transient errors in a row: 1, 2, 4 … 300."""
    exponent = min(max(errors_before, 0), 16)
    return min(FIRST_SECONDS * 2.0**exponent, LONGEST_SECONDS)
