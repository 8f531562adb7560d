"""How this process reaches QuickBooks: one HTTP client, our app's credentials, the tokens' keys."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from app.keys import TokenKey
from app.settings import QuickBooksEnvironment, QuickBooksSettings
from connections.keys import TokenKeys
from connections.tokens import TokenStore
from coordination.database import Pool
from qbo_client import (
    PRODUCTION_BASE_URL,
    PRODUCTION_ENDPOINTS,
    SANDBOX_BASE_URL,
    OAuthClient,
    OAuthEndpoints,
    endpoints_below,
    open_http,
)


@dataclass(frozen=True)
class QuickBooksAccess:
    """Where QuickBooks is and as which app we come.

    Attributes:
        base_url: of the Accounting API.
        endpoints: of the authorization server.
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


@dataclass(frozen=True)
class QuickBooks:
    """The opened access of one process; threads share it."""

    access: QuickBooksAccess
    http: httpx.Client
    oauth: OAuthClient
    tokens: TokenStore


def access_from(settings: QuickBooksSettings, keys: Sequence[TokenKey]) -> QuickBooksAccess:
    """Read the access from the settings of a command."""
    endpoints = PRODUCTION_ENDPOINTS
    if settings.qbo_oauth_url is not None:
        endpoints = endpoints_below(settings.qbo_oauth_url)
    return QuickBooksAccess(
        base_url=settings.qbo_base_url or BASE_URLS[settings.qbo_environment],
        endpoints=endpoints,
        client_id=settings.qbo_client_id,
        client_secret=settings.qbo_client_secret.get_secret_value(),
        redirect_uri=settings.qbo_redirect_uri,
        keys=TokenKeys([(each.id, each.key) for each in keys]),
    )


BASE_URLS = {
    QuickBooksEnvironment.PRODUCTION: PRODUCTION_BASE_URL,
    QuickBooksEnvironment.SANDBOX: SANDBOX_BASE_URL,
}


@contextmanager
def open_quickbooks(access: QuickBooksAccess, pool: Pool) -> Iterator[QuickBooks]:
    """Open the HTTP client for as long as the process needs it."""
    with open_http() as http:
        oauth = OAuthClient(
            http,
            access.endpoints,
            client_id=access.client_id,
            client_secret=access.client_secret,
            redirect_uri=access.redirect_uri,
        )
        yield QuickBooks(access, http, oauth, TokenStore(pool, access.keys, oauth))
