"""The audit: each change with who made it, from what to what; nothing of it is ever taken back."""

import inspect
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import errors as postgres

from connections import audit
from connections.audit import LIST_MOST, Actor, Entry, changed, list_entries, note
from connections.companies import open_company
from coordination.database import Connection
from tests.support.database_clock import DatabaseClock

A, B = "company-a", "company-b"
JANE = Actor("Jane Example", "page", user_id="user-1")
NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
SETTINGS = st.dictionaries(st.sampled_from("abcd"), st.none() | st.integers(0, 2))


@pytest.fixture
def c(connection: Connection) -> Connection:
    """Give a session on a database that knows two companies."""
    open_company(connection, A, "Example Roofing")
    open_company(connection, B, "Sample Roofing")
    return connection


def test_a_change_is_noted_whole(c: Connection, database_clock: DatabaseClock) -> None:
    """Who, when, on what way, what, of which record, from what to what, and Intuit's number."""
    database_clock.freeze(NOW)

    note(
        c,
        A,
        JANE,
        "record.skip",
        entity="invoice",
        record_id="invoice-7",
        before={"state": "failed"},
        after={"state": "skipped"},
        intuit_tid="tid-1",
    )

    (entry,) = list_entries(c, A)
    assert entry == Entry(
        id=entry.id,
        at=NOW,
        actor=JANE,
        action="record.skip",
        entity="invoice",
        record_id="invoice-7",
        before={"state": "failed"},
        after={"state": "skipped"},
        intuit_tid="tid-1",
    )


def test_what_is_not_said_is_not_there(c: Connection) -> None:
    """An action without a record, a before or a call is an action all the same."""
    note(c, A, Actor("keep-alive", "program"), "connection.lose")

    (entry,) = list_entries(c, A)
    assert entry.actor == Actor("keep-alive", "program", user_id=None)
    assert (entry.entity, entry.record_id, entry.intuit_tid) == (None, None, None)
    assert (entry.before, entry.after) == (None, None)


def test_nothing_is_no_missing_answer(c: Connection) -> None:
    """An empty mapping says that nothing was there; None says that nobody compared."""
    note(c, A, JANE, "settings.change", before={}, after={"stages": ["Closed - Won"]})

    assert list_entries(c, A)[0].before == {}


def test_a_change_that_came_to_nothing_leaves_no_entry(c: Connection) -> None:
    """It is written in the transaction of what it tells."""
    with c.transaction(force_rollback=True):
        note(c, A, JANE, "company.enable")

    assert list_entries(c, A) == []


def test_entries_are_listed_newest_first_page_by_page(c: Connection) -> None:
    """From the last one's id on, none twice and none left out, whatever comes meanwhile."""
    for number in range(5):
        note(c, A, JANE, f"settings.change-{number}")

    first = list_entries(c, A, limit=2)
    note(c, A, JANE, "settings.change-5")
    second = list_entries(c, A, before_id=first[-1].id, limit=2)
    third = list_entries(c, A, before_id=second[-1].id, limit=2)

    listed = [entry.action[-1] for entry in [*first, *second, *third]]
    assert listed == ["4", "3", "2", "1", "0"]


def test_a_company_sees_its_own_entries_alone(c: Connection) -> None:
    """Also where it names the id of another's."""
    note(c, A, JANE, "company.enable")
    note(c, B, JANE, "company.disable")
    (others,) = list_entries(c, B)

    assert [entry.action for entry in list_entries(c, A, before_id=others.id + 1)] == [
        "company.enable"
    ]


def test_a_page_has_a_limit(c: Connection) -> None:
    """Whatever is asked for."""
    for _ in range(LIST_MOST + 1):
        note(c, A, JANE, "company.enable")

    assert len(list_entries(c, A)) == 50
    assert len(list_entries(c, A, limit=1_000_000)) == LIST_MOST


def test_an_action_has_a_short_name(c: Connection) -> None:
    """It is a word of ours, never a text that came from outside."""
    for action in ["", "x" * 65]:
        with pytest.raises(postgres.CheckViolation), c.transaction():
            note(c, A, JANE, action)


def test_nothing_changes_an_entry() -> None:
    """Who could mend an audit could mend it for themselves."""
    statements = [value for name, value in inspect.getmembers(audit) if name.startswith("_")]

    words = {
        str(statement).split()[0] for statement in statements if "proline_qbo" in f"{statement}"
    }
    assert words & {"INSERT", "SELECT", "UPDATE", "DELETE"} == {"INSERT", "SELECT"}


def test_only_what_differs_is_told() -> None:
    """Twenty settings that stayed hide the one that changed."""
    before = {"stages": ["Won"], "ceiling": 450, "tax": None}
    after = {"stages": ["Won"], "ceiling": 400, "deposit": None}

    assert changed(before, after) == (
        {"ceiling": 450, "tax": None},
        {"ceiling": 400, "deposit": None},
    )


@given(SETTINGS, SETTINGS)
def test_what_differs_leads_from_one_to_the_other(
    before: dict[str, object], after: dict[str, object]
) -> None:
    """What was, without what is told of it, and with what is told of now, is what is."""
    was, is_ = changed(before, after)

    kept = {name: value for name, value in before.items() if name not in was}
    assert {**kept, **is_} == after
    assert all(before[name] == value for name, value in was.items())
    assert not [name for name in was if name in is_ and was[name] == is_[name]]
