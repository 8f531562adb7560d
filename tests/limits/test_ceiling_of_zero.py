"""A ceiling of zero: nothing is sent, nothing spins, it says why, and a raised one releases it.

Nobody can set it: the office's least is one call a minute. It comes about where that one is halved,
after a 429 that another app brought on. What happens then: a claim finds no slot, hands its record
back, and the company waits: for a second and a half where nothing was called lately, and else until
its last call is a minute old. So a company claims ten times in that time at most, which is what it
has places, and in production's pace once or twice. Its records are pending all the while and none
has failed; `explain` and the page name the limit. A raised ceiling counts from the next claim on,
which is when the wait that stands is over.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from app.tuning import Tuning
from app.web.situation import stands
from app.web.state_line import State
from connections import companies
from connections.companies import blocked_reason
from connections.settings import CompanySettings
from coordination import limiter, processes
from coordination.clock import clock
from coordination.database import Connection
from coordination.limiter import Full, Limits
from outbox import metrics
from records.explaining import consumed_entities, explain
from tests.support.database_clock import DatabaseClock
from tests.support.proline import LONG_AGO
from tests.support.roofer import COMPANY, QUICK, Roofer, until

NewRoofer = Callable[..., Roofer]
CREATE = CompanySettings(existing_customers="create")
# The pace and the longest wait for a slot are production's; only the window is short.
PACED = Tuning(threads=4, limits=Limits(window_seconds=1.0, send_within_ms=1_000))
UNPACED = replace(QUICK, limits=replace(QUICK.limits, window_seconds=1.0))
ROUNDS = 3
ROUND_SECONDS = PACED.limits.max_wait_seconds
A_ROUND = timedelta(seconds=ROUND_SECONDS)
CLAIMS_A_ROUND = 3
# What a busy machine may add.
SLACK_SECONDS = 4.0


def allow(roofer: Roofer, ceiling: int) -> None:
    """Set the ceiling of the contractor's realm, below what its office may choose."""
    with roofer.system.pool.connection() as connection:
        limiter.set_ceiling(connection, roofer.realm.settings.realm_id, ceiling)


def raise_to(roofer: Roofer, ceiling: int) -> None:
    """Raise the ceiling as the office does."""
    with roofer.system.pool.connection() as connection:
        companies.change_settings(
            connection, COMPANY, CREATE.model_copy(update={"ceiling": ceiling})
        )


def published() -> int:
    """Count the messages of the relay that runs here: each is claimed, or fenced, once."""
    return int(metrics.messages_published._value.get())


def why(roofer: Roofer, record_id: str) -> str:
    """Say what `explain` says of a record."""
    with roofer.system.pool.connection() as connection:
        (found,) = explain(connection, record_id, entity="invoice")
        company = companies.get(connection, COMPANY)
        assert company is not None
        waits = blocked_reason(company, clock(connection))
        return found.because(waits, consumed_entities(connection))


def paused_until(roofer: Roofer) -> datetime | None:
    """Return until when the company waits now; None: it does not."""
    found = roofer.rows(
        "SELECT paused_until FROM proline_qbo.companies"
        " WHERE id = %s AND paused_until > proline_qbo.clock()",
        COMPANY,
    )
    return found[0].paused_until if found else None


def rounds(roofer: Roofer, count: int) -> None:
    """Wait until the company has been paused anew so often; claims of one round lengthen it."""
    pauses = [LONG_AGO]

    def is_paused_anew() -> bool:
        paused = paused_until(roofer)
        if paused is None or paused < pauses[-1] + A_ROUND / 2:
            return False
        pauses.append(paused)
        return True

    for _ in range(count):
        until(is_paused_anew)


def test_nothing_is_sent_and_nothing_spins(new_roofer: NewRoofer) -> None:
    """Thirty invoices stand there, and a company that may not call is asked once a wait."""
    roofer = new_roofer(settings=CREATE, tuning=PACED)
    roofer.contact().project().settle()
    allow(roofer, 0)

    for number in range(30):
        roofer.invoice(f"i{number}")
    rounds(roofer, 1)
    before = published()
    rounds(roofer, ROUNDS)

    assert published() - before <= ROUNDS * CLAIMS_A_ROUND
    assert roofer.writes("invoice") == []
    counted = roofer.rows(
        "SELECT DISTINCT state FROM proline_qbo.records WHERE entity = 'invoice'"
        " AND state <> 'dispatched'"
    )
    assert [row.state for row in counted] == ["pending"]
    assert roofer.attempts("invoice", "i0") == []


def test_a_company_without_a_pace_is_asked_as_often_as_it_has_places(
    new_roofer: NewRoofer,
) -> None:
    """The most there can be, whatever the relay's pace: ten claims in a wait."""
    roofer = new_roofer(settings=CREATE, tuning=UNPACED)
    roofer.contact().project().settle()
    allow(roofer, 0)

    for number in range(30):
        roofer.invoice(f"i{number}")
    rounds(roofer, 1)
    before = published()
    rounds(roofer, ROUNDS)

    assert 0 < published() - before <= ROUNDS * 10
    assert roofer.writes("invoice") == []


def test_it_says_why_and_a_raised_ceiling_releases_it_within_one_wait(
    new_roofer: NewRoofer,
) -> None:
    """The reason is the limit, on the page and in `explain`; then it goes on by itself."""
    roofer = new_roofer(settings=CREATE, tuning=PACED)
    roofer.contact().project().settle()
    allow(roofer, 0)
    roofer.invoice()
    rounds(roofer, 2)

    assert why(roofer, "i1") == "QuickBooks' limit of calls is reached for this company."
    with roofer.system.pool.connection() as connection:
        assert stands(connection, COMPANY).line.state is State.LIMIT

    raise_to(roofer, 1)
    until(lambda: roofer.writes("invoice"), ROUND_SECONDS + SLACK_SECONDS)
    assert roofer.settle().record("invoice", "i1").state == "done"


def test_the_other_companies_go_on(new_roofer: NewRoofer) -> None:
    """A ceiling is a realm's own."""
    roofer = new_roofer(settings=CREATE, tuning=replace(PACED, threads=1))
    other = roofer.another("other", CREATE)
    roofer.contact().project().settle()
    other.contact().project().settle()
    allow(roofer, 0)
    for number in range(30):
        roofer.invoice(f"i{number}")
    rounds(roofer, 1)

    other.invoice()

    until(lambda: other.held("Invoice"))
    assert roofer.held("Invoice") == []


def test_the_least_ceiling_halved_is_zero_and_comes_back(
    connection: Connection, database_clock: DatabaseClock
) -> None:
    """After a 429 of another app's; five minutes later the one call a minute is there again."""
    process_id = processes.register(connection, "worker", threads=1)
    limiter.set_ceiling(connection, "realm", 1)
    connection.commit()
    limits = Limits()
    now = database_clock.freeze()
    limiter.throttled(connection, "realm", limits)

    def take() -> object:
        return limiter.take_slot(
            connection, limiter.Call("realm", COMPANY, process_id, "write", "test"), limits
        )

    database_clock.advance(limits.foreign_pause_seconds + 1)
    halved = take()
    database_clock.advance(limits.lowered_seconds)

    waits_until = now + timedelta(seconds=limits.foreign_pause_seconds + 1 + ROUND_SECONDS)
    assert halved == Full(waits_until)
    assert not isinstance(take(), Full)


@pytest.mark.parametrize("ceiling", [1, 5])
def test_a_full_window_is_waited_for_once(new_roofer: NewRoofer, ceiling: int) -> None:
    """What was called lately goes on counting: zero then waits until it is a window old."""
    roofer = new_roofer(settings=CREATE, tuning=PACED)
    roofer.contact().project().settle()
    for number in range(ceiling):
        roofer.invoice(f"i{number}")
    roofer.settle()
    allow(roofer, 0)

    roofer.invoice("i9")
    rounds(roofer, 1)
    until(lambda: paused_until(roofer) is None, PACED.limits.window_seconds + SLACK_SECONDS)

    allow(roofer, 450)
    assert roofer.settle().record("invoice", "i9").state == "done"
