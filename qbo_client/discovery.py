"""The authorization server's discovery document: read at the first need, kept for a day.

Intuit asks apps to take their addresses from it, and it says whether PKCE is offered
(https://developer.intuit.com/app/developer/qbo/docs/develop/authentication-and-authorization/openid-connect).
The app's secret and every token go to what stands there, so an address elsewhere than at the
expected server is refused. A document that cannot be read or believed stops nothing: the built-in
addresses serve, without PKCE, and it is asked for again some minutes later.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from qbo_client.bodies import decode_body
from qbo_client.errors import About, OutcomeUnknown, QuickBooksError
from qbo_client.exchange import exchange
from qbo_client.faults import intuit_tid, parse_fault
from qbo_client.oauth import OAuthEndpoints
from qbo_client.verdict import error_from_token_fault, facts_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

INTUIT: Final = "https://developer.api.intuit.com/.well-known/"
PRODUCTION_DISCOVERY_URL: Final = f"{INTUIT}openid_configuration"
SANDBOX_DISCOVERY_URL: Final = f"{INTUIT}openid_sandbox_configuration"

DEADLINE_SECONDS: Final = 5.0
KEPT_SECONDS: Final = 24 * 3600.0
ASKED_AGAIN_SECONDS: Final = 5 * 60.0

_ADDRESS_LIMIT_CHARACTERS: Final = 2000
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}

log = logging.getLogger(__name__)


def discovery_below(base_url: str) -> str:
    """Give the address of the document of a server that has everything below one base."""
    return f"{base_url.rstrip('/')}/.well-known/openid_configuration"


class AddressRefused(Exception):  # says what is so; who changed the document is not known
    """The document names an address that is not at the expected server."""


def read_endpoints(
    http: httpx.Client, url: str, deadline_seconds: float = DEADLINE_SECONDS
) -> OAuthEndpoints:
    """Read the document at `url`.

    Raises:
        AddressRefused: an address in it is elsewhere than the document itself may send us.
        QuickBooksError: it could not be had, or is no such document.
    """
    about = About("read", "discovery", realm_id="", writes=False)
    request = http.build_request(
        "GET", url, headers={"Accept": "application/json", "Accept-Encoding": "identity"}
    )
    reply = exchange(http, request, about, deadline_seconds=deadline_seconds)
    fault = parse_fault(reply.status, reply.headers, reply.body)
    if fault is not None:
        raise error_from_token_fault(fault, about)
    try:
        document = _Document.model_validate(decode_body(reply.body))
    except ValidationError as error:
        facts = facts_of(about, status=reply.status, intuit_tid=intuit_tid(reply.headers))
        raise OutcomeUnknown(**facts) from error
    return _believed(document, url)


class Discovery:
    """The endpoints as the document has them, read when first asked for; threads may share it."""

    def __init__(
        self,
        http: httpx.Client,
        url: str,
        built_in: OAuthEndpoints,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin with what is built in, and ask at the first need."""
        self._http = http
        self._url = url
        self._known = built_in
        self._monotonic = monotonic
        self._good_until = monotonic()
        self._reading = threading.Lock()

    @property
    def known(self) -> OAuthEndpoints:
        """Give what was read last, or what is built in, without asking."""
        return self._known

    def current(self) -> OAuthEndpoints:
        """Give the endpoints of now; at most one thread waits for the document, for seconds."""
        if self._monotonic() < self._good_until or not self._reading.acquire(blocking=False):
            return self._known
        try:
            if self._monotonic() >= self._good_until:
                self._good_until = self._monotonic() + self._read()
        finally:
            self._reading.release()
        return self._known

    def _read(self) -> float:
        """Read the document, or keep what was known; say for how many seconds that shall serve."""
        try:
            self._known = read_endpoints(self._http, self._url)
        except (AddressRefused, QuickBooksError) as error:
            log.warning("The discovery document does not serve: %s", error)
            return ASKED_AGAIN_SECONDS
        return KEPT_SECONDS


_Address = Annotated[str, Field(max_length=_ADDRESS_LIMIT_CHARACTERS)]


class _Document(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True, frozen=True)

    authorization_endpoint: _Address
    token_endpoint: _Address
    revocation_endpoint: _Address
    code_challenge_methods_supported: list[str] = Field(default_factory=list, max_length=100)


def _believed(document: _Document, url: str) -> OAuthEndpoints:
    return OAuthEndpoints(
        authorize=_expected(document.authorization_endpoint, url),
        token=_expected(document.token_endpoint, url),
        revoke=_expected(document.revocation_endpoint, url),
        offers_pkce="S256" in document.code_challenge_methods_supported,
    )


def _expected(address: str, url: str) -> str:
    if not (_is_intuits(address) if _is_intuits(url) else _origin(address) == _origin(url)):
        raise AddressRefused(f"an address of {_origin(url)} leads elsewhere")
    return address


def _is_intuits(address: str) -> bool:
    scheme, host, port = _origin(address)
    return (scheme, port) == ("https", 443) and host.endswith(".intuit.com")


def _origin(address: str) -> tuple[str, str, int | None]:
    """Take an address apart; one with a user in it, or that is none, is nobody's."""
    try:
        parts = urlsplit(address)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return "", "", None
    if "@" in parts.netloc or "\\" in address or not address.isprintable():
        return "", "", None
    return parts.scheme, parts.hostname or "", port
