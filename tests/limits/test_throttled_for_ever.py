"""A realm that answers 429 to every call, for as long as it likes.

What happens: each 429 pauses the company for a minute, once for all that ran into it, and halves
its ceiling for five. When the pause is over its records go on one after the other, at the pace of
slots, until the first of them has its 429. So a company calls ten times a minute at most, which is
what it has places, and in production as often as slots pass before the first answer is there: two
to eight times. Nothing fails and nothing is counted as an error of a record; an attempt that was
turned away is closed as never sent, and the next one has the same bytes and the same request id.
Other companies go on. The page says "Paused by QuickBooks' limit" and when that ends, and `explain`
names the limit.
"""

from collections.abc import Callable
from dataclasses import replace

from app.web.situation import stands
from app.web.state_line import State
from connections import companies
from connections.companies import blocked_reason
from connections.settings import CompanySettings
from coordination.clock import clock
from qbo_simulator.wire import Request
from records.explaining import consumed_entities, explain
from records.places import PLACES_PER_COMPANY
from tests.support.roofer import COMPANY, QUICK, Roofer, until

NewRoofer = Callable[..., Roofer]
CREATE = CompanySettings(existing_customers="create")
PAUSE_SECONDS = 1.0
# The least pace there is: production's lets fewer through before the first answer is there.
RESTS = replace(QUICK, limits=replace(QUICK.limits, foreign_pause_seconds=PAUSE_SECONDS))
INVOICES = 15
PAUSES = 4


def throttle(roofer: Roofer) -> None:
    """Answer 429 to whatever this contractor's realm is asked, from now on."""
    match = {"realm": roofer.realm.settings.realm_id, "times": None}
    roofer.fault(match, status=429, xml=True)


def relent(roofer: Roofer) -> None:
    """Answer again as ever."""
    roofer.quickbooks.handle(Request("DELETE", "/_simulator/faults", {}, b""))


def start_throttled(new_roofer: NewRoofer) -> Roofer:
    """Give a contractor whose invoices all meet a 429, and have met it several times."""
    roofer = new_roofer(settings=CREATE, tuning=RESTS)
    roofer.contact().project().settle()
    throttle(roofer)
    for number in range(INVOICES):
        roofer.invoice(f"i{number}")
    until(lambda: pauses(roofer) >= PAUSES)
    return roofer


def pauses(roofer: Roofer) -> int:
    """Count the pauses so far: groups of calls that are further apart than half of one."""
    (row,) = roofer.rows(
        "SELECT count(*) AS n FROM ("
        " SELECT slot_at - lag(slot_at) OVER (ORDER BY slot_at) AS gap"
        " FROM proline_qbo.calls WHERE status = 429) g"
        " WHERE gap IS NULL OR gap > make_interval(secs => %s)",
        PAUSE_SECONDS / 2,
    )
    return int(row.n)


def test_calls_are_bounded_by_the_places_in_each_pause(new_roofer: NewRoofer) -> None:
    """A realm that throttles is asked ten times a pause at most, however much waits for it."""
    roofer = start_throttled(new_roofer)

    (row,) = roofer.rows("SELECT count(*) AS n FROM proline_qbo.calls WHERE status = 429")

    assert 0 < row.n <= (pauses(roofer) + 1) * PLACES_PER_COMPANY


def test_nothing_fails_and_all_is_booked_once_when_it_relents(new_roofer: NewRoofer) -> None:
    """Whatever was turned away goes again as the same request; none is lost, none comes twice."""
    roofer = start_throttled(new_roofer)
    states = roofer.rows("SELECT DISTINCT state FROM proline_qbo.records WHERE entity = 'invoice'")
    assert {row.state for row in states} <= {"pending", "dispatched"}
    (errors,) = roofer.rows("SELECT max(transient_errors) AS most FROM proline_qbo.records")
    assert errors.most == 0

    relent(roofer)
    roofer.settle()

    assert len(roofer.held("Invoice")) == INVOICES
    sent: dict[str, set[bytes]] = {}
    for each in roofer.writes("invoice"):
        sent.setdefault(each.parameters["requestid"], set()).add(each.body)
    assert len(sent) == INVOICES
    assert all(len(bodies) == 1 for bodies in sent.values())
    answers = roofer.rows("SELECT DISTINCT answer FROM proline_qbo.attempts ORDER BY 1")
    assert [row.answer for row in answers] == ["applied", "unsent"]


def test_the_other_companies_are_not_held_up(new_roofer: NewRoofer) -> None:
    """The wait is the company's own: another one's invoice goes through beside it."""
    roofer = start_throttled(new_roofer)
    other = roofer.another("other", CREATE)

    other.contact().project().invoice()

    until(lambda: other.held("Invoice"))
    assert roofer.held("Invoice") == []


def test_the_page_and_explain_name_the_limit(new_roofer: NewRoofer) -> None:
    """It ends by itself, and nobody has to act."""
    roofer = start_throttled(new_roofer)
    until(lambda: is_paused(roofer))

    with roofer.system.pool.connection() as connection:
        line = stands(connection, COMPANY).line
        (found,) = explain(connection, "i0", entity="invoice")
        because = found.because("limit", consumed_entities(connection))

    assert line.state is State.LIMIT
    assert line.until is not None
    assert because == "QuickBooks' limit of calls is reached for this company."


def is_paused(roofer: Roofer) -> bool:
    """Whether the company rests just now, with nothing of it under way."""
    with roofer.system.pool.connection() as connection:
        company = companies.get(connection, COMPANY)
        assert company is not None
        limited = blocked_reason(company, clock(connection)) == "limit"
    return limited and not roofer.rows("SELECT FROM proline_qbo.records WHERE state = 'dispatched'")
