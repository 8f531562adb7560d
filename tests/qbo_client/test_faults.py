"""Faults: every shape that has been seen, and everything else that may come instead."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qbo_client import Fault, parse_fault
from qbo_client.bodies import BODY_LIMIT_BYTES

TID = {"Intuit-Tid": "1-abc"}

BUSINESS = {
    "Fault": {
        "Error": [
            {
                "Message": "Duplicate Name Exists Error",
                "Detail": "The name supplied already exists. : Id=1067",
                "code": "6240",
                "element": "DisplayName",
            }
        ],
        "type": "ValidationFault",
    },
    "time": "2026-03-01T06:58:50.262-07:00",
}

GATEWAY: dict[str, object] = {
    "warnings": None,
    "intuitObject": None,
    "fault": {
        "error": [
            {
                "message": "message=AuthenticationFailed; errorCode=003200; statusCode=401",
                "detail": "Token expired: eyJhbGciOi.secret",
                "code": "3200",
                "element": None,
            }
        ],
        "type": "AUTHENTICATION",
    },
    "batchItemResponse": [],
    "time": 1772370000000,
}

THROTTLE = b"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<IntuitResponse time="2026-03-01T15:27:09.527-08:00" xmlns="http://schema.intuit.com/finance/v3">
  <Fault type="SERVICE">
    <Error code="3001">
      <Message>message=ThrottleExceeded; errorCode=003001; statusCode=429</Message>
      <Detail>The request limit was reached.  Try again later</Detail>
    </Error>
  </Fault>
</IntuitResponse>"""


def fault_of(status: int, body: bytes, headers: dict[str, str] | None = None) -> Fault:
    """Read a fault that must be there."""
    fault = parse_fault(status, headers or {}, body)
    assert fault is not None
    return fault


def test_a_business_fault_is_read_whole() -> None:
    """Capital keys, a code as text, the element that is wrong."""
    fault = fault_of(400, json.dumps(BUSINESS).encode(), TID)

    assert fault == Fault(
        status=400,
        code="6240",
        type="ValidationFault",
        detail="The name supplied already exists. : Id=1067",
        element="DisplayName",
        intuit_tid="1-abc",
    )


def test_a_business_fault_may_come_in_small_letters() -> None:
    """Keys are read without regard to case."""
    lowered = json.dumps(BUSINESS).replace('"Fault"', '"fault"').replace('"Error"', '"error"')

    assert fault_of(400, lowered.replace('"Detail"', '"detail"').encode()).code == "6240"


def test_element_detail_and_time_may_be_absent() -> None:
    """The message stands in for a missing detail."""
    body = b'{"Fault":{"Error":[{"Message":"Stale","code":"5010"}],"type":"ValidationFault"}}'

    assert fault_of(400, body) == Fault(400, code="5010", type="ValidationFault", detail="Stale")


def test_a_gateway_fault_is_read_without_the_token_it_repeats() -> None:
    """The text of 3200 holds the access token, which goes nowhere."""
    fault = fault_of(401, json.dumps(GATEWAY).encode())

    assert (fault.code, fault.type) == ("3200", "AUTHENTICATION")
    assert "secret" not in repr(fault)
    assert fault.detail == ""


def test_a_throttle_in_xml_is_read() -> None:
    """XML comes although JSON was asked for; the content type is not looked at."""
    fault = fault_of(429, THROTTLE, {"content-type": "application/json"})

    assert (fault.code, fault.type) == ("3001", "SERVICE")
    assert fault.detail == "The request limit was reached.  Try again later"


def test_the_machines_code_inside_the_message_counts_too() -> None:
    """`errorCode=003001` stands in every language where the code attribute is missing."""
    body = b"<IntuitResponse><Fault><Error><Message>errorCode=003001; x</Message></Error></Fault>"

    assert fault_of(403, body + b"</IntuitResponse>").code == "3001"


def test_leading_zeros_of_a_code_do_not_matter() -> None:
    """003001 is 3001."""
    assert fault_of(429, b'{"Fault":{"Error":[{"code":"003001"}]}}').code == "3001"


def test_a_code_may_come_as_a_number() -> None:
    """The vendor documents text; a gateway need not know."""
    assert fault_of(400, b'{"Fault":{"Error":{"code":5010}}}').code == "5010"


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(BUSINESS).encode(),
        json.dumps({"BatchItemResponse": [{"bId": "1"}, {"bId": "2", **BUSINESS}]}).encode(),
        json.dumps({"AttachableResponse": [BUSINESS]}).encode(),
        THROTTLE,
    ],
    ids=["whole", "batch", "attachment", "xml"],
)
def test_a_fault_inside_a_200_is_a_fault(body: bytes) -> None:
    """HTTP 200 alone is no success."""
    assert fault_of(200, body).status == 200


@pytest.mark.parametrize(
    "body",
    [b'{"Invoice":{"Id":"1"},"fault":null}', b'{"QueryResponse":{},"batchItemResponse":[]}'],
)
def test_an_empty_place_for_a_fault_is_none(body: bytes) -> None:
    """The gateway's form has a key for a fault even where there is none."""
    assert parse_fault(200, {}, body) is None


def test_an_empty_fault_does_not_hide_a_real_one() -> None:
    """Both spellings may stand in one reply."""
    body = b'{"fault":null,"Fault":{"Error":[{"code":"5010"}]}}'

    assert fault_of(200, body).code == "5010"


def test_the_token_endpoints_error_is_the_code() -> None:
    """`invalid_grant` and its like are words, not numbers."""
    body = b'{"error":"invalid_grant","error_description":"Incorrect or invalid refresh token"}'

    fault = fault_of(400, body)

    assert (fault.code, fault.type) == ("invalid_grant", "OAUTH")
    assert fault.detail == "Incorrect or invalid refresh token"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>",
        b"<html>" + b"x" * 1_000_000 + b"</html>",
        b"<a>" * 50_000,
        b"<a>" * 50_000 + b"</a>" * 50_000,
        b'<?xml version="1.0" encoding="nonsense"?><a/>',
        b'<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><a>&d;</a>',
        b"\xff\xfe\x00",
        b'{"Fault":' * 50_000,
        b'{"Fault":{"Error":[',
        b"{" + b" " * BODY_LIMIT_BYTES + b"}",
        b"upstream connect error",
        b'<!DOCTYPE a SYSTEM "x"><Fault><Error code="5010"/></Fault>',
        b'<Fault><Error code="5010"/>' + b" " * BODY_LIMIT_BYTES + b"</Fault>",
    ],
    ids=lambda body: f"{body[:10]!r}...{len(body)}",
)
@pytest.mark.parametrize("status", [400, 404, 500, 503])
def test_a_body_that_says_nothing_leaves_the_status(status: int, body: bytes) -> None:
    """HTML, nothing, bombs, nesting, broken text: a fault with a status and no more."""
    assert fault_of(status, body) == Fault(status)


def test_a_fault_of_unexpected_parts_is_still_one() -> None:
    """The word Fault is enough; its inside may be anything."""
    for inside in ("{}", '{"Error":[]}', '{"Error":"x"}', '{"Error":[null,7]}', '{"type":3}'):
        assert fault_of(200, f'{{"Fault":{inside}}}'.encode()).code is None


@settings(deadline=None)
@given(status=st.integers(100, 599), body=st.binary(max_size=300))
def test_reading_any_bytes_never_raises(status: int, body: bytes) -> None:
    """Everything but a 2xx is a fault, whatever it holds."""
    fault = parse_fault(status, {}, body)

    assert fault is not None or 200 <= status < 300


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Fault", "fault", "Error", "code", "Detail", "type", "error"]), inner
        )
    ),
    max_leaves=15,
)


@settings(deadline=None)
@given(status=st.sampled_from([200, 400, 500]), document=JSON)
def test_reading_any_json_never_raises(status: int, document: object) -> None:
    """Fields may hold any type and stand anywhere."""
    fault = parse_fault(status, {}, json.dumps(document).encode())

    assert fault is None or fault.status == status


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("60", 60),
        (" 5 ", 5),
        ("999999999999", 86_400),
        ("-1", None),
        ("soon", None),
        ("٣", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
    ],
)
def test_retry_after_is_read_as_bounded_seconds(value: str, seconds: int | None) -> None:
    """At most a day; what cannot be read counts as not said."""
    assert fault_of(429, b"", {"retry-after": value}).retry_after_seconds == seconds


@pytest.mark.parametrize("name", ["intuit_tid", "Intuit-Tid", "INTUIT_TID"])
def test_the_transaction_id_is_found_in_any_spelling(name: str) -> None:
    """The header has come in several."""
    assert fault_of(500, b"", {name: "1-x"}).intuit_tid == "1-x"


def test_a_text_is_cut_and_storable() -> None:
    """A detail is a sentence for the office, and a database takes it."""
    body = json.dumps({"Fault": {"Error": [{"Detail": "a\x00\ud800" + "x" * 9000}]}}).encode()

    detail = fault_of(400, body).detail

    assert len(detail) == 2000
    assert detail.startswith("a\ufffd\ufffdx")
