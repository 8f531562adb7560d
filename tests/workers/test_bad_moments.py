"""The database goes away, a bug strikes, a person was first: nothing is lost and nothing leaks."""

import threading
from collections.abc import Callable
from decimal import Decimal
from types import ModuleType
from typing import Any
from uuid import UUID

import psycopg
import pytest
import structlog

from connections.settings import CompanySettings
from coordination import limiter
from coordination.database import SESSION_TIMEOUT_MS, Connection
from qbo_simulator.wire import Request
from records import claims
from records.claims import Claim, ClaimCheck
from records.links import Linked
from tests.support.roofer import Roofer, until
from workers import body, calling, closing, sending
from workers.mapping import MappingRefused

NewRoofer = Callable[..., Roofer]
EACH_STEP = pytest.mark.parametrize(
    ("module", "name"),
    [(body, "claim"), (calling, "open_attempt"), (sending, "write_success")],
    ids=["claim", "attempt", "settle"],
)
"""The transactions of a write, each by what it runs."""
READ_ONLY = """
DO $$ BEGIN
    SET LOCAL transaction_read_only = on;
    UPDATE proline_qbo.records SET since = since;
END $$
"""


def test_a_claim_is_repeated_until_the_database_takes_it(
    new_roofer: NewRoofer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message is acknowledged afterwards; a claim given up would keep its place for ever."""
    away = iter([True, True])

    def away_twice(connection: Connection, check: ClaimCheck, process_id: UUID) -> Claim | None:
        if next(away, False):
            raise psycopg.errors.LockNotAvailable("canceling statement due to lock timeout")
        return claims.claim(connection, check, process_id)

    monkeypatch.setattr(body, "claim", away_twice)
    roofer = new_roofer()

    roofer.contact().project().settle()

    assert roofer.record("contact", "c1").state == "done"


def test_without_the_repeat_of_a_claim_its_record_stays_dispatched(
    new_roofer: NewRoofer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard taken out: the message is gone, and nobody has the record."""
    monkeypatch.setattr(body, "CLAIM_TRIES_MOST", 1)
    failed: list[ClaimCheck] = []

    def away_once(connection: Connection, check: ClaimCheck, process_id: UUID) -> Claim | None:
        if not failed:
            failed.append(check)
            raise psycopg.errors.LockNotAvailable("canceling statement due to lock timeout")
        return claims.claim(connection, check, process_id)

    monkeypatch.setattr(body, "claim", away_once)
    roofer = new_roofer()

    roofer.contact().project()
    until(lambda: failed)

    with pytest.raises(AssertionError, match="not so within"):
        roofer.settle(seconds=2)
    assert roofer.record("contact", "c1").state == "dispatched"


@EACH_STEP
def test_a_transaction_that_the_server_ended_is_begun_anew(
    new_roofer: NewRoofer, monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str
) -> None:
    """So it does with one in which a process was frozen: no record is at fault, none is parked."""
    frozen: list[None] = []
    works = getattr(module, name)

    def frozen_once(connection: Connection, *arguments: object) -> object:
        result = works(connection, *arguments)
        if not frozen:
            frozen.append(None)
            threading.Event().wait(1.25 * SESSION_TIMEOUT_MS / 1000)
        return result

    monkeypatch.setattr(module, name, frozen_once)
    roofer = new_roofer(settings=CompanySettings(existing_customers="create"))

    with structlog.testing.capture_logs() as logs:
        roofer.contact().project().settle()

    assert frozen
    assert roofer.record("contact", "c1").state == "done"
    assert len(roofer.writes("customer")) == 1
    assert not {"record.broke", "record.not_synced"} & {each["event"] for each in logs}


@EACH_STEP
def test_a_server_that_takes_no_writes_for_a_while_is_waited_for(
    new_roofer: NewRoofer, monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str
) -> None:
    """It was demoted, or its disk is full: no record is at fault, none is parked."""
    refused: list[None] = []
    works = getattr(module, name)

    def refused_once(connection: Connection, *arguments: object) -> object:
        if not refused:
            refused.append(None)
            connection.execute(READ_ONLY)
        return works(connection, *arguments)

    monkeypatch.setattr(module, name, refused_once)
    roofer = new_roofer(settings=CompanySettings(existing_customers="create"))

    with structlog.testing.capture_logs() as logs:
        roofer.contact().project().settle()

    assert refused
    assert roofer.record("contact", "c1").state == "done"
    assert len(roofer.writes("customer")) == 1
    assert not {"record.broke", "record.not_synced"} & {each["event"] for each in logs}


def test_a_call_that_nobody_ends_is_ended_when_no_call_can_last_so_long(
    roofer: Roofer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug behind the call left it open; ten of them would silence the company."""
    struck: list[None] = []

    def broken(*_: object) -> Linked:
        struck.append(None)
        raise ZeroDivisionError

    monkeypatch.setattr(sending, "linked_by", broken)
    roofer.contact().project()
    # A call is open for as long as any call lasts; the one nobody ends is the one the bug struck.
    until(lambda: struck)

    with roofer.system.pool.connection() as connection:
        ended_too_early = limiter.end_forgotten(connection)
        connection.execute(
            "UPDATE proline_qbo.calls SET slot_at = slot_at - interval '2 minutes'"
            " WHERE ended_at IS NULL"
        )
        ended = limiter.end_forgotten(connection)

    assert ended_too_early == 0
    assert ended > 0


def test_a_refused_project_stays_failed_instead_of_being_tried_for_ever(
    new_roofer: NewRoofer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refusal on the way to the wanted state names the basis that the relay judges by."""

    def refuse(*_: object, **__: object) -> Any:  # noqa: ANN401  # it never returns
        raise MappingRefused("currency", "It cannot be booked one to one.")

    monkeypatch.setattr("workers.wanted.job_fields", refuse)
    roofer = new_roofer(settings=CompanySettings(customer_mode="sub"))

    roofer.contact().project().settle()

    project = roofer.record("project", "p1")
    assert (project.state, project.code) == ("failed", "currency")


def test_what_a_person_applied_before_us_counts_for_the_next_payment(roofer: Roofer) -> None:
    """The deposit is applied by hand just before our update: nothing is left to write, but kept."""
    roofer.contact().project().payment("60.00").settle()
    deposit = roofer.the("Payment")

    def apply_by_hand(request: Request) -> None:
        if "payment" not in request.path or b'"Id"' not in request.body:
            return
        roofer.quickbooks.on_call = lambda _: None
        line = {
            "Amount": 60,
            "LinkedTxn": [{"TxnId": roofer.the("Invoice")["Id"], "TxnType": "Invoice"}],
        }
        named = {name: deposit[name] for name in ("Id", "SyncToken", "CustomerRef")}
        roofer.by_hand("payment", **named, sparse=True, TotalAmt=60, Line=[line])

    roofer.quickbooks.on_call = apply_by_hand
    roofer.invoice(total="100.00").settle()
    roofer.payment("60.00", on={"i1": "60.00"}, record_id="y2").settle()

    (applied,) = roofer.rows("SELECT sum(held) AS held FROM proline_qbo.applications")
    assert applied.held == Decimal(100)
    assert roofer.record("payment", "y2").state == "done"


def test_a_late_refusal_frees_nothing_that_a_newer_attempt_holds(
    roofer: Roofer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The attempt has its answer: what is held by now is not its to free."""
    taken: list[tuple[Any, Any]] = []
    write_success = closing.write_success

    def keep(connection: Connection, claim: Any, attempt: Any, *rest: Any) -> Any:  # noqa: ANN401  # passed on
        taken.append((claim, attempt))
        return write_success(connection, claim, attempt, *rest)

    monkeypatch.setattr(sending, "write_success", keep)
    roofer.contact().project().invoice(total="100.00").settle()
    roofer.payment("100.00", on={"i1": "100.00"}).settle()
    claim, attempt = taken[-1]

    with roofer.system.pool.connection() as connection:
        connection.execute("UPDATE proline_qbo.applications SET open = settled, settled = 0")
        freed = closing.write_error(connection, claim, attempt, "refused")
        held = connection.execute("SELECT sum(held) FROM proline_qbo.applications").fetchone()

    assert freed == ()
    assert held == (Decimal(100),)
