"""Leadership as a row: one relay leads a term; taking over waits for its last transaction.

Every transaction of the leader begins with `assert_leading` (FOR SHARE). Taking over updates the
same row, so it waits until the old leader's last transaction is over, however frozen its holder
is: the server ends a frozen transaction by its timeouts. A standby takes over by what it has
itself seen (`Standby`), never by comparing clocks of two machines.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from coordination.database import SET_PLANS_BY_INDEX, Connection
from coordination.errors import NotLeading
from coordination.processes import BEATS_MISSED, LOOK_GAP_SECONDS, SILENT_SECONDS

_SIGHT = "SELECT holder, term, beats FROM proline_qbo.leadership WHERE name = 'relay'"
_ACQUIRE = """
UPDATE proline_qbo.leadership
   SET holder = %s, term = term + 1, beats = beats + 1, beat_at = proline_qbo.clock()
 WHERE name = 'relay' AND (holder IS NULL OR (term = %s AND beats = %s))
RETURNING term
"""
# What the leader does, it does by key, a batch at a time: index look-ups, whatever the tables hold.
# Its statements join a dozen tables, and planning them anew took ten times as long as running them.
# So each keeps the plan it gets for about a second (`plan_anew`), and none reads a table whole
# because that was nearly empty at that moment.
# https://www.postgresql.org/docs/current/runtime-config-query.html
_ASSERT = f"""
SELECT {SET_PLANS_BY_INDEX}
  FROM proline_qbo.leadership
 WHERE name = 'relay' AND holder = %s AND term = %s FOR SHARE
"""
_RENEW = """
UPDATE proline_qbo.leadership SET beats = beats + 1, beat_at = proline_qbo.clock()
 WHERE name = 'relay' AND holder = %s AND term = %s
"""
_RESIGN = """
UPDATE proline_qbo.leadership SET holder = NULL
 WHERE name = 'relay' AND holder = %s AND term = %s
"""


@dataclass(frozen=True, slots=True)
class Sighting:
    """The leadership row as one look saw it; holder None: nobody leads."""

    holder: UUID | None
    term: int
    beats: int


def sight(c: Connection) -> Sighting:
    """Look at the leadership without a lock."""
    with c.cursor(row_factory=class_row(Sighting)) as cursor:
        return cursor.execute(_SIGHT).fetchall()[0]


def acquire(c: Connection, holder: UUID, seen: Sighting | None = None) -> int | None:
    """Take the lead if nobody has it or it still stands where `seen` saw it; return the term.

    None: the leader has beaten since, or leads and nothing was seen of it. It may wait for the
    old leader's last transaction and end with `psycopg.errors.LockNotAvailable`: look again.
    """
    term, beats = (seen.term, seen.beats) if seen else (None, None)
    row = c.execute(_ACQUIRE, [holder, term, beats]).fetchone()
    return row[0] if row else None


def assert_leading(c: Connection, holder: UUID, term: int) -> None:
    """Fence the caller's transaction: nobody else leads before it ends.

    Until then a statement runs by the plan it had before, made of look-ups by index.

    Raises:
        NotLeading: another process leads, or another term.
    """
    if c.execute(_ASSERT, [holder, term]).rowcount != 1:
        raise NotLeading(holder, term)


def plan_anew(c: Connection) -> None:
    """Let go of the plans this session keeps: what was nearly empty then may be large by now."""
    c.execute("DISCARD PLANS")


def renew(c: Connection, holder: UUID, term: int) -> None:
    """Beat as leader, about twice a second.

    Raises:
        NotLeading: another process leads, or another term.
    """
    if c.execute(_RENEW, [holder, term]).rowcount != 1:
        raise NotLeading(holder, term)


def resign(c: Connection, holder: UUID, term: int) -> None:
    """Give the lead up in an orderly stop, so that a standby need not wait; harmless if lost."""
    c.execute(_RESIGN, [holder, term])


_LEADER = (
    "SELECT holder IS NOT NULL, term, beat_at FROM proline_qbo.leadership WHERE name = 'relay'"
)


@dataclass(frozen=True, slots=True)
class Leading:
    """Whether somebody leads, in which term, and when they beat last."""

    held: bool
    term: int
    beat_at: datetime | None


def leading(connection: Connection) -> Leading:
    """Read how the leadership stands."""
    row = connection.execute(_LEADER).fetchone()
    return Leading(*row) if row else Leading(held=False, term=0, beat_at=None)


_HOLD_STILL = "SELECT FROM proline_qbo.leadership WHERE name = 'relay' FOR NO KEY UPDATE"


def hold_still(c: Connection) -> None:
    """Keep whoever leads from any transaction until the caller's ends: be short.

    For a change that must see everything handed out, and nothing handed out beside it. Take it
    before any other row lock, as the leader does; it waits for the leader's transaction to end.
    """
    c.execute(_HOLD_STILL)


class Standby:
    """A standby's judgement: the leader has stood still through my own looks.

    It says so after `BEATS_MISSED` looks at the same holder, term and beats over at least
    `SILENT_SECONDS`. A look that failed is not reported; a gap between two starts anew, so that a
    stalled database makes nobody take over.
    """

    def __init__(self) -> None:
        """Begin having seen nothing."""
        self._seen: Sighting | None = None
        self._since = self._looked_at = float("-inf")
        self._looks = 0

    def look(self, sighting: Sighting, *, now: float) -> bool:
        """Take one successful look and say whether it may take over.

        Args:
            sighting: what `sight` returned.
            now: the standby's monotonic clock, read after it.
        """
        if sighting != self._seen or now - self._looked_at > LOOK_GAP_SECONDS:
            self._seen, self._since, self._looks = sighting, now, 0
        self._looked_at = now
        self._looks += 1
        silent = self._looks >= BEATS_MISSED and now - self._since >= SILENT_SECONDS
        return sighting.holder is None or silent
