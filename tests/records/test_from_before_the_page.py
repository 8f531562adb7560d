"""A database of before the page could count: migrated, it counts and finds all the same."""

import psycopg
from alembic import command
from alembic.config import Config

from app.migrate import MIGRATIONS, migrate
from coordination.database import open_pool
from records.activity import list_activity
from records.counting import count_questions
from records.standings import Standing, count_standings
from tests.support.proline import ACME
from tests.support.put_records import know

BEFORE = """
WITH made AS (
    INSERT INTO proline_qbo.records (company_id, entity, record_id, version, reason)
    SELECT 'acme', 'contact', 'c' || n, 1, 'decision' FROM generate_series(1, 3) AS n
    RETURNING pk
), described AS (
    INSERT INTO proline_qbo.snapshots (record_pk, version, snapshot)
    SELECT pk, 1, '{"display_name": "Jane Example"}' FROM made
)
INSERT INTO proline_qbo.decisions (record_pk, question, basis)
SELECT pk, 'send_as_new', pk::text FROM made
"""


def test_what_was_there_before_is_counted_and_found(database_url: str) -> None:
    """The revision can be taken back, and fills in what it adds when it comes again."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = database_url
    command.downgrade(config, "0008")
    with psycopg.connect(database_url) as connection:
        know(connection, ACME)
        connection.execute(BEFORE)

    migrate(database_url)

    with (
        open_pool(database_url, max_size=1, application_name="tests") as pool,
        pool.connection() as connection,
    ):
        assert count_standings(connection, ACME)[Standing.ATTENTION] == 3
        assert len(list_activity(connection, ACME, text="jane").rows) == 3
        assert count_questions(connection, ACME) == {"send_as_new": 3}
