"""Calls of processes that are gone: which may still be on their way, and until when."""

from datetime import datetime, timedelta

import pytest

from coordination.clock import clock
from records.attempts import on_its_way_until
from records.claims import Claim
from tests.support.attempts import a_write, an_attempt
from tests.support.relay_in_hand import Office

AT_MOST = timedelta(seconds=130)
GONE = "UPDATE proline_qbo.processes SET gone_at = proline_qbo.clock() WHERE kind = 'worker'"
AGAIN = "UPDATE proline_qbo.attempts SET sends = 2"
ENDED = "UPDATE proline_qbo.calls SET ended_at = proline_qbo.clock()"
NOT_ON_ITS_WAY = {
    "it was sent once": "UPDATE proline_qbo.attempts SET sends = 1",
    "its process lives, and has given it up": "UPDATE proline_qbo.processes SET gone_at = NULL",
    "its process stopped in order": "UPDATE proline_qbo.processes SET retired = true"
    " WHERE gone_at IS NOT NULL",
    "it was answered": "UPDATE proline_qbo.calls SET status = 200",
    "it never left": "UPDATE proline_qbo.calls SET unsent = true, ended_at = proline_qbo.clock()",
    "QuickBooks must have answered": "UPDATE proline_qbo.calls"
    " SET slot_at = slot_at - interval '131 seconds'",
}
STILL_ON_ITS_WAY = {
    "its process was just declared gone": "SELECT",
    "the leader had taken it for forgotten before": "UPDATE proline_qbo.calls"
    " SET ended_at = proline_qbo.clock() - interval '1 second'",
    "its process lives, and waits for the answer": "WITH lives AS ("
    " UPDATE proline_qbo.processes SET gone_at = NULL)"
    " UPDATE proline_qbo.calls SET ended_at = NULL",
    "its end is not written down": "UPDATE proline_qbo.calls SET ended_at = NULL",
    "the clock went back since": "UPDATE proline_qbo.calls"
    " SET slot_at = slot_at + interval '1 hour'",
}


@pytest.fixture
def claimed(office: Office) -> Claim:
    """Give a contact whose write left a worker that is gone, and was sent again."""
    claim = office.claimed_contact()
    with office.pool.connection() as connection:
        an_attempt(connection, claim, a_write("r1"))
    office.do(GONE)
    office.do(AGAIN)
    office.do(ENDED)
    return claim


@pytest.mark.parametrize("why", NOT_ON_ITS_WAY.values(), ids=NOT_ON_ITS_WAY)
def test_a_call_is_over(office: Office, claimed: Claim, why: str) -> None:
    """Then what is new need not wait."""
    assert _until(office, claimed) is not None

    office.do(why)

    assert _until(office, claimed) is None


@pytest.mark.parametrize("why", STILL_ON_ITS_WAY.values(), ids=STILL_ON_ITS_WAY)
def test_a_call_may_be_on_its_way(office: Office, claimed: Claim, why: str) -> None:
    """For as long as QuickBooks may take from now at most, whatever the rows say."""
    office.do(why)

    until = _until(office, claimed)

    assert until is not None
    with office.pool.connection() as connection:
        assert until <= clock(connection) + AT_MOST


def test_with_a_proved_request_id_only_an_id_that_was_given_up_counts(
    office: Office, claimed: Claim
) -> None:
    """The rest replay the first answer; of a duplicate id nobody knows what became."""
    assert _until(office, claimed, ["600"]) is None

    office.do("UPDATE proline_qbo.attempts SET fault_code = '600'")

    assert _until(office, claimed, ["600"]) is not None


@pytest.mark.parametrize("status", ["NULL", "408", "502", "504"])
def test_a_create_may_be_carried_out_after_its_process_gave_up(
    office: Office, claimed: Claim, status: str
) -> None:
    """Its connection is closed, but QuickBooks has it: no name may be freed so soon."""
    office.do("UPDATE proline_qbo.processes SET gone_at = NULL")
    office.do(f"UPDATE proline_qbo.calls SET status = {status}")
    office.do("""UPDATE proline_qbo.attempts SET wanted = '{"DisplayName": "Ada"}'""")

    assert _until(office, claimed, name="Ada") is None
    assert _until(office, claimed, name="Eve") is not None
    assert _until(office, claimed, name=None) is not None


@pytest.mark.parametrize("status", [200, 400, 401, 429])
def test_what_was_answered_is_over(office: Office, claimed: Claim, status: int) -> None:
    """Done or refused: nothing of it comes later."""
    office.do("""UPDATE proline_qbo.attempts SET wanted = '{"DisplayName": "Ada"}'""")
    office.do("UPDATE proline_qbo.calls SET status = %s", status)

    assert _until(office, claimed, name="Eve") is None


@pytest.mark.parametrize("status", [200, 302])
def test_a_success_that_was_sent_again_says_nothing(
    office: Office, claimed: Claim, status: int
) -> None:
    """It was a page of something on the way, or nobody would have sent it once more."""
    office.do("""UPDATE proline_qbo.attempts SET wanted = '{"DisplayName": "Ada"}'""")
    office.do("UPDATE proline_qbo.calls SET status = %s", status)
    office.do("""
        INSERT INTO proline_qbo.calls
               (realm_id, company_id, record_pk, attempt_id, process_id, kind, purpose, slot_at,
                ended_at, status)
        SELECT realm_id, company_id, record_pk, attempt_id, process_id, kind, purpose, slot_at,
               slot_at, 200
          FROM proline_qbo.calls
    """)

    assert _until(office, claimed, name="Eve") is not None
    assert _until(office, claimed, name="Ada") is None


def test_an_update_is_refused_for_its_version(office: Office, claimed: Claim) -> None:
    """However late it comes."""
    office.do("UPDATE proline_qbo.processes SET gone_at = NULL")
    office.do("""
        UPDATE proline_qbo.attempts SET wanted = '{"DisplayName": "Ada"}', operation = 'update'
    """)

    assert _until(office, claimed, name="Eve") is None


def _until(
    office: Office, claimed: Claim, codes: list[str] | None = None, name: str | None = None
) -> datetime | None:
    with office.pool.connection() as connection:
        return on_its_way_until(connection, claimed.pk, AT_MOST, name, codes)
