"""Whatever comes back, a call ends as a success or as one of our errors, and never as another.

A write whose answer cannot be read may have been done: then its outcome is unknown.
"""

from __future__ import annotations

import gzip
import json
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qbo_client import (
    ApiRequest,
    Applied,
    BareClient,
    OutcomeUnknown,
    QuickBooksError,
    Response,
    decode_body,
    open_http,
    requests,
)
from qbo_client.oauth import OAuthClient, TokenReply, endpoints_below
from tests.support.raw_answers import RawAnswers, http_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WRITE = requests.create("Invoice", {"CustomerRef": {"value": "1"}}, "rid-1")
READ = requests.query("select * from Invoice")

SUCCESS = (
    b'{"Invoice":{"Id":"266","SyncToken":"0","DocNumber":"1043","Line":[{"Amount":100.00,'
    b'"Description":"Z\xc3\xbcrich \\u00e9 \\ud83d\\ude00"}],"CustomerRef":{"value":"1"},'
    b'"TotalAmt":100.00},"time":"2026-09-29T05:58:07.300-07:00"}'
)
FAULT = (
    b'{"Fault":{"Error":[{"Message":"Duplicate Name","Detail":"exists. : Id=1067","code":"6240",'
    b'"element":"DisplayName"}],"type":"ValidationFault"},"time":"2026-03-01T06:58:50.262-07:00"}'
)
THROTTLE = (
    b'<?xml version="1.0" encoding="UTF-8"?><IntuitResponse xmlns="http://schema.intuit.com">'
    b'<Fault type="SERVICE"><Error code="3001"><Message>errorCode=003001</Message>'
    b"<Detail>Later</Detail></Error></Fault></IntuitResponse>"
)
TOKENS = (
    b'{"access_token":"a","refresh_token":"r","expires_in":3600,"token_type":"bearer",'
    b'"x_refresh_token_expires_in":8726400}'
)
PAGE = b"<!DOCTYPE html><html><body>" + b"<p>Guru Meditation</p>" * 50_000 + b"</body></html>"
STATUSES = (200, 201, 204, 302, 400, 401, 403, 404, 408, 429, 500, 503)


def outcome(
    status: int, body: bytes, headers: dict[bytes, bytes] | None = None, request: ApiRequest = WRITE
) -> Response | QuickBooksError:
    """Make a call that is answered so, and return how it ended; anything else fails the test."""

    def answer(_: httpx.Request) -> httpx.Response:
        stream = httpx.ByteStream(body)
        return httpx.Response(status, stream=stream, headers=headers or {})

    with client_of(answer) as http:
        try:
            return BareClient(http, "https://books.example.com").exchange(
                "123", request, access_token="token"
            )
        except QuickBooksError as error:
            return error


def client_of(answer: Callable[[httpx.Request], httpx.Response]) -> httpx.Client:
    """Give a client of this server that keeps no cookie, as `open_http` makes them."""
    http = httpx.Client(transport=httpx.MockTransport(answer))
    http.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return http


def is_open(ended: Response | QuickBooksError) -> bool:
    """Say whether a call ended with an unknown outcome."""
    return isinstance(ended, OutcomeUnknown) and ended.applied is Applied.UNKNOWN


@pytest.mark.parametrize("body", [SUCCESS, FAULT, THROTTLE], ids=["success", "fault", "throttle"])
def test_what_is_cut_off_anywhere_below_says_something_when_whole(body: bytes) -> None:
    """The tests of truncation would pass over anything if this did not hold."""
    assert not is_open(outcome(200, body))


@pytest.mark.parametrize("body", [SUCCESS, FAULT, THROTTLE], ids=["success", "fault", "throttle"])
def test_a_2xx_cut_off_at_any_byte_is_unknown(body: bytes) -> None:
    """No beginning of an answer is mistaken for the whole of it."""
    ended = [outcome(200, body[:length]) for length in range(len(body))]

    assert all(map(is_open, ended))


@pytest.mark.parametrize("status", STATUSES[3:])
@pytest.mark.parametrize("body", [SUCCESS, FAULT, THROTTLE], ids=["success", "fault", "throttle"])
def test_any_other_status_cut_off_at_any_byte_is_one_of_our_errors(
    status: int, body: bytes
) -> None:
    """What is left then is the status."""
    for length in range(0, len(body), 7):
        ended = outcome(status, body[:length])

        assert isinstance(ended, QuickBooksError)
        assert ended.code is None
        assert ended.status == status


HOSTILE = {
    "nothing": b"",
    "a megabyte of html": PAGE,
    "nested objects": b'{"a":' * 100_000,
    "nested and closed": b'{"Invoice":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "nested just within json's reach": b'{"Invoice":{"Id":"1","x":'
    + b"[" * 900
    + b"]" * 900
    + b"}}",
    "nested xml": b"<a>" * 100_000 + b"</a>" * 100_000,
    "invalid utf-8": b'{"Invoice":{"Id":"\xff\xfe"}}',
    "utf-16": SUCCESS.decode().encode("utf-16"),
    "utf-7": "<?xml version='1.0' encoding='utf-7'?><Fault/>".encode("utf-7"),
    "an encoding that is none": b"<?xml version='1.0' encoding='hex'?><Fault/>",
    "nul bytes": b"\x00" * 1000,
    "nul inside": SUCCESS.replace(b"1043", b"\x00"),
    "a fraction beyond all": SUCCESS.replace(b"100.00", b"1e999999999"),
    "a fraction below all": SUCCESS.replace(b"100.00", b"1e-999999999"),
    "an integer beyond all": SUCCESS.replace(b"100.00", b"9" * 4000),
    "an integer of 100 digits": SUCCESS.replace(b"100.00", b"9" * 100),
    "not a number": SUCCESS.replace(b"100.00", b"NaN"),
    "infinite": SUCCESS.replace(b"100.00", b"-Infinity"),
    "gzip": gzip.compress(SUCCESS),
    "gzip cut off": gzip.compress(SUCCESS)[:40],
    "a list": b"[" + SUCCESS + b"]",
    "twice": SUCCESS + SUCCESS,
    "an id that is a list": SUCCESS.replace(b'"266"', b'["266"]'),
    "an id that is null": SUCCESS.replace(b'"266"', b"null"),
    "the object is a list": b'{"Invoice":[{"Id":"1"}]}',
    "a key twice, the last is null": SUCCESS[:-1] + b',"Invoice":null}',
    "entities": b'<!DOCTYPE a [<!ENTITY b "c">]><Fault><Error code="5010">&b;</Error></Fault>',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_2xx_is_unknown(name: str) -> None:
    """It may well be the answer to a write that was done."""
    assert is_open(outcome(200, HOSTILE[name]))


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("status", STATUSES[3:])
def test_a_hostile_refusal_is_one_of_our_errors(name: str, status: int) -> None:
    """The status alone decides."""
    ended = outcome(status, HOSTILE[name])

    assert isinstance(ended, QuickBooksError)
    assert ended.status == status


def test_half_a_surrogate_pair_is_made_storable() -> None:
    """Neither a database nor an encoder takes it, so it goes no further."""
    ended = outcome(200, SUCCESS.replace(b"\\ude00", b"\\u0000"))

    assert isinstance(ended, Response)
    assert ended.body["Invoice"]["Line"][0]["Description"] == "Z\u00fcrich \u00e9 \ufffd\ufffd"


@pytest.mark.parametrize("field", ["code", "element", "type", "Message", "Detail"])
@pytest.mark.parametrize("value", ["9" * 1_000_000, "x" * 1_000_000, "\ud800", "\x00", "٣٠٠١"])
def test_a_word_of_a_fault_is_short_and_storable(field: str, value: str) -> None:
    """They go into tables, logs and labels."""
    error = {"code": "6000", field: value}
    body = json.dumps({"Fault": {"Error": [error], "type": error.get("type", "x")}}).encode()

    ended = outcome(400, body)

    assert isinstance(ended, QuickBooksError)
    words = [ended.code or "", ended.element or "", ended.type or ""]
    assert max(map(len, words)) <= 100
    assert len(ended.detail) <= 2000
    "".join([*words, ended.detail]).encode()
    assert "\x00" not in "".join([*words, ended.detail])


# Bodies that begin as something true and are then spoilt, beside plain noise.
SEEDS = st.sampled_from([SUCCESS, FAULT, THROTTLE, TOKENS, b'{"QueryResponse":{"Invoice":[]}}'])
TOKENS_OF_JSON = st.sampled_from(
    [
        *(b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"null", b"true", b"-", b"1e999999999"),
        *(b"\x00", b"\xff", b"\xed\xa0\x80", b"\\ud800", b"\\u0000", b"NaN", b"9" * 5000, b"\xef"),
        *(b'"Fault":{}', b'"fault":null,', b'"Id":[],', b"<", b"&b;", b"]]>", b"<!DOCTYPE a>"),
    ]
)


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """Cut, overwrite and insert in a few places of an answer."""
    body = bytearray(draw(SEEDS))
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, len(body)))
        end = draw(st.integers(start, min(len(body), start + 40)))
        body[start:end] = draw(TOKENS_OF_JSON | st.binary(max_size=6))
    return bytes(body)


LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["Invoice", "266", "6240", "abc", "NaN"])
)
KEYS = st.sampled_from(
    ["Invoice", "invoice", "Id", "Fault", "fault", "Error", "code", "error", "QueryResponse"]
)
DOCUMENTS = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(), inner),
    max_leaves=20,
).map(lambda document: json.dumps(document).encode())
BODIES = st.binary(max_size=400) | spoilt() | DOCUMENTS | st.sampled_from(list(HOSTILE.values()))
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        b"content-type": st.sampled_from(
            [b"application/json;charset=utf-16", b"text/html;charset=nonsense", b";;", b"\xe9"]
        ),
        b"content-encoding": st.sampled_from([b"gzip", b"br", b"identity", b"nonsense", b""]),
        b"retry-after": st.sampled_from([b"7", b"-1", b"9" * 400, b"soon", b"\xd9\xa3"]),
        b"intuit_tid": st.sampled_from([b"1-x", b"x" * 5000, b"", b"\xff"]),
        b"location": st.sampled_from(
            [b"/", b"http://[", b"//", b"\\", b"a:b:c", b"http://invalid:0x1/", b"\xff"]
        )
        | st.binary(max_size=20),
        b"set-cookie": st.sampled_from([b"a=b", b";;;", b"a=b; expires=never; domain=."])
        | st.binary(max_size=20),
    },
)


@settings(deadline=None, max_examples=600)
@given(status=st.sampled_from(STATUSES) | st.integers(100, 999), body=BODIES, headers=HEADERS)
def test_any_answer_ends_a_write_in_one_of_the_two_ways(
    status: int, body: bytes, headers: dict[bytes, bytes]
) -> None:
    """A success holds the Id of what was written; a 2xx that says neither is unknown."""
    ended = outcome(status, body, headers)

    if isinstance(ended, Response):
        assert 200 <= status < 300
        (held,) = [value for key, value in ended.body.items() if key.lower() == "invoice"][:1]
        assert held["Id"]
    elif 200 <= status < 300:
        assert is_open(ended) or ended.code is not None
    elif not 400 <= status < 500:
        assert is_open(ended) or ended.code is not None or ended.status is None


@settings(deadline=None, max_examples=200)
@given(status=st.sampled_from(STATUSES) | st.integers(100, 999), body=BODIES, headers=HEADERS)
def test_any_answer_ends_a_read_in_one_of_the_two_ways(
    status: int, body: bytes, headers: dict[bytes, bytes]
) -> None:
    """Nothing can have been applied by a read, whatever it says."""
    ended = outcome(status, body, headers, READ)

    if isinstance(ended, QuickBooksError):
        assert ended.applied is Applied.NO or ended.code in {"600", "630"}


@settings(deadline=None, max_examples=200)
@given(status=st.sampled_from(STATUSES) | st.integers(100, 999), body=BODIES, headers=HEADERS)
def test_any_answer_ends_a_refresh_in_one_of_the_two_ways(
    status: int, body: bytes, headers: dict[bytes, bytes]
) -> None:
    """Tokens that can be used, or one of our errors."""

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, stream=httpx.ByteStream(body), headers=headers)

    with client_of(answer) as http:
        client = OAuthClient(
            http,
            endpoints_below("https://oauth.example.com"),
            client_id="id",
            client_secret="secret",
            redirect_uri="https://proline.example.com/callback",
        )
        try:
            tokens = client.refresh("refresh")
        except QuickBooksError:
            return

    assert isinstance(tokens, TokenReply)
    assert tokens.access_token
    assert tokens.refresh_token


@settings(deadline=None)
@given(BODIES)
def test_what_is_read_can_be_walked_and_stored(body: bytes) -> None:
    """No reader of a document runs out of stack, digits or encodings."""
    document = decode_body(body)

    if document is not None:
        json.dumps(document, default=str).encode()


@pytest.fixture(scope="module")
def server() -> Iterator[RawAnswers]:
    """Give a server on a real socket that answers as it is told."""
    with RawAnswers() as answers:
        yield answers


def over_http(server: RawAnswers, answer: bytes) -> Response | QuickBooksError:
    """Make a write over a real connection that is answered by exactly these bytes."""
    server.answer = answer
    with open_http() as http:
        try:
            return BareClient(http, server.base_url, 5.0).exchange(
                "123", WRITE, access_token="token"
            )
        except QuickBooksError as error:
            return error


ANSWER = http_answer(200, SUCCESS, "Content-Type: application/json", "intuit_tid: 1-x")
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"


def test_a_connection_cut_at_any_place_is_unknown(server: RawAnswers) -> None:
    """In the status line, a header or the body: some bytes of ours have arrived."""
    chunked = CHUNKED % (len(SUCCESS), SUCCESS)
    assert isinstance(over_http(server, ANSWER), Response)
    assert isinstance(over_http(server, chunked), Response)

    for whole in (ANSWER, chunked):
        cuts = [*range(0, len(whole), 11), len(whole) - 1]
        assert all(is_open(over_http(server, whole[:cut])) for cut in cuts)


@st.composite
def spoilt_on_the_wire(draw: st.DrawFn) -> bytes:
    """Spoil status line, headers or body of a whole answer."""
    answer = bytearray(draw(st.sampled_from([ANSWER, CHUNKED % (len(SUCCESS), SUCCESS)])))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(answer)))
        end = draw(st.integers(start, min(len(answer), start + 20)))
        answer[start:end] = draw(
            st.binary(max_size=6) | st.sampled_from([b"\r\n", b"\r\n\r\n", b": ", b"HTTP/1.1 "])
        )
    return bytes(answer)


@settings(deadline=None, max_examples=200)
@given(answer=st.binary(max_size=200) | spoilt_on_the_wire())
def test_any_bytes_on_the_wire_end_a_write_in_one_of_the_two_ways(
    server: RawAnswers, answer: bytes
) -> None:
    """A reply that is no HTTP at all is as good as none; it was never "not sent"."""
    ended = over_http(server, answer)

    if isinstance(ended, QuickBooksError):
        assert is_open(ended) or ended.status is not None
