"""What the harm looks at: whether somebody goes on with a killed worker's records."""

from datetime import timedelta
from typing import Any

import pytest

from chaos.harm.scene import Scene
from connections import companies
from coordination.clock import clock
from coordination.database import Pool
from records.claims import Claim
from records.settlement import retry
from tests.support.attempts import a_write, an_attempt
from tests.support.hand_worker import HandWorker
from tests.support.proline import ACME, contact, enable_company, project
from tests.support.relay_in_hand import Office

DEAD = 99_999
"""The process id of the worker that is killed."""


@pytest.fixture
def office(pool: Pool) -> Office:
    """Give a company that is on, with the worker that is going to be killed."""
    with pool.connection() as connection:
        enable_company(connection)
    office = Office(pool, HandWorker(pool))
    office.do("UPDATE proline_qbo.processes SET pid = %s WHERE kind = 'worker'", DEAD)
    return office


@pytest.fixture
def claimed(office: Office) -> Claim:
    """Give what it holds: a contact."""
    office.say("contact", contact())
    office.say("project", project())
    (message,) = office.hand.drain()
    claim = office.worker.claim(message)
    assert claim is not None
    return claim


def test_a_dead_workers_claims_are_its_own_until_they_are_taken_back(
    office: Office, claimed: Claim
) -> None:
    """And nobody else's are."""
    scene = _scene(office.pool)
    assert scene.claims_of(DEAD) == [claimed.pk]
    assert scene.claims_of(DEAD + 1) == []

    office.worker.leave(claimed, retry(_now(office), "It was taken back."))

    assert scene.claims_of(DEAD) == []


def test_a_record_goes_on_once_another_calls_for_it(office: Office, claimed: Claim) -> None:
    """Its own call, made just before it was killed, says nothing."""
    with office.pool.connection() as connection:
        an_attempt(connection, claimed, a_write("r1"))
    assert not _has_gone_on(office, claimed)

    other = HandWorker(office.pool)
    office.do("UPDATE proline_qbo.calls SET process_id = %s", other.process_id)

    assert _has_gone_on(office, claimed)


def test_a_record_that_is_done_needs_nobody(office: Office, claimed: Claim) -> None:
    """It was settled after all."""
    assert not _has_gone_on(office, claimed)

    office.worker.settle(claimed)

    assert _has_gone_on(office, claimed)


def test_a_company_that_rests_keeps_its_records_waiting(office: Office, claimed: Claim) -> None:
    """As one does that was turned off."""
    with office.pool.connection() as connection:
        companies.pause(connection, ACME, clock(connection) + timedelta(hours=1), "limit")
    assert _has_gone_on(office, claimed)

    office.do("UPDATE proline_qbo.companies SET paused_until = NULL, pause_reason = NULL")
    assert not _has_gone_on(office, claimed)
    office.do("UPDATE proline_qbo.companies SET enabled = false")

    assert _has_gone_on(office, claimed)


def test_a_payment_waits_until_quickbooks_must_have_an_answer(
    office: Office, claimed: Claim
) -> None:
    """That is what is asked for where a request id is not proved; anything else goes on at once."""
    with office.pool.connection() as connection:
        an_attempt(connection, claimed, a_write("r1"))
    office.worker.leave(claimed, retry(_now(office) + timedelta(seconds=131), "It waits."))
    assert not _has_gone_on(office, claimed)

    office.do("UPDATE proline_qbo.attempts SET kind = 'Payment'")

    assert _has_gone_on(office, claimed)


def _has_gone_on(office: Office, claimed: Claim) -> bool:
    killed_at = _now(office) - timedelta(seconds=1)
    return _scene(office.pool).has_gone_on([claimed.pk], DEAD, killed_at)


def _now(office: Office) -> Any:  # noqa: ANN401  # a time
    return office.rows("SELECT proline_qbo.clock() AS now")[0].now


def _scene(pool: Pool) -> Scene:
    nobody: Any = None
    return Scene(
        platform=nobody,
        postgres=nobody,
        rabbitmq=nobody,
        quickbooks=nobody,
        pool=pool,
        realms={},
        restless="",
        diary=nobody,
        turns=nobody,
        over=nobody,
        prompt=True,
    )
