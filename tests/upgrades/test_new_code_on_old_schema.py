"""New code before the migration, which is how a rollback of the schema finds it: it works.

What only the new schema has (counting by an index, the view that workers are scaled by) is slower
or not there; the way of a record is the same.
"""

import pytest
from alembic import command
from alembic.config import Config

from app.migrate import MIGRATIONS
from app.observing.census import Census
from tests.support.processes import NewRoofer

BEFORE = "-1"


@pytest.fixture
def on_the_schema_before(database_url: str) -> None:
    """Take the newest revision back."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = database_url
    command.downgrade(config, BEFORE)


def test_the_whole_way_on_the_schema_before(
    on_the_schema_before: None, new_roofer: NewRoofer, database_url: str, amqp_url: str
) -> None:
    """From the outbox to a payment in the books; and what there is to see is seen."""
    roofer, fleet = new_roofer()
    relay, worker = fleet.relay(), fleet.worker()

    roofer.contact().project().invoice().payment(amount="100.00").settle(30)
    figures = {family.name for family in Census(database_url, amqp_url).read()}
    worker.stop()
    relay.stop()

    assert {row.state for row in roofer.rows("SELECT state FROM proline_qbo.records")} == {"done"}
    assert (relay.exit_code, worker.exit_code) == (0, 0)
    assert "UndefinedTable" not in fleet.said()
    assert "proline_qbo_records_done" in figures
