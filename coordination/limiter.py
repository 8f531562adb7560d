"""The exact limiter: every call of every process is a row, and takes its slot before it leaves.

Invariant, under the limiter's row lock, on the database's clock: open calls plus calls ended in
the last window stay within the ceiling; open calls stay within `in_flight`; slots of one realm
are `pace_ms` apart. A place is free one window after the *response*, which is provable without a
guess about the way: a token bucket or a fixed minute passes 500 (measured). The row lock comes
first, the clock and the counts in statements after it (`proline_qbo.take_slot`): in one
statement the snapshot would be older than the lock, and two callers would count the same place.

Source of the limits: https://developer.intuit.com/app/developer/qbo/docs/learn/
limits-and-throttles (500 in a minute per realm; 10 in a second per realm and app).

The lock is held until the caller's transaction ends, so take the slot last and commit.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final, Literal, TypeAlias
from uuid import UUID

from coordination.database import Connection
from coordination.errors import ProcessGone
from coordination.metrics import throttles
from qbo_client.errors import About, Applied
from qbo_client.faults import Fault
from qbo_client.verdict import error_from_fault

_A_WRITE: Final = About("", "", "", writes=True)

Kind = Literal["read", "write"]
SlotRow: TypeAlias = tuple[bool, int | None, float, datetime]


def slot_for(attempt_id: str) -> str:
    """Write the call that takes a slot, for `arguments_of`; it gives `SLOT_COLUMNS`.

    Args:
        attempt_id: an SQL expression of what it sends.
    """
    return f"""proline_qbo.take_slot(
        %(realm_id)s, %(company_id)s, %(process_id)s, %(kind_of_call)s, %(purpose)s,
        %(record_pk)s, {attempt_id}, %(window)s, %(in_flight)s, %(pace)s, %(longest_wait)s)"""


SLOT_COLUMNS: Final = "living, call_id, wait_seconds, until"
_TAKE = f"SELECT {SLOT_COLUMNS} FROM {slot_for('%(attempt_id)s')}"
_MOVE = "SELECT living, call_id, wait_seconds, until FROM proline_qbo.move_slot(%s, %s, %s, %s, %s)"
_MARK_UNSENT = """
UPDATE proline_qbo.calls SET unsent = true, ended_at = coalesce(ended_at, proline_qbo.clock())
 WHERE id = %s AND status IS NULL
"""
# A late answer of a call that was ended for its process moves the end: its place was taken longer.
END: Final = """
UPDATE proline_qbo.calls
   SET ended_at = proline_qbo.clock(), status = %(status)s, fault_code = %(fault_code)s,
       intuit_tid = %(intuit_tid)s
 WHERE id = %(call_id)s AND NOT unsent
"""
"""Ends a call; also a part of the statement that settles a write."""
_LOCK = "SELECT proline_qbo.lock_limiter(%s)"
_COUNT = """
SELECT count(*) FILTER (WHERE ended_at IS NULL OR ended_at > proline_qbo.clock() - %s),
       count(*) FILTER (WHERE slot_at BETWEEN proline_qbo.clock() - interval '1 second'
                          AND proline_qbo.clock())
  FROM proline_qbo.calls
 WHERE realm_id = %s AND NOT unsent
   AND (ended_at IS NULL OR ended_at > proline_qbo.clock() - %s)
"""
_PAUSE = """
UPDATE proline_qbo.limiters
   SET paused_until = greatest(paused_until, proline_qbo.clock() + %s),
       lowered_until = CASE WHEN %s THEN proline_qbo.clock() + %s ELSE lowered_until END
 WHERE realm_id = %s
"""
_SET_CEILING = """
INSERT INTO proline_qbo.limiters (realm_id, ceiling) VALUES (%s, %s)
ON CONFLICT (realm_id) DO UPDATE SET ceiling = excluded.ceiling
"""
_FORGET = """
DELETE FROM proline_qbo.calls
 WHERE id = ANY (ARRAY(
    SELECT id FROM (SELECT id, ended_at, attempt_id FROM proline_qbo.calls
                     ORDER BY id LIMIT %s) oldest
     WHERE ended_at < (SELECT proline_qbo.clock()) - make_interval(days => %s)
       AND (attempt_id IS NULL OR attempt_id <> ALL(%b::bigint[]))))
"""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one realm and how long a thread waits for them; tests make them small.

    Attributes:
        window_seconds: the vendor's minute.
        in_flight: open calls at once.
        pace_ms: between two slots: ten of them, less our 50 ms and 250 ms of the way's jitter,
            are a second; and 60 s of them are more than a company's 450. A window of them, and ten
            in flight, are below the vendor's 500 from 123 on, so that a clock which goes forwards,
            and so empties the window, passes nothing (docs/decisions/0023-a-clock-that-jumps.md).
        max_wait_seconds: how far ahead a slot may lie; further, and the record goes back.
        send_within_ms: how late after its slot a call may still leave.
        foreign_pause_seconds: how long a realm waits after any 429, as the vendor advises.
        lowered_seconds: how long the ceiling is halved after a 429 that was not ours.
        vendor_window: what QuickBooks itself allows in a window.
        vendor_second: what QuickBooks itself allows in a second.
    """

    window_seconds: float = 60.0
    in_flight: int = 10
    pace_ms: int = 130
    max_wait_seconds: float = 1.5
    send_within_ms: int = 50
    foreign_pause_seconds: float = 60.0
    lowered_seconds: float = 300.0
    vendor_window: int = 500
    vendor_second: int = 10


@dataclass(frozen=True, slots=True)
class Departure:
    """Between which moments of the thread's monotonic clock its bytes may leave."""

    not_before: float
    not_after: float


@dataclass(frozen=True, slots=True)
class Slot:
    """A call's place in the window, and how long after the clock was read its slot lies."""

    call_id: int
    wait_seconds: float

    def departure(self, *, asked_at: float, answered_at: float, limits: Limits) -> Departure:
        """Say when the bytes may leave.

        The database's clock was read at some moment between the two, so never before the later
        one's slot and never later than the earlier one's. Where `not_before` is after
        `not_after` the answer itself was too late: move the slot.

        Args:
            asked_at: the thread's monotonic clock just before the slot was asked for.
            answered_at: the same just after it was given.
            limits: those the slot was taken with.
        """
        return Departure(
            not_before=answered_at + self.wait_seconds,
            not_after=asked_at + self.wait_seconds + limits.send_within_ms / 1_000,
        )


@dataclass(frozen=True, slots=True)
class Full:
    """No slot now; asking before `until` (database's clock) is of no use."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Call:
    """A call that wants a slot.

    Attributes:
        realm_id: the realm as QuickBooks names it.
        company_id: for whom reads and writes are counted.
        process_id: who will end this call; a process declared gone gets none.
        kind: reads are metered by the vendor, writes are not.
        purpose: free text to 64 characters, for people.
        record_pk: the record it is for, if any.
    """

    realm_id: str
    company_id: str
    process_id: UUID
    kind: Kind
    purpose: str
    record_pk: int | None = None

    def arguments(self, limits: Limits) -> dict[str, object]:
        """Give the arguments of `slot_for`."""
        return {
            "realm_id": self.realm_id,
            "company_id": self.company_id,
            "process_id": self.process_id,
            "kind_of_call": self.kind,
            "purpose": self.purpose,
            "record_pk": self.record_pk,
            "window": timedelta(seconds=limits.window_seconds),
            "in_flight": limits.in_flight,
            "pace": timedelta(milliseconds=limits.pace_ms),
            "longest_wait": timedelta(seconds=limits.max_wait_seconds),
        }


def take_slot(
    c: Connection, call: Call, limits: Limits, *, attempt_id: int | None = None
) -> Slot | Full:
    """Take the next slot of a realm in one round trip; its call is open from then on.

    Args:
        c: the caller's transaction, READ COMMITTED. It holds the realm's limiter row until it ends.
        call: what wants it.
        limits: the limits of this realm.
        attempt_id: the attempt it sends, if any.

    Raises:
        ProcessGone: the process was declared gone.
    """
    row = c.execute(_TAKE, {**call.arguments(limits), "attempt_id": attempt_id}).fetchone()
    return slot_in(row, call.process_id)


def slot_in(row: SlotRow | None, process_id: UUID) -> Slot | Full:
    """Read what `slot_for` gave.

    Raises:
        ProcessGone: the process was declared gone.
    """
    slot = _slot(row)
    if slot is None:
        raise ProcessGone(process_id)
    return slot


def move_slot(c: Connection, call_id: int, limits: Limits) -> Slot | Full | None:
    """Move an open call that missed its slot to a new one; None: it is no longer open.

    Full leaves the call where it is: mark it unsent.
    """
    return _slot(c.execute(_MOVE, [call_id, *_measures(limits)]).fetchone())


def mark_unsent(c: Connection, call_id: int) -> bool:
    """End a call whose bytes never left: it counts nowhere. False: it was answered already."""
    return c.execute(_MARK_UNSENT, [call_id]).rowcount == 1


def end_call(
    c: Connection,
    call_id: int,
    status: int | None = None,
    fault_code: str | None = None,
    intuit_tid: str | None = None,
) -> bool:
    """End a call that may have reached QuickBooks: its place is free one window from now.

    Args:
        c: the caller's transaction; only the call's own row is locked.
        call_id: of the slot.
        status: HTTP status; None when no answer came.
        fault_code: QuickBooks' code, if it was a fault.
        intuit_tid: the vendor's id of the call.
    """
    facts = {"status": status, "fault_code": fault_code, "intuit_tid": intuit_tid}
    return c.execute(END, {"call_id": call_id, **facts}).rowcount == 1


def throttled(c: Connection, realm_id: str, limits: Limits) -> Literal["foreign", "ours"]:
    """Pause a realm after a 429 and say whose fault it was.

    "foreign": we were within what QuickBooks allows, so another app of the contractor's uses the
    rest: our ceiling is halved for `lowered_seconds`. "ours": we were not: an alert.
    """
    c.execute(_LOCK, [realm_id])
    window = timedelta(seconds=limits.window_seconds)
    row = c.execute(_COUNT, [window, realm_id, window]).fetchone()
    in_window, in_second = row or (0, 0)
    foreign = in_window <= limits.vendor_window and in_second <= limits.vendor_second
    pause = timedelta(seconds=limits.foreign_pause_seconds)
    c.execute(_PAUSE, [pause, foreign, timedelta(seconds=limits.lowered_seconds), realm_id])
    whose: Literal["foreign", "ours"] = "foreign" if foreign else "ours"
    throttles.labels(whose).inc()
    return whose


def set_ceiling(c: Connection, realm_id: str, ceiling: int) -> None:
    """Set how many of the vendor's 500 calls a window are ours; the realm has other apps."""
    c.execute(_SET_CEILING, [realm_id, ceiling])


_REST_A_WINDOW = """
UPDATE proline_qbo.limiters l
   SET last_slot_at = least(l.last_slot_at, n.now), paused_until = n.now + %(window)s,
       lowered_until = CASE WHEN l.lowered_until IS NOT NULL
                            THEN least(l.lowered_until, n.now + %(lowered)s) END
  FROM (SELECT proline_qbo.clock() AS now) n
 WHERE l.last_slot_at > n.now + %(slack)s
    OR l.paused_until > n.now + %(longest)s + %(slack)s
    OR l.lowered_until > n.now + %(lowered)s + %(slack)s
"""
_END_BY_NOW = """
UPDATE proline_qbo.calls c
   SET slot_at = least(c.slot_at, n.now), ended_at = CASE WHEN c.ended_at IS NOT NULL
                                                            THEN least(c.ended_at, n.now) END
  FROM (SELECT proline_qbo.clock() AS now) n
 WHERE c.id = ANY (ARRAY(
     (SELECT id FROM proline_qbo.calls
       WHERE ended_at > (SELECT proline_qbo.clock()) + %(slack)s LIMIT %(most)s)
     UNION ALL
     (SELECT id FROM proline_qbo.calls
       WHERE ended_at IS NULL AND slot_at > (SELECT proline_qbo.clock()) + %(slack)s)))
"""


def wait_after_a_step_back(c: Connection, limits: Limits, *, most: int = 10_000) -> int:
    """Let realms whose calls lie ahead of the clock wait one window, and no longer.

    An end that is moved to now counts for longer than it did, never for less. A realm of which no
    call lies ahead for more than a slot may is left to `proline_qbo.next_slot`.

    Args:
        c: where each statement is a transaction by itself: a worker ends its call before it asks
            for the limiter, which is the other way round.
        limits: those of the realms.
        most: calls to end at once, after a clock that was ahead for long; the rest comes next time.

    Returns:
        How many realms and calls lay ahead.
    """
    values = {
        "window": timedelta(seconds=limits.window_seconds),
        "longest": timedelta(seconds=max(limits.window_seconds, limits.foreign_pause_seconds)),
        "lowered": timedelta(seconds=limits.lowered_seconds),
        "slack": timedelta(seconds=limits.max_wait_seconds) + _BETWEEN_TWO_READINGS,
        "most": most,
    }
    realms = c.execute(_REST_A_WINDOW, values).rowcount
    return realms + c.execute(_END_BY_NOW, values).rowcount


_BETWEEN_TWO_READINGS = timedelta(milliseconds=500)
_END_FORGOTTEN = """
UPDATE proline_qbo.calls SET ended_at = proline_qbo.clock()
 WHERE ended_at IS NULL AND slot_at < (SELECT proline_qbo.clock()) - %s
"""
FORGOTTEN_AFTER = timedelta(seconds=60)


def end_forgotten(c: Connection, older_than: timedelta = FORGOTTEN_AFTER) -> int:
    """End calls that are open for longer than any call can last; return how many.

    A living process may lose one: its commit's answer was cut off, or a bug struck behind the call.
    Such a call goes on counting for a window from now; an answer that still comes moves its end.

    Args:
        c: the leader's transaction.
        older_than: well above the hard deadline of a call.
    """
    return c.execute(_END_FORGOTTEN, [older_than]).rowcount


def may_be_applied(c: Connection, attempt_id: int, *, besides: int | None = None) -> bool:
    """Say whether a call of an attempt may have been applied; if none was, its outcome is known.

    Args:
        c: the caller's transaction.
        attempt_id: the attempt.
        besides: a call of it whose outcome is known otherwise.
    """
    return last_left_open(c, attempt_id, besides=besides) is not None


_SENT = """
SELECT least(slot_at, proline_qbo.clock()), status, fault_code FROM proline_qbo.calls
 WHERE attempt_id = %s AND NOT unsent AND id IS DISTINCT FROM %s ORDER BY slot_at DESC
"""


def last_left_open(
    c: Connection, attempt_id: int, *, besides: int | None = None
) -> datetime | None:
    """Say when the last call of an attempt left that may have been applied; None: there is none.

    What each was told is judged where the client judges it, so that the two cannot disagree.

    Args:
        c: the caller's transaction.
        attempt_id: the attempt.
        besides: a call of it whose outcome is known otherwise.
    """
    sent = c.execute(_SENT, [attempt_id, besides]).fetchall()
    return next((at for at, status, code in sent if _leaves_it_open(status, code)), None)


_HAD_FAULT = """
SELECT EXISTS (SELECT FROM proline_qbo.calls WHERE attempt_id = %s AND fault_code = ANY(%s))
"""


def had_fault(c: Connection, attempt_id: int, codes: Collection[str]) -> bool:
    """Say whether a call of an attempt was answered with one of these faults."""
    row = c.execute(_HAD_FAULT, [attempt_id, list(codes)]).fetchone()
    return row is not None and bool(row[0])


_ANSWERED_LATER = """
SELECT EXISTS (
    SELECT FROM proline_qbo.calls mine JOIN proline_qbo.calls later USING (realm_id)
     WHERE mine.id = %s AND NOT later.unsent AND later.ended_at > mine.slot_at
       AND later.slot_at > mine.slot_at AND later.status IS NOT NULL)
"""


def answered_later(c: Connection, call_id: int) -> bool:
    """Say whether a call of the same realm that left after this one was answered."""
    row = c.execute(_ANSWERED_LATER, [call_id]).fetchone()
    return row is not None and bool(row[0])


def forget_calls(
    c: Connection,
    *,
    keep_attempts: Collection[int] = (),
    after_days: int = 35,
    limit: int = 5_000,
) -> int:
    """Delete some calls ended so long ago; return how many, to go on while it is `limit`.

    Only so many of the oldest are looked at, and ids rise with time: what is kept of them stands
    before the others, and is never much.

    Args:
        c: the caller's transaction.
        keep_attempts: attempts without an answer: of these `may_be_applied` is still asked, and
            without their calls it would say that nothing was sent.
        after_days: the age.
        limit: the most to look at.
    """
    return c.execute(_FORGET, [limit, after_days, list(keep_attempts)]).rowcount


def _leaves_it_open(status: int | None, fault_code: str | None) -> bool:
    if status is None or status < HTTPStatus.MULTIPLE_CHOICES:
        return True
    error = error_from_fault(Fault(status=status, code=fault_code), _A_WRITE)
    return error.applied is Applied.UNKNOWN


def _measures(limits: Limits) -> tuple[timedelta, int, timedelta, timedelta]:
    return (
        timedelta(seconds=limits.window_seconds),
        limits.in_flight,
        timedelta(milliseconds=limits.pace_ms),
        timedelta(seconds=limits.max_wait_seconds),
    )


def _slot(row: SlotRow | None) -> Slot | Full | None:
    living, call_id, wait_seconds, until = row or (False, None, 0.0, None)
    if not living:
        return None
    if call_id is None:
        return Full(until) if until else None
    return Slot(call_id, wait_seconds)
