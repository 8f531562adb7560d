"""What the page's columns and indexes cost those who write: the same records with and without them.

Twenty thousand records beside a hundred thousand go from intake through dispatch and claim to done
and, changed once more, through the same again; in batches, so that the server's work is measured
and not the way to it. One database stands before the revision that made room for reading, the other
at the newest; of several runs of each, turn and turn about, the quickest of each step counts.
"""

from collections.abc import Sequence
from time import perf_counter

import psycopg
from alembic import command
from alembic.config import Config

from app.migrate import MIGRATIONS, migrate
from app.postgres import EmbeddedPostgres
from benchmarks.figures import Figure, beside
from benchmarks.options import Options
from coordination.database import Connection

BEFORE = "0008"
RECORDS = 20_000
STANDING_BESIDE = 100_000
BATCH = 500
RUNS = 3
POSTGRES_OPTIONS = {"shared_buffers": "512MB", "fsync": "off", "max_wal_size": "4GB"}

Step = tuple[str, float, float]
"""A step's name, its milliseconds, and its megabytes of write-ahead log."""

_COMPANY = "INSERT INTO proline_qbo.companies (id, name) VALUES ('company-1', 'Example Roofing')"
_BESIDE = """
INSERT INTO proline_qbo.records (company_id, entity, record_id, version, judged_version, state,
                                 settled_version)
SELECT 'company-1', 'contact', 'beside-' || n, 1, 1, 'done', 1 FROM generate_series(1, %s::int) AS n
"""
_RECORDS = """
INSERT INTO proline_qbo.records (company_id, entity, record_id, version, state)
SELECT 'company-1', 'contact', 'c' || n, 1, 'pending'
FROM generate_series(%(first)s::int, %(last)s::int) AS n
"""
_SNAPSHOTS = """
INSERT INTO proline_qbo.snapshots (record_pk, {column} version, snapshot)
SELECT pk, {value} 1, jsonb_build_object('id', record_id, 'number', substr(record_id, 2),
    'display_name', 'Jane ' || md5(record_id) || ' Example', 'email', 'jane@example.com',
    'address', jsonb_build_object('line1', '1 Example Street', 'city', 'Springfield'))
FROM proline_qbo.records
WHERE company_id = 'company-1' AND entity = 'contact'
  AND record_id = ANY(SELECT 'c' || n FROM generate_series(%(first)s::int, %(last)s::int) AS n)
"""
_OF_BATCH = """
WHERE company_id = 'company-1' AND entity = 'contact'
  AND record_id = ANY(SELECT 'c' || n FROM generate_series(%(first)s::int, %(last)s::int) AS n)
"""
_JUDGED = f"UPDATE proline_qbo.records SET judged_version = version {_OF_BATCH}"
_DISPATCHED = f"""
UPDATE proline_qbo.records
SET state = 'dispatched', dispatch_token = gen_random_uuid(), since = proline_qbo.clock(),
    dispatched_at = proline_qbo.clock() {_OF_BATCH}
"""
_CLAIMED = f"""
UPDATE proline_qbo.records SET claimed_by = dispatch_token, claimed_at = proline_qbo.clock(),
    claimed_beats = 1 {_OF_BATCH}
"""
_SETTLED = f"""
UPDATE proline_qbo.records
SET state = 'done', since = proline_qbo.clock(), settled_version = version, settled_basis = '',
    dispatch_token = NULL, dispatched_at = NULL, claimed_by = NULL, claimed_at = NULL,
    claimed_beats = NULL {_OF_BATCH}
"""
_CHANGED = f"""
WITH changed AS (
    UPDATE proline_qbo.records SET state = 'pending', version = version + 1,
        since = proline_qbo.clock(), taken_in_at = proline_qbo.clock() {_OF_BATCH} RETURNING pk
)
UPDATE proline_qbo.snapshots s
SET version = version + 1, snapshot = snapshot || '{{"email": "jane.example@example.com"}}'
FROM changed WHERE s.record_pk = changed.pk
"""


def run(options: Options) -> list[Figure]:
    """Measure both, and say how many times as long each step takes."""
    del options  # it has one form
    turns = [(_measured(BEFORE), _measured("head")) for _ in range(RUNS)]
    before, after = _quickest([each for each, _ in turns]), _quickest([each for _, each in turns])
    return [
        beside(f"writes: {name}", ms_after, "ms", control=ms)
        for (name, ms, _), (_, ms_after, _) in zip(before, after, strict=True)
    ]


def _quickest(runs: Sequence[list[Step]]) -> list[Step]:
    return [min(of_step, key=lambda step: step[1]) for of_step in zip(*runs, strict=True)]


def _measured(revision: str) -> list[Step]:
    with EmbeddedPostgres(options=POSTGRES_OPTIONS) as server:
        _migrate(server.url, revision)
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute(_COMPANY)
            connection.execute(_BESIDE, [STANDING_BESIDE])
            connection.execute("VACUUM (ANALYZE)")
            steps = _steps(with_company=revision == "head")
            measured = [(name, *_run(connection, statements)) for name, statements in steps]
    whole = ("all of it", sum(ms for _, ms, _ in measured), sum(wal for *_, wal in measured))
    return [*measured, whole]


def _migrate(url: str, revision: str) -> None:
    if revision == "head":
        migrate(url)
        return
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["url"] = url
    command.upgrade(config, revision)


def _steps(*, with_company: bool) -> list[tuple[str, tuple[str, ...]]]:
    snapshots = _SNAPSHOTS.format(
        column="company_id," if with_company else "", value="company_id," if with_company else ""
    )
    written = (_JUDGED, _DISPATCHED, _CLAIMED, _SETTLED)
    return [
        ("taken in: records", (_RECORDS,)),
        ("taken in: snapshots", (snapshots,)),
        ("dispatched", (_JUDGED, _DISPATCHED)),
        ("claimed", (_CLAIMED,)),
        ("settled", (_SETTLED,)),
        ("changed, and taken in again", (_CHANGED,)),
        ("dispatched to settled, again", written),
    ]


def _run(connection: Connection, statements: tuple[str, ...]) -> tuple[float, float]:
    """Run statements over all batches; give milliseconds and megabytes of write-ahead log."""
    began, at = perf_counter(), _wal_bytes(connection)
    for first in range(1, RECORDS + 1, BATCH):
        for statement in statements:
            connection.execute(statement, {"first": first, "last": first + BATCH - 1})
    return (perf_counter() - began) * 1_000, (_wal_bytes(connection) - at) / 1e6


def _wal_bytes(connection: Connection) -> float:
    row = connection.execute("SELECT pg_current_wal_lsn() - '0/0'").fetchone()
    return float(row[0]) if row else 0.0
