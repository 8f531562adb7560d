"""What keeps a call and its record together: committed before, closed after, whatever breaks."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from connections.settings import CompanySettings
from coordination.database import Connection
from qbo_simulator.wire import Request
from tests.support.roofer import Roofer, until
from workers import answers, closing, mapping, sending, wanted
from workers.closing import Closing

NewRoofer = Callable[..., Roofer]
CREATE = CompanySettings(existing_customers="create")


@pytest.fixture
def plain(new_roofer: NewRoofer) -> Roofer:
    """Give a contractor whose contacts are created without a look-up: one call for each."""
    return new_roofer(settings=CREATE)


def test_the_attempt_is_committed_before_its_bytes_leave(plain: Roofer, database_url: str) -> None:
    """When QuickBooks sees a request, another session already sees its attempt, byte for byte."""
    seen: list[tuple[bool, bytes]] = []

    def look(request: Request) -> None:
        with psycopg.connect(database_url) as connection:
            row = connection.execute(
                "SELECT answer IS NULL, body FROM proline_qbo.attempts WHERE request_id = %s",
                [request.parameters["requestid"]],
            ).fetchone()
        seen.append((row[0], bytes(row[1])) if row else (False, b""))

    plain.quickbooks.on_call = look
    plain.contact().project().invoice().payment("100.00", {"i1": "100.00"}).settle()

    assert seen == [(True, request.body) for request in plain.writes()]
    assert len(seen) == 3


def test_no_transaction_is_open_while_quickbooks_is_asked(
    roofer: Roofer, database_url: str
) -> None:
    """A session that waits for QuickBooks would hold its locks: none does, in reads or writes."""
    held: list[Any] = []

    def look(_request: Request) -> None:
        with psycopg.connect(database_url) as connection:
            # Longer than any statement of ours, so what is older than the wait waits for us.
            connection.execute("SELECT pg_sleep(0.3)")
            held.extend(
                connection.execute(
                    "SELECT state, query FROM pg_stat_activity WHERE datname = current_database() "
                    "AND application_name LIKE 'proline-qbo%%' "
                    "AND xact_start < clock_timestamp() - interval '0.25 s'"
                ).fetchall()
            )

    roofer.quickbooks.on_call = look
    roofer.contact().project().invoice().payment("100.00", {"i1": "100.00"}).settle()

    assert len(roofer.writes()) == 3
    assert held == []


def test_a_version_that_arrives_during_the_call_is_sent_after_it(plain: Roofer) -> None:
    """The record is never in flight twice, and the newer version follows by itself."""

    def change_meanwhile(_request: Request) -> None:
        plain.quickbooks.on_call = lambda _: None
        before = plain.record("contact", "c1").version
        plain.contact(phone="555-0199")
        until(lambda: plain.record("contact", "c1").version > before)

    plain.quickbooks.on_call = change_meanwhile
    plain.contact(phone="555-0100").project().settle()

    create, update = plain.bodies("customer")
    assert create["PrimaryPhone"] == {"FreeFormNumber": "555-0100"}
    assert update["PrimaryPhone"] == {"FreeFormNumber": "555-0199"}
    record = plain.record("contact", "c1")
    assert (record.state, record.settled_version) == ("done", record.version)


def test_a_settle_is_repeated_until_the_database_takes_it(
    plain: Roofer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """QuickBooks has it, the database does not answer: the thread keeps what it knows and tries."""
    once = Closing._once
    failures = iter([psycopg.OperationalError("gone"), psycopg.OperationalError("still gone")])

    def fail_twice(self: Closing, write: Callable[[Connection], None], *, alone: bool) -> None:
        for failure in failures:
            raise failure
        once(self, write, alone=alone)

    monkeypatch.setattr(Closing, "_once", fail_twice)
    plain.contact().project().settle()

    assert len(plain.writes("customer")) == 1
    assert plain.record("contact", "c1").state == "done"


def test_without_the_repeat_a_settle_is_lost_and_the_write_goes_out_again(
    plain: Roofer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard taken out: the claim is left behind, and what was booked is sent once more."""
    once = Closing._once
    failures = iter([psycopg.OperationalError("gone")])

    def fail_once(self: Closing, write: Callable[[Connection], None], *, alone: bool) -> None:
        for failure in failures:
            raise failure
        once(self, write, alone=alone)

    monkeypatch.setattr(Closing, "_once", fail_once)
    monkeypatch.setattr(closing, "SETTLE_TRIES_MOST", 1)
    plain.contact().project().settle()

    assert len(plain.writes("customer")) == 2


def test_sessions_that_die_during_a_call_lose_nothing(plain: Roofer, database_url: str) -> None:
    """The server ends every session of ours while QuickBooks answers: still one write, settled."""

    def end_sessions(_request: Request) -> None:
        plain.quickbooks.on_call = lambda _: None
        with psycopg.connect(database_url) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND application_name LIKE 'proline-qbo%'"
            )

    plain.quickbooks.on_call = end_sessions
    plain.contact().project()
    until(lambda: plain.writes("customer"))
    until(lambda: settled_again(plain))

    assert len(plain.writes("customer")) == 1
    assert plain.record("contact", "c1").state == "done"


def settled_again(roofer: Roofer) -> bool:
    """Look through a pool whose sessions may still be the dead ones."""
    try:
        return roofer.system.settled()
    except psycopg.OperationalError:
        return False


def test_a_bug_in_the_mapping_parks_its_record_and_the_thread_lives_on(
    plain: Roofer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The boundary: nothing of ours may kill a thread or lose a record; the next one is booked."""
    mapped = mapping.customer_fields

    def broken(contact: Any, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401  # passed on
        if contact.id == "c1":
            raise ZeroDivisionError("a bug")
        return mapped(contact, *arguments, **options)

    monkeypatch.setattr(wanted, "customer_fields", broken)
    plain.contact().project().settle()
    for number in range(2, 8):
        plain.contact(f"c{number}", number=f"10{number:02}", email=None)
        plain.project(f"p{number}", number=f"20{number:02}", contact_id=f"c{number}")
    plain.settle()

    record = plain.record("contact", "c1")
    assert (record.state, record.code) == ("failed", "internal_error")
    assert len(plain.held("Customer")) == 6


def test_a_bug_behind_a_write_leaves_its_attempt_to_be_resolved_with_backoff(
    plain: Roofer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """QuickBooks has it and we failed on the answer: not parked, not hammered, and never twice."""
    read_answer = answers.linked_by
    broken = iter([ZeroDivisionError("a bug")])

    def fail_once(*arguments: Any) -> Any:  # noqa: ANN401  # passed on
        for error in broken:
            raise error
        return read_answer(*arguments)

    monkeypatch.setattr(sending, "linked_by", fail_once)
    plain.contact().project()
    until(lambda: plain.writes("customer"))
    until(lambda: plain.record("contact", "c1").transient_errors == 1)
    plain.settle()

    sent = plain.writes("customer")
    assert len({(each.target, each.body) for each in sent}) == 1
    assert len(plain.held("Customer")) == 1
    assert plain.record("contact", "c1").state == "done"
