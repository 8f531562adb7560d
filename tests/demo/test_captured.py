"""ProLine's capture: after any play, the newest event of each record is what the view shows."""

import io
from typing import Any

from rich.console import Console
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session, sessionmaker

from demo.play import play_live, play_now
from demo.progress import (
    SECONDS_BETWEEN_LINES,
    Counter,
    Lines,
    live_display,
    progress_table,
)
from demo.proline import capture_changes
from demo.scenario import Era, Plan, entity_of

AS_FAST_AS_POSSIBLE = 1e9
SHOWN = """
SELECT 'contact' AS entity, record_id, snapshot FROM proline_export.contacts UNION ALL
SELECT 'project', record_id, snapshot FROM proline_export.projects UNION ALL
SELECT 'invoice', record_id, snapshot FROM proline_export.invoices UNION ALL
SELECT 'payment', record_id, snapshot FROM proline_export.payments
"""
NEWEST = """
SELECT DISTINCT ON (entity, record_id) entity, record_id, snapshot
FROM proline_outbox.outbox_events ORDER BY entity, record_id, id DESC
"""


def read(engine: Engine, statement: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Read snapshots by entity and id, without the balance, whose change alone is no event."""
    with engine.connect() as connection:
        rows = connection.execute(text(statement)).all()
    balances = {"balance", "amount_due"}
    return {
        (row.entity, row.record_id): {
            name: value for name, value in row.snapshot.items() if name not in balances
        }
        for row in rows
    }


def test_the_newest_event_of_each_record_is_what_the_view_shows(
    engine: Engine, sessions: sessionmaker[Session], scenario: Plan
) -> None:
    """Four writers side by side lose nothing: lines and allocations included."""
    capture_changes(sessions)
    play_now(sessions, scenario.of(Era.BEFORE_OUTBOX, Era.BEFORE_ENABLE))

    play_live(sessions, scenario.of(Era.LIVE), speed=AS_FAST_AS_POSSIBLE)

    newest, shown = read(engine, NEWEST), read(engine, SHOWN)
    assert newest == shown
    assert {entity for entity, _ in newest} == {"contact", "project", "invoice", "payment"}


def test_each_step_of_a_record_is_one_event_so_a_passing_stage_is_seen(
    engine: Engine, sessions: sessionmaker[Session], scenario: Plan
) -> None:
    """A project that only passes through a stage leaves an event in that stage."""
    capture_changes(sessions)

    play_now(sessions, scenario.steps)

    with engine.connect() as connection:
        events = connection.execute(text("SELECT count(*) FROM proline_outbox.outbox_events"))
        counted = events.scalar_one()
    assert counted == sum(entity_of(step.change) is not None for step in scenario.steps)


def test_what_was_played_before_the_capture_leaves_no_event(
    engine: Engine, sessions: sessionmaker[Session], scenario: Plan
) -> None:
    """Contacts older than the outbox are known to the views alone."""
    play_now(sessions, scenario.of(Era.BEFORE_OUTBOX))

    capture_changes(sessions)

    assert read(engine, NEWEST) == {}
    assert len(read(engine, SHOWN)) == 5


def test_where_nothing_can_be_redrawn_a_line_is_printed_now_and_then() -> None:
    """A log shows progress too, and is not flooded by it."""
    written = io.StringIO()
    now = [0.0]
    lines = Lines(Console(file=written, width=120), 10, monotonic=lambda: now[0])

    lines.show(1, 0, {"pending": 1})
    lines.show(2, 1, {"done": 1})
    now[0] += SECONDS_BETWEEN_LINES
    lines.show(3, 2, {"done": 2})

    first, second = written.getvalue().splitlines()
    assert first == "1 of 10 changes committed, 0 objects in QuickBooks; records: pending 1"
    assert second.startswith("3 of 10")


def test_the_live_display_shows_what_arrived_and_what_waits() -> None:
    """Committed, arrived, waiting, and the records by state in the words of the product."""
    written = io.StringIO()
    console = Console(file=written, width=120, force_terminal=True)
    counter = Counter()
    counter.add(object())

    with live_display(console, 10) as display:
        display.show(counter.value, 7, {"done": 3, "waiting": 2, "failed": 0})
    console.print(progress_table(10, counter.value, 7, {"done": 3, "waiting": 2, "failed": 0}))

    shown = written.getvalue()
    assert "1 of 10 changes" in shown
    assert "7 customers, invoices and payments" in shown
    assert "done 3  waiting 2" in shown
    assert "failed" not in shown
