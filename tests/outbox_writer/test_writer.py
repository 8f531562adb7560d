"""`record` writes one event in its caller's transaction."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from outbox import record
from schemas import Event, EventInvalid
from tests.outbox_writer.conftest import Written

Read = Callable[[], list[Written]]
Sessions = sessionmaker[Session]


def an_event(**changes: str) -> Event:
    """Make an event of an invoice."""
    fields = {"company_id": "com-1", "entity": "invoice", "record_id": "inv-1"} | changes
    return Event(snapshot={"memo": "Dach, Größe 3"}, **fields)  # type: ignore[arg-type] # entity as text, as ProLine may write it


def test_an_event_is_there_once_the_caller_commits(plain_sessions: Sessions, written: Read) -> None:
    """It joins the caller's transaction and commits nothing itself."""
    with plain_sessions() as session:
        record(session, an_event(event_type="invoice.sent"))
        before = written()
        session.commit()

    assert before == []
    assert written() == [Written("invoice", "inv-1", "invoice.sent", {"memo": "Dach, Größe 3"})]


def test_an_event_is_gone_when_the_caller_rolls_back(
    plain_sessions: Sessions, written: Read
) -> None:
    """What did not happen in ProLine is not told."""
    with plain_sessions() as session:
        record(session, an_event())
        session.rollback()

    assert written() == []


def test_a_connection_will_do_and_ids_ascend(engine: Engine, written: Read) -> None:
    """The id of the event is returned, the newer one the higher."""
    with engine.begin() as connection:
        first = record(connection, an_event())
        second = record(connection, an_event())

    assert second > first
    assert len(written()) == 2


def test_an_envelope_that_cannot_be_addressed_raises_a_sentence() -> None:
    """Before anything is sent, so that ProLine's transaction lives on."""
    with pytest.raises(EventInvalid, match="names no company"):
        an_event(company_id="")
