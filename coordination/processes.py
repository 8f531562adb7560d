"""Processes as rows: who lives, what each consumes, and which claims each is running.

A process is gone when the leader says so, never by a lock: a frozen process keeps an advisory
lock, a lost host keeps it for hours. The leader judges by its own committed beats (`Watch`), so
a stall that silences everybody judges nobody. A process that is gone ends its open calls, which
keep their place in the window until one window after that moment.

Weakness: of the calls in flight they are no more, as those of a process that was killed. One that
is frozen keeps its connections, so that QuickBooks, if it takes longer than these four seconds,
may have more than ten of a realm open; its 429 is then met as any.
"""

import os
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from psycopg.rows import class_row

from coordination.database import Connection

BEATS_MISSED = 4
SILENT_SECONDS = 3.0
# Two looks further apart than this are no chain of looks: whatever stalled the one who looks may
# have stalled everybody. What lies between two that are nearer counts as a beat's time at most: who
# could not beat either has as long as ever to do so.
LOOK_GAP_SECONDS = 2.5
BETWEEN_LOOKS_MOST_SECONDS = 1.0
AWAKE_SECONDS = 10.0
"""Everybody beats once a second, and the leader looks twice: who has not beaten for three seconds,
and four looks at least, is declared gone."""

_REGISTER = """
INSERT INTO proline_qbo.processes (id, kind, host, pid, queues, threads)
VALUES (%s, %s, %s, %s, %s, %s)
"""
_BEAT = """
UPDATE proline_qbo.processes
   SET beats = beats + 1, beat_at = proline_qbo.clock(), claims = %s
 WHERE id = %s AND gone_at IS NULL
"""
_LIVING = """
SELECT id, kind, host, pid, queues, threads, claims, beats, started_at, beat_at
  FROM proline_qbo.processes WHERE gone_at IS NULL ORDER BY started_at, id
"""
_AWAKE = """
SELECT id, kind, host, pid, queues, threads, claims, beats, started_at, beat_at
  FROM proline_qbo.processes
 WHERE gone_at IS NULL AND beat_at > proline_qbo.clock() - make_interval(secs => %s)
 ORDER BY started_at, id
"""
_DECLARE_GONE = """
UPDATE proline_qbo.processes p SET gone_at = proline_qbo.clock()
  FROM unnest(%s::uuid[], %s::bigint[]) AS silent (id, beats)
 WHERE p.id = silent.id AND p.beats = silent.beats AND p.gone_at IS NULL
RETURNING p.id
"""
_RETIRE = """
UPDATE proline_qbo.processes
   SET gone_at = proline_qbo.clock(), retired = true, claims = '{}'
 WHERE id = %s AND gone_at IS NULL
"""
# Every open call of whoever is gone, not only of those just declared: a call whose transaction
# was under way at that moment is found by the next beat.
_END_CALLS_OF_THE_GONE = """
UPDATE proline_qbo.calls SET ended_at = proline_qbo.clock()
 WHERE ended_at IS NULL
   AND process_id = ANY (SELECT id FROM proline_qbo.processes WHERE gone_at IS NOT NULL)
"""
_FORGET = """
DELETE FROM proline_qbo.processes
 WHERE gone_at < proline_qbo.clock() - make_interval(hours => %s)
"""


@dataclass(frozen=True, slots=True)
class Process:
    """A living process as of its last beat; `claims` are dispatch tokens."""

    id: UUID
    kind: str
    host: str
    pid: int
    queues: Sequence[str]
    threads: int
    claims: Sequence[UUID]
    beats: int
    started_at: datetime
    beat_at: datetime


def register(c: Connection, kind: str, *, queues: Sequence[str] = (), threads: int = 0) -> UUID:
    """Enter this process as living; its id is new at every start.

    Args:
        c: the caller's transaction.
        kind: relay, worker, web or cli.
        queues: the queues it consumes.
        threads: how many claims it runs at once.
    """
    process_id = uuid4()
    values = [process_id, kind, socket.gethostname(), os.getpid(), list(queues), threads]
    c.execute(_REGISTER, values)
    return process_id


def beat(c: Connection, process_id: UUID, claims: Sequence[UUID]) -> bool:
    """Beat once and name the running claims; False means it was declared gone and must exit."""
    return c.execute(_BEAT, [list(claims), process_id]).rowcount == 1


def living(c: Connection) -> list[Process]:
    """Return every process not declared gone, the oldest first."""
    with c.cursor(row_factory=class_row(Process)) as cursor:
        return cursor.execute(_LIVING).fetchall()


def awake(c: Connection) -> list[Process]:
    """Return those not declared gone that have beaten lately, the oldest first: for people.

    While no relay leads nobody is declared gone, and who has died is living for ever.
    """
    with c.cursor(row_factory=class_row(Process)) as cursor:
        return cursor.execute(_AWAKE, [AWAKE_SECONDS]).fetchall()


def threads_taking(processes: Iterable[Process], queue: str) -> int:
    """Count the threads of those among these that consume a queue."""
    return sum(each.threads for each in processes if queue in each.queues)


def declare_gone(c: Connection, silent: Mapping[UUID, int]) -> list[UUID]:
    """Declare gone whoever has not beaten since, and end the open calls of all who are gone.

    For the leader, at each of its beats, with what `Watch.look` returned: also with nothing.

    Args:
        c: the leader's transaction, fenced by `leadership.assert_leading`.
        silent: process id → the beats at which it fell silent; one that beat meanwhile lives on.
    """
    declared = c.execute(_DECLARE_GONE, [list(silent), list(silent.values())]).fetchall()
    c.execute(_END_CALLS_OF_THE_GONE)
    return [row[0] for row in declared]


def retire(c: Connection, process_id: UUID) -> None:
    """Leave in an orderly way: no claim and no call of this process is left behind."""
    c.execute(_RETIRE, [process_id])
    c.execute(_END_CALLS_OF_THE_GONE)


def forget_gone(c: Connection, *, after_hours: int = 24) -> int:
    """Delete processes gone for so long; return how many."""
    return c.execute(_FORGET, [after_hours]).rowcount


@dataclass(slots=True)
class _Silence:
    beats: int
    seconds: float = 0.0
    looks: int = 1


class Watch:
    """The leader's judgement of who is gone; holds one small entry per living process.

    Gone: no beat while the leader itself committed `BEATS_MISSED` beats over at least
    `SILENT_SECONDS`. A gap between two looks (a frozen leader, a stalled database) starts every
    judgement anew. A new leader begins with a new `Watch`.
    """

    def __init__(self) -> None:
        """Begin knowing nobody."""
        self._silences: dict[UUID, _Silence] = {}
        self._looked_at = float("-inf")

    def look(self, beats: Mapping[UUID, int], *, now: float) -> dict[UUID, int]:
        """Take what `living` showed at one of the leader's own beats; return the silent.

        Args:
            beats: process id → beats, as read in a transaction that committed a beat of ours.
            now: the leader's monotonic clock, read after that.
        """
        passed = now - self._looked_at
        self._looked_at = now
        known = {} if passed > LOOK_GAP_SECONDS else self._silences
        self._silences = {
            process_id: _after_look(known.get(process_id), count, passed)
            for process_id, count in beats.items()
        }
        return {
            process_id: silence.beats
            for process_id, silence in self._silences.items()
            if silence.looks >= BEATS_MISSED and silence.seconds >= SILENT_SECONDS
        }


def _after_look(before: _Silence | None, beats: int, passed: float) -> _Silence:
    if before is None or before.beats != beats:
        return _Silence(beats)
    counts = min(passed, BETWEEN_LOOKS_MOST_SECONDS)
    return _Silence(beats, before.seconds + counts, before.looks + 1)
