"""OAuth 2.0 with Intuit: the consent address, and tokens fetched, refreshed and revoked.

Authlib writes the requests, `exchange` sends them within a deadline, and every reply is judged
here before Authlib sees it. Tokens are only handed back: storing them, and keeping two refreshes of
one connection apart, is the caller's. Neither `repr` nor an error ever shows a token or a secret.
See https://developer.intuit.com/app/developer/qbo/docs/develop/authentication-and-authorization/oauth-2.0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Protocol

import httpx
from authlib.oauth2 import OAuth2Client
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from qbo_client.bodies import decode_body
from qbo_client.errors import About, OutcomeUnknown
from qbo_client.exchange import DEADLINE_SECONDS, Reply, exchange
from qbo_client.faults import intuit_tid, parse_fault
from qbo_client.verdict import error_from_token_fault, facts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SCOPE: Final = "com.intuit.quickbooks.accounting"

# Rolling, from the last use; for a reply that leaves it out.
REFRESH_TOKEN_LIFE_SECONDS: Final = 100 * 24 * 3600

_HEADERS: Final = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    # Makes the reply tell when the consent itself ends, five years on at most.
    "x-include-refresh-token-hard-expires-in": "true",
}


@dataclass(frozen=True)
class OAuthEndpoints:
    """The three addresses of an authorization server, and whether it takes a PKCE proof (S256)."""

    authorize: str
    token: str
    revoke: str
    offers_pkce: bool = False

    @property
    def known(self) -> OAuthEndpoints:
        """Be the source of addresses that never change."""
        return self

    def current(self) -> OAuthEndpoints:
        """Be the source of addresses that never change."""
        return self


class EndpointSource(Protocol):
    """Where the addresses of now come from: fixed ones, or `discovery.Discovery`."""

    @property
    def known(self) -> OAuthEndpoints:
        """Give what is known so far, at once."""
        ...

    def current(self) -> OAuthEndpoints:
        """Give them; it may ask over the network, within seconds."""
        ...


PRODUCTION_ENDPOINTS: Final = OAuthEndpoints(
    authorize="https://appcenter.intuit.com/connect/oauth2",
    token="https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer",  # noqa: S106 - an address
    revoke="https://developer.api.intuit.com/v2/oauth2/tokens/revoke",
)


def endpoints_below(base_url: str) -> OAuthEndpoints:
    """Give the endpoints of a server that has all three, such as a simulator.

    What serves where its discovery document cannot be read.
    """
    base = base_url.rstrip("/")
    return OAuthEndpoints(
        authorize=f"{base}/connect/oauth2",
        token=f"{base}/oauth2/v1/tokens/bearer",
        revoke=f"{base}/v2/oauth2/tokens/revoke",
    )


@dataclass(frozen=True)
class TokenReply:
    """A pair of tokens and how long each lives from now.

    The refresh token may be another than the one sent: store both before either is used.
    `hard_expires_in_seconds` is when a person must consent again whatever happens, if told.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    access_expires_in_seconds: int
    refresh_expires_in_seconds: int
    hard_expires_in_seconds: int | None
    intuit_tid: str | None

    def aged(self, seconds: float) -> TokenReply:
        """Return the same pair so many seconds later: each part has that much less to live."""
        gone = math.ceil(max(seconds, 0.0))
        hard = self.hard_expires_in_seconds
        return replace(
            self,
            access_expires_in_seconds=max(self.access_expires_in_seconds - gone, 0),
            refresh_expires_in_seconds=max(self.refresh_expires_in_seconds - gone, 0),
            hard_expires_in_seconds=None if hard is None else hard - gone,
        )


class OAuthClient:
    """Speaks to Intuit's authorization server as our app; threads may share it."""

    def __init__(
        self,
        http: httpx.Client,
        endpoints: EndpointSource,
        *,
        client_id: str,
        client_secret: str,
        redirect_uri: str,
        deadline_seconds: float = DEADLINE_SECONDS,
    ) -> None:
        """Keep the app's credentials; `http` is best from `open_http`."""
        self._http = http
        self._endpoints = endpoints
        self._client_id = client_id
        self._client_secret = client_secret
        self._redirect_uri = redirect_uri
        self._deadline_seconds = deadline_seconds

    @property
    def consent_page(self) -> str:
        """The address of the consent page as far as it is known; never asks over the network."""
        return self._endpoints.known.authorize

    def offers_pkce(self) -> bool:
        """Say whether the server takes a code verifier; ask with no transaction open."""
        return self._endpoints.current().offers_pkce

    def authorize_url(self, state: str, code_verifier: str | None = None) -> str:
        """Write the address where a person consents.

        Args:
            state: comes back and must be compared.
            code_verifier: whose S256 challenge goes along (RFC 7636); None: the server offers none.
        """
        client = self._authlib(session=None)
        url, _ = client.create_authorization_url(
            self._endpoints.current().authorize,
            state=state,
            code_verifier=code_verifier,
            scope=SCOPE,
        )
        return str(url)

    def exchange_code(self, code: str, code_verifier: str | None = None) -> TokenReply:
        """Turn the code of a consent into tokens; it works once, within minutes.

        Args:
            code: as the redirect brought it.
            code_verifier: the one `authorize_url` was given, if any.

        Raises:
            ReconnectRequired: the code is old, used or not ours: the person starts again.
            QuickBooksError: as for `refresh`.
        """
        session = _TokenSession(self._call, operation="exchange_code", refresh_token=None)
        proof = {} if code_verifier is None else {"code_verifier": code_verifier}
        self._authlib(session).fetch_token(
            self._endpoints.current().token,
            grant_type="authorization_code",
            code=code,
            headers=_HEADERS,
            auth=self._basic(),
            **proof,
        )
        return session.tokens()

    def refresh(self, refresh_token: str) -> TokenReply:
        """Get a fresh pair; of two refreshes at once of one connection Intuit kills one.

        Raises:
            ReconnectRequired: invalid_grant: this refresh token is dead.
            AccessRefused: our own credentials are refused; the connection itself lives.
            OutcomeUnknown: no usable reply: the refresh token may have been changed.
            Throttled: too many requests; nothing was done.
            Unavailable: refused by something before the token endpoint; nothing was done.
            NotSent: no connection; nothing was done.
        """
        session = _TokenSession(self._call, operation="refresh", refresh_token=refresh_token)
        self._authlib(session).refresh_token(
            self._endpoints.current().token,
            refresh_token=refresh_token,
            headers=_HEADERS,
            auth=self._basic(),
        )
        return session.tokens()

    def revoke(self, token: str, *, deadline_seconds: float | None = None) -> str | None:
        """Disconnect: the connection's tokens die. Authlib would send a form; Intuit wants JSON.

        Returns:
            Intuit's id of the call.

        Raises:
            QuickBooksError: as for `refresh`; a token already dead is refused too, with a 400.
        """
        request = self._http.build_request(
            "POST", self._endpoints.current().revoke, json={"token": token}, headers=_HEADERS
        )
        reply = self._call(request, _about("revoke"), self._basic(), deadline_seconds)
        return intuit_tid(reply.headers)

    def _call(
        self,
        request: httpx.Request,
        about: About,
        auth: httpx.Auth,
        deadline_seconds: float | None = None,
    ) -> Reply:
        reply = exchange(
            self._http,
            request,
            about,
            deadline_seconds=deadline_seconds or self._deadline_seconds,
            auth=auth,
        )
        fault = parse_fault(reply.status, reply.headers, reply.body)
        if fault is not None:
            raise error_from_token_fault(fault, about)
        return reply

    def _authlib(self, session: _TokenSession | None) -> OAuth2Client:
        # One for each call: Authlib keeps the last token as its own, and two threads that shared
        # one could be handed each other's.
        return OAuth2Client(
            session,
            client_id=self._client_id,
            client_secret=self._client_secret,
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
        )

    def _basic(self) -> httpx.BasicAuth:
        return httpx.BasicAuth(self._client_id, self._client_secret)


class _TokenSession:
    """The HTTP session Authlib posts one token request through; keeps what came back."""

    def __init__(
        self,
        call: Callable[[httpx.Request, About, httpx.Auth], Reply],
        *,
        operation: str,
        refresh_token: str | None,
    ) -> None:
        self._call = call
        self._about = _about(operation)
        self._refresh_token = refresh_token
        self._tokens: TokenReply | None = None

    def post(
        self, url: str, data: Mapping[str, str], headers: Mapping[str, str], auth: httpx.Auth
    ) -> httpx.Response:
        request = httpx.Request("POST", url, data=data, headers=headers)
        reply = self._call(request, self._about, auth)
        wire = _wire_tokens(reply, self._about)
        self._tokens = _token_reply(wire, self._refresh_token, reply, self._about)
        return httpx.Response(reply.status, json=wire.model_dump())

    def tokens(self) -> TokenReply:
        if self._tokens is None:
            raise OutcomeUnknown(**facts_of(self._about, detail="Nothing was asked for."))
        return self._tokens


class _WireTokens(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True, frozen=True)

    # Printable ASCII (RFC 6749, appendix A): anything else could not stand in a header.
    access_token: str = Field(repr=False, pattern=r"^[\x21-\x7e]{1,8192}$")
    refresh_token: str | None = Field(default=None, repr=False, pattern=r"^[\x21-\x7e]{1,8192}$")
    expires_in: int = Field(gt=0, lt=10**10)
    x_refresh_token_expires_in: int = Field(default=REFRESH_TOKEN_LIFE_SECONDS, gt=0, lt=10**10)
    x_refresh_token_hard_expires_in: int | None = Field(default=None, lt=10**10)


def _wire_tokens(reply: Reply, about: About) -> _WireTokens:
    try:
        return _WireTokens.model_validate(decode_body(reply.body))
    except ValidationError as error:
        raise _unreadable(reply, about) from error


def _token_reply(
    wire: _WireTokens, refresh_token: str | None, reply: Reply, about: About
) -> TokenReply:
    current = wire.refresh_token or refresh_token
    if current is None:
        raise _unreadable(reply, about)
    return TokenReply(
        access_token=wire.access_token,
        refresh_token=current,
        access_expires_in_seconds=wire.expires_in,
        refresh_expires_in_seconds=wire.x_refresh_token_expires_in,
        hard_expires_in_seconds=wire.x_refresh_token_hard_expires_in,
        intuit_tid=intuit_tid(reply.headers),
    )


def _unreadable(reply: Reply, about: About) -> OutcomeUnknown:
    facts = facts_of(
        about,
        status=reply.status,
        intuit_tid=intuit_tid(reply.headers),
        detail="The token endpoint's reply holds no usable tokens.",
    )
    return OutcomeUnknown(**facts)


def _about(operation: str) -> About:
    return About(operation, "token", realm_id="", writes=True)
