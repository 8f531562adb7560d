"""Faults on demand: what they match, and what happens to the call."""

import pytest

from tests.qbo_simulator.driver import Company, Reply, invoice_body

ADA = {"DisplayName": "Ada"}


def test_a_lost_answer_is_lost_after_the_write() -> None:
    """The object exists, the client got nothing, and the same requestid replays the answer."""
    company = Company()
    company.fault({"entity": "Customer", "operation": "create"}, answer="lost")

    lost = company.post("customer", ADA, requestid="r-1").response
    again = company.post("customer", ADA, requestid="r-1")

    assert lost.hang_up
    assert again.object["Id"] == "1"
    first, second = company.log()[-2:]
    assert (first["closed_at"] is not None, first["answered_at"], first["applied"]) == (
        True,
        None,
        True,
    )
    assert second["replay"] is True


def test_a_dropped_call_was_not_done() -> None:
    """The connection is closed before anything is applied."""
    company = Company()
    company.fault({"method": "POST"}, answer="drop")

    assert company.post("customer", ADA).response.hang_up
    assert company.rows("select * from Customer") == []


@pytest.mark.parametrize(
    ("then", "status", "content_type", "text"),
    [
        ({"status": 400, "fault": "6000"}, 400, "application/json", b'"Fault"'),
        ({"status": 200, "fault": "6190"}, 200, "application/json", b'"6190"'),
        ({"fault": "6540"}, 400, "application/json", b'"ValidationFault"'),
        ({"status": 500}, 500, "application/json", b'"SystemFault"'),
        ({"status": 401}, 401, "application/json", b'"fault"'),
        ({"status": 401, "fault": "120"}, 401, "application/json", b'"120"'),
        ({"status": 403}, 403, "application/json", b'"3100"'),
        ({"status": 429}, 429, "application/xml", b'code="3001"'),
        ({"xml": True, "fault": "100", "status": 401}, 401, "application/xml", b'code="100"'),
        ({"html": True}, 502, "text/html;charset=utf-8", b"<html>"),
        ({"status": 503, "empty": True}, 503, "application/json;charset=utf-8", b""),
        ({"status": 200, "body": "null"}, 200, "application/json;charset=utf-8", b"null"),
    ],
)
def test_every_shape_of_a_bad_answer_can_be_ordered(
    then: dict[str, object], status: int, content_type: str, text: bytes
) -> None:
    """Both JSON casings, XML, HTML and nothing; the call itself is not done."""
    company = Company()
    company.fault({"operation": "create"}, **then)

    response = company.post("customer", ADA).response

    assert (response.status, response.content_type) == (status, content_type)
    assert text in response.body
    assert company.rows("select * from Customer") == []


def test_an_answer_may_be_replaced_after_the_call_was_done() -> None:
    """`applied` makes the cruel 500: the write happened all the same."""
    company = Company()
    company.fault({"operation": "create"}, status=500, applied=True, headers={"Retry-After": "7"})

    response = company.post("customer", ADA).response

    assert response.status == 500
    assert ("Retry-After", "7") in response.headers
    assert len(company.rows("select * from Customer")) == 1


def test_a_fault_strikes_the_nth_match_so_many_times() -> None:
    """Counting begins with the rule; calls that do not match do not count."""
    company = Company()
    company.fault({"entity": "preferences", "nth": 2, "times": 2}, status=503)

    statuses = [company.get("preferences").status for _ in range(5)]
    company.get(f"companyinfo/{company.realm_id}")

    assert statuses == [200, 503, 503, 200, 200]
    rule = company.control("GET", "faults").json["faults"][0]
    assert (rule["seen"], rule["struck"]) == (5, 2)


def test_faults_last_until_deleted_when_told_so() -> None:
    """`times: null` strikes for ever; DELETE takes every rule away."""
    company = Company()
    company.fault({"times": None, "realm": company.realm_id}, status=503)

    struck = [company.get("preferences").status for _ in range(3)]
    company.control("DELETE", "faults")

    assert struck == [503] * 3
    assert company.get("preferences").status == 200


def test_a_fault_matches_realm_operation_and_path() -> None:
    """Another realm, another operation or another path is not struck."""
    company = Company()
    for match in ({"realm": "1"}, {"operation": "void"}, {"path": "/v3/company/*/invoice"}):
        company.fault(match, status=503)

    created = company.post("customer", ADA)
    invoice = company.post("invoice", invoice_body("1", 5))

    assert (created.status, invoice.status) == (200, 503)


def test_an_answer_of_the_token_endpoint_can_be_lost() -> None:
    """The refresh token has rotated, and nobody knows the new one."""
    company = Company()
    company.fault({"entity": "token", "operation": "refresh_token"}, answer="lost")

    lost = company.ask_tokens(grant_type="refresh_token", refresh_token=company.refresh)
    again = company.ask_tokens(grant_type="refresh_token", refresh_token=company.refresh)

    assert lost.response.hang_up
    assert again.json["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "rule",
    [
        {"match": {"colour": "red"}, "then": {"status": 500}},
        {"match": {}, "then": {"explode": True}},
        {"match": {"nth": 0}, "then": {"status": 500}},
        {"match": {}, "then": {"status": 99}},
        {"match": {}, "then": {"answer": "maybe"}},
        {"match": {}, "then": {"delay_ms": -1}},
        {"match": {}, "then": {"before_ms": "soon"}},
        {"match": []},
        {"then": {"status": 500}, "extra": 1},
    ],
)
def test_a_malformed_fault_is_refused(rule: object) -> None:
    """A rule that would silently do nothing is answered with 400 and a sentence."""
    company = Company()

    reply: Reply = company.control("POST", "faults", rule)

    assert reply.status == 400
    assert reply.json["error"]


def test_the_number_of_rules_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that forgets to delete its rules is told so."""
    monkeypatch.setattr("qbo_simulator.injected.MOST_RULES", 1)
    company = Company()
    company.fault({}, status=500)

    reply = company.control("POST", "faults", {"match": {}, "then": {"status": 500}})

    assert reply.status == 400
