"""ProLine's views are asked for what was never sent; nothing they do stops the relay."""

import pytest
from prometheus_client import REGISTRY

from outbox import export
from tests.support.proline import EXPORT_VIEWS, contact, invoice, project, show_in_export
from tests.support.relay_in_hand import Office

SCHEMA = "CREATE SCHEMA proline_export;"
BROKEN_VIEWS = {
    "an id of another type": "SELECT 'acme'::text AS company_id, 7 AS record_id,"
    " '{}'::jsonb AS snapshot",
    "a missing column": "SELECT 'acme'::text AS company_id, 'c9'::text AS record_id",
    "an error in a row": "SELECT 'acme'::text AS company_id, 'c9'::text AS record_id,"
    " to_jsonb(1 / (random() * 0)::int) AS snapshot",
    "a snapshot that is no object": "SELECT 'acme'::text AS company_id, 'c9'::text AS record_id,"
    " '[7]'::jsonb AS snapshot",
    "a snapshot that is nothing": "SELECT 'acme'::text AS company_id, 'c9'::text AS record_id,"
    " NULL::jsonb AS snapshot",
    "a text jsonb cannot hold": "SELECT 'acme'::text AS company_id, 'c9'::text AS record_id,"
    """ '{"id": "\\u0000"}'::json AS snapshot""",
    "an answer that takes too long": "SELECT 'acme'::text AS company_id, 'c9'::text AS record_id,"
    " '{}'::jsonb AS snapshot FROM pg_sleep(60)",
}


def unreadable() -> float:
    """Read how often a view could not be read."""
    labels = {"entity": "contact"}
    return REGISTRY.get_sample_value("proline_qbo_views_unreadable_total", labels) or 0.0


@pytest.mark.parametrize("view", BROKEN_VIEWS.values(), ids=BROKEN_VIEWS)
def test_a_view_that_cannot_be_read_leaves_its_child_failed_and_stops_nobody(
    office: Office, view: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It counts as showing nothing; everything else goes on."""
    monkeypatch.setattr(export, "READ_WITHIN_MS", 100)
    office.do(f"{SCHEMA} CREATE VIEW proline_export.contacts AS {view}")

    office.say("project", project("p9", contact_id="c9"))
    office.say("invoice", invoice("i9", project_id="p9"))
    office.say("contact", contact())
    office.say("project", project())
    office.finish()

    assert office.record("invoice", "i9").code == "parent_unknown"
    assert office.state("contact", "c9") == "unknown"
    assert office.state("contact", "c1") == "done"
    assert office.rows("SELECT FROM proline_outbox.outbox_events") == []


def test_a_view_that_cannot_be_read_is_counted(office: Office) -> None:
    """ProLine's engineers have to hear of it."""
    before = unreadable()
    office.do(f"{SCHEMA} CREATE VIEW proline_export.contacts AS SELECT 1 AS nothing")

    office.say("project", project(contact_id="c9"))
    office.finish()

    assert unreadable() == before + 1


def test_a_view_that_is_not_there_is_no_fault(office: Office) -> None:
    """The views are ProLine's to make, or not."""
    before = unreadable()

    office.say("project", project(contact_id="c9"))
    office.finish()

    assert unreadable() == before


def test_what_came_meanwhile_by_an_event_is_newer_than_what_a_view_shows(office: Office) -> None:
    """Version 0 is older than every event."""
    office.do(EXPORT_VIEWS)
    with office.pool.connection() as connection:
        show_in_export(connection, "project", project(stage="Inspection"))
    office.say("invoice", invoice())
    office.hand.relay.tick()
    office.hand.relay.tick()

    (version,) = office.say("project", project())
    office.finish()

    assert office.record("project", "p1").version == version


def test_the_slow_look_asks_the_views_again_for_a_parent_that_was_not_there(
    office: Office,
) -> None:
    """A view repaired later lets the child go on by itself."""
    office.say("contact", contact())
    office.say("invoice", invoice())
    office.finish()
    office.hand.after(1.0)
    assert office.record("invoice", "i1").code == "parent_unknown"

    office.do(EXPORT_VIEWS)
    with office.pool.connection() as connection:
        show_in_export(connection, "project", project(stage="Inspection"))
    office.hand.after(601.0)

    assert office.state("invoice", "i1") == "waiting: stage"


def test_so_many_missing_parents_are_asked_for_a_piece_at_a_time(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No statement over a view grows with the backlog."""
    asked = []
    read = export.read_exported

    def counted(pool: object, group: export.Group) -> object:
        asked.append(len(group.record_ids))
        return read(pool, group)  # type: ignore[arg-type]  # the leader's own, passed on

    monkeypatch.setattr("outbox.missing_parents.read_exported", counted)
    monkeypatch.setattr("outbox.missing_parents.KEYS_AT_ONCE", 2)
    office.say("project", *(project(f"p{each}", contact_id=f"c{each}") for each in range(5)))
    office.finish()

    assert asked == [2, 2, 1]
