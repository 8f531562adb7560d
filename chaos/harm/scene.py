"""What the acts of harm are done to, and what they look at."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Event
from typing import Any, Final
from uuid import UUID

from app.postgres import EmbeddedPostgres
from app.rabbitmq import PrivateRabbitmq
from chaos.harm.diary import WITHIN_SECONDS, Diary, Measure
from chaos.platform import Member, Platform
from coordination.database import DATABASE_AWAY, Pool
from coordination.limiter import Limits
from demo.comparer import Mode
from demo.simulator_control import SimulatorControl
from workers.solitude import Solitude

LOOK_SECONDS: Final = 0.05

_LEADER = """
SELECT p.pid FROM proline_qbo.leadership l JOIN proline_qbo.processes p ON p.id = l.holder
 WHERE p.gone_at IS NULL AND p.beat_at > proline_qbo.clock() - interval '1.5 seconds'
"""
_BEATING = """
SELECT count(*) FROM proline_qbo.processes
 WHERE kind = 'worker' AND gone_at IS NULL AND pid = ANY(%s)
   AND beat_at > proline_qbo.clock() - interval '1.5 seconds'
"""
_PROCESS = """
SELECT id FROM proline_qbo.processes WHERE pid = %(pid)s AND kind = 'worker'
 ORDER BY beat_at DESC LIMIT 1
"""
_CLAIMS = f"""
SELECT coalesce(array_agg(pk), '{{}}') FROM proline_qbo.records WHERE claimed_by = ({_PROCESS})
"""
_UNCLAIMED = """
SELECT coalesce(array_agg(dispatch_token), '{}') FROM proline_qbo.records
 WHERE state = 'dispatched' AND claimed_by IS NULL
   AND (%(tokens)s::uuid[] IS NULL OR dispatch_token = ANY(%(tokens)s))
"""
# Of records that a killed worker held: with how many nobody goes on, and with how many somebody
# does. The rest wait as they must: their company is off, rests, or is tried one record at a time;
# its token is being refreshed; others of the company were there before; a worker is kept free for
# a record that runs alone; or a create of unknown outcome waits for QuickBooks' last word.
_GOING_ON = f"""
SELECT ARRAY[count(*) FILTER (WHERE NOT goes_on AND NOT must_wait), count(*) FILTER (WHERE goes_on)]
  FROM (
    SELECT r.state NOT IN ('pending', 'dispatched', 'retrying')
           OR coalesce(r.claimed_by <> ({_PROCESS}), false)
           OR EXISTS (SELECT FROM proline_qbo.calls
                       WHERE record_pk = r.pk AND slot_at > %(since)s AND NOT unsent
                         AND process_id <> ({_PROCESS})) AS goes_on,
           r.claimed_by IS NULL AND (
             NOT c.enabled
             OR coalesce(c.paused_until > proline_qbo.clock(), false)
             OR coalesce(c.pause_reason = 'unavailable', false)
             OR EXISTS (SELECT FROM proline_qbo.tokens
                         WHERE company_id = r.company_id AND refresh_until > proline_qbo.clock())
             OR r.state = 'pending' AND EXISTS (
                  SELECT FROM proline_qbo.records o WHERE o.company_id = r.company_id
                     AND o.state = 'pending' AND o.since < r.since)
             OR r.state = 'dispatched' AND EXISTS (
                  SELECT FROM proline_qbo.records o WHERE o.alone AND o.claimed_by IS NOT NULL)
             OR EXISTS (
                  SELECT FROM proline_qbo.attempts a
                   WHERE a.record_pk = r.pk AND a.answer IS NULL AND a.operation = 'create'
                     AND a.kind IN ('Invoice', 'Payment')
                     AND r.retry_at >= a.started_at + interval '129 seconds')
           ) AS must_wait
      FROM proline_qbo.records r JOIN proline_qbo.companies c ON c.id = r.company_id
     WHERE r.pk = ANY(%(pks)s)
  ) held
"""
# Companies that have work beside what the killed worker held, and of which nobody had an answer
# since. At first they have something that nobody has claimed; later it may be claimed, but not by
# who does not beat. Not those that wait as they must: see above, and where QuickBooks throttles, or
# as many calls are open or were answered in the last minute as it allows.
_WAITING = f"""
SELECT coalesce(array_agg(c.id ORDER BY c.id), '{{}}')
  FROM proline_qbo.companies c JOIN proline_qbo.limiters l ON l.realm_id = c.realm_id
 WHERE c.enabled AND c.connection = 'connected'
   AND c.pause_reason IS DISTINCT FROM 'unavailable'
   AND coalesce(c.paused_until <= proline_qbo.clock(), true)
   AND coalesce(l.paused_until <= proline_qbo.clock(), true)
   AND (SELECT count(*) FROM proline_qbo.calls
         WHERE realm_id = c.realm_id AND NOT unsent
           AND (ended_at IS NULL OR ended_at > proline_qbo.clock() - interval '61 seconds')
       ) < l.ceiling
   AND (SELECT count(*) FROM proline_qbo.calls
         WHERE realm_id = c.realm_id AND ended_at IS NULL) < {Limits().in_flight}
   AND NOT EXISTS (SELECT FROM proline_qbo.tokens
                    WHERE company_id = c.id AND refresh_until > proline_qbo.clock())
   AND NOT EXISTS (SELECT FROM proline_qbo.records WHERE alone AND claimed_by IS NOT NULL)
   AND EXISTS (SELECT FROM proline_qbo.records
                WHERE company_id = c.id AND since < %(since)s AND pk <> ALL(%(pks)s)
                  AND state IN ('pending', 'dispatched')
                  AND (claimed_by IS NULL OR NOT %(unclaimed)s AND EXISTS (
                       SELECT FROM proline_qbo.processes
                        WHERE id = claimed_by AND gone_at IS NULL
                          AND beat_at > proline_qbo.clock() - interval '1.5 seconds')))
   AND NOT EXISTS (SELECT FROM proline_qbo.calls
                    WHERE realm_id = c.realm_id AND NOT unsent AND ended_at > %(since)s
                      AND slot_at > %(since)s AND status IS NOT NULL
                      AND process_id <> ({_PROCESS}))
"""
_ANSWERED = """
SELECT count(*) FROM (SELECT slot_at, status FROM proline_qbo.calls ORDER BY id DESC LIMIT 50) last
 WHERE slot_at > %s AND status IS NOT NULL
"""
_NEWEST_EVENT = """
SELECT coalesce(pg_sequence_last_value(
    pg_get_serial_sequence('proline_outbox.outbox_events', 'id')::regclass), 0)
"""
# A change of after it has been taken in, handed out, published, claimed, written and answered.
_ANSWERED_BEYOND = """
SELECT count(*) FROM (SELECT attempt_id, status FROM proline_qbo.calls ORDER BY id DESC LIMIT 50) c
  JOIN proline_qbo.attempts a ON a.id = c.attempt_id
 WHERE a.version > %s AND c.status IS NOT NULL
"""


@dataclass(frozen=True)
class Scene:
    """Servers, processes, QuickBooks, and the harness's own sessions.

    Attributes:
        realms: the QuickBooks company of each contractor.
        restless: the contractor whose office changes its mind.
        turns: whoever measures acts alone, the others together.
        over: set when the harm shall end.
        first_mode: its customer mode before that.
    """

    platform: Platform
    postgres: EmbeddedPostgres
    rabbitmq: PrivateRabbitmq
    quickbooks: SimulatorControl
    pool: Pool
    realms: Mapping[str, str]
    restless: str
    diary: Diary
    turns: Solitude
    over: Event
    first_mode: Mode

    def leader(self) -> Member | None:
        """Find the relay that leads now; None: nobody does, or nobody can be asked."""
        pid = self._ask(_LEADER)
        leading = [each for each in self.platform.running("relay") if each.pid == pid]
        return leading[0] if leading else None

    def is_well(self) -> bool:
        """Whether a relay leads and two workers beat, none of which has just been killed."""
        self.platform.note_ends()
        workers = [each.pid for each in self.platform.running("worker")]
        return self.leader() is not None and (self._ask(_BEATING, [workers]) or 0) > 1

    def wait_until_well(self) -> bool:
        """Wait until the system is well, so that one recovery can be measured.

        False: it took too long, which is noted, or the harm is over.
        """
        took = self.wait(self.is_well, 2 * WITHIN_SECONDS[Measure.WELL])
        if took is None and self.over.is_set():
            return False
        self.diary.recovered(Measure.WELL, took)
        return took is not None

    def unclaimed(self, tokens: list[UUID] | None = None) -> list[UUID] | None:
        """List the tokens of records that were handed out and nobody has claimed.

        Args:
            tokens: of these alone.
        """
        found: list[UUID] | None = self._ask(_UNCLAIMED, {"tokens": tokens})
        return found

    def claims_of(self, pid: int) -> list[int] | None:
        """List the records that a worker has claimed; None: nobody can be asked."""
        found: list[int] | None = self._ask(_CLAIMS, {"pid": pid})
        return found

    def going_on(self, record_pks: list[int], pid: int, since: datetime) -> tuple[int, int] | None:
        """Say with how many of a killed worker's records nobody goes on, and with how many one.

        What waits as it must is in neither; None: nobody can be asked.
        """
        counts = self._ask(_GOING_ON, {"pks": record_pks, "pid": pid, "since": since})
        return None if counts is None else (counts[0], counts[1])

    def waiting(
        self, record_pks: list[int], pid: int, since: datetime, *, unclaimed: bool = False
    ) -> set[str] | None:
        """Name the companies that wait though a worker that was killed keeps nothing from them.

        They have other work, could be served, and have had no answer since; None: nobody can be
        asked.

        Args:
            record_pks: what it held.
            pid: of the killed worker.
            since: when it was killed.
            unclaimed: only those that have something nobody has claimed yet.
        """
        asked = {"pks": record_pks, "pid": pid, "since": since, "unclaimed": unclaimed}
        found = self._ask(_WAITING, asked)
        return None if found is None else set(found)

    def answered_since(self, moment: datetime) -> bool:
        """Whether a call whose slot lies after a moment has been answered."""
        return bool(self._ask(_ANSWERED, [moment]))

    def newest_event(self) -> int | None:
        """Give the highest number an event of ProLine has had; None: nobody can be asked."""
        newest: int | None = self._ask(_NEWEST_EVENT)
        return newest

    def answered_beyond(self, event: int) -> bool:
        """Whether a change that was committed after an event has gone the whole way."""
        return bool(self._ask(_ANSWERED_BEYOND, [event]))

    def wait(self, condition: Callable[[], object], seconds: float) -> float | None:
        """Wait until something is so and give how long it took; None: too long."""
        began = time.monotonic()
        while not condition():
            if time.monotonic() - began > seconds:
                return None
            time.sleep(LOOK_SECONDS)  # rows of a database that may be down: they are asked
        return time.monotonic() - began

    def wait_for_each(
        self, conditions: Mapping[Measure, Callable[[], object]], seconds: float
    ) -> dict[Measure, float | None]:
        """Wait for several things at once and give how long each took; None: too long."""
        began = time.monotonic()
        took: dict[Measure, float | None] = dict.fromkeys(conditions)
        while None in took.values() and time.monotonic() - began <= seconds:
            for measure, condition in conditions.items():
                if took[measure] is None and condition():
                    took[measure] = time.monotonic() - began
            time.sleep(LOOK_SECONDS)  # as above
        return took

    def pause(self, seconds: float) -> None:
        """Let time pass, but no more than there is."""
        self.over.wait(seconds)

    def _ask(self, statement: str, arguments: Any = ()) -> Any:  # noqa: ANN401  # what it asks for
        try:
            with self.pool.connection() as connection:
                row = connection.execute(statement, arguments).fetchone()
        except DATABASE_AWAY:
            return None
        return None if row is None else row[0]
