"""HTTP client for QuickBooks Online's Accounting API; stands alone and imports nothing of ours.

Requests are values (`requests`, `query`), failures are types (`errors`, read from `faults` by
`verdict`), and a call is `QuickBooksClient.send` or `BareClient.exchange` over an `open_http()`
client whose deadline covers everything. Tokens and slots come from the host through `protocols`;
tokens are fetched and refreshed by `oauth`. Nothing is retried here but one 401.
"""

from qbo_client.bodies import JsonObject, decode_body, encode_body
from qbo_client.client import BareClient, QuickBooksClient, Response
from qbo_client.discovery import (
    PRODUCTION_DISCOVERY_URL,
    SANDBOX_DISCOVERY_URL,
    Discovery,
    discovery_below,
)
from qbo_client.environments import PRODUCTION_BASE_URL, SANDBOX_BASE_URL
from qbo_client.errors import (
    AccessRefused,
    Applied,
    AuthorizationExpired,
    BusinessFault,
    DuplicateDocNumber,
    DuplicateName,
    NotSent,
    ObjectNotFound,
    OutcomeUnknown,
    QuickBooksError,
    ReconnectRequired,
    StaleObject,
    Throttled,
    Unavailable,
)
from qbo_client.exchange import DEADLINE_SECONDS
from qbo_client.faults import Fault, parse_fault
from qbo_client.oauth import (
    PRODUCTION_ENDPOINTS,
    EndpointSource,
    OAuthClient,
    OAuthEndpoints,
    TokenReply,
    endpoints_below,
)
from qbo_client.protocols import SlotGate, SlotTicket, TokenSource
from qbo_client.requests import ApiRequest
from qbo_client.wire import open_http

__all__ = [
    "DEADLINE_SECONDS",
    "PRODUCTION_BASE_URL",
    "PRODUCTION_DISCOVERY_URL",
    "PRODUCTION_ENDPOINTS",
    "SANDBOX_BASE_URL",
    "SANDBOX_DISCOVERY_URL",
    "AccessRefused",
    "ApiRequest",
    "Applied",
    "AuthorizationExpired",
    "BareClient",
    "BusinessFault",
    "Discovery",
    "DuplicateDocNumber",
    "DuplicateName",
    "EndpointSource",
    "Fault",
    "JsonObject",
    "NotSent",
    "OAuthClient",
    "OAuthEndpoints",
    "ObjectNotFound",
    "OutcomeUnknown",
    "QuickBooksClient",
    "QuickBooksError",
    "ReconnectRequired",
    "Response",
    "SlotGate",
    "SlotTicket",
    "StaleObject",
    "Throttled",
    "TokenReply",
    "TokenSource",
    "Unavailable",
    "decode_body",
    "discovery_below",
    "encode_body",
    "endpoints_below",
    "open_http",
    "parse_fault",
]
