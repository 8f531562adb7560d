"""Reads recordings: from a file of one of many formats to exchanges, all of one form.

Known are JSON with `interactions` or `http_interactions` (VCR), one `request` and `response`, lists
of either, HAR, nock, a reply's body alone, a bare object, XML bodies, and text as it went over the
wire (`HTTP/1.1 429 …`). Anything else is named with a reason, never passed over.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from qbo_simulator.xml_format import read_xml

XML_ROOT = re.compile(r"<(?![?!])(?:\w+:)?(\w+)")
MOST_FILE_BYTES = 16_000_000
MOST_EXCHANGES = 10_000
LISTS = ("interactions", "http_interactions", "exchanges", "recordings", "entries")
START_LINE = re.compile(r"HTTP/\d(?:\.\d)? (\d{3})[^\n]*\n")
STATUS_IN_NAME = re.compile(r"(?<!\d)(200|400|401|403|404|429|500|502|503|504)(?!\d)")


class NoRecording(Exception):
    """A file that cannot be read as a recording; the text says why."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its reply; without a method the request was not recorded.

    `target` is path and query without host. `status` is None where neither the recording nor the
    file's name tells it.
    """

    name: str
    body: bytes
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str | None = None
    target: str = ""
    request_body: bytes = b""
    request_type: str = ""

    @property
    def reply(self) -> dict[str, Any] | None:
        """The reply's body where it is one JSON object, or XML of Intuit's schema."""
        if self.is_xml:
            return _xml(self.body)
        try:
            parsed = json.loads(self.body.decode("utf-8-sig"), parse_float=Decimal)
        except ValueError:
            return None
        return parsed if isinstance(parsed, dict) else None

    @property
    def is_xml(self) -> bool:
        """Whether the reply is XML; everything in it is text then."""
        return self.body.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<")


def read_recordings(path: Path) -> list[Exchange]:
    """Read the exchanges of a file.

    Raises:
        NoRecording: it holds none that can be read.
    """
    if path.stat().st_size > MOST_FILE_BYTES:
        raise NoRecording("it is over 16 MB")
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise NoRecording("it is no UTF-8 text") from error
    found = list(_read_text(text, path.name))
    if not found:
        raise NoRecording("it holds no exchange")
    if len(found) > MOST_EXCHANGES:
        raise NoRecording(f"it holds over {MOST_EXCHANGES} exchanges")
    return [_named(each, path.name, number, len(found)) for number, each in enumerate(found, 1)]


def _xml(body: bytes) -> dict[str, Any] | None:
    """What an IntuitResponse, or an entity alone, holds."""
    try:
        root = XML_ROOT.search(body.decode("utf-8-sig"))
        read = read_xml(body.strip())
    except ValueError:
        return None
    if root is None or root.group(1).lower() == "html":
        return None
    return read if root.group(1) == "IntuitResponse" else {root.group(1): read}


def _named(exchange: Exchange, file_name: str, number: int, count: int) -> Exchange:
    name = file_name if count == 1 else f"{file_name} ({number})"
    told = STATUS_IN_NAME.findall(file_name) if exchange.method is None else []
    status = exchange.status or (int(told[-1]) if told else None)
    return replace(exchange, name=name, status=status)


def _read_text(text: str, file_name: str) -> Iterator[Exchange]:
    if text[:1] in {"{", "["}:
        yield from _read_json(_parsed(text))
    elif text[:1] == "<":
        yield Exchange("", text.encode())
    elif START_LINE.match(text):
        yield _read_wire(text)
    elif (found := text.find("\nHTTP/")) >= 0 and text[:5] in {"GET /", "POST "}:
        yield _with_request_lines(_read_wire(text[found + 1 :]), text[:found])
    else:
        raise NoRecording(
            f"it is neither JSON nor XML nor HTTP ({Path(file_name).suffix or 'text'})"
        )


def _parsed(text: str) -> object:
    try:
        return json.loads(text, parse_float=Decimal)
    except ValueError as error:
        raise NoRecording(f"it is broken JSON: {error}") from error


def _read_json(document: object) -> Iterator[Exchange]:
    if isinstance(document, list):
        for each in document:
            yield from _read_json(each)
        return
    if not isinstance(document, dict):
        raise NoRecording("it is JSON, but no object")
    if isinstance(log := document.get("log"), dict):
        document = log
    listed = next((document[name] for name in LISTS if isinstance(document.get(name), list)), None)
    if listed is not None:
        yield from _read_json(listed)
    elif "scope" in document and "response" in document:
        yield _read_nock(document)
    elif isinstance(document.get("response"), dict):
        yield _read_pair(document.get("request"), document["response"])
    elif "status" in document and "body" in document:
        yield _read_pair(None, document)
    else:
        yield Exchange("", _bytes(document))


def _read_nock(document: dict[str, Any]) -> Exchange:
    request = {
        "method": document.get("method", "GET"),
        "uri": document.get("path", ""),
        "body": document.get("body"),
    }
    return _read_pair(request, {"status": document.get("status"), "body": document["response"]})


def _read_pair(request: object, response: dict[str, Any]) -> Exchange:
    body = response.get("body", response.get("content", response.get("data")))
    exchange = Exchange(
        "", _bytes(body), _status(response.get("status")), _headers(response.get("headers"))
    )
    if not isinstance(request, dict):
        return exchange
    address = str(request.get("uri") or request.get("url") or request.get("path") or "")
    sent = request.get("body", request.get("postData", request.get("data")))
    headers = _headers(request.get("headers"))
    return replace(
        exchange,
        method=str(request.get("method", "GET")).upper(),
        target=_without_host(address),
        request_body=_bytes(sent),
        request_type=headers.get("content-type", ""),
    )


def _read_wire(text: str) -> Exchange:
    found = START_LINE.match(text)
    status = int(found.group(1)) if found else int(HTTPStatus.OK)
    head, _, body = text.replace("\r\n", "\n").partition("\n\n")
    lines = [line.partition(":") for line in head.splitlines()[1:]]
    headers = {name.strip().lower(): value.strip() for name, _, value in lines}
    return Exchange("", body.strip().encode(), status, headers)


def _with_request_lines(exchange: Exchange, text: str) -> Exchange:
    head, _, body = text.replace("\r\n", "\n").partition("\n\n")
    method, target, *_ = head.split(None, 2)
    return replace(
        exchange, method=method, target=_without_host(target), request_body=body.strip().encode()
    )


def _bytes(body: object) -> bytes:
    """A body as bytes, from whatever it was recorded as."""
    if isinstance(body, dict):
        for name in ("string", "text", "base64_string"):
            if set(body) <= {name, "encoding", "mimeType", "size", "params"} and name in body:
                return str(body[name]).encode()
    if body is None:
        return b""
    return body.encode() if isinstance(body, str) else json.dumps(body, default=float).encode()


def _status(status: object) -> int | None:
    if isinstance(status, dict):
        status = status.get("code")
    found = re.match(r"\d{3}", str(status or ""))
    return int(found.group()) if found else None


def _headers(headers: object) -> dict[str, str]:
    if isinstance(headers, list):
        pairs = (each for each in headers if isinstance(each, dict))
        headers = {str(each.get("name")): each.get("value") for each in pairs}
    if not isinstance(headers, dict):
        return {}
    firsts = {name: v[0] if isinstance(v, list) and v else v for name, v in headers.items()}
    return {str(name).lower(): str(value) for name, value in firsts.items()}


def _without_host(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
