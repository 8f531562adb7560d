"""Intuit's OAuth 2 server: codes, tokens, rotation, revocation.

https://developer.intuit.com/app/developer/qbo/docs/develop/authentication-and-authorization/oauth-2.0
A code works once. An access token lives an hour. By default every refresh gives a new refresh
token and the old one dies at once; a realm may keep the value for 24 hours instead, and may have
the whole connection die when a dead token is used again. Any client is accepted unless one is
configured.
"""

import hmac
import secrets
import threading
from collections import OrderedDict
from typing import TypeVar

from qbo_simulator.clock import Clock
from qbo_simulator.grants import (
    AccessToken,
    Client,
    Code,
    Grant,
    OAuthError,
    RefreshToken,
    basic_client,
    form_client,
    proves,
)
from qbo_simulator.realm import Realm
from qbo_simulator.wire import Json, Request, Response, json_response, parse_json

CODE_LIFE_SECONDS = 600
ACCESS_LIFE_SECONDS = 3600
REFRESH_LIFE_SECONDS = 8_726_400
HARD_LIFE_SECONDS = 5 * 365 * 86_400
SAME_VALUE_SECONDS = 86_400
MOST_TOKENS = 100_000
Kept = TypeVar("Kept")
NO_STORE = (("Cache-Control", "no-cache, no-store"), ("Pragma", "no-cache"))


class TokenOffice:
    """Issues, rotates, checks and revokes tokens; thread-safe; forgets the oldest past a limit."""

    def __init__(self, clock: Clock, client: Client | None = None) -> None:
        """Serve any client, or only the given one."""
        self._clock = clock
        self._client = client
        self._lock = threading.Lock()
        self._codes: OrderedDict[str, Code] = OrderedDict()
        self._access: OrderedDict[str, AccessToken] = OrderedDict()
        self._refresh: OrderedDict[str, RefreshToken] = OrderedDict()

    def issue_code(
        self,
        realm: Realm,
        *,
        client_id: str = "",
        redirect_uri: str | None = None,
        challenge: str | None = None,
    ) -> str:
        """Issue an authorization code for a realm, as consent does."""
        now = self._clock.ticks_seconds()
        grant = Grant(realm, client_id, now + HARD_LIFE_SECONDS)
        code = "XAB1" + secrets.token_hex(23)
        with self._lock:
            _keep(self._codes, code, Code(grant, now + CODE_LIFE_SECONDS, redirect_uri, challenge))
        return code

    def realm_of(self, bearer: str) -> Realm | None:
        """The realm a bearer token is good for now, or None."""
        token = self._access.get(bearer)
        if token is None or not token.grant.alive:
            return None
        return token.grant.realm if token.expires_seconds > self._clock.ticks_seconds() else None

    def realm_of_request(self, request: Request) -> Realm | None:
        """The realm a token request speaks of, if it names a code or refresh token we know."""
        form = request.form()
        code = self._codes.get(form.get("code", ""))
        token = self._refresh.get(form.get("refresh_token", ""))
        known = code or token
        return known.grant.realm if known else None

    def answer_token(self, request: Request) -> Response:
        """Answer `POST /oauth2/v1/tokens/bearer`."""
        form = request.form()
        try:
            client = self._authenticate(request, form)
            with self._lock:
                grant, refresh = self._granted(form, client)
                body = self._token_reply(grant, refresh, request)
        except OAuthError as error:
            return _refusal(error)
        return Response(200, json_response(body).body, headers=NO_STORE)

    def answer_revoke(self, request: Request) -> Response:
        """Answer `POST /v2/oauth2/tokens/revoke`: the consent ends, or all of the app's there."""
        try:
            self._authenticate(request, {})
            form = parse_json(request.body) if request.body.startswith(b"{") else request.form()
            with self._lock:
                self._revoke(str(form.get("token", "")))
        except (OAuthError, ValueError) as error:
            if isinstance(error, OAuthError):
                return _refusal(error)
            return _refusal(OAuthError("invalid_request", "The body cannot be read"))
        return Response(200, b"")

    def expire_access_tokens(self, realm: Realm) -> None:
        """Make every access token of a realm unknown, as if it had expired."""
        with self._lock:
            for value in [v for v, each in self._access.items() if each.grant.realm is realm]:
                del self._access[value]

    def disconnect(self, realm: Realm) -> None:
        """End every connection of a realm, as the user does in QuickBooks' app list."""
        with self._lock:
            for token in self._refresh.values():
                if token.grant.realm is realm:
                    token.grant.alive = False

    def _authenticate(self, request: Request, form: dict[str, str]) -> Client:
        client = basic_client(request) or form_client(form)
        if client is None or not client.client_id:
            raise OAuthError("invalid_client", "Client authentication is missing", 401)
        wanted = self._client
        if wanted is not None and not (
            hmac.compare_digest(client.client_id.encode(), wanted.client_id.encode())
            and hmac.compare_digest(client.client_secret.encode(), wanted.client_secret.encode())
        ):
            raise OAuthError("invalid_client", "Client authentication failed", 401)
        return client

    def _granted(self, form: dict[str, str], client: Client) -> tuple[Grant, str]:
        match form.get("grant_type"):
            case "authorization_code":
                return self._exchange(form, client)
            case "refresh_token":
                return self._rotate(form, client)
            case _:
                raise OAuthError("unsupported_grant_type", "Unsupported grant_type")

    def _exchange(self, form: dict[str, str], client: Client) -> tuple[Grant, str]:
        code = self._codes.pop(form.get("code", ""), None)
        if code is None or code.expires_seconds <= self._clock.ticks_seconds():
            raise OAuthError("invalid_grant", "Invalid authorization code")
        if code.redirect_uri is not None and code.redirect_uri != form.get("redirect_uri"):
            raise OAuthError("invalid_grant", "The redirect_uri does not match")
        if code.challenge is not None and not proves(form.get("code_verifier"), code.challenge):
            raise OAuthError("invalid_grant", "The code_verifier does not match")
        if code.grant.client_id and code.grant.client_id != client.client_id:
            raise OAuthError("invalid_grant", "The code belongs to another client")
        code.grant.client_id = client.client_id
        return code.grant, self._new_refresh(code.grant)

    def _rotate(self, form: dict[str, str], client: Client) -> tuple[Grant, str]:
        value = form.get("refresh_token", "")
        token = self._refresh.get(value)
        refused = OAuthError("invalid_grant", "Incorrect or invalid refresh token")
        if token is None or token.grant.client_id != client.client_id:
            raise refused
        realm, now = token.grant.realm, self._clock.ticks_seconds()
        if token.dead and realm.settings.kill_on_reuse:
            token.grant.alive = False
        over = token.expires_seconds <= now or token.grant.hard_end_seconds <= now
        if token.dead or over or not token.grant.alive:
            raise refused
        realm.refreshes += 1
        keeps = realm.settings.refresh_rotation == "daily"
        if keeps and now < token.issued_seconds + SAME_VALUE_SECONDS:
            token.expires_seconds = now + REFRESH_LIFE_SECONDS
            return token.grant, value
        token.dead = True
        return token.grant, self._new_refresh(token.grant)

    def _new_refresh(self, grant: Grant) -> str:
        now = self._clock.ticks_seconds()
        value = "RT1-" + secrets.token_urlsafe(40)
        _keep(self._refresh, value, RefreshToken(grant, now, now + REFRESH_LIFE_SECONDS))
        return value

    def _token_reply(self, grant: Grant, refresh: str, request: Request) -> Json:
        now = self._clock.ticks_seconds()
        access = "eyJ." + secrets.token_urlsafe(300)
        _keep(self._access, access, AccessToken(grant, now + ACCESS_LIFE_SECONDS))
        reply: Json = {
            "x_refresh_token_expires_in": REFRESH_LIFE_SECONDS,
            "refresh_token": refresh,
            "access_token": access,
            "token_type": "bearer",
            "expires_in": ACCESS_LIFE_SECONDS,
        }
        if request.headers.get("x-include-refresh-token-hard-expires-in") == "true":
            reply["x_refresh_token_hard_expires_in"] = int(grant.hard_end_seconds - now)
        return reply

    def _revoke(self, value: str) -> None:
        token = self._refresh.get(value) or self._access.get(value)
        if token is None:
            raise OAuthError("invalid_request", "The token is unknown")
        ended = token.grant
        ended.alive = False
        if ended.realm.settings.revoke_ends == "connection":
            for each in self._refresh.values():
                if each.grant.realm is ended.realm and each.grant.client_id == ended.client_id:
                    each.grant.alive = False


def _refusal(error: OAuthError) -> Response:
    body = {"error": error.error, "error_description": error.description}
    return Response(error.status, json_response(body).body, headers=NO_STORE)


def _keep(tokens: OrderedDict[str, Kept], value: str, token: Kept) -> None:
    tokens[value] = token
    while len(tokens) > MOST_TOKENS:
        tokens.popitem(last=False)
