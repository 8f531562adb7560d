"""What a payment pays is decided over invoices whose links are locked, and over no other."""

from collections.abc import Callable
from typing import Any

import pytest

from coordination.database import Connection, Pool
from records import applications
from records.allocation import Resolution
from records.applications import resolve_locked
from records.claims import Claim
from records.links import lock_links
from records.states import Reason
from schemas import Entity, Payment, parse_snapshot
from tests.support.hand_worker import HandWorker
from tests.support.proline import contact, enable_company, invoice, payment, project
from tests.support.relay_in_hand import Office


@pytest.fixture
def office(pool: Pool) -> Office:
    """Give a company with an invoice of 100 that QuickBooks has."""
    with pool.connection() as connection:
        enable_company(connection)
    office = Office(pool, HandWorker(pool))
    office.say("contact", contact())
    office.say("project", project())
    office.say("invoice", invoice())
    office.finish()
    return office


def claim_next(office: Office, entity: str, **snapshot: Any) -> Claim:  # noqa: ANN401  # as it is
    """Let ProLine say something, and claim what comes of it."""
    office.say(entity, snapshot)
    (message,) = office.hand.drain()
    claimed = office.worker.claim(message)
    assert claimed is not None
    return claimed


def resolved(office: Office, claimed: Claim) -> Resolution:
    """Decide what a claimed payment pays."""
    snapshot = parse_snapshot(Entity.PAYMENT, claimed.snapshot).snapshot
    assert isinstance(snapshot, Payment)
    with office.pool.connection() as connection:
        return resolve_locked(connection, claimed, snapshot)


def after_the_lock(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Let something happen once between the lock of what is there and the look that decides."""
    once = [happens]

    def lock(connection: Connection, realm_id: str, pks: list[int]) -> set[int]:
        locked = lock_links(connection, realm_id, pks)
        if once:
            once.pop()()
        return locked

    monkeypatch.setattr(applications, "lock_links", lock)


def test_an_invoice_that_comes_after_the_lock_is_not_paid_unlocked(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its link had no row to lock: another payment may be deciding over it at this moment."""
    money = claim_next(office, "payment", **payment(amount="40.00"))
    second = claim_next(office, "invoice", **invoice("i2", "40.00"))
    after_the_lock(monkeypatch, lambda: office.worker.settle(second))

    resolution = resolved(office, money)

    assert (resolution.lines, resolution.reason) == ((), Reason.PARENT)


def test_the_next_look_pays_the_invoice_that_came(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looked at again, its link is there and locked like the others."""
    money = claim_next(office, "payment", **payment(amount="40.00"))
    second = claim_next(office, "invoice", **invoice("i2", "40.00"))
    after_the_lock(monkeypatch, lambda: office.worker.settle(second))

    resolved(office, money)
    again = resolved(office, money)

    assert [line.invoice_pk for line in again.lines] == [second.pk]


def test_booked_money_meets_its_customer_under_the_lock_too(office: Office) -> None:
    """The relay's look was before: an invoice may have been booked on another customer since."""
    office.say("payment", payment(amount="40.00"))
    office.finish()
    money = claim_next(office, "payment", **payment(amount="40.00", reference="check 12"))
    office.do("UPDATE proline_qbo.links SET customer_id = '9' WHERE kind = 'Invoice'")

    assert resolved(office, money).question == "other_customer"
