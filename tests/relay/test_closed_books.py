"""What waits for closed books goes to a worker once a day: they may have been reopened unseen."""

import pytest

from outbox.limits import RelayLimits
from tests.support.proline import contact, invoice, project
from tests.support.relay_in_hand import Office

CLOSED = "2026-12-31"
_BOOKS = """
INSERT INTO proline_qbo.books (realm_id, company_name, country, home_currency, custom_txn_numbers,
                               using_sales_tax, book_close_date, read_at)
SELECT realm_id, 'Example', 'US', 'USD', true, true, %s, proline_qbo.clock()
FROM proline_qbo.companies
"""
A_MINUTE = RelayLimits().closed_books_seconds + 1


@pytest.fixture
def waiting(office: Office) -> Office:
    """Give a company with one invoice of a closed day."""
    with office.pool.connection() as connection:
        connection.execute(_BOOKS, [CLOSED])
    office.say("contact", contact())
    office.say("project", project())
    office.say("invoice", invoice("i1", issued_on=CLOSED))
    office.finish()
    return office


def a_minute_later(office: Office) -> str:
    """Let the relay look around again; say where the invoice stands then."""
    office.hand.clock.now += A_MINUTE
    office.hand.drain()
    return office.state("invoice", "i1")


def test_it_waits_while_the_books_were_read_today(waiting: Office) -> None:
    """Reads cost money: within a day nothing is asked again."""
    assert waiting.state("invoice", "i1") == "waiting: closed_books"

    assert a_minute_later(waiting) == "waiting: closed_books"


def test_a_day_later_a_worker_looks_again(waiting: Office) -> None:
    """It is handed out; the worker reads the books before it sends anything."""
    with waiting.pool.connection() as connection:
        connection.execute("UPDATE proline_qbo.books SET read_at = read_at - interval '1 day'")

    assert a_minute_later(waiting) == "dispatched"
