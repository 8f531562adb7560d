"""Reads the fault out of a reply, in every shape QuickBooks and its gateways send.

Business faults come as JSON with capital keys, gateway faults as JSON with small ones, throttling
often as XML whatever was asked for, a batch's parts inside a 200, the token endpoint's as OAuth
errors, and the edge's as HTML or nothing. This module only reads; `verdict` decides. It takes
bytes from the network and never raises. At most `BODY_LIMIT_BYTES` are looked into; a longer
body counts as unreadable.
See https://developer.intuit.com/app/developer/qbo/docs/develop/troubleshooting/error-codes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import ParseError

from defusedxml.ElementTree import fromstring

from qbo_client.bodies import BODY_LIMIT_BYTES, clean_text, decode_body

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

# Vendor texts are shown to the office; more than this is no sentence any more.
DETAIL_LIMIT_CHARACTERS: Final = 2000

# The vendor's words for a code, a type or an element; more is no word of the vendor's.
WORD_LIMIT_CHARACTERS: Final = 100

# A Retry-After beyond a day says nothing a day does not.
RETRY_AFTER_LIMIT_SECONDS: Final = 86_400

# The text of these repeats the access token ("Token expired: …"), so it is not kept.
AUTHORIZATION_CODES: Final = frozenset({"100", "110", "3200"})

# Replies of HTTP 200 whose parts carry faults of their own.
_PARTS: Final = ("batchitemresponse", "attachableresponse")


@dataclass(frozen=True)
class Fault:
    """What a refusing reply says; every word of it is optional, for gateways say nothing.

    `code` is the vendor's number without leading zeros, or an OAuth error such as
    `invalid_grant`. `detail` is at most 2000 characters and holds no token.
    """

    status: int
    code: str | None = None
    type: str | None = None
    detail: str = ""
    element: str | None = None
    intuit_tid: str | None = None
    retry_after_seconds: int | None = None


def parse_fault(status: int, headers: Mapping[str, str], body: bytes) -> Fault | None:
    """Read the fault of a reply; None if it is a success without one.

    Args:
        status: HTTP status.
        headers: of the reply; names in any case.
        body: as received; anything at all.
    """
    told = _told(body)
    if told is None and HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    told = told or _Told()
    return Fault(
        status=status,
        code=told.code,
        type=_word(told.type),
        detail=_detail(told),
        element=_word(told.element),
        intuit_tid=intuit_tid(headers),
        retry_after_seconds=_retry_after(headers),
    )


def intuit_tid(headers: Mapping[str, str]) -> str | None:
    """Find Intuit's transaction id, the one thing its support asks for, whatever its case."""
    found = _field(headers, "intuit_tid") or _field(headers, "intuit-tid")
    return _word(found) if isinstance(found, str) else None


@dataclass(frozen=True)
class _Told:
    code: str | None = None
    type: str | None = None
    message: str = ""
    detail: str = ""
    element: str | None = None


def _told(body: bytes) -> _Told | None:
    start = body[:BODY_LIMIT_BYTES].lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if len(body) > BODY_LIMIT_BYTES:
        return None
    if start == b"{":
        return _told_in_json(decode_body(body) or {})
    return _told_in_xml(body) if start == b"<" else None


def _told_in_json(document: Mapping[str, object]) -> _Told | None:
    for holder in (document, *_parts(document)):
        fault = _field(holder, "fault")
        if isinstance(fault, Mapping):
            return _told_by_fault(fault)
    return _told_by_token_endpoint(document)


def _parts(document: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    for name in _PARTS:
        parts = _field(document, name)
        yield from (p for p in parts if isinstance(p, Mapping)) if isinstance(parts, list) else ()


def _told_by_fault(fault: Mapping[str, object]) -> _Told:
    errors = _field(fault, "error")
    listed = errors if isinstance(errors, list) else [errors]
    first = next((error for error in listed if isinstance(error, Mapping)), {})
    message = _text(first, "message") or ""
    return _Told(
        code=_code(_text(first, "code"), message),
        type=_text(fault, "type"),
        message=message,
        detail=_text(first, "detail") or "",
        element=_text(first, "element"),
    )


def _told_by_token_endpoint(document: Mapping[str, object]) -> _Told | None:
    error = document.get("error")
    if not isinstance(error, str):
        return None
    return _Told(
        code=_word(error),
        type="OAUTH",
        detail=_text(document, "error_description") or "",
    )


def _told_in_xml(body: bytes) -> _Told | None:
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except (ParseError, ValueError, LookupError):
        return None
    fault = _first(root, "Fault")
    if fault is None:
        return None
    error = _first(fault, "Error")
    return _told_by_element(fault, fault if error is None else error)


def _told_by_element(fault: Element, error: Element) -> _Told:
    message = _element_text(error, "Message")
    return _Told(
        code=_code(error.get("code"), message),
        type=fault.get("type"),
        message=message,
        detail=_element_text(error, "Detail"),
        element=error.get("element"),
    )


def _first(root: Element, name: str) -> Element | None:
    return next((e for e in root.iter() if str(e.tag).rpartition("}")[2] == name), None)


def _element_text(parent: Element, name: str) -> str:
    found = _first(parent, name)
    return (found.text or "") if found is not None else ""


def _field(holder: Mapping[str, object], name: str) -> object:
    fitting = (v for k, v in holder.items() if str(k).lower() == name and v is not None)
    return next(fitting, None)


def _text(holder: Mapping[str, object], name: str) -> str | None:
    value = _field(holder, name)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None


def _code(code: str | None, message: str) -> str | None:
    if code and code.strip().isascii() and code.strip().isdigit():
        return _word(code.strip().lstrip("0") or "0")
    # A machine's token inside the message, in every language: "errorCode=003001".
    named = re.search(r"errorCode=0*([0-9]{1,6})", message)
    return named.group(1) if named else _word(code or None)


def _word(text: str | None) -> str | None:
    return None if text is None else clean_text(text)[:WORD_LIMIT_CHARACTERS]


def _detail(told: _Told) -> str:
    if told.code in AUTHORIZATION_CODES:
        return ""
    return clean_text(told.detail or told.message)[:DETAIL_LIMIT_CHARACTERS]


def _retry_after(headers: Mapping[str, str]) -> int | None:
    value = str(_field(headers, "retry-after") or "").strip()
    if not (value.isascii() and value.isdigit()):
        return None
    # The date form is not read: no reply of Intuit's has been seen with either.
    return min(int(value[:10]), RETRY_AFTER_LIMIT_SECONDS)
