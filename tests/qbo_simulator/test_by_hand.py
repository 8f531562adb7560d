"""What people do in QuickBooks itself: edits, voids, deposits, merges, settled payments."""

import pytest

from tests.qbo_simulator.driver import Company, payment_body


def _do(company: Company, **order: object) -> dict[str, object]:
    reply = company.control("POST", f"realms/{company.realm_id}/by_hand", order)
    assert reply.status == 200, reply.json
    return reply.json


def test_people_change_what_is_there_without_a_trace_in_the_log() -> None:
    """Edit, void, delete, deactivate and deposit go by id alone and are no calls."""
    company = Company()
    ada = company.customer("Ada")
    edited, voided, deleted = (company.invoice(ada, amount)["Id"] for amount in (1, 2, 3))
    payment = company.post("payment", payment_body(ada, 5)).object["Id"]
    before = len(company.log())

    _do(
        company,
        operation="update",
        entity="Invoice",
        fields={"Id": edited, "PrivateNote": "by hand"},
    )
    _do(company, operation="void", entity="Invoice", fields={"Id": voided})
    _do(company, operation="delete", entity="Invoice", fields={"Id": deleted})
    link = {"LinkedTxn": [{"TxnId": payment, "TxnType": "Payment"}]}
    _do(
        company,
        operation="create",
        entity="Deposit",
        fields={"DepositToAccountRef": {"value": "35"}, "Line": [link]},
    )
    _do(company, operation="update", entity="Customer", fields={"Id": ada, "Active": False})

    assert len(company.log()) == before
    assert company.get(f"invoice/{edited}").object["SyncToken"] == "1"
    assert company.get(f"invoice/{voided}").object["TotalAmt"] == 0
    assert company.get(f"invoice/{deleted}").code == "610"
    assert "LinkedTxn" in company.get(f"payment/{payment}").object
    assert company.get(f"customer/{ada}").object["DisplayName"] == "Ada (deleted)"


@pytest.mark.parametrize(
    "order",
    [
        {"operation": "void", "entity": "Invoice", "fields": {"Id": "99"}},
        {"operation": "void", "entity": "Nothing", "fields": {}},
        {"operation": "create", "entity": "Customer", "fields": {}},
        {"operation": "create", "entity": "Customer", "fields": "Ada"},
        {"entity": "Customer"},
    ],
)
def test_what_quickbooks_would_refuse_is_refused_by_hand_too(order: dict[str, object]) -> None:
    """400 and a sentence."""
    company = Company()

    reply = company.control("POST", f"realms/{company.realm_id}/by_hand", order)

    assert reply.status == 400
    assert reply.json["error"]


def test_a_merged_customer_is_not_found_and_its_name_is_free() -> None:
    """Its transactions and jobs go over to the one that is left."""
    company = Company()
    gone, left = company.customer("Ada E."), company.customer("Ada Example")
    job = company.customer("Roof", Job=True, ParentRef={"value": gone})
    invoice = company.invoice(gone, 100)["Id"]
    company.post("payment", payment_body(gone, 30, {invoice: 30}))

    company.control("POST", f"realms/{company.realm_id}/merge", {"from": gone, "into": left})

    assert company.get(f"customer/{gone}").code == "610"
    assert company.post("customer", {"DisplayName": "Ada E."}).code is None
    assert company.get(f"invoice/{invoice}").object["CustomerRef"]["value"] == left
    assert company.get(f"customer/{left}").object["Balance"] == 70
    assert company.get(f"customer/{job}").object["ParentRef"] == {"value": left}
    assert company.post("invoice", {"CustomerRef": {"value": gone}, "Line": []}).code == "2500"


def test_only_two_customers_can_be_merged() -> None:
    """Neither one with itself, nor with nobody, nor a customer into its own job."""
    company = Company()
    ada = company.customer("Ada")
    job = company.customer("Roof", Job=True, ParentRef={"value": ada})

    replies = [
        company.control("POST", f"realms/{company.realm_id}/merge", {"from": one, "into": two})
        for one, two in ((ada, ada), (ada, "99"), (ada, job))
    ]

    assert [reply.status for reply in replies] == [400] * 3


def test_a_settled_payment_cannot_be_voided() -> None:
    """Such a void is refused with 6450."""
    company = Company()
    payment = company.post("payment", payment_body(company.customer(), 5)).object["Id"]

    company.control("POST", f"realms/{company.realm_id}/settle", {"payment": payment})
    reply = company.post("payment", {"Id": payment, "SyncToken": "0"}, operation="void")
    nobody = company.control("POST", f"realms/{company.realm_id}/settle", {"payment": "99"})

    assert (reply.code, nobody.status) == ("6450", 400)


def test_settings_can_be_read_and_sent_back() -> None:
    """What the control interface shows of a company, it takes."""
    company = Company(tax_rate_percent=8)

    shown = company.control("GET", f"realms/{company.realm_id}/settings").json
    taken = company.control("POST", "realms", shown)

    assert shown["tax_rate_percent"] == 8
    assert shown["limits"]["batches_per_minute"] is None
    assert taken.status == 200
