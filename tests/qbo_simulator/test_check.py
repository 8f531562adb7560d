"""The check holds recordings of every kind, finds what differs, and names what it cannot read."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from qbo_simulator.check.__main__ import main
from qbo_simulator.check.compare import compare
from qbo_simulator.check.judging import Judgement, judge_file
from tests.qbo_simulator.driver import Company, invoice_body, payment_body

ROOT = Path(__file__).parents[2]
HOST = "https://sandbox-quickbooks.api.intuit.com"
FAULT = {
    "Fault": {
        "Error": [{"Message": "m", "Detail": "d", "code": "610", "element": ""}],
        "type": "ValidationFault",
    },
    "time": "2026-01-05T09:30:00.000-08:00",
}
XML_FAULT = """<?xml version="1.0" encoding="UTF-8"?>
<IntuitResponse time="2026-01-05T09:30:00.000-08:00" xmlns="http://schema.intuit.com/finance/v3">
  <Fault type="SERVICE"><Error code="3001"><Message>message=ThrottleExceeded</Message>
  <Detail>later</Detail></Error></Fault></IntuitResponse>
"""


def _fault(code: str, **error: str) -> dict[str, Any]:
    listed = {"Message": "m", "Detail": "d", "code": code, **error}
    return {"Fault": {"Error": [listed], "type": "ValidationFault"}, "time": "t"}


def _judge(folder: Path, recording: object, name: str = "recording.json") -> Judgement:
    path = folder / name
    text = recording if isinstance(recording, str) else json.dumps(recording, default=float)
    path.write_text(text)
    return judge_file(path, name)


def _agreed(judgement: Judgement, exchanges: int = 1) -> None:
    assert judgement.unread is None
    assert judgement.left_out == []
    assert judgement.differences == []
    assert judgement.exchanges == exchanges


@pytest.fixture
def made() -> dict[str, Any]:
    """Give one reply of each kind, as JSON, from a company with some books."""
    company = Company()
    address = {"Line1": "1 Main St", "City": "Denver"}
    ada = company.post("customer", {"DisplayName": "Ada Example", "BillAddr": address})
    job = company.post(
        "customer", {"DisplayName": "Roof", "Job": True, "ParentRef": {"value": "1"}}
    )
    invoice = company.post("invoice", invoice_body("1", 100, 20.5))
    payment = company.post("payment", payment_body("1", 60, {"1": 60}))
    link = {"LinkedTxn": [{"TxnId": "2", "TxnType": "Payment"}]}
    deposit = company.post("deposit", {"DepositToAccountRef": {"value": "35"}, "Line": [link]})
    company.post("invoice/1/send", b"", sendTo="ada@example.com")
    replies = {
        "paid": company.get("invoice/1"),
        "deposited": company.get("payment/2"),
        "customer": ada,
        "job": job,
        "invoice": invoice,
        "payment": payment,
        "deposit": deposit,
        "item": company.get("item/1"),
        "account": company.get("account/45"),
        "method": company.get("paymentmethod/2"),
        "term": company.get("term/3"),
        "code": company.get("taxcode/3"),
        "rate": company.get("taxrate/3"),
        "employee": company.post("employee", {"GivenName": "Em", "FamilyName": "Ployee"}),
        "vendor": company.post("vendor", {"DisplayName": "Supplies"}),
        "info": company.get(f"companyinfo/{company.realm_id}"),
        "preferences": company.get("preferences"),
        "query": company.query("select * from Customer"),
        "count": company.query("select count(*) from Customer"),
        "none": company.query("select * from Customer where DisplayName = 'Nobody'"),
        "cdc": company.get("cdc", entities="Customer", changedSince="2001-01-01"),
    }
    return {name: json.loads(reply.response.body) for name, reply in replies.items()}


def test_a_reply_alone_is_replayed_by_a_request_that_brings_it_about(
    tmp_path: Path, made: dict[str, Any]
) -> None:
    """Every kind of object, a query and change data capture; the simulator agrees with itself."""
    for name, reply in made.items():
        _agreed(_judge(tmp_path, reply, f"{name}.json"))


def test_an_object_without_its_name_around_it_is_known(
    tmp_path: Path, made: dict[str, Any]
) -> None:
    """By the properties that only its kind has."""
    for name in ("customer", "invoice", "payment", "deposit", "item", "account", "term", "info"):
        _agreed(_judge(tmp_path, next(iter(made[name].values())), f"{name}.json"))


def test_exchanges_are_read_from_every_format(tmp_path: Path, made: dict[str, Any]) -> None:
    """One pair, interactions, VCR, HAR, nock, and text as it went over the wire."""
    reply = made["customer"]
    sent = {"DisplayName": "Ada Example", "BillAddr": {"Line1": "1 Main St", "City": "Denver"}}
    uri = f"{HOST}/v3/company/-COMPANY_ID-/customer"
    pair = {
        "request": {"method": "POST", "uri": uri, "body": sent},
        "response": {"status": 200, "headers": {"Intuit-Tid": "1-a"}, "body": reply},
    }
    vcr = {
        "request": {
            "method": "post",
            "uri": f"{HOST}/v3/customer?requestid=",
            "body": {"encoding": "UTF-8", "string": json.dumps(sent)},
        },
        "response": {
            "status": {"code": 200, "message": "OK"},
            "headers": {"Content-Type": ["application/json;charset=utf-8"]},
            "body": {"encoding": "UTF-8", "string": json.dumps(reply)},
        },
    }
    har = {
        "request": {"method": "POST", "url": uri, "postData": {"text": json.dumps(sent)}},
        "response": {
            "status": 200,
            "headers": [{"name": "intuit-tid", "value": "1-a"}],
            "content": {"text": json.dumps(reply)},
        },
    }
    nock = {"scope": HOST, "method": "POST", "path": "/v3/company/1/customer", "body": sent}
    wire = f"POST /v3/company/1/customer HTTP/1.1\nHost: x\n\n{json.dumps(sent)}"

    _agreed(_judge(tmp_path, pair))
    _agreed(_judge(tmp_path, {"interactions": [pair, pair]}), exchanges=2)
    _agreed(_judge(tmp_path, {"http_interactions": [vcr]}))
    _agreed(_judge(tmp_path, {"log": {"entries": [har]}}))
    _agreed(_judge(tmp_path, [{**nock, "status": 200, "response": reply}]))
    _agreed(_judge(tmp_path, f"HTTP/1.1 200 OK\nIntuit-Tid: 1-a\n\n{json.dumps(reply)}", "a.txt"))
    _agreed(_judge(tmp_path, f"{wire}\nHTTP/1.1 200 OK\n\n{json.dumps(reply)}", "b.txt"))


def test_reads_updates_voids_and_deletes_find_what_they_refer_to(
    tmp_path: Path, made: dict[str, Any]
) -> None:
    """The object is put in under its id and the SyncToken that the request names."""
    invoice = made["invoice"]["Invoice"]
    voided = {**invoice, "SyncToken": "1", "PrivateNote": "Voided", "TotalAmt": 0, "Balance": 0}
    changed = {**made["customer"]["Customer"], "Id": "68", "SyncToken": "5", "Notes": "new"}
    named = {"Id": invoice["Id"], "SyncToken": "0"}

    def pair(method: str, path: str, sent: object, reply: object) -> dict[str, object]:
        request = {"method": method, "uri": f"{HOST}/v3/company/1/{path}", "body": sent}
        return {"request": request, "response": {"status": 200, "body": reply}}

    deleted = {"domain": "QBO", "status": "Deleted", "Id": invoice["Id"]}
    update = {"Id": "68", "SyncToken": "4", "sparse": True, "Notes": "new"}
    for recording in (
        pair("GET", "invoice/1", None, made["invoice"]),
        pair("POST", "invoice?operation=void", named, {"Invoice": voided, "time": "t"}),
        pair("POST", "invoice?operation=delete", named, {"Invoice": deleted, "time": "t"}),
        pair("POST", "customer", update, {"Customer": changed, "time": "t"}),
        pair("POST", "query", "select * from Customer", made["query"]),
        pair("GET", "cdc?entities=Customer&changedSince=2001-01-01", None, made["cdc"]),
    ):
        _agreed(_judge(tmp_path, recording))


def test_a_batch_is_replayed_part_by_part(tmp_path: Path) -> None:
    """What the simulator leaves out of it is not held against it; faults of parts are."""
    company = Company()
    sent = [
        {"bId": "a", "operation": "create", "Vendor": {"DisplayName": "Supplies"}},
        {"bId": "b", "operation": "delete", "Invoice": {"Id": "129", "SyncToken": "0"}},
    ]
    body = company.post("batch", {"BatchItemRequest": sent}).json
    other = {"bId": "c", "operation": "create", "Estimate": {}}
    body["BatchItemResponse"].append({"Estimate": {"Id": "1"}, "bId": "c"})
    request = {"BatchItemRequest": [*sent, other]}

    judgement = _judge(
        tmp_path,
        {
            "request": {"method": "POST", "uri": f"{HOST}/v3/batch", "body": request},
            "response": {"status": 200, "body": body},
        },
    )

    _agreed(judgement)
    _agreed(_judge(tmp_path, body))


@pytest.mark.parametrize(
    "fault",
    [
        FAULT,
        _fault("2010"),
        _fault("2020", element="Name"),
        {"Fault": _fault("2030", element="Id")["Fault"]},
        _fault("4000"),
        _fault("4001"),
        _fault("500"),
        _fault("5010", element=""),
        _fault("6000", element=""),
        _fault("6140", element=""),
        _fault("6240"),
        _fault("6190", element=""),
    ],
    ids=lambda fault: fault["Fault"]["Error"][0]["code"],
)
def test_a_refusal_is_brought_about_and_read_by_our_client(
    tmp_path: Path, fault: dict[str, Any]
) -> None:
    """By itself where the simulator gives that code, on demand where it does not."""
    _agreed(_judge(tmp_path, fault))


def test_every_envelope_of_a_refusal_is_known(tmp_path: Path) -> None:
    """Lower-case keys, XML, OAuth's, and a page that says nothing."""
    company = Company()
    gateway = company.send(
        __import__("qbo_simulator").Request("GET", f"/v3/company/{company.realm_id}/customer/1")
    )

    _agreed(_judge(tmp_path, gateway.json, "fault-401.json"))
    _agreed(_judge(tmp_path, XML_FAULT, "throttle-429.xml"))
    _agreed(_judge(tmp_path, XML_FAULT.replace("3001", "3100"), "fault-403.xml"))
    _agreed(_judge(tmp_path, {"error": "invalid_grant", "error_description": "no"}, "g-400.json"))
    _agreed(_judge(tmp_path, "<html><body>bad gateway</body></html>", "edge-502.html"))


def test_an_object_in_xml_is_replayed_in_xml(tmp_path: Path) -> None:
    """Everything in it is text; what is missing is found all the same."""
    customer = (
        '<IntuitResponse xmlns="http://schema.intuit.com/finance/v3" time="t">'
        '<PaymentMethod domain="QBO" sparse="false"><Id>7</Id><SyncToken>0</SyncToken><MetaData>'
        "<CreateTime>a</CreateTime><LastUpdatedTime>b</LastUpdatedTime></MetaData>"
        "<Name>Voucher</Name><Active>true</Active><Type>NON_CREDIT_CARD</Type>{}"
        "</PaymentMethod></IntuitResponse>"
    )

    agreed = _judge(tmp_path, customer.format(""), "method.xml")
    different = _judge(tmp_path, customer.format("<Colour>red</Colour>"), "method.xml")

    _agreed(agreed)
    assert [each.partition(" ")[0] for each in different.differences] == ["PaymentMethod.Colour"]


def test_what_differs_is_said_in_a_line_each(tmp_path: Path, made: dict[str, Any]) -> None:
    """A key more, a key less, another type, another status, a refusal that was none."""
    customer = made["customer"]["Customer"]
    less = {name: value for name, value in customer.items() if name != "Job"}
    strange = {"Customer": {**less, "Balance": "0", "Mood": "good"}, "time": "t"}
    refused = {
        "request": {
            "method": "POST",
            "uri": f"{HOST}/v3/company/1/customer",
            "body": {"DisplayName": "Ada"},
        },
        "response": {"status": 400, "body": _fault("2010")},
    }
    taken = {
        "request": {
            "method": "POST",
            "uri": f"{HOST}/v3/company/1/customer",
            "body": {"DisplayName": "Ada", "Mood": "good"},
        },
        "response": {"status": 201, "body": made["customer"]},
    }

    changed = _judge(tmp_path, strange).differences
    permissive = _judge(tmp_path, refused).differences
    strict = _judge(tmp_path, taken).differences

    assert "Customer.Balance: recorded is text, the simulator gives a number" in changed
    assert any(each.startswith("Customer.Mood is missing") for each in changed)
    assert any(
        each.startswith("Customer.Job is in the simulator's reply alone") for each in changed
    )
    assert len(changed) == 3
    assert any(
        each.startswith("status: recorded is 400, the simulator gives 200") for each in permissive
    )
    assert any(
        each.startswith("status: recorded is 201, the simulator gives 400") for each in strict
    )


def test_a_fault_our_client_reads_otherwise_is_a_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The parser is held against the recording, not against the simulator."""
    monkeypatch.setattr("qbo_simulator.check.parser.parse_fault", lambda *_: None)

    judgement = _judge(tmp_path, FAULT)

    assert judgement.differences == ["our client does not see the fault 610"]


def test_what_the_simulator_leaves_out_is_named(tmp_path: Path) -> None:
    """An entity it does not hold is neither a difference nor passed over."""
    judgement = _judge(tmp_path, {"Estimate": {"Id": "1"}, "time": "t"})

    assert (judgement.left_out, judgement.exchanges) == (["Estimate"], 0)


@pytest.mark.parametrize(
    "text", ["", "hello", "{broken", "3", "[]", '["a"]', "---\nhttp_interactions:\n"]
)
def test_a_file_that_is_no_recording_is_named_with_its_reason(tmp_path: Path, text: str) -> None:
    """Nothing is passed over in silence."""
    assert _judge(tmp_path, text, "notes.txt").unread


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    """An image in the folder stops nothing."""
    (tmp_path / "image.png").write_bytes(b"\x89PNG\xff\xfe")

    assert judge_file(tmp_path / "image.png", "image.png").unread == "it is no UTF-8 text"


@pytest.mark.parametrize(
    "recording",
    [
        {"Invoice": {"Line": "none", "CustomerRef": 5}},
        {"Customer": {"BillAddr": [1, 2]}},
        {"QueryResponse": {"Customer": [1, None]}},
        {"CDCResponse": [5]},
        {"BatchItemResponse": [5]},
        {"Fault": {"Error": None}},
        {"request": {"headers": [5]}, "response": {"status": 400, "headers": [[]], "body": FAULT}},
        {"fault": {}},
    ],
)
def test_a_strange_recording_stops_nothing(tmp_path: Path, recording: object) -> None:
    """It ends as a judgement like any other."""
    judgement = _judge(tmp_path, recording)

    assert judgement.differences or judgement.exchanges or judgement.left_out


def test_rows_are_compared_with_the_ones_named_alike() -> None:
    """By `Id`, else by place; an empty object says nothing."""
    recorded = [{"Id": "2", "a": 1}, {}]
    replayed = [{"Id": "1", "a": "x"}, {"Id": "2", "a": 2.5}]

    assert list(compare(recorded, replayed)) == []
    assert [each.kind for each in compare([], replayed)] == ["extra"]
    assert [each.kind for each in compare(recorded, [])] == ["missing"]


def test_the_command_ends_with_what_it_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """0 when nothing differs, 1 with differences, 2 for no folder and for nothing to hold."""
    same, other, empty = (tmp_path / name for name in ("same", "other", "empty"))
    for folder in (same, other, empty):
        folder.mkdir()
    (same / "a.json").write_text(json.dumps(FAULT))
    (same / ".hidden").write_text("hidden")
    (other / "a.json").write_text(json.dumps(_fault("610")))
    (other / "b.json").write_text("{")

    codes = [main([str(each)]) for each in (same, other, empty, tmp_path / "nowhere")]
    told = capsys.readouterr().out

    assert codes == [0, 1, 2, 2]
    assert "agrees     a.json (1)" in told
    assert "different  a.json (1)" in told
    assert "unread     b.json: it is broken JSON" in told


def test_the_command_tells_machines_too(tmp_path: Path) -> None:
    """One JSON object, from the command as people start it."""
    (tmp_path / "a.json").write_text(json.dumps(FAULT))

    asked = subprocess.run(  # noqa: S603  # this Python, and our own module
        [sys.executable, "-m", "qbo_simulator.check", str(tmp_path), "--json"],
        capture_output=True,
        check=False,
        cwd=ROOT,
        text=True,
        timeout=60,
    )

    told = json.loads(asked.stdout)
    assert (asked.returncode, asked.stderr) == (0, "")
    assert (told["files"], told["exchanges"], told["differences"]) == (1, 1, 0)
    assert told["recordings"][0]["file"] == "a.json"


def test_without_a_folder_the_command_says_how_it_is_used() -> None:
    """Exit code 2, as for every wrong use."""
    with pytest.raises(SystemExit) as ended:
        main([])

    assert ended.value.code == 2
