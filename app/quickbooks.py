"""How this process reaches QuickBooks: one HTTP client, our app's credentials, the tokens' keys."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from app.keys import TokenKey
from app.settings import QuickBooksEnvironment, QuickBooksSettings
from connections.keys import TokenKeys
from connections.slots import RealmSlots
from connections.tokens import TokenStore
from coordination.database import Pool
from qbo_client import (
    DEADLINE_SECONDS,
    PRODUCTION_BASE_URL,
    PRODUCTION_DISCOVERY_URL,
    PRODUCTION_ENDPOINTS,
    SANDBOX_BASE_URL,
    SANDBOX_DISCOVERY_URL,
    Discovery,
    EndpointSource,
    OAuthClient,
    OAuthEndpoints,
    QuickBooksClient,
    SlotGate,
    TokenSource,
    discovery_below,
    endpoints_below,
    open_http,
)


@dataclass(frozen=True)
class QuickBooksAccess:
    """Where QuickBooks is and as which app we come.

    Attributes:
        base_url: of the Accounting API.
        endpoints: of the authorization server, as built in.
        discovery_url: where its document says which they are; None: the built-in ones are all.
        client_id: our app's id.
        client_secret: our app's secret.
        redirect_uri: where Intuit sends a person back.
        keys: encrypt the tokens in our database.
    """

    base_url: str
    endpoints: OAuthEndpoints
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str
    keys: TokenKeys
    discovery_url: str | None = None


@dataclass(frozen=True)
class QuickBooks:
    """The opened access of one process; threads share it; `deadline_seconds` is of one call."""

    access: QuickBooksAccess
    http: httpx.Client
    oauth: OAuthClient
    tokens: TokenStore
    deadline_seconds: float = DEADLINE_SECONDS

    def client(self, tokens: TokenSource, slots: SlotGate) -> QuickBooksClient:
        """Make a client of the API with these tokens, whose every call takes its slot there."""
        return QuickBooksClient(
            self.http, self.access.base_url, tokens, slots, self.deadline_seconds
        )

    def client_of(self, company_id: str, slots: RealmSlots, purpose: str) -> QuickBooksClient:
        """Make a client for a connected company; its reads are counted under `purpose`."""
        return self.client(
            self.tokens.for_company(company_id), slots.for_company(company_id, purpose)
        )


def access_from(settings: QuickBooksSettings, keys: Sequence[TokenKey]) -> QuickBooksAccess:
    """Read the access from the settings of a command."""
    endpoints = PRODUCTION_ENDPOINTS
    discovery_url = DISCOVERY_URLS.get(settings.qbo_environment)
    if settings.qbo_oauth_url is not None:
        endpoints = endpoints_below(settings.qbo_oauth_url)
        discovery_url = discovery_below(settings.qbo_oauth_url)
    return QuickBooksAccess(
        base_url=settings.qbo_base_url or BASE_URLS[settings.qbo_environment],
        endpoints=endpoints,
        client_id=settings.qbo_client_id,
        client_secret=settings.qbo_client_secret.get_secret_value(),
        redirect_uri=settings.qbo_redirect_uri,
        keys=TokenKeys([(each.id, each.key) for each in keys]),
        discovery_url=discovery_url,
    )


BASE_URLS = {
    QuickBooksEnvironment.PRODUCTION: PRODUCTION_BASE_URL,
    QuickBooksEnvironment.SANDBOX: SANDBOX_BASE_URL,
}
DISCOVERY_URLS = {
    QuickBooksEnvironment.PRODUCTION: PRODUCTION_DISCOVERY_URL,
    QuickBooksEnvironment.SANDBOX: SANDBOX_DISCOVERY_URL,
}


@contextmanager
def open_quickbooks(
    access: QuickBooksAccess, pool: Pool, *, deadline_seconds: float = DEADLINE_SECONDS
) -> Iterator[QuickBooks]:
    """Open the HTTP client for as long as the process needs it; each call has that deadline."""
    with open_http() as http:
        oauth = OAuthClient(
            http,
            _source(http, access),
            client_id=access.client_id,
            client_secret=access.client_secret,
            redirect_uri=access.redirect_uri,
            deadline_seconds=deadline_seconds,
        )
        tokens = TokenStore(pool, access.keys, oauth)
        yield QuickBooks(access, http, oauth, tokens, deadline_seconds)


def _source(http: httpx.Client, access: QuickBooksAccess) -> EndpointSource:
    if access.discovery_url is None:
        return access.endpoints
    return Discovery(http, access.discovery_url, access.endpoints)
