"""A ProLine of its own in the test's database, as the load finds it."""

from collections.abc import Generator

import pytest
from sqlalchemy.orm import Session, sessionmaker

from demo.boards import set_up
from demo.proline import create_tables, open_engine
from demo.scenario import Office

COMPANY = "company-1"


@pytest.fixture
def sessions(database_url: str) -> Generator[sessionmaker[Session]]:
    """Give sessions on a ProLine with one contractor."""
    engine = open_engine(database_url)
    create_tables(engine)
    made = sessionmaker(engine)
    with made.begin() as session:
        set_up(session, Office(COMPANY, "Example Roofing", "main", enabled=True))
    yield made
    engine.dispose()
