"""After the database's clock went back: nothing waits for a time of the clock of before.

Invariant: a pause, a retry and a realm's rest lie no further ahead than one that is made now would;
the ring sees to its turns. So a company waits a window at most, a retry five minutes, however far
the clock went.
The limiter mends by itself what it meets, but where a transaction ends because it found no slot,
that is taken back with it; and a company that waits for its turn meets no limiter.

Each statement is a transaction by itself, so that none holds a lock that another one waits for. It
needs no proof of leadership: what lies too far ahead lies so for everybody.
"""

from structlog import get_logger

from connections.companies import shorten_pauses
from coordination.database import Pool, at_once
from coordination.limiter import Limits, wait_after_a_step_back
from outbox.limits import RelayLimits
from records.attempts import start_by_now
from records.due import shorten_retries

log = get_logger()


def bring_back(pool: Pool, limits: RelayLimits) -> bool:
    """Shorten what lies too far ahead; the leader does it at each beat, nearly always for nothing.

    Args:
        pool: sessions with our timeouts.
        limits: the window.

    Returns:
        Whether anything did; then companies may rest in the ring until a time that no longer holds.
    """
    with at_once(pool) as connection:
        brought = {
            "calls": wait_after_a_step_back(
                connection, Limits(window_seconds=limits.window_seconds)
            ),
            "pauses": shorten_pauses(connection),
            "retries": shorten_retries(connection),
            "attempts": start_by_now(connection),
        }
    if any(brought.values()):
        log.warning("relay.brought_back", **brought)
    return any(brought.values())
