"""Settles that meet at one moment: a late answer, an heir's, a void beside a payment."""

import threading
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from broker.claim_checks import Message
from coordination.database import at_once, in_transaction
from records.allocation import Application
from records.applications import hold
from records.attempts import Write
from records.claims import Claim, OpenAttempt
from records.links import Linked, lock_links
from records.settlement import done
from tests.support.attempts import a_write, an_attempt
from tests.support.hand_worker import HandWorker
from tests.support.proline import contact, invoice, pays, project
from tests.support.relay_in_hand import Office
from tests.support.roofer import until
from workers.closing import write_success

WAITS = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND pid <> pg_backend_pid()"


def customer(qbo_id: str) -> Linked:
    """Give a customer as QuickBooks made it."""
    return Linked(kind="Customer", qbo_id=qbo_id, sync_token="0", owned={})


def inherited(office: Office) -> tuple[Claim, OpenAttempt, HandWorker, Message]:
    """Let a claim with an open attempt be taken back; give it, and the message for its heir."""
    office.say("contact", contact())
    office.say("project", project())
    (message,) = office.hand.drain()
    slow = office.worker.claim(message)
    assert slow is not None
    with office.pool.connection() as connection:
        attempt = an_attempt(connection, slow, a_write("late"))
    office.worker.retire()
    heir = HandWorker(office.pool)
    again = [*office.hand.after(1.0), *office.hand.after(1.0)]
    assert len(again) == 1
    return slow, attempt, heir, again[0]


def settle(office: Office, claim: Claim, attempt: OpenAttempt, linked: Linked) -> None:
    """Settle by a statement alone, as a worker does."""
    with at_once(office.pool) as connection:
        write_success(connection, claim, attempt, linked, None, done(claim.version, ""))


@pytest.mark.parametrize("at_one_moment", [False, True])
def test_a_second_object_is_told_however_the_settles_meet(
    office: Office,
    at_one_moment: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    """The late answer waits for the heir's settle, and has not seen its link when it began."""
    slow, attempt, heir, again = inherited(office)
    new = heir.claim(again)
    assert new is not None
    late = threading.Thread(target=settle, args=(office, slow, attempt, customer("101")))

    with office.pool.connection() as connection:
        write_success(connection, new, attempt, customer("102"), None, done(new.version, ""))
        if at_one_moment:
            late.start()
            until(lambda: office.rows(WAITS))
    if not at_one_moment:
        late.start()
    late.join()

    (link,) = office.rows("SELECT qbo_id FROM proline_qbo.links")
    (finding,) = office.rows("SELECT kind, key FROM proline_qbo.findings")
    assert link.qbo_id == "102"
    assert (finding.kind, finding.key) == ("made_twice", "101")


def test_a_claim_sees_its_link_and_its_open_attempt_in_one_statement(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In two, a late answer between them leaves neither, and the claim creates once more."""
    _, attempt, heir, again = inherited(office)
    executed: list[object] = []
    execute: Any = psycopg.Cursor.execute

    def counted(cursor: object, query: object, *rest: object, **named: object) -> object:
        executed.append(query)
        return execute(cursor, query, *rest, **named)

    monkeypatch.setattr(psycopg.Cursor, "execute", counted)
    new = heir.claim(again)

    assert new is not None
    assert new.attempt == attempt
    assert len(executed) == 1


@pytest.mark.parametrize("paid_before", [False, True])
def test_a_void_leaves_no_money_that_a_payment_is_just_putting_there(
    office: Office,
    paid_before: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    """Both lock the invoice's link first; neither ends in a deadlock."""
    office.say("contact", contact())
    office.say("project", project())
    office.say("invoice", invoice())
    office.finish()
    if paid_before:
        office.say("payment", pays("y1", "40.00", i1="40.00"))
        office.finish()
    office.say("invoice", invoice(memo="Changed"))
    (of_invoice,) = office.hand.drain()
    voided = office.worker.claim(of_invoice)
    office.say("payment", pays("y1", "50.00", i1="50.00"))
    (of_payment,) = office.hand.drain()
    paying = office.worker.claim(of_payment)
    assert voided is not None
    assert voided.link is not None
    assert paying is not None
    qbo_id = voided.link.qbo_id
    void = Write("", "void", "Invoice", "/invoice", (), b"{}", "void", "void", {})
    with office.pool.connection() as connection:
        attempt = an_attempt(connection, voided, void)
    there = Linked(
        kind="Invoice", qbo_id=qbo_id, sync_token="9", owned={}, customer_id="1", voided=True
    )

    def settle_void() -> None:
        with in_transaction(office.pool) as connection:
            end = done(voided.version, "void")
            write_success(connection, voided, attempt, there, None, end)

    late = threading.Thread(target=settle_void)
    with office.pool.connection() as connection:
        lock_links(connection, voided.realm_id, [voided.pk])
        late.start()
        until(lambda: office.rows(WAITS))
        hold(connection, paying, "", [Application(voided.pk, qbo_id, Decimal(50))])
    late.join()

    assert office.rows("SELECT FROM proline_qbo.applications") == []
