"""Seven realms take every call and answer none, and an eighth has an invoice to send.

What happens: a hanging call holds its thread until its deadline. Then its company rests, and what
the queues still hold of it goes back at once; nothing is sent again before the rest is over. So the
eighth's invoice starts when the calls that hold all threads have had their deadlines, and at most
one more each that was taken meanwhile. After the rest each of the seven has one place: one record
tries, and it alone holds a thread. When one is answered well, its company has all its places again.
Nothing is lost meanwhile: an attempt that hung stays open, and goes on when its realm answers.

Weakness: each hanging realm holds a thread for a deadline in a rest and a deadline: in production
for 25 of 85 seconds. Of 27 of them and more all eight threads of a lone worker are held.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from app.web.situation import stands
from app.web.state_line import State
from connections import companies
from connections.companies import blocked_reason
from connections.settings import CompanySettings
from coordination.clock import clock
from qbo_simulator.wire import Request
from records.explaining import consumed_entities, explain
from tests.support.roofer import QUICK, Roofer, until
from workers import backoff

NewRoofer = Callable[..., Roofer]
CREATE = CompanySettings(existing_customers="create")
HANGING = 7
THREADS = 8
INVOICES = 12
# A twentieth of production's deadline, silence and rest.
DEADLINE_SECONDS = 1.25
SILENCE = timedelta(seconds=0.5)
REST = timedelta(seconds=3)
DEADLINES_MOST = 2
# What a busy machine may add.
SLACK_SECONDS = 1.5
SHORT = replace(
    QUICK,
    threads=THREADS,
    deadline_seconds=DEADLINE_SECONDS,
    waits=replace(QUICK.waits, look_up_after=timedelta(seconds=1), silence=SILENCE, rest=REST),
)


@pytest.fixture(autouse=True)
def short_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the backoff as the deadline is: what hung comes again as often beside it."""
    monkeypatch.setattr(backoff, "FIRST_SECONDS", 0.05)
    monkeypatch.setattr(backoff, "LONGEST_SECONDS", 15.0)


def let_hang(roofer: Roofer, others: list[Roofer]) -> None:
    """Take whatever these realms are asked, and answer long after every deadline."""
    for each in others:
        match = {"realm": each.realm.settings.realm_id, "times": None}
        roofer.fault(match, delay_ms=int(10_000 * DEADLINE_SECONDS), answer="drop")


def relent(roofer: Roofer) -> None:
    """Answer again as ever."""
    roofer.quickbooks.handle(Request("DELETE", "/_simulator/faults", {}, b""))


def open_calls(roofer: Roofer) -> int:
    """Count the calls that have no answer yet."""
    (row,) = roofer.rows("SELECT count(*) AS n FROM proline_qbo.calls WHERE ended_at IS NULL")
    return int(row.n)


HUNG = """
SELECT FROM proline_qbo.calls WHERE ended_at IS NOT NULL AND status IS NULL AND NOT unsent
"""


def resting(roofer: Roofer) -> int:
    """Count the companies whose QuickBooks has not answered lately."""
    return len(roofer.rows("SELECT FROM proline_qbo.companies WHERE pause_reason = 'unavailable'"))


def start_hanging(new_roofer: NewRoofer) -> tuple[Roofer, list[Roofer]]:
    """Give a contractor beside seven whose calls hold every thread there is."""
    roofer = new_roofer(settings=CREATE, tuning=SHORT)
    others = [roofer.another(f"hanging{number}", CREATE) for number in range(HANGING)]
    for each in (roofer, *others):
        each.contact().project()
    roofer.settle()
    let_hang(roofer, others)
    for number in range(INVOICES):
        for each in others:
            each.invoice(f"i{number}")
    until(lambda: open_calls(roofer) >= THREADS)
    return roofer, others


def test_the_eighths_invoice_starts_when_their_calls_have_had_their_deadlines(
    new_roofer: NewRoofer,
) -> None:
    """All threads are taken and all queues are full: it waits for the first round, and no more."""
    roofer, _ = start_hanging(new_roofer)

    roofer.invoice("i0")
    until(lambda: roofer.held("Invoice"), DEADLINES_MOST * DEADLINE_SECONDS + SLACK_SECONDS)
    until(lambda: resting(roofer) == HANGING)
    for number in range(1, 6):
        roofer.invoice(f"i{number}")
        until(lambda number=number: len(roofer.held("Invoice")) > number, SLACK_SECONDS)  # type: ignore[misc]  # mypy sees no default there


def test_each_that_hangs_is_tried_by_one_record_after_each_rest(new_roofer: NewRoofer) -> None:
    """However much waits for it: it holds one thread, for one deadline in a rest."""
    roofer, _ = start_hanging(new_roofer)
    until(lambda: resting(roofer) == HANGING and open_calls(roofer) == 0)
    (first,) = roofer.rows("SELECT max(id) AS id FROM proline_qbo.calls")

    until(lambda: sum(tries >= 2 for tries in tries_since(roofer, first.id)) == HANGING)

    beside = roofer.rows(
        "SELECT FROM proline_qbo.calls a JOIN proline_qbo.calls b USING (company_id)"
        " WHERE a.id > %s AND b.id > a.id AND b.slot_at < coalesce(a.ended_at, 'infinity') + %s",
        first.id,
        REST / 2,
    )
    assert beside == []


def tries_since(roofer: Roofer, call_id: int) -> list[int]:
    """Count the calls of each company after that one."""
    counted = roofer.rows(
        "SELECT count(*) AS n FROM proline_qbo.calls WHERE id > %s GROUP BY company_id", call_id
    )
    return [row.n for row in counted]


def test_when_they_answer_again_everything_is_booked_once(new_roofer: NewRoofer) -> None:
    """What hung was never lost, nor failed; its attempts are resolved, not begun anew."""
    roofer, others = start_hanging(new_roofer)
    until(lambda: resting(roofer) == HANGING)
    failed = roofer.rows("SELECT FROM proline_qbo.records WHERE state = 'failed'")

    relent(roofer)
    until(
        lambda: resting(roofer) == 0,
        REST.total_seconds() + 2 * DEADLINE_SECONDS + SLACK_SECONDS,
    )
    roofer.settle(60.0)

    assert failed == []
    for each in others:
        assert len(each.held("Invoice")) == INVOICES
    left = roofer.rows("SELECT DISTINCT state FROM proline_qbo.records")
    assert [row.state for row in left] == ["done"]
    sent: dict[str, set[bytes]] = {}
    for request in roofer.writes("invoice"):
        sent.setdefault(request.parameters["requestid"], set()).add(request.body)
    assert len(sent) == HANGING * INVOICES
    assert all(len(bodies) == 1 for bodies in sent.values())


def test_one_call_that_hangs_beside_others_that_are_answered_rests_nobody(
    new_roofer: NewRoofer,
) -> None:
    """QuickBooks answers: it was that call's own matter, and its bytes go again after a while."""
    roofer = new_roofer(settings=CREATE, tuning=SHORT)
    roofer.contact().project().settle()
    roofer.fault({"entity": "invoice"}, delay_ms=int(10_000 * DEADLINE_SECONDS), answer="drop")
    roofer.invoice("i0")
    until(lambda: open_calls(roofer) == 1)
    for number in range(1, INVOICES):
        roofer.invoice(f"i{number}")

    until(lambda: roofer.rows(HUNG))
    rest = resting(roofer)
    roofer.settle()

    assert rest == 0
    assert len(roofer.held("Invoice")) == INVOICES
    assert len(roofer.writes("invoice")) == INVOICES + 1


def test_the_page_and_explain_say_when_it_is_tried_again(new_roofer: NewRoofer) -> None:
    """Nobody has to act, and everybody can see what is waited for."""
    roofer, (hanging, *_) = start_hanging(new_roofer)
    until(lambda: is_at_rest(roofer, hanging))

    with roofer.system.pool.connection() as connection:
        company = companies.get(connection, hanging.company_id)
        assert company is not None
        waits = blocked_reason(company, clock(connection))
        line = stands(connection, hanging.company_id).line
        found = explain(connection, "i0", entity="invoice", company_id=hanging.company_id)
        because = found[0].because(waits, consumed_entities(connection))

    assert (waits, line.state, line.until) == (
        "unavailable",
        State.UNAVAILABLE,
        company.paused_until,
    )
    assert because == (
        f"QuickBooks did not answer; we try again at {company.paused_until:%H:%M:%S} UTC."
    )


def is_at_rest(roofer: Roofer, hanging: Roofer) -> bool:
    """Whether this company rests and nothing of it is under way."""
    rests = roofer.rows(
        "SELECT FROM proline_qbo.companies WHERE id = %s AND pause_reason = 'unavailable'",
        hanging.company_id,
    )
    claimed = roofer.rows(
        "SELECT FROM proline_qbo.records WHERE company_id = %s AND state = 'dispatched'",
        hanging.company_id,
    )
    return bool(rests) and not claimed
