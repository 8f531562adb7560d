"""What the Integrations page reads, timed with 100,000 records of one company.

Each name is one question of a page, asked as the page asks it: in a transaction of its own, with
the timeouts and prepared statements of production.
"""

from collections.abc import Callable, Mapping
from functools import partial

import psycopg

from app.cli.records import explain_all
from app.migrate import migrate
from app.postgres import EmbeddedPostgres
from benchmarks.books import COMPANY, RECORDS, fill
from benchmarks.figures import Figure, at_most
from benchmarks.measuring import measure_all
from benchmarks.options import Options, progress
from benchmarks.served import whole_pages
from connections.settings import CompanySettings
from coordination.database import Pool, open_pool
from records.activity import list_activity
from records.attention import GroupKey, groups, in_group
from records.census import count_all
from records.changed_while_off import count_changed
from records.counting import count_findings, count_questions, count_skipped_by_rule
from records.cursors import Cursor
from records.deciding import open_questions_of
from records.failures import Wanted, list_failures
from records.finding_one import find_record
from records.findings import list_findings
from records.preview import newest_contact_and_project
from records.services import services_seen
from records.standings import Standing, count_standings, last_sent, oldest_unsent
from records.transfers import count_ready, list_ready

QUERY_LIMIT_MS = 40.0
PAGE_LIMIT_MS = 100.0
RUNS = 200
LONG_RUNS = 2_000
POSTGRES_OPTIONS = {"shared_buffers": "512MB", "fsync": "off", "max_wal_size": "4GB"}


def queries(pool: Pool) -> Mapping[str, Callable[[], object]]:
    """Give every question of the page by its name."""
    ask: Callable[..., Callable[[], object]] = partial(_ask, pool)
    chosen = CompanySettings()
    half_way = _half_way(pool)
    one_group = GroupKey("failed", "6240")
    asked = GroupKey("decision", "send_as_new")
    return {
        "standings: count": ask(count_standings),
        "standings: oldest unsent": ask(oldest_unsent),
        "standings: last sent": ask(last_sent),
        "activity": ask(list_activity),
        "activity: half way down": ask(list_activity, after=half_way),
        "activity: sent": ask(list_activity, standing=Standing.SENT),
        "activity: payments skipped": ask(
            list_activity, standing=Standing.SKIPPED, entity="payment"
        ),
        "search: a number": ask(list_activity, text="C#1101"),
        "search: a word of every contact": ask(list_activity, text="example"),
        "search: one letter": ask(list_activity, text="n"),
        "search: two words": ask(list_activity, text="example jane"),
        "search: a document number": ask(list_activity, text="N-4711"),
        "search: nothing has it": ask(list_activity, text="zzz example"),
        "search: a common word, half way down": ask(list_activity, text="roof", after=half_way),
        "attention: groups": ask(groups),
        "attention: one group of failures": ask(in_group, one_group),
        "attention: one group of questions": ask(in_group, asked),
        "one contact": ask(find_record, "contact", "c101"),
        "one project": ask(find_record, "project", "p121"),
        "one invoice": ask(find_record, "invoice", "i146"),
        "questions: count": ask(count_questions),
        "questions: a page": ask(open_questions_of, limit=50),
        "findings: count": ask(count_findings),
        "findings: a page": ask(
            lambda connection, company_id: list_findings(
                connection, company_id=company_id, limit=50
            )
        ),
        "skipped by rule: count": ask(count_skipped_by_rule),
        "projects to transfer: count": ask(count_ready, chosen),
        "projects to transfer: a page": ask(list_ready, chosen),
        "changed while off: count": ask(count_changed),
        "services seen": ask(services_seen),
        "name preview": ask(newest_contact_and_project),
        "command line: explain": _ask_of_all(pool, explain_all, "i146"),
        "command line: failed list": _ask_of_all(pool, list_failures, Wanted(), most=100),
    }


def pages(pool: Pool) -> Mapping[str, Callable[[], object]]:
    """Give what is asked as a whole by its name: a page, or one of the many of a file."""
    return {
        "the file of the activity: 250 rows": _ask(pool, list_activity, limit=250),
        "what the figures of all companies are read from": _ask_of_all(pool, count_all),
    }


def _ask(
    pool: Pool, question: Callable[..., object], *arguments: object, **named: object
) -> Callable[[], object]:
    def run() -> object:
        with pool.connection() as connection:
            return question(connection, COMPANY, *arguments, **named)

    return run


def _ask_of_all(
    pool: Pool, question: Callable[..., object], *arguments: object, **named: object
) -> Callable[[], object]:
    def run() -> object:
        with pool.connection() as connection:
            return question(connection, *arguments, **named)

    return run


def _half_way(pool: Pool) -> Cursor:
    with pool.connection() as connection:
        found = connection.execute(
            "SELECT since, pk FROM proline_qbo.records WHERE company_id = %s"
            " ORDER BY since, pk OFFSET 50000 LIMIT 1",
            [COMPANY],
        ).fetchone()
    if found is None:
        raise LookupError("there are fewer records than were made")
    return Cursor(*found)


def run(options: Options) -> list[Figure]:
    """Fill a private server and time each question and each page."""
    runs = LONG_RUNS if options.long else RUNS
    with EmbeddedPostgres(options=POSTGRES_OPTIONS) as server:
        migrate(server.url)
        progress(f"writing {RECORDS:,} records of one company, and others")
        with psycopg.connect(server.url, autocommit=True) as connection:
            fill(connection)
        with open_pool(server.url, max_size=2, application_name="bench") as pool:
            progress(f"each question {runs} times")
            measured = measure_all(queries(pool), runs=runs, limit_ms=QUERY_LIMIT_MS)
            measured += measure_all(pages(pool), runs=runs, limit_ms=PAGE_LIMIT_MS)
            with whole_pages(server.url, pool) as served:
                measured += measure_all(served, runs=runs, limit_ms=PAGE_LIMIT_MS)
    return [
        Figure(f"pages: {each.name}, p99", each.p99_ms, "ms", bar=at_most(each.limit_ms))
        for each in measured
    ]
