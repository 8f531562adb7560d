"""What capture refuses, because it could not tell the truth about it."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine, delete, insert, update
from sqlalchemy.orm import Session, sessionmaker

from outbox import BulkChangeNotNamed, IsolationTooHigh, Part, Root, capture
from tests.outbox_writer.billing import (
    ROOTS,
    Allocation,
    Invoice,
    InvoiceLine,
    Note,
    Payment,
    Project,
    invoice_snapshots,
    invoices_of_projects,
)
from tests.outbox_writer.conftest import Written

Read = Callable[[], list[Written]]
Sessions = sessionmaker[Session]


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_a_commit_above_read_committed_is_refused(
    engine: Engine, books: None, written: Read, level: str
) -> None:
    """There a read after the lock is as old as the transaction."""
    sessions = sessionmaker(engine.execution_options(isolation_level=level))
    capture(sessions, *ROOTS)

    with pytest.raises(IsolationTooHigh, match=level), sessions.begin() as session:
        session.get_one(Invoice, "inv-1").memo = "never"

    assert written() == []
    with sessions() as session:
        assert session.get_one(Invoice, "inv-1").memo == ""


@pytest.mark.parametrize(
    "statement",
    [
        update(Invoice).values(memo="bulk"),
        update(Invoice.__table__).values(memo="bulk"),  # type: ignore[arg-type] # a Table
        update(InvoiceLine).values(amount=1),
        delete(InvoiceLine),
        insert(Invoice).values(id="inv-9", company_id="com-1"),
    ],
)
def test_a_bulk_change_that_names_no_records_is_refused(
    sessions: Sessions, books: None, statement: object
) -> None:
    """It leaves no trace in the session; it would be lost in silence."""
    with sessions() as session, pytest.raises(BulkChangeNotNamed, match="captured_ids"):
        session.execute(statement)  # type: ignore[call-overload] # any of the three


def test_a_bulk_update_captures_the_records_it_names(
    sessions: Sessions, books: None, written: Read
) -> None:
    """Named once, they are locked, read and written like any others."""
    with sessions.begin() as session:
        named = {"captured_ids": ["inv-2", "inv-1"]}
        session.execute(update(Invoice).values(memo="bulk"), execution_options=named)

    assert [(each.record_id, each.snapshot["memo"]) for each in written()] == [
        ("inv-1", "bulk"),
        ("inv-2", "bulk"),
    ]


def test_a_bulk_delete_of_parts_captures_the_root_it_names(
    sessions: Sessions, books: None, written: Read
) -> None:
    """The ids are those of the records, not of the parts."""
    with sessions.begin() as session:
        named = {"captured_ids": ["inv-1"]}
        session.execute(delete(InvoiceLine), execution_options=named)

    (only,) = written()
    assert only.snapshot["lines"] == []


def test_a_bulk_delete_of_roots_writes_their_last_snapshots(
    sessions: Sessions, books: None, written: Read
) -> None:
    """Read before the statement runs, as for a delete through the session."""
    with sessions.begin() as session:
        named = {"captured_ids": ["inv-2"]}
        session.execute(delete(Invoice).where(Invoice.id == "inv-2"), execution_options=named)

    (only,) = written()
    assert (only.record_id, only.event_type) == ("inv-2", "invoice.deleted")


def test_a_table_of_several_roots_needs_ids_by_entity(
    sessions: Sessions, books: None, written: Read
) -> None:
    """One list would not say of which entity the ids are."""
    change = update(Project).values(contact_id="con-2")
    with sessions() as session, pytest.raises(BulkChangeNotNamed, match="projects"):
        session.execute(change, execution_options={"captured_ids": ["prj-1"]})
    with sessions() as session, pytest.raises(BulkChangeNotNamed, match="invoice records"):
        session.execute(change, execution_options={"captured_ids": {"project": ["prj-1"]}})

    with sessions.begin() as session:
        named = {"captured_ids": {"project": ["prj-1"], "invoice": ["inv-1"]}}
        session.execute(change, execution_options=named)

    assert [each.record_id for each in written()] == ["prj-1", "inv-1"]


def test_a_bulk_change_of_other_tables_passes(sessions: Sessions, written: Read) -> None:
    """What no record is made of is nobody's business here."""
    with sessions.begin() as session:
        session.execute(insert(Note).values(body="x"))
        session.execute(update(Note).values(body="y"))

    assert written() == []


def test_a_root_needs_one_primary_key_column() -> None:
    """Said when ProLine starts, not when it commits."""
    with pytest.raises(ValueError, match="Allocation needs one primary key"):
        Root(Allocation, entity="payment", snapshots=invoice_snapshots)


def test_a_part_needs_an_owner_it_has() -> None:
    """A misspelt attribute is found when ProLine starts."""
    parts = (Part(InvoiceLine, owner="invoyce_id"),)

    with pytest.raises(ValueError, match="'invoyce_id'"):
        Root(Invoice, entity="invoice", snapshots=invoice_snapshots, parts=parts)


def test_a_part_whose_owners_are_looked_up_needs_one_primary_key_column() -> None:
    """The look-up is given plain ids."""
    parts = (Part(Allocation, owner=invoices_of_projects),)

    with pytest.raises(ValueError, match="Allocation needs one primary key"):
        Root(Payment, entity="payment", snapshots=invoice_snapshots, parts=parts)


def test_a_root_is_of_a_known_entity() -> None:
    """There are four."""
    with pytest.raises(ValueError, match="quote"):
        Root(Invoice, entity="quote", snapshots=invoice_snapshots)
