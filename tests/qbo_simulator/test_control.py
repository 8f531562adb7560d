"""The control interface: companies, report, log, clock."""

import json

import pytest

from tests.qbo_simulator.driver import Company, invoice_body


def test_a_realm_is_made_with_its_settings_and_can_be_changed() -> None:
    """POST realms makes a company, and with a known realm_id changes what is sent."""
    company = Company()

    made = company.control("POST", "realms", {"realm_id": "42", "company_name": "Example"}).json
    company.control("POST", "realms", {"realm_id": "42", "custom_txn_numbers": True})

    settings = company.simulator.realms.all()[1].settings
    assert made == {"realm_id": "42"}
    assert (settings.company_name, settings.custom_txn_numbers) == ("Example", True)


def test_a_changed_realm_keeps_its_books() -> None:
    """Changing a setting touches no object."""
    company = Company()
    company.customer("Ada")

    company.control("POST", "realms", {"realm_id": company.realm_id, "using_sales_tax": False})

    assert len(company.rows("select * from Customer")) == 1


@pytest.mark.parametrize(
    "settings",
    [
        {"colour": "red"},
        {"realm_id": "abc"},
        {"custom_txn_numbers": "yes"},
        {"limits": {"per_hour": 1}},
        {"limits": {"per_minute": 0}},
        {"latency_ms": [5]},
        {"latency_ms": [5, 1]},
        {"book_close_date": "soon"},
        {"refresh_rotation": "never"},
        {"tax_rate_percent": "much"},
        {"company_name": ""},
        {"log_limit": -1},
    ],
)
def test_a_malformed_setting_is_refused(settings: dict[str, object]) -> None:
    """An unknown or malformed setting is answered 400 with a sentence, and makes no company."""
    company = Company()

    reply = company.control("POST", "realms", settings)

    assert reply.status == 400
    assert reply.json["error"].endswith(".") or "Invalid isoformat" in reply.json["error"]
    assert len(company.simulator.realms.all()) == 1


def test_the_report_counts_objects_and_calls() -> None:
    """Reads, writes, refusals and objects by kind are counted per realm."""
    company = Company()
    ada = company.customer("Ada")
    company.invoice(ada, 5)
    company.post("customer", {"DisplayName": "Ada"})
    company.get("customer/1")
    company.query("select * from Customer")

    report = company.report()

    assert (report["reads"], report["writes"], report["refused"]) == (2, 3, 1)
    assert (report["objects"]["Customer"], report["objects"]["Invoice"]) == (1, 1)
    assert report["duplicates"] == 0


def test_duplicates_are_what_shares_a_number_or_a_source() -> None:
    """Each surplus object counts once; voided ones and those of other customers do not."""
    company = Company(custom_txn_numbers=False)
    ada, ben = company.customer("Ada"), company.customer("Ben")
    note = "Roof. ProLine invoice 1001"
    company.invoice(ada, 5, DocNumber="7", PrivateNote=note)
    company.invoice(ada, 5, DocNumber="7", PrivateNote=note)
    company.invoice(ben, 5, DocNumber="8", PrivateNote=note)
    voided = company.invoice(ada, 5, DocNumber="9", PrivateNote=note)
    before = company.report()["duplicates_by_kind"]

    company.post("invoice", {"Id": voided["Id"], "SyncToken": "0"}, operation="void")

    assert before == {"Invoice": 2}
    assert company.report()["duplicates"] == 1


def test_the_log_tells_every_call_in_order() -> None:
    """Each call has its place, times, entity, operation, object, requestid, status and fault."""
    company = Company()
    company.post("customer", {"DisplayName": "Ada"}, requestid="r-1")
    company.post("customer", {"Id": "1", "SyncToken": "7", "sparse": True})
    company.post("invoice", {"Id": "1", "SyncToken": "0"}, operation="void")
    company.query("select * from Customer where Id = '1'")

    log = company.log()

    told = [(c["entity"], c["operation"], c["object_id"], c["status"]) for c in log]
    assert told == [
        ("Customer", "create", "1", 200),
        ("Customer", "update", "1", 400),
        ("Invoice", "void", "1", 400),
        ("Customer", "query", None, 200),
    ]
    assert [call["seq"] for call in log] == [1, 2, 3, 4]
    assert [call["fault_code"] for call in log] == [None, "5010", "610", None]
    assert [call["applied"] for call in log] == [True, False, False, False]
    assert log[0]["requestid"] == "r-1"
    assert log[0]["received_at"] <= log[0]["applied_at"] <= log[0]["answered_at"]
    assert [call["applied_at"] for call in log[1:]] == [None] * 3
    assert [call["body"] for call in log] == [None] * 4
    assert [call["query"] for call in log] == [None] * 4


def test_the_log_keeps_what_calls_say_where_that_is_asked_for() -> None:
    """A checker judges by the bodies as they came; nobody else pays for keeping them."""
    company = Company(log_bodies=True)
    company.post("customer", {"DisplayName": "Zoë"})
    company.get("customer/1")

    written, read = (call["body"] for call in company.log())

    assert json.loads(written) == {"DisplayName": "Zoë"}
    assert read == ""


def test_the_log_keeps_what_a_query_asks_for() -> None:
    """In the address or as a body; nothing else has a statement."""
    company = Company(log_bodies=True)
    statement = "select * from Customer where DisplayName = 'Zoë & Sons'"
    company.customer()
    company.query(statement)
    company.post("query", statement.encode())

    assert [call["query"] for call in company.log()] == [None, statement, statement]


def test_the_log_is_bounded_and_can_be_read_in_parts() -> None:
    """The oldest calls are forgotten past the limit; `since` and `limit` cut what is shown."""
    company = Company(log_limit=5)
    for _ in range(8):
        company.get("preferences")

    assert [call["seq"] for call in company.log()] == [4, 5, 6, 7, 8]
    part = company.control("GET", f"realms/{company.realm_id}/log?since=5&limit=2").json
    assert [call["seq"] for call in part["calls"]] == [6, 7]


def test_the_clock_can_be_put_forward() -> None:
    """Dates and expiries follow; it never goes back."""
    company = Company()

    moved = company.control("POST", "clock", {"advance_seconds": 86_400})
    back = company.control("POST", "clock", {"advance_seconds": -1})

    assert moved.json["now"] == "2026-11-21T18:00:00+00:00"
    assert back.status == 400
    assert company.get("preferences").status == 401


def test_an_unknown_path_says_so() -> None:
    """404 for what the control interface does not know, and for any path outside."""
    company = Company()

    replies = [
        company.control("GET", "nothing"),
        company.control("POST", "realms/999/code"),
        company.control("GET", f"realms/{company.realm_id}/code"),
    ]

    assert [reply.status for reply in replies] == [404] * 3


def test_every_answer_has_a_transaction_id() -> None:
    """intuit_tid is on answers, faults and token replies alike, each its own."""
    company = Company()

    responses = [
        company.get("preferences").response,
        company.post("invoice", invoice_body("9", 5)).response,
        company.ask_tokens(grant_type="password").response,
    ]

    tids = {dict(response.headers)["intuit_tid"] for response in responses}
    assert len(tids) == 3


def test_the_number_of_companies_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Past the limit no company is made."""
    monkeypatch.setattr("qbo_simulator.realms.MOST_REALMS", 1)
    company = Company()

    reply = company.control("POST", "realms", {})

    assert reply.status == 400
