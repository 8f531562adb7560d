"""Batches: parts with replies of their own, that cannot see each other, under their own limit."""

from typing import Any

from tests.qbo_simulator.driver import Company, invoice_body


def _parts(company: Company, *parts: dict[str, Any], **parameters: str) -> list[dict[str, Any]]:
    numbered = [{"bId": f"b{number}", **part} for number, part in enumerate(parts)]
    reply = company.post("batch", {"BatchItemRequest": numbered}, **parameters)
    assert reply.status == 200
    found: list[dict[str, Any]] = reply.json["BatchItemResponse"]
    return found


def test_each_part_of_a_batch_has_its_own_answer() -> None:
    """HTTP 200 whatever the parts did; an answer is found by its bId."""
    company = Company()
    ada = company.customer("Ada")

    parts = _parts(
        company,
        {"operation": "create", "Vendor": {"DisplayName": "Supplies"}},
        {"operation": "delete", "Invoice": {"Id": "129", "SyncToken": "0"}},
        {"operation": "update", "Customer": {"Id": ada, "SyncToken": "7", "sparse": True}},
        {"Query": "select * from Customer"},
        {"operation": "create", "Invoice": invoice_body(ada, 5)},
        {"operation": "create", "Nothing": {}},
    )

    assert [part["bId"] for part in parts] == ["b0", "b1", "b2", "b3", "b4", "b5"]
    assert parts[0]["Vendor"]["Vendor1099"] is False
    faults = [part["Fault"]["Error"][0] for part in parts if "Fault" in part]
    assert [fault["code"] for fault in faults] == ["610", "5010", "500"]
    assert faults[0]["element"] == ""
    assert parts[3]["QueryResponse"]["maxResults"] == 1
    assert parts[4]["Invoice"]["TotalAmt"] == 5


def test_a_part_does_not_see_what_an_earlier_one_made() -> None:
    """A customer of the first part cannot be invoiced in the second, nor be found in the third."""
    company = Company()

    parts = _parts(
        company,
        {"operation": "create", "Customer": {"DisplayName": "Ada"}},
        {"operation": "create", "Invoice": invoice_body("1", 5)},
        {"Query": "select * from Customer"},
    )

    assert parts[1]["Fault"]["Error"][0]["code"] == "2500"
    assert parts[2]["QueryResponse"] == {}
    assert company.post("invoice", invoice_body("1", 5)).code is None


def test_a_batch_can_void_and_delete() -> None:
    """An update with the option `void` voids."""
    company = Company()
    first, second = (company.invoice(company.customer(str(n)), 5)["Id"] for n in range(2))

    parts = _parts(
        company,
        {
            "operation": "update",
            "optionsData": "void",
            "Invoice": {"Id": first, "SyncToken": "0"},
        },
        {"operation": "delete", "Invoice": {"Id": second, "SyncToken": "0"}},
    )

    assert parts[0]["Invoice"]["TotalAmt"] == 0
    assert parts[1]["Invoice"]["status"] == "Deleted"


def test_a_batch_of_a_wrong_form_is_refused_whole() -> None:
    """Too many parts are 1040, none or no bId 2020, a long bId beside a requestid 2130."""
    company = Company()
    part = {"bId": "a", "Query": "select * from Customer"}
    long = {**part, "bId": "a" * 11}

    codes = [
        company.post("batch", {"BatchItemRequest": parts}, **parameters).code
        for parts, parameters in (
            ([part] * 31, {}),
            ([], {}),
            ([{"Query": "select * from Customer"}], {}),
            ([long], {"requestid": "r"}),
            ([part], {"requestid": "r" * 37}),
            (["no object"], {}),
            ([long], {}),
        )
    ]

    assert codes == ["1040", "2020", "2020", "2130", "2130", "2010", None]


def test_a_batch_sent_again_under_its_requestid_is_replayed() -> None:
    """The parts are not done twice."""
    company = Company()
    part = {"operation": "create", "Customer": {"DisplayName": "Ada"}}

    first, again = (_parts(company, part, requestid="r-1") for _ in range(2))

    assert first == again
    assert company.report()["objects"]["Customer"] == 1


def test_batches_have_a_limit_of_their_own() -> None:
    """Forty in a minute; other calls go on."""
    company = Company(limits={"per_minute": None, "per_second": None, "in_flight": None})
    body = {"BatchItemRequest": [{"bId": "a", "Query": "select * from Customer"}]}

    statuses = [company.post("batch", body).status for _ in range(41)]

    assert statuses == [200] * 40 + [429]
    assert company.get("preferences").status == 200
