"""Decides which error a fault is: by code first, then by status, never by localised text."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Unpack

from qbo_client.errors import (
    About,
    AccessRefused,
    AuthorizationExpired,
    BusinessFault,
    DuplicateDocNumber,
    DuplicateName,
    ErrorFacts,
    ObjectNotFound,
    OutcomeUnknown,
    QuickBooksError,
    ReconnectRequired,
    StaleObject,
    Throttled,
    Unavailable,
)
from qbo_client.faults import AUTHORIZATION_CODES

if TYPE_CHECKING:
    from qbo_client.faults import Fault

# https://developer.intuit.com/app/developer/qbo/docs/develop/troubleshooting/error-codes
_BUSINESS: Final[dict[str, type[BusinessFault]]] = {
    "5010": StaleObject,
    "6240": DuplicateName,
    "6140": DuplicateDocNumber,
    "610": ObjectNotFound,
    "2500": ObjectNotFound,
    "6250": ObjectNotFound,
}


def error_from_fault(fault: Fault, about: About) -> QuickBooksError:
    """Make the typed error of a fault, with everything the fault and the call say."""
    return _kind(fault)(**_facts(fault, about))


def error_from_token_fault(fault: Fault, about: About) -> QuickBooksError:
    """Make the typed error of a refusal by the token endpoint.

    Only `invalid_grant` ends a connection. Any other OAuth error (`invalid_client`, a wrong
    redirect) is about our own settings: a person acts, and the connection lives.
    """
    return _token_kind(fault)(**_facts(fault, about))


def facts_of(about: About, **more: Unpack[ErrorFacts]) -> ErrorFacts:
    """Give an error's facts: what the call itself knows, and what is known besides."""
    facts = ErrorFacts(
        operation=about.operation,
        entity=about.entity,
        realm_id=about.realm_id,
        writes=about.writes,
    )
    facts.update(more)
    return facts


def _kind(fault: Fault) -> type[QuickBooksError]:
    match fault.code:
        case "3001":
            return Throttled
        case "120" | "3100":
            return AccessRefused
        case "130" | "140" | "150":
            return Unavailable
        case code if code in AUTHORIZATION_CODES:
            return AuthorizationExpired
        case "10000":
            return OutcomeUnknown
        case _:
            return _kind_by_status(fault)


def _kind_by_status(fault: Fault) -> type[QuickBooksError]:
    match fault.status:
        case HTTPStatus.TOO_MANY_REQUESTS:
            return Throttled
        case HTTPStatus.UNAUTHORIZED:
            return AuthorizationExpired
        case _ if _says_nothing_of_the_outcome(fault):
            return OutcomeUnknown
        case HTTPStatus.FORBIDDEN if fault.code is None:
            return AccessRefused
        case _:
            return _BUSINESS.get(fault.code or "", BusinessFault)


def _token_kind(fault: Fault) -> type[QuickBooksError]:
    match fault.status:
        case HTTPStatus.TOO_MANY_REQUESTS:
            return Throttled
        case _ if _says_nothing_of_the_outcome(fault):
            return OutcomeUnknown
        case _ if fault.code == "invalid_grant":
            return ReconnectRequired
        case _:
            return AccessRefused if fault.type == "OAUTH" else Unavailable


def _says_nothing_of_the_outcome(fault: Fault) -> bool:
    match fault.status:
        case status if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            # A success beside a fault that names nothing is neither.
            return fault.code is None
        case status if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return status == HTTPStatus.REQUEST_TIMEOUT
        case _:
            # A redirect or a 408 comes from something on the way, like the edge's 5xx.
            return True


def _facts(fault: Fault, about: About) -> ErrorFacts:
    return facts_of(
        about,
        status=fault.status,
        code=fault.code,
        detail=fault.detail,
        element=fault.element,
        intuit_tid=fault.intuit_tid,
        type=fault.type,
        retry_after_seconds=fault.retry_after_seconds,
    )
