"""ProLine's side of a test: its tables beside the outbox, and sessions that capture."""

from collections.abc import Callable, Generator
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.orm import Session, sessionmaker

from outbox import capture
from tests.outbox_writer.billing import ROOTS, Base, Invoice, InvoiceLine, Project


class Written(NamedTuple):
    """A row of the outbox."""

    entity: str
    record_id: str
    event_type: str
    snapshot: dict[str, Any]


@pytest.fixture
def engine(database_url: str) -> Generator[Engine]:
    """Give an engine on the test's database, with ProLine's tables in it."""
    url = make_url(database_url).set(drivername="postgresql+psycopg")
    engine = create_engine(url, pool_size=20)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def plain_sessions(engine: Engine) -> sessionmaker[Session]:
    """Give sessions that capture nothing."""
    return sessionmaker(engine)


@pytest.fixture
def sessions(engine: Engine) -> sessionmaker[Session]:
    """Give sessions that capture."""
    captured = sessionmaker(engine)
    capture(captured, *ROOTS)
    return captured


@pytest.fixture
def books(plain_sessions: sessionmaker[Session]) -> None:
    """Set up a project with two invoices, of two lines (1 and 2) and of none."""
    with plain_sessions.begin() as session:
        session.add(Project(id="prj-1", company_id="com-1"))
        session.flush()
        session.add_all(
            [
                Invoice(id="inv-1", company_id="com-1", project_id="prj-1"),
                Invoice(id="inv-2", company_id="com-1"),
            ]
        )
        session.flush()
        session.add_all(
            [
                InvoiceLine(id=1, invoice_id="inv-1", amount="10.00"),
                InvoiceLine(id=2, invoice_id="inv-1", amount="20.00"),
            ]
        )


@pytest.fixture
def written(engine: Engine) -> Callable[[], list[Written]]:
    """Give a function that reads what the outbox holds, oldest first."""

    def read() -> list[Written]:
        columns = "entity, record_id, event_type, snapshot"
        with engine.connect() as connection:
            rows = connection.execute(
                text(f"SELECT {columns} FROM proline_outbox.outbox_events ORDER BY id")
            )
            return [Written(*row) for row in rows]

    return read
