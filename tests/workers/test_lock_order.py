"""Locks that two transactions both take are taken in one order.

The company, then its limiter: so go a change of settings and a connect of the office, and a worker
that was told 429. An attempt, then its link: so goes an answer that comes late, and who closes it.
"""

from collections.abc import Callable

import psycopg
import pytest

from connections.settings import CompanySettings
from qbo_client import QuickBooksError
from records.claims import OpenAttempt
from tests.support.roofer import COMPANY, Roofer, until
from workers import earlier_sends, sending
from workers.earlier_sends import Found
from workers.session import Session

NewRoofer = Callable[..., Roofer]
HELD = "SELECT FROM proline_qbo.companies WHERE id = %s FOR NO KEY UPDATE"
WAITING = """
SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


def test_a_worker_told_429_waits_for_the_company_before_it_locks_the_limiter(
    roofer: Roofer,
) -> None:
    """The other way round the office's change of settings and the worker wait for each other."""
    roofer.fault({"entity": "customer", "operation": "create"}, status=429, xml=True)

    with psycopg.connect(roofer.proline.info.dsn) as office:
        office.execute(HELD, [COMPANY])
        roofer.contact().project()
        until(lambda: roofer.writes("customer") and roofer.rows(WAITING))

        free = office.execute("SELECT realm_id FROM proline_qbo.limiters FOR UPDATE NOWAIT")

        assert free.fetchall() == [(roofer.realm.settings.realm_id,)]
    roofer.settle()
    assert roofer.record("contact", "c1").state == "done"


def test_who_closes_an_attempt_waits_for_it_before_its_link_is_locked(
    new_roofer: NewRoofer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other way round it and the late answer of a worker taken for dead wait for each other."""
    create = CompanySettings(existing_customers="create")
    roofer = new_roofer(settings=create, books={"requestid": "ignored"})
    roofer.contact(phone="555-0100", email="ada@example.com").project().settle()
    roofer.hand("update", "Customer", PrimaryPhone={"FreeFormNumber": "555-0101"})
    roofer.fault({"entity": "customer", "operation": "update"}, answer="drop")

    with psycopg.connect(roofer.proline.info.dsn) as late:

        def look(
            session: Session, attempt: OpenAttempt, refusal: QuickBooksError | None = None
        ) -> Found | None:
            found = earlier_sends.look(session, attempt, refusal)
            late.execute("SELECT FROM proline_qbo.attempts WHERE id = %s FOR UPDATE", [attempt.id])
            return found

        monkeypatch.setattr(sending, "look", look)
        roofer.contact(phone="555-0101", email="bea@example.com")
        until(lambda: roofer.rows(WAITING))

        free = late.execute(
            "SELECT kind FROM proline_qbo.links WHERE record_pk = %s FOR UPDATE NOWAIT",
            [roofer.record("contact", "c1").pk],
        )

        assert free.fetchall() == [("Customer",)]
    roofer.settle()
    assert roofer.the("Customer")["PrimaryEmailAddr"] == {"Address": "bea@example.com"}
