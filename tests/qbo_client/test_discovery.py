"""Discovery: addresses are taken from the document, but only such as may have our secret."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest

from qbo_client import (
    PRODUCTION_DISCOVERY_URL,
    PRODUCTION_ENDPOINTS,
    SANDBOX_DISCOVERY_URL,
    OAuthClient,
    QuickBooksError,
    discovery_below,
    endpoints_below,
)
from qbo_client.discovery import (
    ASKED_AGAIN_SECONDS,
    KEPT_SECONDS,
    AddressRefused,
    Discovery,
    read_endpoints,
)
from qbo_simulator import Request, Simulator

SIMULATOR = "http://simulator.example.com:8000"
DOCUMENT: Mapping[str, Any] = {
    "issuer": "https://oauth.platform.intuit.com/op/v1",
    "authorization_endpoint": "https://appcenter.intuit.com/connect/oauth2",
    "token_endpoint": "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer",
    "revocation_endpoint": "https://developer.api.intuit.com/v2/oauth2/tokens/revoke",
    "code_challenge_methods_supported": ["plain", "S256"],
}


@dataclass
class Server:
    """Gives one document, or whatever else it is told; `now` is the reader's clock."""

    answer: Callable[[], httpx.Response] = lambda: httpx.Response(200, json=dict(DOCUMENT))
    asked: list[str] = field(default_factory=list)
    now: float = 1_000.0

    @property
    def http(self) -> httpx.Client:
        """A client whose every call comes here."""
        return httpx.Client(transport=httpx.MockTransport(self._answer))

    def discovery(self) -> Discovery:
        """Give the source that a process keeps."""
        return Discovery(
            self.http, PRODUCTION_DISCOVERY_URL, PRODUCTION_ENDPOINTS, monotonic=lambda: self.now
        )

    def says(self, **changes: object) -> "Server":
        """Give a document that differs in these."""
        self.answer = lambda: httpx.Response(200, json={**DOCUMENT, **changes})
        return self

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        return self.answer()


@pytest.mark.parametrize("url", [PRODUCTION_DISCOVERY_URL, SANDBOX_DISCOVERY_URL])
def test_intuits_document_says_where_to_go(url: str) -> None:
    """Today it says what is built in, and offers a proof besides."""
    server = Server()

    found = read_endpoints(server.http, url)

    assert found == replace(PRODUCTION_ENDPOINTS, offers_pkce=True)
    assert server.asked == [url]


def test_the_simulators_document_is_read_likewise() -> None:
    """Its addresses are at the server that gave it."""
    simulator = Simulator()

    def answer(request: httpx.Request) -> httpx.Response:
        given = simulator.handle(
            Request(request.method, request.url.raw_path.decode(), dict(request.headers), b"")
        )
        return httpx.Response(given.status, content=given.body)

    http = httpx.Client(transport=httpx.MockTransport(answer))

    found = read_endpoints(http, discovery_below(SIMULATOR))

    assert found == replace(endpoints_below(SIMULATOR), offers_pkce=True)


@pytest.mark.parametrize(
    "methods", [{"code_challenge_methods_supported": ["plain"]}, {"other": "nothing of it"}]
)
def test_a_proof_is_offered_only_where_the_document_says_so(methods: dict[str, object]) -> None:
    """A challenge the server does not know may be refused."""
    document = {name: value for name, value in DOCUMENT.items() if "challenge" not in name}
    server = Server(lambda: httpx.Response(200, json={**document, **methods}))

    assert not read_endpoints(server.http, PRODUCTION_DISCOVERY_URL).offers_pkce


@pytest.mark.parametrize(
    "name", ["authorization_endpoint", "token_endpoint", "revocation_endpoint"]
)
@pytest.mark.parametrize(
    "address",
    [
        "https://intuit.com.attacker.example/oauth2",
        "https://attacker.example/oauth2#.intuit.com",
        "https://attacker.example\\.intuit.com/oauth2",
        "https://appcenter.intuit.com@attacker.example/oauth2",
        "https://user:word@appcenter.intuit.com/oauth2",
        f"https://{'not'}intuit.com/oauth2",
        "https://appcenter.intuit.com:8443/oauth2",
        "https://appcenter.intuit.com:99999/oauth2",
        "https://[::1/oauth2",
        "http://appcenter.intuit.com/oauth2",
        "ftp://appcenter.intuit.com/oauth2",
        "//appcenter.intuit.com/oauth2",
        "/oauth2",
        "",
    ],
)
def test_an_address_elsewhere_is_refused_and_the_built_in_ones_serve(
    name: str, address: str
) -> None:
    """Our secret and every token would go there."""
    server = Server().says(**{name: address})

    with pytest.raises(AddressRefused):
        read_endpoints(server.http, PRODUCTION_DISCOVERY_URL)

    assert server.discovery().current() == PRODUCTION_ENDPOINTS


@pytest.mark.parametrize(
    "address",
    [
        "http://simulator.example.com:8001/x",
        "https://simulator.example.com:8000/x",
        "http://sub.simulator.example.com:8000/x",
        "https://appcenter.intuit.com/connect/oauth2",
    ],
)
def test_outside_production_only_the_same_server_is_believed(address: str) -> None:
    """What stands in QBO_OAUTH_URL is all that an operator has vouched for."""
    names = ("authorization_endpoint", "token_endpoint", "revocation_endpoint")
    server = Server().says(**dict.fromkeys(names, f"{SIMULATOR}/x") | {"token_endpoint": address})

    with pytest.raises(AddressRefused):
        read_endpoints(server.http, discovery_below(SIMULATOR))


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(503, text="<html>away</html>"),
        httpx.Response(404),
        httpx.Response(302, headers={"Location": "https://attacker.example/"}),
        httpx.Response(200, text="<html>no JSON</html>"),
        httpx.Response(200, json={}),
        httpx.Response(200, json={**DOCUMENT, "token_endpoint": 7}),
        httpx.Response(
            200, json={**DOCUMENT, "token_endpoint": "https://a.intuit.com/" + "x" * 9_999}
        ),
        httpx.Response(200, json={**DOCUMENT, "code_challenge_methods_supported": "S256"}),
        httpx.Response(200, json=[DOCUMENT]),
    ],
)
def test_what_is_no_document_leaves_the_built_in_addresses(answer: httpx.Response) -> None:
    """A connection does not end because a document is away."""
    server = Server(lambda: answer)

    with pytest.raises(QuickBooksError):
        read_endpoints(server.http, PRODUCTION_DISCOVERY_URL)

    assert server.discovery().current() == PRODUCTION_ENDPOINTS


def test_it_is_read_at_the_first_need_and_kept_for_a_day() -> None:
    """Not at the start, and not at every call."""
    server = Server()
    discovery = server.discovery()
    known = discovery.known
    before = len(server.asked)

    first = discovery.current()
    server.says(code_challenge_methods_supported=[])
    server.now += KEPT_SECONDS - 1
    second = discovery.current()
    server.now += 2
    third = discovery.current()

    assert (known, before, len(server.asked)) == (PRODUCTION_ENDPOINTS, 0, 2)
    assert [each.offers_pkce for each in (first, second, third)] == [True, True, False]


def test_what_could_not_be_read_is_asked_for_again_later_and_not_at_each_call() -> None:
    """Once known it is kept, also while the document is away."""
    server = Server(lambda: httpx.Response(503))
    discovery = server.discovery()

    fallen_back = [discovery.current() for _ in range(3)]
    asked_while_away = len(server.asked)
    server.now += ASKED_AGAIN_SECONDS + 1
    server.says()
    read = discovery.current()
    server.answer = lambda: httpx.Response(503)
    server.now += KEPT_SECONDS + 1
    kept = discovery.current()

    assert (fallen_back, asked_while_away) == ([PRODUCTION_ENDPOINTS] * 3, 1)
    assert read.offers_pkce
    assert kept == read


def test_while_one_thread_reads_the_others_do_not_wait() -> None:
    """A slow document holds up one call at most, for its deadline."""
    arrived, go_on = threading.Event(), threading.Event()

    def slow() -> httpx.Response:
        arrived.set()
        assert go_on.wait(timeout=30)
        return httpx.Response(200, json=dict(DOCUMENT))

    server = Server(slow)
    discovery = server.discovery()
    found: list[object] = []
    reader = threading.Thread(target=lambda: found.append(discovery.current()))
    reader.start()
    assert arrived.wait(timeout=30)

    meanwhile = discovery.current()
    go_on.set()
    reader.join(timeout=30)

    assert meanwhile == PRODUCTION_ENDPOINTS
    assert found == [replace(PRODUCTION_ENDPOINTS, offers_pkce=True)]
    assert len(server.asked) == 1


def test_a_client_goes_where_the_document_says() -> None:
    """Consent, exchange and revocation alike."""
    moved = "https://oauth2.intuit.com/"
    server = Server().says(
        authorization_endpoint=f"{moved}consent",
        token_endpoint=f"{moved}token",
        revocation_endpoint=f"{moved}revoke",
    )
    client = OAuthClient(
        server.http,
        server.discovery(),
        client_id="app",
        client_secret="secret",
        redirect_uri="https://proline.example.com/callback",
    )
    page_before = client.consent_page

    url = client.authorize_url("state", "v" * 43)
    with pytest.raises(QuickBooksError):  # what answers here gives no tokens
        client.exchange_code("code", "v" * 43)
    client.revoke("token")

    assert page_before == PRODUCTION_ENDPOINTS.authorize
    assert url.startswith(f"{moved}consent?")
    assert client.consent_page == f"{moved}consent"
    assert client.offers_pkce()
    assert server.asked == [PRODUCTION_DISCOVERY_URL, f"{moved}token", f"{moved}revoke"]
