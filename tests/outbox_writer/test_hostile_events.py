"""Whatever is passed: Python and SQL take or refuse alike, and what was taken comes to rest."""

import json
from dataclasses import dataclass, replace
from itertools import count
from traceback import format_exception
from typing import Any, Final

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import Engine, text

from outbox import record
from outbox.events import stored_text
from schemas import Entity, EventInvalid, SnapshotInvalid, decode_snapshot, parse_snapshot
from tests.behaviour.playing import try_again_quickly
from tests.schemas.hostile import SECRET, Envelope, always, envelopes
from tests.support.roofer import COMPANY, Roofer, roofer_in

ENDS: Final = frozenset({"done", "failed", "waiting", "skipped"})
APPEND: Final = "SELECT proline_outbox.append(%s, %s, %s, %s::jsonb, %s)"
WRITTEN: Final = """
SELECT company_id, entity, record_id, event_type, snapshot::text
  FROM proline_outbox.outbox_events ORDER BY id DESC LIMIT 1
"""
SHARED = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@dataclass(frozen=True)
class Taken:
    """An event as it was written: what names it, and its snapshot as PostgreSQL prints it."""

    company_id: str
    entity: str
    record_id: str
    event_type: str
    snapshot: str


@dataclass(frozen=True)
class Refused:
    """An event that was refused, with all that a log may print of our rule; else with nothing."""

    printed: str = ""


def test_python_and_sql_take_or_refuse_alike(
    engine: Engine, connection: psycopg.Connection
) -> None:
    """One event has one meaning, whoever writes it; what is refused is quoted by neither."""

    @settings(SHARED, max_examples=150)
    @given(envelopes())
    @always
    def alike(envelope: Envelope) -> None:
        recorded = by_python(engine, envelope)
        appended = by_sql(connection, envelope)

        assert SECRET not in quoted(recorded) + quoted(appended)
        # There is one rule that Python has alone, and some of it can only be said to Python.
        if names_another(envelope) or appended is None:
            assert isinstance(recorded, Refused)
        elif isinstance(recorded, Taken):
            assert appended == recorded
        else:
            assert isinstance(appended, Refused)

    alike()


def test_what_was_taken_is_read_by_relay_and_workers(connection: psycopg.Connection) -> None:
    """Neither the text that comes nor the one that is stored breaks whoever reads it."""

    @settings(SHARED, max_examples=150)
    @given(envelopes())
    @always
    def is_read(envelope: Envelope) -> None:
        appended = by_sql(connection, envelope)
        if not isinstance(appended, Taken):
            return

        raw = decode_snapshot(appended.snapshot)
        stored = json.loads(stored_text(appended.snapshot, raw))

        assert misfit_of(appended.entity, stored) == misfit_of(appended.entity, raw)

    is_read()


def test_what_was_taken_comes_to_rest(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parked with a sentence, waiting for what it names, or in QuickBooks; never tried for ever."""
    try_again_quickly(monkeypatch)
    numbers = count(100)
    with roofer_in(database_url) as roofer:
        roofer.contact().project().invoice().settle()

        @settings(SHARED, max_examples=60)
        @given(envelopes())
        @always
        def rests(envelope: Envelope) -> None:
            number = next(numbers)
            named = as_one_of(envelope, number)
            if isinstance(by_sql(roofer.proline, named, keep=True), Taken):
                assert_at_rest(roofer, named, number)

        rests()


def assert_at_rest(roofer: Roofer, said: Envelope, number: int) -> None:
    """Hold that a record stands still, with a sentence wherever it is not done."""
    if said.entity == Entity.CONTACT and said.company_id == COMPANY:
        # A contact is sent once a project of it is won.
        roofer.project(f"p{number}", number=f"2{number}", contact_id=said.record_id)
    roofer.settle()
    if said.company_id != COMPANY:
        return
    stands = roofer.record(said.entity, said.record_id)
    assert stands.state in ENDS, stands
    assert stands.state == "done" or stands.sentence, stands
    assert stands.code != "snapshot_invalid" or SECRET not in stands.sentence


def as_one_of(envelope: Envelope, number: int) -> Envelope:
    """Give the event to a record of its own: what failed before is tried again after a minute."""
    record_id, snapshot = envelope.record_id, envelope.snapshot
    if not isinstance(record_id, str) or not record_id:
        return envelope
    own = f"{record_id[:50]}{number}"
    if isinstance(snapshot, dict) and snapshot.get("id") == record_id:
        snapshot = snapshot | {"id": own}
    return replace(envelope, record_id=own, snapshot=snapshot)


def quoted(outcome: Taken | Refused | None) -> str:
    """Give what a refusal prints."""
    return outcome.printed if isinstance(outcome, Refused) else ""


def names_another(envelope: Envelope) -> bool:
    """Say whether a snapshot has an id, and not that of its record."""
    snapshot = envelope.snapshot
    return isinstance(snapshot, dict) and snapshot.get("id") not in (None, envelope.record_id)


def misfit_of(entity: str, raw: Any) -> str | None:  # noqa: ANN401  # any JSON
    """Say how a snapshot does not fit; None: it does. Anything else that is raised is a fault."""
    try:
        parse_snapshot(Entity(entity), raw)
    except SnapshotInvalid as misfit:
        return misfit.sentence
    return None


def by_python(engine: Engine, envelope: Envelope) -> Taken | Refused:
    """Write an event as ProLine's Python does, and take it back.

    There is one way to refuse it; any other error would break ProLine's transaction, and
    SQLAlchemy would print what was sent.
    """
    try:
        event = envelope.event()
    except EventInvalid as refused:
        return Refused("".join(format_exception(refused)))
    with engine.connect() as connection:
        record(connection, event)
        return Taken(*connection.execute(text(WRITTEN)).one())


def by_sql(
    connection: psycopg.Connection, envelope: Envelope, *, keep: bool = False
) -> Taken | Refused | None:
    """Write an event as any other program does; None: SQL has no way to say it."""
    try:
        snapshot = json.dumps(envelope.snapshot)
    except (TypeError, ValueError, RecursionError):
        return None
    entity = str(envelope.entity) if isinstance(envelope.entity, str) else envelope.entity
    named = [envelope.company_id, entity, envelope.record_id]
    if any(isinstance(each, list | dict) for each in (*named, envelope.event_type)):
        return None  # the driver would make a text of it
    try:
        with connection.transaction(force_rollback=not keep):
            connection.execute(APPEND, [*named, snapshot, envelope.event_type])
            row = connection.execute(WRITTEN).fetchone()
    except psycopg.errors.IntegrityError as refused:
        return Refused(f"{refused} {refused.diag.message_detail} {refused.diag.context}")
    except (psycopg.Error, UnicodeEncodeError):
        # A type of PostgreSQL's own has refused it before a rule of ours could: such an error
        # quotes what it could not read.
        return Refused()
    assert row is not None
    return Taken(*row)
