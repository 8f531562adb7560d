"""OAuth: what is sent to Intuit, what comes back, and that no secret is ever shown."""

from __future__ import annotations

import base64
import json
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from qbo_client import (
    PRODUCTION_ENDPOINTS,
    AccessRefused,
    NotSent,
    OAuthClient,
    OutcomeUnknown,
    QuickBooksError,
    ReconnectRequired,
    Throttled,
    TokenReply,
    Unavailable,
    endpoints_below,
)

if TYPE_CHECKING:
    from collections.abc import Callable

ENDPOINTS = endpoints_below("https://oauth.example.com/")
TOKENS = {
    "token_type": "bearer",
    "access_token": "access-1",
    "refresh_token": "refresh-2",
    "expires_in": 3600,
    "x_refresh_token_expires_in": 8726400,
    "x_refresh_token_hard_expires_in": 157680000,
}


@dataclass
class Server:
    """Answers every request alike and keeps them."""

    status: int = 200
    body: bytes = json.dumps(TOKENS).encode()
    error: type[httpx.TransportError] | None = None
    requests: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        self.requests.append(request)
        if self.error is not None:
            raise self.error("scripted")
        return httpx.Response(self.status, content=self.body, headers={"intuit_tid": "1-x"})

    def client(self) -> OAuthClient:
        """Make a client of this server."""
        return client_of(self)


def client_of(handler: Callable[[httpx.Request], httpx.Response]) -> OAuthClient:
    """Make a client whose server is a function."""
    return OAuthClient(
        httpx.Client(transport=httpx.MockTransport(handler)),
        ENDPOINTS,
        client_id="app-id",
        client_secret="app-secret",
        redirect_uri="https://proline.example.com/callback",
    )


def form(request: httpx.Request) -> dict[str, str]:
    """Read a form; each name is there once."""
    return {name: value for name, [value] in parse_qs(request.content.decode()).items()}


def test_a_person_is_sent_to_consent_with_our_state() -> None:
    """Scope, redirect and state are in the address; the secret is not."""
    url = urlsplit(Server().client().authorize_url("st&te"))

    assert f"{url.scheme}://{url.netloc}{url.path}" == ENDPOINTS.authorize
    assert {name: value for name, [value] in parse_qs(url.query).items()} == {
        "response_type": "code",
        "client_id": "app-id",
        "redirect_uri": "https://proline.example.com/callback",
        "scope": "com.intuit.quickbooks.accounting",
        "state": "st&te",
    }


def test_a_code_becomes_tokens() -> None:
    """The code goes with the redirect it was given for, signed as HTTP Basic."""
    server = Server()

    reply = server.client().exchange_code("c+d/e")

    sent = server.requests[0]
    assert reply == TokenReply("access-1", "refresh-2", 3600, 8726400, 157680000, "1-x")
    assert str(sent.url) == ENDPOINTS.token
    assert form(sent) == {
        "grant_type": "authorization_code",
        "code": "c+d/e",
        "redirect_uri": "https://proline.example.com/callback",
    }
    assert sent.headers["authorization"] == (
        "Basic " + base64.b64encode(b"app-id:app-secret").decode()
    )
    assert sent.headers["accept"] == "application/json"
    assert sent.headers["x-include-refresh-token-hard-expires-in"] == "true"


def test_a_refresh_sends_the_refresh_token_alone() -> None:
    """No scope and no redirect go with it."""
    server = Server()

    reply = server.client().refresh("refresh-1")

    assert (reply.access_token, reply.refresh_token) == ("access-1", "refresh-2")
    assert form(server.requests[0]) == {"grant_type": "refresh_token", "refresh_token": "refresh-1"}


def test_a_refresh_that_names_no_new_token_keeps_the_old() -> None:
    """The value changes about once a day only."""
    kept = {name: value for name, value in TOKENS.items() if not name.endswith("refresh_token")}
    server = Server(body=json.dumps(kept).encode())

    assert server.client().refresh("refresh-1").refresh_token == "refresh-1"
    with pytest.raises(OutcomeUnknown):
        server.client().exchange_code("code")


def test_lives_that_are_not_told_have_a_documented_value() -> None:
    """100 days for the refresh token, nothing for the hard limit."""
    short = {"access_token": "a", "refresh_token": "r", "expires_in": 3600}
    server = Server(body=json.dumps(short).encode())

    reply = server.client().refresh("r")

    assert reply.refresh_expires_in_seconds == 8_640_000
    assert reply.hard_expires_in_seconds is None


def test_a_disconnect_posts_json() -> None:
    """Intuit's revoke takes JSON and the app's own signature."""
    server = Server(body=b"")

    server.client().revoke("refresh-1")

    sent = server.requests[0]
    assert str(sent.url) == ENDPOINTS.revoke
    assert json.loads(sent.content) == {"token": "refresh-1"}
    assert sent.headers["authorization"].startswith("Basic ")


def test_invalid_grant_asks_for_a_person() -> None:
    """The refresh token is dead, and only this answer says so."""
    body = b'{"error":"invalid_grant","error_description":"Incorrect or invalid refresh token"}'

    with pytest.raises(ReconnectRequired) as caught:
        Server(status=400, body=body).client().refresh("refresh-1")

    assert (caught.value.status, caught.value.code) == (400, "invalid_grant")
    assert caught.value.intuit_tid == "1-x"


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, b'{"error":"invalid_client"}', AccessRefused),
        (400, b'{"error":"invalid_request"}', AccessRefused),
        (429, b"", Throttled),
        (429, b"<html>slow down</html>", Throttled),
        (500, b"", OutcomeUnknown),
        (503, b"<html>down</html>", OutcomeUnknown),
        (502, b'{"error":"invalid_grant"}', OutcomeUnknown),
        (403, b"<html>blocked</html>", Unavailable),
        (400, b"", Unavailable),
        (302, b"", OutcomeUnknown),
    ],
)
def test_no_other_refusal_ends_the_connection(
    status: int, body: bytes, kind: type[QuickBooksError]
) -> None:
    """An outage, a throttle or a wrong secret is no reason to ask a person to reconnect."""
    with pytest.raises(QuickBooksError) as caught:
        Server(status=status, body=body).client().refresh("refresh-1")

    assert type(caught.value) is kind


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"<html>",
        b"\xff",
        b"[" * 100_000,
        b'{"access_token":"a","refresh_token":"r"}',
        b'{"access_token":"a","refresh_token":"r","expires_in":"soon"}',
        b'{"access_token":"a","refresh_token":"r","expires_in":-1}',
        b'{"access_token":"a\\nb","refresh_token":"r","expires_in":3600}',
        b'{"access_token":"","refresh_token":"r","expires_in":3600}',
        b'{"access_token":7,"refresh_token":"r","expires_in":3600}',
        b'{"access_token":"a","refresh_token":["r"],"expires_in":3600}',
    ],
)
def test_a_200_without_usable_tokens_is_unknown(body: bytes) -> None:
    """The refresh token may have been changed; the old one must be kept and tried."""
    with pytest.raises(OutcomeUnknown) as caught:
        Server(body=body).client().refresh("refresh-1")

    assert caught.value.status == 200


@pytest.mark.parametrize(
    ("error", "kind"),
    [(httpx.ConnectError, NotSent), (httpx.ReadTimeout, OutcomeUnknown)],
)
def test_the_network_never_ends_a_connection(
    error: type[httpx.TransportError], kind: type[QuickBooksError]
) -> None:
    """Sent or not sent is told apart; neither is a dead token."""
    with pytest.raises(QuickBooksError) as caught:
        Server(error=error).client().refresh("refresh-1")

    assert type(caught.value) is kind


def test_nothing_shows_a_token_or_a_secret() -> None:
    """Neither repr nor the text of an error, nor of what caused it."""
    server = Server(body=b'{"access_token":"access-1","refresh_token":"refresh-2"}')
    with pytest.raises(OutcomeUnknown) as caught:
        server.client().refresh("refresh-1")

    shown = [
        repr(Server().client()),
        repr(Server().client().refresh("refresh-1")),
        f"{caught.value!r}{caught.value}{caught.value.__cause__!r}{caught.value.__cause__}",
    ]

    for text in shown:
        for secret in ("access-1", "refresh-1", "refresh-2", "app-secret"):
            assert secret not in text


def test_two_companies_refreshing_at_once_get_their_own_tokens() -> None:
    """One client serves every connection and mixes none."""
    both = threading.Barrier(2)

    def answer(request: httpx.Request) -> httpx.Response:
        both.wait(10)
        name = form(request)["refresh_token"]
        return httpx.Response(200, json={**TOKENS, "access_token": f"access-of-{name}"})

    client = client_of(answer)
    replies: dict[str, str] = {}

    def refresh(name: str) -> None:
        replies[name] = client.refresh(name).access_token

    threads = [threading.Thread(target=refresh, args=[name]) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert replies == {"one": "access-of-one", "two": "access-of-two"}


def test_production_speaks_to_intuit() -> None:
    """The addresses of Intuit's own discovery document."""
    assert PRODUCTION_ENDPOINTS.authorize == "https://appcenter.intuit.com/connect/oauth2"
    assert PRODUCTION_ENDPOINTS.token.startswith("https://oauth.platform.intuit.com/")
    assert PRODUCTION_ENDPOINTS.revoke.startswith("https://developer.api.intuit.com/")
