"""Throughput beside what waits: a million records, a hundred thousand blocked, companies at limits.

Two systems stand side by side, one with nothing but the work that is said, one with a backlog
beside it, and take turns. In each turn a relay starts, 200 companies say contacts and projects
(both are customers in QuickBooks, so that every write costs the same whoever's it is), and what is
settled in some seconds counts. The backlog is written as rows and is of the same kind, so that a
turn does the same work on both sides: what it finds waiting in place of what was just said.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import psycopg

from benchmarks.figures import Figure, at_least, of_pairs
from benchmarks.fleet import UNPACED, Fleet, RelayChoice, WorkerChoice, running_fleet
from benchmarks.options import Options, progress
from benchmarks.stage import Servers, add_companies, company_ids, say_chains, servers, session

COMPANIES: Final = 200
AT_LIMIT: Final = 500
WAITING: Final = 1_000_000
BLOCKED: Final = 100_000
OF_EACH_AT_LIMIT: Final = 100
WORKERS: Final = 2
THREADS: Final = 8
PAIRS: Final = 3
LONG_PAIRS: Final = 9
TURN_SECONDS: Final = 4.0
CHAINS_EACH_TURN: Final = 40
LEAST: Final = 0.9

# A contact that was to be written, and its project behind it: both wait.
_WAITING = """
WITH made AS (
    INSERT INTO proline_qbo.records (company_id, entity, record_id, version, judged_version, state,
                                     reason, code, sentence, since)
    SELECT c.company_id, k.entity, left(k.entity, 1) || '-old-' || n, 1, 1,
           CASE k.entity WHEN 'contact' THEN %(state)s ELSE 'waiting' END,
           CASE k.entity WHEN 'project' THEN 'parent' END,
           CASE WHEN k.entity = 'contact' AND %(state)s = 'failed' THEN '6000' END,
           CASE WHEN k.entity = 'contact' AND %(state)s = 'failed'
                THEN 'QuickBooks refuses it.' END,
           proline_qbo.clock() - interval '1 hour'
    FROM unnest(%(companies)s::text[]) AS c (company_id),
         generate_series(1, %(each)s::int) AS n,
         unnest('{contact,project}'::text[]) AS k (entity)
    RETURNING pk, company_id, entity, record_id
), told AS (
    INSERT INTO proline_qbo.snapshots (record_pk, company_id, version, snapshot)
    SELECT pk, company_id, 1, jsonb_build_object('id', record_id, 'number', pk::text,
                                                        'updated_at', clock_timestamp())
           || CASE entity WHEN 'contact' THEN jsonb_build_object(
                  'display_name', 'Jane ' || pk || ' Example', 'email', 'jane@example.com',
                  'address', jsonb_build_object('line1', '1 Example Street',
                                                'city', 'Springfield', 'state', 'IL'))
              ELSE jsonb_build_object('name', 'New roof', 'stage', 'Closed - Won',
                  'contact_id', 'c-old-' || split_part(record_id, '-', 3),
                  'address', jsonb_build_object('line1', '1 Example Street')) END
    FROM made
), hangs AS (
    INSERT INTO proline_qbo.dependencies (record_pk, company_id, on_entity, on_record_id)
    SELECT pk, company_id, 'contact', 'c-old-' || split_part(record_id, '-', 3)
    FROM made WHERE entity = 'project'
)
INSERT INTO proline_qbo.transfers (record_pk, company_id, contact_id, customer_mode, transferred_by)
SELECT pk, company_id, 'c-old-' || split_part(record_id, '-', 3), 'sub', 'stage'
FROM made WHERE entity = 'project'
"""
_FAIL = """
UPDATE proline_qbo.records SET failed_version = version, failed_basis = '',
    failed_code = code, failed_sentence = sentence
WHERE state = 'failed'
"""
_AT_LIMIT = """
UPDATE proline_qbo.companies
SET paused_until = proline_qbo.clock() + interval '1 hour', pause_reason = 'limit'
WHERE id = ANY(%s)
"""
_CALLS = """
SELECT count(*) FROM proline_qbo.calls
WHERE id > %s AND ended_at IS NOT NULL AND NOT unsent AND status = 200
"""


@dataclass
class System:
    """One database with its broker and its workers; a relay comes and goes with each turn."""

    where: Servers
    connection: psycopg.Connection
    fleet: Fleet
    said: int = 0

    def settled_in_a_turn(self) -> float:
        """Say some, and count what is settled in a second of a turn."""
        relay = self.fleet.start("relay", RelayChoice(self.where, dict(UNPACED)))
        self.fleet.await_beats(self.connection, relay=1, worker=WORKERS)
        say_chains(
            self.connection,
            company_ids(COMPANIES),
            chains=CHAINS_EACH_TURN,
            first=1 + self.said * CHAINS_EACH_TURN,
            entities=("contact", "project"),
        )
        self.said += 1
        began, before = time.monotonic(), self._last_call()
        time.sleep(TURN_SECONDS)  # the time that is counted over
        self.fleet.assert_running()
        settled = self._count_since(before)
        rate = settled / (time.monotonic() - began)
        self.fleet.stop(relay)
        return rate

    def _last_call(self) -> int:
        return self._one("SELECT coalesce(max(id), 0) FROM proline_qbo.calls")

    def _count_since(self, call_id: int) -> int:
        return self._one(_CALLS, call_id)

    def _one(self, statement: str, *arguments: object) -> int:
        row = self.connection.execute(statement, arguments).fetchone()
        return int(row[0]) if row else 0


def run(options: Options) -> list[Figure]:
    """Measure the three backlogs, each beside an empty system of its own."""
    cases: dict[str, Callable[[psycopg.Connection], None]] = {
        f"{WAITING:,} waiting": write_waiting,
        f"{BLOCKED:,} blocked": _block,
        f"{AT_LIMIT} companies at their limit": _limit,
    }
    figures = []
    with _system() as empty:
        for name, fill in cases.items():
            progress(f"writing {name}")
            with _system(fill) as full:
                pairs = []
                for number in range(LONG_PAIRS if options.long else PAIRS):
                    order = (full, empty) if number % 2 else (empty, full)
                    rates = {id(each): each.settled_in_a_turn() for each in order}
                    pairs.append((rates[id(full)], rates[id(empty)]))
                    progress(f"{pairs[-1][0]:.0f} settled a second, {pairs[-1][1]:.0f} without")
            bar = at_least(LEAST, "ratio")
            figures.append(of_pairs(f"backlogs: {name}", pairs, "records/s", bar))
    return figures


@contextmanager
def _system(fill: Callable[[psycopg.Connection], None] | None = None) -> Iterator[System]:
    with servers() as where, session(where.database_url) as connection, running_fleet() as fleet:
        add_companies(connection, company_ids(COMPANIES))
        if fill is not None:
            fill(connection)
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")
        for _ in range(WORKERS):
            fleet.start("worker", WorkerChoice(where, THREADS, dict(UNPACED)))
        system = System(where, connection, fleet)
        system.settled_in_a_turn()  # everything is warm, and every company in the ring
        yield system


def write_waiting(connection: psycopg.Connection) -> None:
    """Write a million records that wait, of the companies of `stage.company_ids`."""
    _write(connection, company_ids(COMPANIES), WAITING, "pending")


def _block(connection: psycopg.Connection) -> None:
    """Half of them are contacts that failed; a project behind each is blocked."""
    _write(connection, company_ids(COMPANIES), 2 * BLOCKED, "failed")
    connection.execute(_FAIL)


def _limit(connection: psycopg.Connection) -> None:
    others = [f"limited-{n}" for n in range(1, AT_LIMIT + 1)]
    add_companies(connection, others, first_realm=9_500_001)
    _write(connection, others, AT_LIMIT * OF_EACH_AT_LIMIT, "pending")
    connection.execute(_AT_LIMIT, [others])


def _write(connection: psycopg.Connection, ids: list[str], records: int, state: str) -> None:
    each = records // len(ids) // 2
    for some in (ids[start : start + 20] for start in range(0, len(ids), 20)):
        connection.execute(_WAITING, {"companies": some, "each": each, "state": state})
