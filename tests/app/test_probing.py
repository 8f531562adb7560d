"""Probing: only what QuickBooks answers changes anything, and it is asked at most once a minute."""

import pytest

from app.probing import probe
from connections.errors import UnknownCompany
from coordination.database import Pool
from tests.connections.intuit import COMPANY
from tests.support.database_clock import DatabaseClock
from tests.support.desk import Desk


@pytest.fixture
def desk(pool: Pool, database_clock: DatabaseClock) -> Desk:
    """Give a company that was connected two minutes ago."""
    desk = Desk(pool).connected()
    database_clock.advance(120)
    desk.intuit.token_calls = 0
    return desk


def probed(desk: Desk) -> str:
    """Probe, and say how the connection stands."""
    return probe(desk.pool, desk.quickbooks, company_id=COMPANY).connection


def test_a_living_connection_is_left_as_it_is(desk: Desk) -> None:
    """One refresh, no read, and nothing else."""
    before = desk.company

    assert probed(desk) == "connected"

    assert desk.company == before
    assert desk.intuit.token_calls == 1


def test_a_connection_that_was_ended_in_quickbooks_is_found_lost(desk: Desk) -> None:
    """Its work is held from then on; a second look asks nothing."""
    realm = desk.intuit.simulator.realms.find(desk.intuit.realm_id)
    assert realm is not None
    desk.intuit.simulator.office.disconnect(realm)

    found = probed(desk)
    asked = desk.intuit.token_calls

    assert (found, probed(desk), desk.company.connection) == ("lost", "lost", "lost")
    assert desk.intuit.token_calls == asked


def test_quickbooks_is_asked_once_a_minute(desk: Desk, database_clock: DatabaseClock) -> None:
    """Whoever reloads the page asks us, not QuickBooks."""
    database_clock.freeze()
    probed(desk)
    probed(desk)
    database_clock.advance(59)
    probed(desk)
    within_a_minute = desk.intuit.token_calls
    database_clock.advance(2)
    probed(desk)

    assert (within_a_minute, desk.intuit.token_calls) == (1, 2)


@pytest.mark.parametrize("status", [429, 503])
def test_silence_proves_nothing(desk: Desk, status: int) -> None:
    """Where QuickBooks cannot be asked the connection stands as it was known."""
    desk.intuit.refuse({"entity": "token"}, status=status, html=True)

    assert probed(desk) == "connected"


def test_what_is_not_connected_is_not_asked_about(pool: Pool) -> None:
    """There is no token to ask with."""
    desk = Desk(pool)

    assert probed(desk) == "none"
    assert desk.intuit.token_calls == 0
    with pytest.raises(UnknownCompany):
        probe(desk.pool, desk.quickbooks, company_id="nobody")
