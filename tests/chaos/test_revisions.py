"""What the load says of each change: as the record is then, whatever its session remembers."""

from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from chaos.load.revisions import Revision, lock_roots, look_at_roots, raise_revision
from demo.people import people
from demo.scenario.changes import (
    AddContact,
    AddProject,
    Change,
    EditPayment,
    ReceivePayment,
    VoidPayment,
)
from demo.transactions import perform
from tests.chaos.conftest import COMPANY


def test_a_void_that_a_session_has_not_seen_is_in_its_revision(
    sessions: sessionmaker[Session],
) -> None:
    """An author who looked before it was void edits what is void, and says so."""
    _make_payment(sessions)
    edit = EditPayment("y1", "")
    with sessions() as session:
        seen = look_at_roots(session, (edit,))
        _commit(sessions, VoidPayment("y1"))
        lock_roots(session, (edit,))
        perform(edit, session, COMPANY)
        raise_revision(session, COMPANY, edit)
        session.commit()
        assert seen

    with sessions() as session:
        gone = session.scalars(select(Revision.gone).order_by(Revision.number)).all()
    assert gone[-2:] == [True, True]


def _make_payment(sessions: sessionmaker[Session]) -> None:
    (person,) = people(1, 1)
    _commit(sessions, AddContact("c1", "1001", person))
    _commit(sessions, AddProject("p1", "1002", "Roof", "c1", person.address, "Lead"))
    _commit(
        sessions,
        ReceivePayment(
            record_id="y1",
            number="1003",
            project_id="p1",
            contact_id="c1",
            status="complete",
            received_on=date(2026, 11, 22),
            amount=Decimal("40.00"),
            method="card",
            reference=None,
        ),
    )


def _commit(sessions: sessionmaker[Session], change: Change) -> None:
    with sessions.begin() as session:
        lock_roots(session, (change,))
        perform(change, session, COMPANY)
        raise_revision(session, COMPANY, change)
