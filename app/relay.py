"""A relay, put together: it stands by or leads, in a thread of its own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from app.living import Living, living
from coordination.database import Pool
from outbox.limits import RelayLimits
from outbox.messages import Publisher
from outbox.relay import Relay


@contextmanager
def relaying(
    database_url: str, pool: Pool, publisher: Publisher, limits: RelayLimits
) -> Iterator[Living]:
    """Relay until the block ends, then give the lead up, so that a standby need not wait.

    Args:
        database_url: for the session of the beat.
        pool: the relay uses one session at a time.
        publisher: the broker's side.
        limits: batches and intervals.
    """
    with living(database_url, pool, "relay") as me:
        relay = Relay(pool, publisher, me.process_id, limits=limits)
        stop = threading.Event()
        thread = threading.Thread(target=relay.run, args=(stop,), name="relay")
        thread.start()
        try:
            yield me
        finally:
            stop.set()
            thread.join()
