"""What a page reads of very many records: by an index, and never all there are."""

from collections.abc import Callable, Generator

import pytest

from coordination.database import Connection, Pool, open_pool
from records.activity import list_activity
from records.attention import groups
from records.changed_while_off import count_changed
from records.counting import count_questions
from records.deciding import open_questions_of
from records.finding_one import find_record
from records.preview import newest_contact_and_project
from records.services import services_seen
from records.standings import Standing, count_standings, last_sent, oldest_unsent
from tests.support.postgres import Template, fresh_database
from tests.support.proline import ACME, connect_company

OTHER = "other"
RECORDS = 10_000
FILL = """
INSERT INTO proline_qbo.records (company_id, entity, record_id, version, state, settled_version,
                                 code, since)
SELECT %s, (ARRAY['contact', 'project', 'invoice', 'payment'])[1 + mod(n, 4)], 'r' || n, 1,
       CASE WHEN mod(n, 50) = 0 THEN 'failed' ELSE 'done' END, 1,
       CASE WHEN mod(n, 50) = 0 THEN '6000' END, proline_qbo.clock() - n * interval '1 second'
FROM generate_series(1, %s::int) AS n
"""
SNAPSHOTS = """
INSERT INTO proline_qbo.snapshots (record_pk, company_id, version, snapshot)
SELECT pk, company_id, 1, jsonb_build_object('display_name', 'Jane Example', 'number', record_id)
FROM proline_qbo.records
"""
# Counted in the transaction itself: rows that a scan of a whole table read.
READ_WHOLE = """
SELECT sum(seq_tup_read)::bigint FROM pg_stat_xact_user_tables
WHERE schemaname = 'proline_qbo' AND relname IN ('records', 'snapshots', 'links')
"""
QUESTIONS: dict[str, Callable[[Connection, str], object]] = {
    "count_standings": count_standings,
    "oldest_unsent": oldest_unsent,
    "last_sent": last_sent,
    "activity": list_activity,
    "failed": lambda c, company: list_activity(c, company, standing=Standing.ATTENTION),
    "attention": groups,
    "a name": lambda c, company: list_activity(c, company, text="jane"),
    "a number": lambda c, company: list_activity(c, company, text="C#r4"),
    "one": lambda c, company: find_record(c, company, "contact", "r4"),
    "questions": open_questions_of,
    "count_questions": count_questions,
    "count_changed": count_changed,
    "services": services_seen,
    "preview": newest_contact_and_project,
}


@pytest.fixture(scope="module")
def many(database_template: Template) -> Generator[Pool]:
    """Give a company with very many records beside another one that has as many."""
    with (
        fresh_database(database_template) as url,
        open_pool(url, max_size=2, application_name="tests") as pool,
    ):
        with pool.connection() as connection:
            for company_id in (ACME, OTHER):
                connect_company(connection, company_id)
                connection.execute(FILL, [company_id, RECORDS])
            connection.execute(SNAPSHOTS)
        with pool.connection() as connection:
            connection.execute("ANALYZE")
        yield pool


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_question_of_the_page_reads_a_table_whole(many: Pool, question: str) -> None:
    """Also after it has been asked so often that its plan is a general one."""
    with many.connection() as connection:
        before = connection.execute(READ_WHOLE).fetchone()
        for _ in range(10):
            assert QUESTIONS[question](connection, ACME) is not None or question in {
                "oldest_unsent", "last_sent", "preview",
            }  # fmt: skip

        assert connection.execute(READ_WHOLE).fetchone() == before


def test_the_count_of_very_many_is_exact(many: Pool) -> None:
    """Those that were sent are counted without being read."""
    with many.connection() as connection:
        counted = count_standings(connection, ACME)

    assert counted[Standing.ATTENTION] == RECORDS // 50
    assert counted[Standing.SENT] == RECORDS - RECORDS // 50
