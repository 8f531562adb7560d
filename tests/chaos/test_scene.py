"""What the harm looks at: whether somebody goes on with a killed worker's records."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from chaos.harm.scene import Scene
from coordination.database import Pool
from records.claims import Claim
from records.settlement import retry
from tests.support.attempts import a_write, an_attempt
from tests.support.hand_worker import HandWorker
from tests.support.proline import ACME, enable_company
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


def test_what_was_handed_out_is_unclaimed_until_a_worker_has_it(
    office: Office, claimed: Claim
) -> None:
    """Asked by its token: what is handed out later is another matter."""
    scene = _scene(office.pool)
    assert scene.unclaimed() == []
    office.worker.leave(claimed, retry(_now(office), "It was taken back."))
    office.hand.drain()
    (token,) = scene.unclaimed() or []

    assert scene.unclaimed([token]) == [token]
    assert scene.unclaimed([UUID(int=1)]) == []
    office.do(
        "UPDATE proline_qbo.records SET claimed_by = %s, claimed_at = now(), claimed_beats = 0"
        " WHERE dispatch_token = %s",
        HandWorker(office.pool).process_id,
        token,
    )
    assert scene.unclaimed([token]) == []


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
    office.worker.leave(claimed, retry(_now(office) + timedelta(seconds=129.9), "It waits."))
    assert _going_on(office, claimed) == (1, 0)

    office.do("UPDATE proline_qbo.attempts SET kind = %s", kind)

    assert _going_on(office, claimed) == (0, 0)


@pytest.fixture
def waits(office: Office, claimed: Claim) -> Office:
    """Let the record be taken back and handed out anew, after a call that was never answered."""
    with office.pool.connection() as connection:
        an_attempt(connection, claimed, a_write("r1"))
    office.worker.leave(claimed, retry(_now(office), "It was taken back."))
    office.hand.drain()
    return office


def test_a_company_waits_until_another_worker_has_an_answer_for_it(waits: Office) -> None:
    """One of the worker that was killed says nothing: it was sent before."""
    killed_at = _now(waits)
    scene, other = _scene(waits.pool), HandWorker(waits.pool).process_id
    waits.do(
        "UPDATE proline_qbo.calls SET slot_at = proline_qbo.clock(), status = 200,"
        " ended_at = proline_qbo.clock() + interval '1 millisecond'"
    )
    assert scene.waiting([], DEAD, killed_at) == {ACME}

    waits.do("UPDATE proline_qbo.calls SET process_id = %s", other)

    assert scene.waiting([], DEAD, killed_at) == set()


def test_what_the_killed_worker_held_is_no_other_work(waits: Office, claimed: Claim) -> None:
    """It is not asked about here: it may take its time to be taken back."""
    assert _waiting(waits) == {ACME}

    assert _waiting(waits, claimed.pk) == set()


def test_work_that_is_only_claimed_is_not_done(waits: Office, claimed: Claim) -> None:
    """By a worker that lives; one that does not beat is somebody else's matter."""
    killed_at = _now(waits)
    scene, other = _scene(waits.pool), HandWorker(waits.pool).process_id
    waits.do(
        "UPDATE proline_qbo.records"
        " SET claimed_by = %s, claimed_at = now(), claimed_beats = 0 WHERE pk = %s",
        other,
        claimed.pk,
    )
    assert scene.waiting([], DEAD, killed_at, unclaimed=True) == set()
    assert scene.waiting([], DEAD, killed_at) == {ACME}

    waits.do("UPDATE proline_qbo.processes SET beat_at = beat_at - interval '2 seconds'")

    assert scene.waiting([], DEAD, killed_at) == set()


COMPANY_WAITS = {
    **{why: WAITS[why] for why in ("off", "rests", "is tried")},
    "throttled": """
        UPDATE proline_qbo.limiters SET paused_until = proline_qbo.clock() + interval '1 minute'
    """,
    "at its ceiling": "UPDATE proline_qbo.limiters SET ceiling = 0",
    "refreshes": """
        INSERT INTO proline_qbo.tokens
               (company_id, realm_id, access_token, refresh_token, access_expires_at,
                refresh_expires_at, refreshed_at, refresh_until)
        SELECT id, realm_id, '', '', now(), now(), now(), proline_qbo.clock() + interval '1 minute'
          FROM proline_qbo.companies
    """,
    "has nothing to do": """
        UPDATE proline_qbo.records SET state = 'waiting', reason = 'unsent', retry_at = NULL,
               dispatch_token = NULL, dispatched_at = NULL
    """,
}


@pytest.mark.parametrize("why", COMPANY_WAITS.values(), ids=COMPANY_WAITS)
def test_a_company_that_must_wait_does_not_wait_for_anybody(waits: Office, why: str) -> None:
    """Nor does one that has nothing to do."""
    assert _waiting(waits) == {ACME}

    waits.do(why)

    assert _waiting(waits) == set()


def _going_on(office: Office, claimed: Claim) -> tuple[int, int] | None:
    killed_at = _now(office) - timedelta(seconds=1)
    return _scene(office.pool).going_on([claimed.pk], DEAD, killed_at)


def _waiting(office: Office, *held: int) -> set[str] | None:
    killed_at = _now(office) - timedelta(milliseconds=1)
    return _scene(office.pool).waiting(list(held), DEAD, killed_at)


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
        first_mode="main",
    )
