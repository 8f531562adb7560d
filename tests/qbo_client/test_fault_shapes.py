"""Every shape in which QuickBooks and what stands before it refuse, from the socket to the type."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from qbo_client import (
    AccessRefused,
    Applied,
    AuthorizationExpired,
    BareClient,
    BusinessFault,
    DuplicateDocNumber,
    DuplicateName,
    ObjectNotFound,
    OutcomeUnknown,
    QuickBooksError,
    ReconnectRequired,
    StaleObject,
    Throttled,
    Unavailable,
    open_http,
    requests,
)
from qbo_client.oauth import OAuthClient, endpoints_below
from tests.support.raw_answers import RawAnswers, http_answer

if TYPE_CHECKING:
    from collections.abc import Iterator

CREATE = requests.create("Invoice", {"CustomerRef": {"value": "1"}}, "rid-1")
JSON = "Content-Type: application/json;charset=utf-8"
XML = "Content-Type: text/xml"
HTML = "Content-Type: text/html"


@pytest.fixture(scope="module")
def server() -> Iterator[RawAnswers]:
    """Give a server that answers as it is told."""
    with RawAnswers() as answers:
        yield answers


def error_over_http(server: RawAnswers, answer: bytes) -> QuickBooksError:
    """Make a write as the worker does, and return what it raised."""
    server.answer = answer
    with open_http() as http, pytest.raises(QuickBooksError) as caught:
        BareClient(http, server.base_url, 5.0).exchange("123", CREATE, access_token="token")
    return caught.value


def upper(code: str, *, whole: bool = True, type_: str = "ValidationFault") -> bytes:
    """Write a business fault; `element` and `time` may be absent."""
    error = {"Message": "m", "Detail": "d", "code": code} | ({"element": "e"} if whole else {})
    fault = {"Fault": {"Error": [error], "type": type_}}
    return json.dumps(fault | ({"time": "2026-03-01T06:58:50-07:00"} if whole else {})).encode()


def lower(code: str, type_: str) -> bytes:
    """Write a gateway's fault: small keys, the time in milliseconds."""
    error = {"message": "m", "detail": "d", "code": code, "element": None}
    empty = dict.fromkeys(("warnings", "intuitObject", "report", "queryResponse"))
    rest = {"batchItemResponse": [], "time": 1601391072830, "status": None}
    return json.dumps(empty | {"fault": {"error": [error], "type": type_}} | rest).encode()


def in_xml(code: str, type_: str) -> bytes:
    """Write a fault in XML, whatever was asked for."""
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        '<IntuitResponse time="2026-03-01T15:27:09.527-08:00"'
        ' xmlns="http://schema.intuit.com/finance/v3">'
        f'<Fault type="{type_}"><Error code="{code}"><Message>m</Message><Detail>d</Detail></Error>'
        "</Fault></IntuitResponse>"
    ).encode()


def batch(part: bytes) -> bytes:
    """Put a fault into a part of a batch."""
    parts = [{"bId": "1", "Invoice": {"Id": "1"}}, {"bId": "2", **json.loads(part)}]
    return json.dumps({"BatchItemResponse": parts, "time": "x"}).encode()


BUSINESS = [
    ("5010", StaleObject),
    ("6240", DuplicateName),
    ("6140", DuplicateDocNumber),
    ("610", ObjectNotFound),
    ("2500", ObjectNotFound),
    ("6250", ObjectNotFound),
    ("6000", BusinessFault),
    ("6190", BusinessFault),
    ("6200", BusinessFault),
    ("98765", BusinessFault),
]


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "bare"])
@pytest.mark.parametrize(("code", "kind"), BUSINESS)
def test_a_business_fault(
    server: RawAnswers, code: str, kind: type[QuickBooksError], *, whole: bool
) -> None:
    """Capital keys; `element` and `time` can be absent."""
    error = error_over_http(server, http_answer(400, upper(code, whole=whole), JSON))

    assert type(error) is kind
    assert (error.code, error.status, error.detail) == (code, 400, "d")
    assert (error.element, error.type) == ("e" if whole else None, "ValidationFault")


def test_a_system_fault(server: RawAnswers) -> None:
    """10000 says that something broke, and not when."""
    body = upper("10000", type_="SystemFault")

    error = error_over_http(server, http_answer(500, body, JSON))

    assert type(error) is OutcomeUnknown
    assert error.applied is Applied.UNKNOWN


@pytest.mark.parametrize(
    ("status", "code", "type_", "kind"),
    [
        (401, "3200", "AUTHENTICATION", AuthorizationExpired),
        (401, "100", "AUTHENTICATION", AuthorizationExpired),
        (401, "120", "AuthorizationFault", AccessRefused),
        (403, "3100", "SERVICE", AccessRefused),
        (403, "003001", "SERVICE", Throttled),
        (429, "3001", "SERVICE", Throttled),
        (400, "6240", "ValidationFault", DuplicateName),
        (503, "150", "SERVICE", Unavailable),
    ],
)
def test_a_gateways_fault(
    server: RawAnswers, status: int, code: str, type_: str, kind: type[QuickBooksError]
) -> None:
    """Small keys, and a time in milliseconds; business codes too have come in this form."""
    error = error_over_http(server, http_answer(status, lower(code, type_), JSON))

    assert type(error) is kind
    assert (error.code, error.type) == (code.lstrip("0"), type_)


@pytest.mark.parametrize(
    ("status", "code", "type_", "kind"),
    [
        (429, "3001", "SERVICE", Throttled),
        (403, "3001", "SERVICE", Throttled),
        (401, "100", "AUTHENTICATION", AuthorizationExpired),
        (403, "3100", "SERVICE", AccessRefused),
    ],
)
@pytest.mark.parametrize("header", [XML, JSON, HTML])
def test_a_fault_in_xml(
    server: RawAnswers, status: int, code: str, type_: str, kind: type[QuickBooksError], header: str
) -> None:
    """It comes although JSON was asked for, and its content type is not relied on."""
    error = error_over_http(server, http_answer(status, in_xml(code, type_), header))

    assert type(error) is kind
    assert (error.code, error.type) == (code, type_)


@pytest.mark.parametrize("shape", [upper, batch], ids=["whole", "a part of a batch"])
def test_a_fault_inside_a_200(server: RawAnswers, shape: object) -> None:
    """HTTP 200 alone is no success."""
    body = upper("5010") if shape is upper else batch(upper("5010"))

    error = error_over_http(server, http_answer(200, body, JSON))

    assert type(error) is StaleObject
    assert error.status == 200


@pytest.mark.parametrize("body", [b'{"Fault":{}}', b'{"fault":{"error":[{}]}}'])
def test_a_fault_without_a_code_inside_a_200_says_nothing(server: RawAnswers, body: bytes) -> None:
    """It is neither a success nor a refusal of anything."""
    error = error_over_http(server, http_answer(200, body, JSON))

    assert type(error) is OutcomeUnknown
    assert error.applied is Applied.UNKNOWN


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize(
    "body",
    [b"", b"<html><head><title>502 Bad Gateway</title></head><body><hr></body></html>"],
    ids=["empty", "html"],
)
def test_a_5xx_of_the_edge(server: RawAnswers, status: int, body: bytes) -> None:
    """A page or nothing: the write may have been done."""
    error = error_over_http(server, http_answer(status, body, HTML))

    assert type(error) is OutcomeUnknown
    assert (error.applied, error.status) == (Applied.UNKNOWN, status)


@pytest.mark.parametrize("status", [102, 199, 302, 304, 408, 600, 999])
def test_a_status_of_something_on_the_way(server: RawAnswers, status: int) -> None:
    """Neither a success nor a refusal by QuickBooks."""
    error = error_over_http(server, http_answer(status, b"", HTML))

    assert type(error) is OutcomeUnknown
    assert error.applied is Applied.UNKNOWN


@pytest.mark.parametrize(
    "location",
    [
        "ftp://elsewhere.example.com/",
        "http://[::1",
        "//",
        "http://invalid:99999999/",
        "\xff",
        "http://",
    ],
)
def test_a_redirect_to_nowhere_leaves_it_open(server: RawAnswers, location: str) -> None:
    """Bytes have left: whatever the address is, it is not as if nothing had been sent."""
    error = error_over_http(server, http_answer(302, b"", f"Location: {location}"))

    assert type(error) is OutcomeUnknown
    assert error.applied is Applied.UNKNOWN


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, b'{"error":"invalid_grant"}', ReconnectRequired),
        (
            400,
            b'{"error":"invalid_grant","error_description":"Incorrect or invalid refresh token"}',
            ReconnectRequired,
        ),
        (401, b'{"error":"invalid_client"}', AccessRefused),
        (400, b"<html>Bad Request</html>", Unavailable),
        (429, b"", Throttled),
        (503, b"<html></html>", OutcomeUnknown),
        (200, b"<html></html>", OutcomeUnknown),
        (200, b'{"Fault":{}}', OutcomeUnknown),
        (200, b'{"access_token":["a"],"refresh_token":"b","expires_in":3600}', OutcomeUnknown),
    ],
)
def test_the_token_endpoint(
    server: RawAnswers, status: int, body: bytes, kind: type[QuickBooksError]
) -> None:
    """OAuth's own form, and what may stand in its place."""
    server.answer = http_answer(status, body, JSON)
    with open_http() as http:
        client = OAuthClient(
            http,
            endpoints_below(server.base_url),
            client_id="id",
            client_secret="secret",
            redirect_uri="https://proline.example.com/callback",
            deadline_seconds=5.0,
        )
        with pytest.raises(QuickBooksError) as caught:
            client.refresh("refresh")

    assert type(caught.value) is kind
