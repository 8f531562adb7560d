"""The leader's look for work, two hundred times a second: one prepared statement and nothing else.

It is sent as the client library sends it, without the cursor, the adapters and the transaction that
every other statement of ours has: those cost four times as much as asking, and an idle relay does
nothing but ask. Whatever goes wrong is asked again in the ordinary way, which says what it was.
"""

from typing import Final, NamedTuple
from weakref import WeakSet

from psycopg.pq import ExecStatus

from coordination.database import Connection, Pool, at_once

_ASKED: Final = """
SELECT EXISTS (SELECT FROM proline_outbox.outbox_events WHERE id > {events}),
       EXISTS (SELECT FROM proline_qbo.nudges WHERE id > {nudges}),
       EXISTS (SELECT FROM proline_qbo.records
               WHERE state = 'retrying' AND retry_at <= (SELECT proline_qbo.clock())),
       extract(epoch FROM proline_qbo.clock())::float8
"""
_ORDINARY: Final = _ASKED.format(events="%s", nudges="%s")
_PREPARED: Final = _ASKED.format(events="$1::bigint", nudges="$2::bigint").encode()
_NAME: Final = b"proline_qbo_probe"


class Seen(NamedTuple):
    """Whether there is work of each kind, and the database's clock, in seconds; as asked for."""

    events: bool
    nudged: bool
    due: bool
    now: float


class Probe:
    """Looks for work.

    Args:
        pool: sessions of the relay.
    """

    def __init__(self, pool: Pool) -> None:
        """Prepare nothing yet; each session is prepared when it is first used."""
        self._pool = pool
        self._prepared: WeakSet[Connection] = WeakSet()

    def look(self, events_above: int, nudges_above: int) -> Seen:
        """See what there is above these ids.

        It proves no leadership: what is seen is acted on in a transaction that does.
        """
        seen = self._ask(events_above, nudges_above)
        if seen is not None:
            return seen
        with at_once(self._pool) as connection:
            row = connection.execute(_ORDINARY, [events_above, nudges_above]).fetchone()
        if row is None:
            raise LookupError("the probe gave no row")
        return Seen(*row)

    def _ask(self, events_above: int, nudges_above: int) -> Seen | None:
        connection = self._pool.getconn()
        try:
            server = connection.pgconn
            if connection not in self._prepared:
                if server.prepare(_NAME, _PREPARED).status != ExecStatus.COMMAND_OK:
                    return None
                self._prepared.add(connection)
            result = server.exec_prepared(_NAME, [b"%d" % events_above, b"%d" % nudges_above])
        finally:
            self._pool.putconn(connection)
        if result.status != ExecStatus.TUPLES_OK:
            return None
        events, nudged, due, now = (result.get_value(0, column) for column in range(4))
        return Seen(events == b"t", nudged == b"t", due == b"t", float(now or b"nan"))
