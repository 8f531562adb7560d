"""The simulator as a plain HTTP transport, and one app connected to one of its companies."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import httpx

from connections.keys import TokenKeys
from qbo_client.client import QuickBooksClient
from qbo_client.oauth import OAuthClient, TokenReply, endpoints_below
from qbo_client.protocols import SlotGate, TokenSource
from qbo_simulator import Request, Simulator

BASE_URL = "https://quickbooks.example.com"
COMPANY = "company-a"
KEYS = TokenKeys([("new", b"n" * 32), ("old", b"o" * 32)])
TOKEN_PATH = "/oauth2/v1/tokens/bearer"
REVOKE_PATH = "/v2/oauth2/tokens/revoke"


@dataclass
class Intuit:
    """A simulator with one company, and what was asked of its token endpoint.

    `issued` holds every token it gave, so that a test can look for them where they must not be.
    """

    simulator: Simulator = field(default_factory=Simulator)
    settings: dict[str, object] = field(default_factory=dict)
    token_calls: int = 0
    revocations: int = 0
    issued: list[str] = field(default_factory=list, repr=False)
    pkce: bool = False
    before_answer: Callable[[], None] = lambda: None
    before_revoking: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        """Make the company and the transport."""
        self._counting = threading.Lock()
        self.realm_id = self.simulator.add_realm({"limits": None, **self.settings})
        self.http = httpx.Client(transport=httpx.MockTransport(self._answer))
        self.oauth = OAuthClient(
            self.http,
            replace(endpoints_below(BASE_URL), offers_pkce=self.pkce),
            client_id="app",
            client_secret="secret",
            redirect_uri="https://proline.example.com/callback",
        )

    def consent(self) -> str:
        """Consent as a person would; the code works once."""
        realm = self.simulator.realms.find(self.realm_id)
        assert realm is not None
        return self.simulator.office.issue_code(realm)

    def tokens(self) -> TokenReply:
        """Give the tokens of a new consent."""
        return self.oauth.exchange_code(self.consent())

    def client(self, tokens: TokenSource, slots: SlotGate) -> QuickBooksClient:
        """Make a client for the company's API."""
        return QuickBooksClient(self.http, BASE_URL, tokens, slots)

    def refuse(self, match: dict[str, object], **then: object) -> None:
        """Order a fault."""
        self.simulator.faults.add({"match": match, "then": then})

    def _answer(self, request: httpx.Request) -> httpx.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        target = request.url.raw_path.decode()
        sent = Request(request.method, target, headers, request.content)
        if sent.path == TOKEN_PATH:
            with self._counting:
                self.token_calls += 1
            self.before_answer()
        if sent.path == REVOKE_PATH:
            self.revocations += 1
            self.before_revoking()
        answered = self.simulator.handle(sent)
        if sent.path == TOKEN_PATH and answered.status == httpx.codes.OK:
            told = answered.json()
            self.issued += [told["access_token"], told["refresh_token"]]
        if answered.hang_up:
            raise httpx.RemoteProtocolError("the server hung up", request=request)
        given = {"content-type": answered.content_type, **dict(answered.headers)}
        return httpx.Response(answered.status, content=answered.body, headers=given)
