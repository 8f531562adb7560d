"""A ProLine of its own in the test's database."""

from collections.abc import Generator
from datetime import date

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from demo.boards import set_up
from demo.proline import create_tables, open_engine
from demo.scenario import Plan, plan


@pytest.fixture
def engine(database_url: str) -> Generator[Engine]:
    """Give ProLine's engine with its tables and views made."""
    engine = open_engine(database_url)
    create_tables(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def scenario() -> Plan:
    """Give the plan of one seed."""
    return plan(7, date(2026, 11, 22))


@pytest.fixture
def sessions(engine: Engine, scenario: Plan) -> sessionmaker[Session]:
    """Give sessions on a ProLine that knows the plan's companies."""
    sessions = sessionmaker(engine)
    with sessions.begin() as session:
        for office in scenario.offices:
            set_up(session, office)
    return sessions
