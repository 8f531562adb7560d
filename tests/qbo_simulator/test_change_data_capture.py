"""What has changed since a moment: rows of several entities, deleted and inactive ones too."""

import pytest

from tests.qbo_simulator.driver import Company

SINCE = "2026-11-20T10:00:00-08:00"


def test_changes_are_told_per_entity_and_deleted_ones_by_their_id() -> None:
    """Every entity asked for has an element; one without changes is empty."""
    company = Company()
    ada = company.customer("Ada")
    gone, kept = (company.invoice(ada, amount) for amount in (5, 6))
    company.post("customer", {"Id": ada, "SyncToken": "0", "sparse": True, "Active": False})
    company.post("invoice", {"Id": gone["Id"], "SyncToken": "0"}, operation="delete")

    reply = company.get("cdc", entities="Invoice,Payment,Customer", changedSince=SINCE)

    invoices, payments, customers = reply.json["CDCResponse"][0]["QueryResponse"]
    assert [each["Id"] for each in invoices["Invoice"]] == [kept["Id"], gone["Id"]]
    assert invoices["Invoice"][1] == {"domain": "QBO", "status": "Deleted", "Id": gone["Id"]}
    assert (invoices["startPosition"], invoices["maxResults"]) == (1, 2)
    assert payments == {}
    assert customers["Customer"][0]["DisplayName"] == "Ada (deleted)"
    assert company.report()["reads"] == 1


def test_only_what_changed_since_then_is_told() -> None:
    """A later moment leaves out what is older; a blank in the place of `+` is understood."""
    company = Company()
    company.customer("Old")
    company.clock.advance(60)
    company.customer("New")

    replies = [
        company.get("cdc", entities="Customer", changedSince=moment)
        for moment in ("2026-11-20T18:00:30Z", "2026-11-20T18:00:30 00:00", "2011-01-01")
    ]

    found = [reply.json["CDCResponse"][0]["QueryResponse"][0] for reply in replies]
    assert [len(each["Customer"]) for each in found] == [1, 1, 2]


def test_a_thousand_objects_are_shared_by_all_entities(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is asked for later gets what is left of them."""
    monkeypatch.setattr("qbo_simulator.change_data_capture.MOST_OBJECTS", 3)
    company = Company()
    for number in range(2):
        company.invoice(company.customer(str(number)), 5)

    reply = company.get("cdc", entities="Customer,Invoice", changedSince=SINCE)

    customers, invoices = reply.json["CDCResponse"][0]["QueryResponse"]
    assert (len(customers["Customer"]), len(invoices["Invoice"])) == (2, 1)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"changedSince": SINCE}, "2020"),
        ({"entities": "Customer"}, "2020"),
        ({"entities": "Customer", "changedSince": "lately"}, "2060"),
        ({"entities": "Cust*mer", "changedSince": SINCE}, "4001"),
        ({"entities": "Estimate", "changedSince": SINCE}, None),
    ],
)
def test_a_question_of_a_wrong_form_is_refused(asked: dict[str, str], code: str | None) -> None:
    """Both parameters are needed; an entity the stand-in does not hold has no changes."""
    assert Company().get("cdc", **asked).code == code
