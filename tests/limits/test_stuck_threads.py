"""A thread that claims a record and never settles it, in a process that beats and names the claim.

What happens: nothing takes that claim back while its process lives, since a slow call looks the
same from outside, but after a quarter of an hour the process ends by itself, and says in its log
which record held it (`app.standing`). Until then the record stays `dispatched`, its company keeps
one place less, the worker has one thread less, and everything else goes on. It is to be seen:
`explain` says that a worker is sending it, and since when; the page says after five minutes that
the oldest is that long on its way; a newer version waits for the claim. When the process ends, by a
stop, by a kill or because its host is gone, the relay takes the claim back within seconds, and
another worker goes on with it.
"""

from collections.abc import Callable, Generator
from datetime import timedelta
from uuid import UUID

import pytest

from app.web.situation import stands
from connections.settings import CompanySettings
from coordination import processes
from coordination.clock import clock
from records.explaining import consumed_entities, explain
from records.places import PLACES_PER_COMPANY
from tests.support.database_clock import DatabaseClock
from tests.support.roofer import COMPANY, Roofer, until
from tests.support.stuck_threads import STUCK, sticking

NewRoofer = Callable[..., Roofer]
CREATE = CompanySettings(existing_customers="create")
BEATS_WATCHED = 4


@pytest.fixture
def roofer(new_roofer: NewRoofer) -> Generator[Roofer]:
    """Give a contractor of whose invoices one holds its thread for ever."""
    roofer = new_roofer(settings=CREATE)
    roofer.contact().project().settle()
    with sticking():
        roofer.invoice("i0", memo=STUCK)
        until(lambda: is_claimed(roofer))
        yield roofer


def is_claimed(roofer: Roofer) -> bool:
    """Whether the invoice that sticks is claimed."""
    record = roofer.record("invoice", "i0")
    return record is not None and record.claimed_by is not None


def watch(roofer: Roofer, beats: int) -> None:
    """Wait until the relay and the worker have beaten so often."""

    def counted() -> dict[UUID, int]:
        with roofer.system.pool.connection() as connection:
            return {each.id: each.beats for each in processes.living(connection)}

    before = counted()
    until(lambda: all(now >= before[each] + beats for each, now in counted().items()))


def test_the_rest_of_its_company_and_all_others_go_on(roofer: Roofer) -> None:
    """More than the company has places goes through beside it, one by one."""
    other = roofer.another("other", CREATE)
    other.contact().project().invoice()
    for number in range(1, 2 * PLACES_PER_COMPANY):
        roofer.invoice(f"i{number}")

    until(lambda: len(roofer.held("Invoice")) == 2 * PLACES_PER_COMPANY - 1)
    until(lambda: other.held("Invoice"))
    assert roofer.record("invoice", "i0").state == "dispatched"


def test_its_claim_is_kept_while_its_process_beats(roofer: Roofer) -> None:
    """The beats name it: it is not lost, and a second worker would not be given it."""
    token = roofer.record("invoice", "i0").dispatch_token
    watch(roofer, BEATS_WATCHED)

    with roofer.system.pool.connection() as connection:
        named = {claim for each in processes.living(connection) for claim in each.claims}

    assert token in named
    assert roofer.record("invoice", "i0").dispatch_token == token
    assert roofer.writes("invoice") == []


def test_a_newer_version_waits_for_the_claim(roofer: Roofer) -> None:
    """One record is never in flight twice, also not past a thread that is stuck."""
    first = roofer.record("invoice", "i0").version
    roofer.invoice("i0", total="120.00", memo="Thank you.")
    until(lambda: roofer.record("invoice", "i0").version > first)
    roofer.invoice("i1").invoice("i2")
    until(lambda: len(roofer.held("Invoice")) == 2)

    assert roofer.record("invoice", "i0").state == "dispatched"


def test_explain_and_the_page_show_it(roofer: Roofer, database_clock: DatabaseClock) -> None:
    """Who sends it since when; and after five minutes that something takes too long."""
    database_clock.advance(360)
    watch(roofer, 1)

    with roofer.system.pool.connection() as connection:
        (found,) = explain(connection, "i0", entity="invoice")
        because = found.because(None, consumed_entities(connection))
        age = clock(connection) - found.since
        line = stands(connection, COMPANY).line

    assert (found.state, because) == ("dispatched", "A worker is sending it now.")
    assert age > timedelta(minutes=2)
    assert "on its way for 6 minutes" in f"{line.headline} {line.detail}"
