"""The same requestid gets the same answer, and nothing is done twice."""

import pytest

from tests.qbo_simulator.driver import Company, invoice_body


def test_a_requestid_used_again_replays_the_first_answer() -> None:
    """The second answer is the first byte for byte, even for another body; one object exists."""
    company = Company()
    body = invoice_body(company.customer(), 5)

    first = company.post("invoice", body, requestid="r-1")
    company.clock.advance(100)
    second = company.post("invoice", invoice_body("1", 6), requestid="r-1")

    assert second.response.body == first.response.body
    assert company.report()["objects"]["Invoice"] == 1
    assert company.report()["replays"] == 1
    assert [call["replay"] for call in company.log()][-2:] == [False, True]


def test_a_refusal_is_replayed_too() -> None:
    """A business refusal is an answer: it is kept although its cause is gone."""
    company = Company()
    body = invoice_body("1", 5)
    first = company.post("invoice", body, requestid="r-1")
    company.customer()

    second = company.post("invoice", body, requestid="r-1")

    assert (first.code, second.code) == ("2500", "2500")
    assert company.post("invoice", body, requestid="r-2").code is None


def test_a_requestid_belongs_to_one_company() -> None:
    """The same id in another company is another request."""
    company = Company()
    other = Company()

    made = [
        each.post("customer", {"DisplayName": "Ada"}, requestid="r") for each in (company, other)
    ]

    assert [reply.code for reply in made] == [None, None]


def test_a_requestid_is_at_most_fifty_characters() -> None:
    """A longer one is refused with 2130."""
    company = Company()

    taken = company.post("customer", {"DisplayName": "Ada"}, requestid="x" * 50)
    refused = company.post("customer", {"DisplayName": "Ben"}, requestid="x" * 51)

    assert (taken.code, refused.code) == (None, "2130")


def test_without_the_promise_a_retry_makes_a_second_object() -> None:
    """Where the realm ignores requestid, a repeated invoice is there twice, and is reported."""
    company = Company(requestid="ignored")
    body = invoice_body(company.customer(), 5, PrivateNote="ProLine invoice 1001")

    for _ in range(2):
        company.post("invoice", body, requestid="r-1")

    assert company.report()["objects"]["Invoice"] == 2
    assert company.report()["duplicates"] == 1


def test_a_fault_given_on_demand_is_not_kept() -> None:
    """A 500 or a throttle is no answer of the books: the same id goes through afterwards."""
    company = Company()
    company.fault({"operation": "create"}, status=500)

    first = company.post("customer", {"DisplayName": "Ada"}, requestid="r-1")
    second = company.post("customer", {"DisplayName": "Ada"}, requestid="r-1")

    assert (first.status, first.code) == (500, "10000")
    assert second.object["Id"] == "1"


def test_the_oldest_answers_are_forgotten_past_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept is bounded: past the limit the oldest id is a new request again."""
    monkeypatch.setattr("qbo_simulator.requestid.KEPT_ANSWERS", 2)
    company = Company()
    for number in range(3):
        company.post("customer", {"DisplayName": f"{number}"}, requestid=f"r-{number}")

    forgotten = company.post("customer", {"DisplayName": "0"}, requestid="r-0")
    kept = company.post("customer", {"DisplayName": "2"}, requestid="r-2")

    assert (forgotten.code, kept.code) == ("6240", None)
