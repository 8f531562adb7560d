"""QuickBooks down, broken, throttling, or shut to us: held, never lost, never twice."""

import threading
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest

from connections.settings import CompanySettings
from coordination.life import LifeBeat
from tests.support.database_clock import DatabaseClock
from tests.support.roofer import COMPANY, QUICK, Roofer, until

NewRoofer = Callable[..., Roofer]
CREATE = CompanySettings(existing_customers="create")
FORGETFUL = {"requestid": "ignored"}
NEW_CUSTOMER = {"entity": "customer", "operation": "create"}
REFRESH = {"entity": "token", "operation": "refresh_token"}


@pytest.fixture
def plain(new_roofer: NewRoofer) -> Roofer:
    """Give a contractor whose contacts are created without a look-up: one call for each."""
    return new_roofer(settings=CREATE)


def company(roofer: Roofer) -> tuple[str, str | None]:
    """Return the company's connection and why it is paused."""
    (row,) = roofer.rows(
        "SELECT connection, pause_reason FROM proline_qbo.companies WHERE id = %s", COMPANY
    )
    return row.connection, row.pause_reason


def was_ever(roofer: Roofer, state: str) -> bool:
    """Whether any record is in this state now."""
    return bool(roofer.rows("SELECT FROM proline_qbo.records WHERE state = %s", state))


def test_while_quickbooks_refuses_connections_work_waits_and_then_goes_on(plain: Roofer) -> None:
    """No byte left, so nothing is unknown: the record retries by itself and is not failed."""
    with plain.quickbooks_down():
        plain.contact().project()
        until(lambda: plain.record("contact", "c1") is not None)
        until(lambda: plain.record("contact", "c1").state == "retrying")
        (attempt,) = plain.attempts("contact", "c1")
        assert attempt.answer == "unsent"
        (call,) = plain.rows("SELECT unsent FROM proline_qbo.calls WHERE attempt_id IS NOT NULL")
        assert call.unsent

    plain.settle()

    assert len(plain.held("Customer")) == 1
    assert plain.record("contact", "c1").state == "done"


@pytest.mark.parametrize(
    "how",
    [{"status": 500}, {"status": 503, "empty": True}, {"status": 502, "html": True}],
    ids=["500", "empty 503", "html 502"],
)
def test_a_broken_answer_is_followed_by_the_same_bytes_until_it_holds(
    plain: Roofer, how: dict[str, object]
) -> None:
    """A 5xx leaves open what was done: again at once the first time, then with backoff."""
    plain.fault(NEW_CUSTOMER | {"times": 3}, **how)

    plain.contact().project().settle()

    sent = plain.writes("customer")
    assert len(sent) == 4
    assert len({(each.target, each.body) for each in sent}) == 1
    at_once, first_wait, second_wait = waits_between_writes(plain)
    assert at_once < first_wait
    assert first_wait >= 1
    assert second_wait >= 2
    assert plain.record("contact", "c1").state == "done"
    assert plain.record("contact", "c1").transient_errors == 0


def waits_between_writes(roofer: Roofer) -> list[float]:
    """Return the seconds between the slots of the workers' writes."""
    slots = roofer.rows(
        "SELECT slot_at FROM proline_qbo.calls WHERE attempt_id IS NOT NULL ORDER BY slot_at"
    )
    return [(b.slot_at - a.slot_at).total_seconds() for a, b in pairwise(slots)]


def test_a_429_pauses_the_company_and_fails_nothing(plain: Roofer) -> None:
    """The limit is the company's wait, stored once: its records go on by themselves."""
    plain.fault(NEW_CUSTOMER, status=429, xml=True)

    plain.contact().project().invoice()
    until(lambda: company(plain)[1] == "limit")
    assert not was_ever(plain, "failed")
    plain.settle()

    first, again = plain.writes("customer")
    assert (first.target, first.body) == (again.target, again.body)
    assert plain.record("invoice", "i1").state == "done"
    assert plain.record("contact", "c1").transient_errors == 0


def test_a_401_refreshes_once_and_sends_the_same_bytes(plain: Roofer) -> None:
    """An expired token is no business answer: a fresh one, and the very same request."""
    plain.operator("expire")

    plain.contact().project().settle()

    first, again = plain.writes("customer")
    assert (first.target, first.body) == (again.target, again.body)
    assert first.headers["authorization"] != again.headers["authorization"]
    assert plain.realm.refreshes == 1
    assert len(plain.attempts("contact", "c1")) == 1


def test_a_read_is_repeated_with_a_fresh_token_too(roofer: Roofer) -> None:
    """The look-up of a first transfer meets the expired token first."""
    roofer.operator("expire")

    roofer.contact().project().settle()

    assert roofer.realm.refreshes == 1
    assert roofer.reads() == ["existing_customer", "existing_customer"]
    assert roofer.record("contact", "c1").state == "done"


def test_many_threads_that_meet_an_expired_token_refresh_it_once(plain: Roofer) -> None:
    """Two refreshes with one value may kill the connection: one thread refreshes, the rest wait."""
    plain.operator("expire")

    for number in range(8):
        plain.contact(f"c{number}", number=f"10{number:02}", email=None)
        plain.project(f"p{number}", number=f"20{number:02}", contact_id=f"c{number}")
    plain.settle()

    assert len(plain.held("Customer")) == 8
    assert plain.realm.refreshes == 1


def test_a_lost_refresh_answer_is_made_good_where_intuit_keeps_the_value(
    new_roofer: NewRoofer,
) -> None:
    """The new tokens never arrived: the stored value is tried again, and the record goes on."""
    roofer = new_roofer(settings=CREATE, books={"refresh_rotation": "daily"})
    roofer.operator("expire")
    roofer.fault(REFRESH, answer="lost")

    roofer.contact().project().settle()

    assert company(roofer) == ("connected", None)
    assert len(roofer.held("Customer")) == 1
    assert roofer.record("contact", "c1").state == "done"


def test_a_refresh_that_intuit_cannot_answer_now_leaves_the_connection_standing(
    new_roofer: NewRoofer,
) -> None:
    """The token server is down for a while: that is no reason to ask a person to reconnect."""
    roofer = new_roofer(settings=CREATE, books={"refresh_rotation": "daily"})
    roofer.operator("expire")
    roofer.fault(REFRESH | {"times": 2}, status=503, empty=True)

    roofer.contact().project().settle()

    assert company(roofer) == ("connected", None)
    assert roofer.record("contact", "c1").state == "done"


def test_a_lost_refresh_answer_is_said_where_intuit_changed_the_value(
    new_roofer: NewRoofer,
) -> None:
    """Nobody has the new value: the connection is lost, the change is held, and then booked."""
    roofer = new_roofer(settings=CREATE, books={"refresh_rotation": "always"})
    roofer.operator("expire")
    roofer.fault(REFRESH, answer="lost")

    roofer.contact().project()
    until(lambda: company(roofer)[0] == "lost")
    assert not was_ever(roofer, "failed")

    roofer.connect().settle()
    assert len(roofer.held("Customer")) == 1
    assert roofer.record("contact", "c1").state == "done"


def test_a_lost_connection_holds_everything_and_goes_on_after_the_reconnect(plain: Roofer) -> None:
    """invalid_grant needs a person; until then records wait, and afterwards all are booked."""
    plain.operator("disconnect")

    plain.contact().project().invoice().payment("100.00", {"i1": "100.00"})
    until(lambda: company(plain)[0] == "lost")
    until(lambda: not was_ever(plain, "dispatched"))
    assert plain.record("contact", "c1").state == "pending"
    assert not was_ever(plain, "failed")

    plain.connect().settle()

    assert len(plain.held("Customer")) == 1
    assert plain.the("Invoice")["Balance"] == 0
    assert plain.record("payment", "y1").state == "done"


def test_a_lost_connection_while_an_outcome_is_unknown_keeps_the_attempt(
    new_roofer: NewRoofer,
) -> None:
    """The look-up cannot be asked before the reconnect; then it is, and nothing is booked twice."""
    roofer = new_roofer(books=FORGETFUL)
    roofer.contact().project().invoice().settle()
    roofer.fault({"entity": "payment", "operation": "create"}, answer="lost")
    roofer.payment("100.00", {"i1": "100.00"})
    until(lambda: roofer.held("Payment"))
    roofer.operator("disconnect")
    until(lambda: company(roofer)[0] == "lost")

    roofer.connect().settle()

    assert len(roofer.held("Payment")) == 1
    assert len(roofer.writes("payment")) == 1
    assert roofer.record("payment", "y1").state == "done"


def test_a_lapsed_subscription_pauses_the_company_and_fails_nothing(
    plain: Roofer, database_clock: DatabaseClock
) -> None:
    """6190 holds the company; after the repair its records go on, under a new request id."""
    plain.fault(NEW_CUSTOMER, status=403, fault="6190")

    plain.contact().project()
    until(lambda: company(plain)[1] == "subscription")
    until(lambda: plain.record("contact", "c1").state == "pending")
    database_clock.advance(3_700)
    plain.settle()

    first, again = plain.writes("customer")
    assert first.body == again.body
    assert first.parameters["requestid"] != again.parameters["requestid"]
    assert plain.record("contact", "c1").state == "done"


def test_an_unknown_code_fails_the_record_and_is_ours_to_act_on(plain: Roofer) -> None:
    """What we do not know we do not retry: failed, with the code, for support."""
    plain.fault(NEW_CUSTOMER, status=400, fault="98765")

    plain.contact().project().settle()

    record = plain.record("contact", "c1")
    assert (record.state, record.code) == ("failed", "98765")
    assert "ask support" in record.sentence
    assert len(plain.writes("customer")) == 1


def test_a_failed_record_holds_back_only_what_hangs_from_it(plain: Roofer) -> None:
    """Its invoice waits for it; another contact's is booked."""
    plain.fault(NEW_CUSTOMER, status=400, fault="6000")

    plain.contact().project().invoice("i1").settle()
    plain.contact("c2", number="1002", email=None).project("p2", number="2002", contact_id="c2")
    plain.invoice("i2", project_id="p2", contact_id="c2").settle()

    waiting = plain.record("invoice", "i1")
    assert (waiting.state, waiting.reason) == ("waiting", "parent")
    assert plain.record("invoice", "i2").state == "done"


def test_a_failed_record_is_tried_again_when_proline_changes_it(
    plain: Roofer, database_clock: DatabaseClock
) -> None:
    """A newer snapshot takes over from a failure, at most once a minute, with a new request id."""
    plain.fault(NEW_CUSTOMER, status=400, fault="6000")
    plain.contact().project().settle()

    plain.contact()
    until(lambda: plain.record("contact", "c1").state == "retrying")
    database_clock.advance(61)
    plain.settle()

    first, again = plain.writes("customer")
    assert first.body == again.body
    assert first.parameters["requestid"] != again.parameters["requestid"]
    assert plain.record("contact", "c1").state == "done"


@pytest.mark.parametrize(
    "how",
    [
        {"answer": "lost"},
        {"status": 500},
        {"status": 401},
        {"status": 429, "xml": True},
    ],
    ids=["lost", "500", "401", "429"],
)
def test_the_request_id_stays_when_there_was_no_business_answer(
    plain: Roofer, how: dict[str, object]
) -> None:
    """Only a business answer makes a new one: until then QuickBooks must know the request again."""
    plain.fault(NEW_CUSTOMER, **how)

    plain.contact().project().settle()

    ids = [each.parameters["requestid"] for each in plain.writes("customer")]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_the_request_id_is_new_after_a_business_answer(plain: Roofer) -> None:
    """The name was refused: the write under the other name is another write."""
    plain.by_hand("vendor", DisplayName="Ada Example - C#1001")

    plain.contact().project().settle()

    first, again = plain.writes("customer")
    assert first.parameters["requestid"] != again.parameters["requestid"]


def test_a_stale_life_beat_lets_no_byte_leave(
    new_roofer: NewRoofer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a process may have been declared gone: the call is unsent, and counts nowhere."""
    beating = threading.Event()
    beating.set()
    monkeypatch.setattr(LifeBeat, "fresh_within", lambda *_: beating.is_set())
    roofer = new_roofer(settings=CREATE)

    beating.clear()
    roofer.contact().project()
    until(lambda: roofer.rows("SELECT FROM proline_qbo.calls WHERE unsent"))
    until(lambda: roofer.record("contact", "c1").state == "retrying")
    assert roofer.writes() == []
    assert [each.answer for each in roofer.attempts("contact", "c1")] == ["unsent"]

    beating.set()
    roofer.settle()
    assert len(roofer.held("Customer")) == 1


def test_the_hard_deadline_leaves_a_slow_call_behind(new_roofer: NewRoofer) -> None:
    """A drip of an answer is none: past the deadline in all, the call is given up."""
    roofer = new_roofer(settings=CREATE, tuning=replace(QUICK, deadline_seconds=0.3))
    roofer.fault(NEW_CUSTOMER | {"times": 2}, delay_ms=4_000)

    roofer.contact().project().settle()

    assert len(roofer.held("Customer")) == 1
    assert len(roofer.writes("customer")) == 3
