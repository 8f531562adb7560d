"""New code before the migration, which is how a rollback of the schema finds it: it works.

What only the new schema has (counting by an index, the view that workers are scaled by) is slower
or not there; the way of a record is the same.
"""

from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

from app.migrate import MIGRATIONS
from app.observing.census import Census
from tests.support.processes import NewRoofer, roofer_before_processes
from tests.support.zygote import Zygote

BEFORE = "-1"


@pytest.fixture(scope="module")
def zygote() -> Generator[Zygote]:
    """Give what forks the processes of the product."""
    with Zygote() as started:
        yield started


@pytest.fixture
def new_roofer(
    zygote: Zygote, database_url: str, amqp_url: str, tmp_path: Path
) -> Generator[NewRoofer]:
    """Give a contractor on the schema of the revision before, and its fleet."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = database_url
    command.downgrade(config, BEFORE)
    with ExitStack() as stack:
        yield lambda **choices: stack.enter_context(
            roofer_before_processes(zygote, database_url, amqp_url, tmp_path, **choices)
        )


def test_the_whole_way_on_the_schema_before(
    new_roofer: NewRoofer, database_url: str, amqp_url: str
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
