"""What the token server deals in: grants, codes, tokens, clients, and the proofs clients give.

https://developer.intuit.com/app/developer/qbo/docs/develop/authentication-and-authorization/oauth-2.0
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from urllib.parse import unquote

from qbo_simulator.realm import Realm
from qbo_simulator.wire import Request


@dataclass(slots=True)
class Grant:
    """One consent: an app connected to a realm. `alive` ends by revocation or misuse."""

    realm: Realm
    client_id: str
    hard_end_seconds: float
    alive: bool = True


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code and what its exchange must prove."""

    grant: Grant
    expires_seconds: float
    redirect_uri: str | None = None
    challenge: str | None = None


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A bearer token of one grant."""

    grant: Grant
    expires_seconds: float


@dataclass(slots=True)
class RefreshToken:
    """A refresh token of one grant; `dead` once another has taken its place."""

    grant: Grant
    issued_seconds: float
    expires_seconds: float
    dead: bool = False


@dataclass(frozen=True, slots=True)
class Client:
    """The app that calls, as it named itself."""

    client_id: str
    client_secret: str


class OAuthError(Exception):
    """A refusal of the token endpoint, such as `invalid_grant`."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        """Say which error, and why."""
        super().__init__(description)
        self.error, self.description, self.status = error, description, status


def basic_client(request: Request) -> Client | None:
    """The client that names itself by HTTP Basic, or None."""
    kind, _, encoded = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded, validate=True).decode()
    except ValueError:
        return None
    client_id, _, secret = text.partition(":")
    return Client(unquote(client_id), unquote(secret))


def form_client(form: dict[str, str]) -> Client | None:
    """The client that names itself in the form, or None."""
    if "client_id" not in form:
        return None
    return Client(form["client_id"], form.get("client_secret", ""))


def proves(verifier: str | None, challenge: str) -> bool:
    """Whether a PKCE verifier belongs to an S256 challenge (RFC 7636)."""
    digest = hashlib.sha256((verifier or "").encode()).digest()
    made = base64.urlsafe_b64encode(digest).rstrip(b"=")
    return hmac.compare_digest(made, challenge.rstrip("=").encode())
