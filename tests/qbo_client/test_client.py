"""The client: slots before bytes, one repeat after a 401, and what each answer becomes."""

from __future__ import annotations

import gzip
import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

import httpx
import pytest

from qbo_client import (
    ApiRequest,
    Applied,
    AuthorizationExpired,
    BareClient,
    NotSent,
    OutcomeUnknown,
    QuickBooksClient,
    ReconnectRequired,
    Response,
    StaleObject,
    Throttled,
    requests,
)
from qbo_client.bodies import BODY_LIMIT_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REALM = "123145"
CREATE = requests.create("Invoice", {"TotalAmt": Decimal("12.50")}, "rid-1")
READ = requests.read("Invoice", "266")
INVOICE = {"Invoice": {"Id": "266", "SyncToken": "0"}, "time": "2026-03-01T05:58:07-08:00"}
EXPIRED = {"fault": {"error": [{"code": "3200"}], "type": "AUTHENTICATION"}}


@dataclass
class Tokens:
    """Hands out `old`, and `fresh` once old is refused."""

    refused_tokens: list[str] = field(default_factory=list)
    dead: bool = False

    def access_token(self, _realm_id: str) -> str:
        """Give the token thought to be good."""
        return "old"

    def refused(self, realm_id: str, token: str) -> str:
        """Give another, unless the connection is dead."""
        self.refused_tokens.append(token)
        if self.dead:
            raise ReconnectRequired(realm_id=realm_id)
        return "fresh"


@dataclass
class Gate:
    """Writes down what happens in which order."""

    events: list[str] = field(default_factory=list)
    refuses: bool = False

    @contextmanager
    def slot(self, _realm_id: str, _request: ApiRequest) -> Iterator[Gate]:
        """Give itself as the ticket."""
        self.events.append("slot")
        try:
            yield self
        finally:
            self.events.append("given back")

    def before_send(self) -> None:
        """Refuse if told to."""
        self.events.append("asked")
        if self.refuses:
            raise NotSent

    def answered(self, status: int, intuit_tid: str | None) -> None:
        """Write down the answer."""
        self.events.append(f"answered {status} {intuit_tid}")


@dataclass
class Server:
    """Answers as scripted, the last answer for ever; keeps the requests."""

    answers: list[Callable[[], httpx.Response]]
    gate: Gate = field(default_factory=Gate)
    tokens: Tokens = field(default_factory=Tokens)
    requests: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        self.gate.events.append("bytes")
        self.requests.append(request)
        position = min(len(self.requests), len(self.answers)) - 1
        return self.answers[position]()

    def client(self) -> QuickBooksClient:
        """Make a client of this server."""
        http = httpx.Client(transport=httpx.MockTransport(self))
        return QuickBooksClient(http, "https://books.example.com", self.tokens, self.gate)


def answer(
    status: int, document: object = None, *, raw: bytes | None = None, **headers: str
) -> Callable[[], httpx.Response]:
    """Script one answer."""
    body = json.dumps(document).encode() if raw is None else raw
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda: httpx.Response(status, content=body, headers=named)


def failure(kind: type[httpx.TransportError]) -> Callable[[], httpx.Response]:
    """Script a call the network does not survive."""

    def fail() -> httpx.Response:
        raise kind("scripted")

    return fail


def exchanged(server: Server, request: ApiRequest = CREATE) -> Response:
    """Make one call without slot and repeat."""
    http = httpx.Client(transport=httpx.MockTransport(server))
    bare = BareClient(http, "https://books.example.com")
    return bare.exchange(REALM, request, access_token="secret-token")


def test_a_success_gives_body_bytes_and_transaction_id() -> None:
    """Amounts are Decimal; the bytes are kept as they came."""
    raw = b'{"Invoice":{"Id":"266","TotalAmt":12.50}}'
    server = Server([answer(200, raw=raw, Intuit_Tid="1-x")])

    response = exchanged(server)

    assert response.body == {"Invoice": {"Id": "266", "TotalAmt": Decimal("12.50")}}
    assert (response.status, response.intuit_tid, response.raw) == (200, "1-x", raw)
    assert "266" not in repr(response)


def test_a_request_goes_out_as_it_was_built() -> None:
    """Address, bytes and headers; no compression is invited."""
    server = Server([answer(200, INVOICE)])

    exchanged(server)

    sent = server.requests[0]
    assert str(sent.url) == (
        f"https://books.example.com/v3/company/{REALM}/invoice?requestid=rid-1&minorversion=75"
    )
    assert sent.content == b'{"TotalAmt":12.50}'
    assert sent.headers["authorization"] == "Bearer secret-token"
    assert sent.headers["content-type"] == "application/json"
    assert sent.headers["accept"] == "application/json"
    assert sent.headers["accept-encoding"] == "identity"


def test_a_statement_keeps_every_character_in_the_address() -> None:
    """Apostrophe, ampersand, plus, percent and accents are escaped once."""
    server = Server([answer(200, {"QueryResponse": {}})])

    exchanged(server, requests.query("select * where a = 'O\\'Hara & 50%+ é'"))

    assert server.requests[0].url.query.startswith(
        b"query=select%20%2A%20where%20a%20%3D%20%27O%5C%27Hara%20%26%2050%25%2B%20%C3%A9%27&"
    )


def test_a_call_takes_its_slot_before_any_byte_and_reports_the_answer() -> None:
    """Slot, the last question, bytes, answer, in this order."""
    server = Server([answer(200, INVOICE, Intuit_Tid="1-x")])

    server.client().send(REALM, CREATE)

    assert server.gate.events == ["slot", "asked", "bytes", "answered 200 1-x", "given back"]


def test_a_gate_that_refuses_keeps_every_byte_back() -> None:
    """NotSent from the gate reaches the caller and nothing reaches QuickBooks."""
    server = Server([answer(200, INVOICE)], gate=Gate(refuses=True))

    with pytest.raises(NotSent):
        server.client().send(REALM, CREATE)

    assert server.gate.events == ["slot", "asked", "given back"]


def test_a_refusal_is_an_answer_to_the_gate_too() -> None:
    """The slot's call has ended whatever the status is."""
    server = Server([answer(429, raw=b"", Retry_After="7")])

    with pytest.raises(Throttled) as caught:
        server.client().send(REALM, CREATE)

    assert caught.value.retry_after_seconds == 7
    assert "answered 429 None" in server.gate.events


def test_a_call_without_an_answer_is_not_reported_as_answered() -> None:
    """After a timeout the gate only learns that the block was left."""
    server = Server([failure(httpx.ReadTimeout)])

    with pytest.raises(OutcomeUnknown):
        server.client().send(REALM, CREATE)

    assert server.gate.events == ["slot", "asked", "bytes", "given back"]


def test_after_a_401_the_same_bytes_go_again_in_a_new_slot() -> None:
    """One fresh token, one repeat, the same requestid."""
    server = Server([answer(401, EXPIRED), answer(200, INVOICE)])

    response = server.client().send(REALM, CREATE)

    first, second = server.requests
    assert response.status == 200
    assert (first.url, first.content) == (second.url, second.content)
    assert second.headers["authorization"] == "Bearer fresh"
    assert server.gate.events.count("slot") == 2
    assert server.tokens.refused_tokens == ["old"]


def test_a_second_401_is_the_callers() -> None:
    """A refresh that does not help is not repeated."""
    server = Server([answer(401, EXPIRED)])

    with pytest.raises(AuthorizationExpired):
        server.client().send(REALM, CREATE)

    assert len(server.requests) == 2


def test_a_dead_connection_ends_the_call_after_the_first_401() -> None:
    """Where no fresh token can be had nothing is sent again."""
    server = Server([answer(401, EXPIRED)], tokens=Tokens(dead=True))

    with pytest.raises(ReconnectRequired):
        server.client().send(REALM, CREATE)

    assert len(server.requests) == 1


def test_an_exchange_never_repeats() -> None:
    """A caller that holds its own slot decides about the repeat."""
    server = Server([answer(401, EXPIRED)])

    with pytest.raises(AuthorizationExpired):
        exchanged(server)

    assert len(server.requests) == 1


def test_a_fault_inside_a_200_is_raised() -> None:
    """HTTP 200 alone is no success."""
    server = Server([answer(200, {"Fault": {"Error": [{"code": "5010"}]}})])

    with pytest.raises(StaleObject):
        exchanged(server)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"<html>" + b"x" * 1_000_000,
        b'{"Invoice":{"Id":"2',
        b'{"Invoice":{"Id":"\xff"}}',
        b'{"Invoice":' * 100_000,
        b'{"Customer":{"Id":"1"}}',
        b'{"Invoice":{}}',
        b'{"Invoice":{"Id":""}}',
        b'{"Invoice":{"Id":266}}',
        b'{"Invoice":null}',
        b'{"Invoice":{"Id":"1"},"pad":"' + b"x" * BODY_LIMIT_BYTES + b'"}',
    ],
    ids=lambda raw: f"{raw[:14]!r}...{len(raw)}",
)
def test_a_2xx_that_does_not_hold_what_was_written_is_unknown(raw: bytes) -> None:
    """The object may well be there; without its Id we cannot say."""
    server = Server([answer(200, raw=raw, Intuit_Tid="1-x")])

    with pytest.raises(OutcomeUnknown) as caught:
        exchanged(server)

    assert caught.value.applied is Applied.UNKNOWN
    assert (caught.value.status, caught.value.intuit_tid) == (200, "1-x")


def test_a_compressed_answer_is_not_unpacked() -> None:
    """We asked for none, and a kilobyte of it can become a gigabyte."""
    server = Server(
        [
            lambda: httpx.Response(
                200,
                stream=httpx.ByteStream(gzip.compress(json.dumps(INVOICE).encode())),
                headers={"content-encoding": "gzip"},
            )
        ]
    )

    with pytest.raises(OutcomeUnknown):
        exchanged(server)


def test_no_more_of_a_body_is_read_than_is_looked_at() -> None:
    """A body without end costs its limit and not the machine's memory."""
    given: list[int] = []

    class Endless(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            while len(given) < 1000:
                given.append(1)
                yield b" " * (BODY_LIMIT_BYTES // 4)

    server = Server([lambda: httpx.Response(200, stream=Endless())])

    with pytest.raises(OutcomeUnknown):
        exchanged(server)

    assert len(given) <= 6


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("raw", [b"", b"<html>oops</html>", b"{" * 10_000, b"\xff"])
def test_a_5xx_leaves_a_write_unknown_and_a_read_not_applied(status: int, raw: bytes) -> None:
    """What an edge says of a write nobody can rely on."""
    with pytest.raises(OutcomeUnknown) as write:
        exchanged(Server([answer(status, raw=raw)]))
    with pytest.raises(OutcomeUnknown) as read:
        exchanged(Server([answer(status, raw=raw)]), READ)

    assert write.value.applied is Applied.UNKNOWN
    assert read.value.applied is Applied.NO


@pytest.mark.parametrize(
    "kind",
    [
        httpx.ReadTimeout,
        httpx.WriteTimeout,
        httpx.ReadError,
        httpx.WriteError,
        httpx.RemoteProtocolError,
        httpx.LocalProtocolError,
    ],
)
def test_a_call_that_broke_after_sending_began_is_unknown(
    kind: type[httpx.TransportError],
) -> None:
    """Some bytes may have arrived, and all may have been acted on."""
    with pytest.raises(OutcomeUnknown) as caught:
        exchanged(Server([failure(kind)]))

    assert caught.value.applied is Applied.UNKNOWN
    assert caught.value.status is None
    assert isinstance(caught.value.__cause__, kind)


@pytest.mark.parametrize(
    "kind",
    [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol],
)
def test_a_call_that_never_connected_was_not_sent(kind: type[httpx.TransportError]) -> None:
    """No outcome is unknown where no byte left."""
    with pytest.raises(NotSent) as caught:
        exchanged(Server([failure(kind)]))

    assert caught.value.applied is Applied.NO
    assert (caught.value.operation, caught.value.entity) == ("create", "invoice")


def test_a_redirect_is_not_followed() -> None:
    """The token goes to QuickBooks and nowhere else."""
    server = Server([answer(307, location="https://elsewhere.example.com/"), answer(200, INVOICE)])

    with pytest.raises(OutcomeUnknown):
        exchanged(server)

    assert len(server.requests) == 1


def test_a_query_without_hits_is_a_success() -> None:
    """The reply then holds an empty object."""
    server = Server([answer(200, {"QueryResponse": {}})])

    assert exchanged(server, requests.query("select")).body == {"QueryResponse": {}}


@pytest.mark.parametrize(
    ("request_", "document"),
    [
        (requests.create("PaymentMethod", {}, "r"), {"PaymentMethod": {"Id": "3"}}),
        (requests.void("Payment", "1", "0", "r"), {"Payment": {"Id": "1"}}),
        (requests.company_info(), {"CompanyInfo": {"CompanyName": "Acme Roofing"}}),
        (requests.preferences(), {"Preferences": {"TaxPrefs": {}}}),
    ],
)
def test_every_kind_of_call_finds_its_object(
    request_: ApiRequest, document: dict[str, object]
) -> None:
    """The object is found whatever the case of its name."""
    assert exchanged(Server([answer(200, document)]), request_).body == document
