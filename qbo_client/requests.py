"""Requests as values: built here, purely, then stored by the caller and sent as they are.

A request says nothing of company or token, so that the same bytes go out again after a timeout,
a 401 or a restart. `minorversion=75` is on every one, so that Intuit's default cannot move under
us (https://developer.intuit.com/app/developer/qbo/docs/learn/explore-the-quickbooks-online-api/minor-versions).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote as url_quote
from urllib.parse import urlencode

from qbo_client.bodies import encode_body

if TYPE_CHECKING:
    from collections.abc import Mapping


__all__ = [
    "ApiRequest",
    "company_info",
    "create",
    "encode_body",
    "preferences",
    "query",
    "read",
    "sparse_update",
    "void",
]

MINOR_VERSION: Final = "75"
JSON: Final = "application/json"
QUERY_TEXT: Final = "application/text"

# Intuit's limit for the requestid of a single request.
REQUEST_ID_LIMIT_CHARACTERS: Final = 50

# A longer statement travels as a body: proxies cut long addresses.
QUERY_IN_ADDRESS_LIMIT_BYTES: Final = 2000

# Stands in a path for the company's own id, which only the sender knows.
REALM: Final = "{realm_id}"


@dataclass(frozen=True)
class ApiRequest:
    """One call below `/v3/company/<realm>/`, complete but for company and token.

    `path` is already escaped; `params` are not. `body` is exactly what is sent. `repr` leaves out
    both, for they hold customers' data.
    """

    method: str
    path: str
    params: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes | None = field(repr=False)
    content_type: str

    @property
    def writes(self) -> bool:
        """Whether the books may change by it: every POST but a query's."""
        return self.method == "POST" and self.entity != "query"

    @property
    def entity(self) -> str:
        """The first part of the path, in small letters: `invoice`, `query`, `companyinfo`."""
        return self.path.partition("/")[0]

    @property
    def operation(self) -> str:
        """What it does, for errors, metrics and calls: create, update, void, read or query."""
        if not self.writes:
            return "query" if self.entity == "query" else "read"
        if {("operation", "void"), ("include", "void")} & set(self.params):
            return "void"
        # Quotes inside a JSON string are escaped, so only a real key can match.
        return "update" if b'"sparse":true' in (self.body or b"") else "create"

    def url(self, base_url: str, realm_id: str) -> str:
        """Write the address; blanks are %20, and `&`, `#`, `%`, `+` are escaped.

        Raises:
            ValueError: if the realm id is not made of digits.
        """
        if not re.fullmatch(r"[0-9]{1,30}", realm_id):
            raise ValueError("A realm id is made of digits; check the stored connection.")
        path = self.path.replace(REALM, realm_id)
        params = urlencode(self.params, quote_via=url_quote, safe="")
        return f"{base_url.rstrip('/')}/v3/company/{realm_id}/{path}?{params}"


def create(entity: str, fields: Mapping[str, Any], request_id: str) -> ApiRequest:
    """Create an object of `entity` (`Customer`, `Invoice`, …) from its fields.

    Raises:
        ValueError: if the fields carry an Id: that would be an update.
    """
    if "Id" in fields:
        raise ValueError("A new object has no Id; use sparse_update to change one.")
    return _post(entity, fields, request_id)


def sparse_update(entity: str, fields: Mapping[str, Any], request_id: str) -> ApiRequest:
    """Change only the given fields of the object with this Id and SyncToken.

    A Line list replaces all lines: send every line that shall stay.

    Raises:
        ValueError: if Id or SyncToken is missing: without them it would be a create.
    """
    if not fields.get("Id") or not isinstance(fields.get("SyncToken"), str):
        raise ValueError("An update names Id and SyncToken; without them it would be a create.")
    return _post(entity, {**fields, "sparse": True}, request_id)


def void(entity: str, object_id: str, sync_token: str, request_id: str) -> ApiRequest:
    """Void an invoice or a payment; the two are asked for in different words.

    See https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/payment.

    Raises:
        ValueError: for another entity.
    """
    fields = {"Id": object_id, "SyncToken": sync_token}
    match _name(entity):
        case "invoice":
            return _post(entity, fields, request_id, ("operation", "void"))
        case "payment":
            asked = ("operation", "update"), ("include", "void")
            return _post(entity, {**fields, "sparse": True}, request_id, *asked)
        case other:
            raise ValueError(f"Only an invoice or a payment is voided, not {other}.")


def read(entity: str, object_id: str) -> ApiRequest:
    """Read one object by its Id."""
    return _get(f"{_name(entity)}/{url_quote(object_id, safe='')}")


def query(statement: str) -> ApiRequest:
    """Run a select statement (see `query.select`); a long one travels as the body of a POST."""
    text = statement.encode("utf-8")
    if len(url_quote(text, safe="")) <= QUERY_IN_ADDRESS_LIMIT_BYTES:
        return _get("query", ("query", statement))
    return ApiRequest("POST", "query", _params(), text, QUERY_TEXT)


def company_info() -> ApiRequest:
    """Read name and country of the company: which books we are connected to."""
    return _get(f"companyinfo/{REALM}")


def preferences() -> ApiRequest:
    """Read the company's preferences: numbering, tax, closing date, currency."""
    return _get("preferences")


def _post(
    entity: str, fields: Mapping[str, Any], request_id: str, *asked: tuple[str, str]
) -> ApiRequest:
    printable = re.fullmatch(r"[\x21-\x7e]+", request_id)
    if not printable or len(request_id) > REQUEST_ID_LIMIT_CHARACTERS:
        raise ValueError("A requestid is 1 to 50 printable ASCII characters; use a UUID.")
    params = _params(*asked, ("requestid", request_id))
    return ApiRequest("POST", _name(entity), params, encode_body(fields), JSON)


def _get(path: str, *asked: tuple[str, str]) -> ApiRequest:
    return ApiRequest("GET", path, _params(*asked), None, JSON)


def _params(*asked: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return (*asked, ("minorversion", MINOR_VERSION))


def _name(entity: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{1,40}", entity):
        raise ValueError("An entity is one word, such as Invoice.")
    return entity.lower()
