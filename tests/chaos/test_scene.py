"""What the harm looks at: whether somebody goes on with a killed worker's records."""

from datetime import timedelta
from typing import Any

import pytest

from chaos.harm.scene import Scene
from coordination.database import Pool
from records.claims import Claim
from records.settlement import retry
from tests.support.attempts import a_write, an_attempt
from tests.support.hand_worker import HandWorker
from tests.support.proline import enable_company
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
    return office.claimed_contact()


def test_a_dead_workers_claims_are_its_own_until_they_are_taken_back(
    office: Office, claimed: Claim
) -> None:
    """And nobody else's are."""
    scene = _scene(office.pool)
    assert scene.claims_of(DEAD) == [claimed.pk]
    assert scene.claims_of(DEAD + 1) == []

    office.worker.leave(claimed, retry(_now(office), "It was taken back."))

    assert scene.claims_of(DEAD) == []


def test_a_record_goes_on_once_another_has_or_calls_for_it(office: Office, claimed: Claim) -> None:
    """Its own call, made just before it was killed, says nothing."""
    with office.pool.connection() as connection:
        an_attempt(connection, claimed, a_write("r1"))
    assert _going_on(office, claimed) == (1, 0)

    other = HandWorker(office.pool).process_id
    office.do("UPDATE proline_qbo.calls SET process_id = %s", other)
    assert _going_on(office, claimed) == (0, 1)
    office.do("UPDATE proline_qbo.calls SET unsent = true, ended_at = proline_qbo.clock()")
    assert _going_on(office, claimed) == (1, 0)
    office.do("UPDATE proline_qbo.records SET claimed_by = %s WHERE pk = %s", other, claimed.pk)

    assert _going_on(office, claimed) == (0, 1)


def test_a_record_that_is_done_needs_nobody(office: Office, claimed: Claim) -> None:
    """It was settled after all."""
    assert _going_on(office, claimed) == (1, 0)

    office.worker.settle(claimed)

    assert _going_on(office, claimed) == (0, 1)


WAITS = {
    "off": "UPDATE proline_qbo.companies SET enabled = false",
    "rests": """
        UPDATE proline_qbo.companies
           SET paused_until = proline_qbo.clock() + interval '1 hour', pause_reason = 'limit'
    """,
    "is tried": """
        UPDATE proline_qbo.companies
           SET paused_until = proline_qbo.clock(), pause_reason = 'unavailable'
    """,
    "comes later": """
        UPDATE proline_qbo.records SET state = 'pending', reason = NULL, retry_at = NULL,
               since = since + CASE entity WHEN 'contact' THEN interval '1 hour' ELSE '0' END
    """,
}


@pytest.mark.parametrize("why", WAITS.values(), ids=WAITS)
def test_what_must_wait_is_neither(office: Office, claimed: Claim, why: str) -> None:
    """Once it was taken back; until then it stands still."""
    office.worker.leave(claimed, retry(_now(office), "It was taken back."))
    assert _going_on(office, claimed) == (1, 0)

    office.do(why)

    assert _going_on(office, claimed) == (0, 0)


def test_what_rests_stands_still_until_it_is_taken_back(office: Office, claimed: Claim) -> None:
    """A company's rest excuses nobody who is still held by the dead."""
    office.do("UPDATE proline_qbo.companies SET enabled = false")

    assert _going_on(office, claimed) == (1, 0)


@pytest.mark.parametrize("kind", ["Payment", "Invoice"])
def test_a_document_waits_until_quickbooks_must_have_an_answer(
    office: Office, claimed: Claim, kind: str
) -> None:
    """That is so where neither a number nor a proved request id stops a second one."""
    with office.pool.connection() as connection:
        an_attempt(connection, claimed, a_write("r1"))
    office.worker.leave(claimed, retry(_now(office) + timedelta(seconds=131), "It waits."))
    assert _going_on(office, claimed) == (1, 0)

    office.do("UPDATE proline_qbo.attempts SET kind = %s", kind)

    assert _going_on(office, claimed) == (0, 0)


def _going_on(office: Office, claimed: Claim) -> tuple[int, int] | None:
    killed_at = _now(office) - timedelta(seconds=1)
    return _scene(office.pool).going_on([claimed.pk], DEAD, killed_at)


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
