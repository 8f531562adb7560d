"""What goes over the wire: requests, answers, and how amounts become JSON numbers.

Owns the two values every other module of the simulator takes and returns, so that the whole of it
is a plain function of a request and can be driven without a socket. Knows nothing of entities or
realms.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

Json = dict[str, Any]
"""One JSON object as it stands on the wire; amounts in it are Decimal."""

JSON_TYPE = "application/json;charset=utf-8"
FAULT_TYPE = "application/json"
HTML_TYPE = "text/html;charset=utf-8"
XML_TYPE = "application/xml"
TEXT_TYPE = "text/plain"


class Connection(Protocol):
    """The way back to whoever asked; it tells the simulator when nobody waits any more."""

    def wait_closed(self, timeout_seconds: float) -> bool:
        """Wait up to the given time and say whether the client closed its side."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. `target` is path and query as sent; header names are lower case."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def path(self) -> str:
        """The target without its query."""
        return urlsplit(self.target).path

    @property
    def parameters(self) -> dict[str, str]:
        """The query's parameters, decoded; of a repeated one the last."""
        return {
            name: values[-1]
            for name, values in parse_qs(
                urlsplit(self.target).query, keep_blank_values=True, max_num_fields=100
            ).items()
        }

    def form(self) -> dict[str, str]:
        """The fields of a form-encoded body; of a repeated one the last."""
        text = self.body.decode("utf-8", errors="replace")
        fields = parse_qs(text, keep_blank_values=True, max_num_fields=100)
        return {name: values[-1] for name, values in fields.items()}


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP answer. `hang_up` means: send nothing, close the connection."""

    status: int
    body: bytes = b""
    content_type: str = JSON_TYPE
    headers: tuple[tuple[str, str], ...] = ()
    hang_up: bool = False

    def json(self) -> Json:
        """The body as JSON with amounts as Decimal, for callers without a socket."""
        return parse_json(self.body)


def parse_json(body: bytes) -> Json:
    """Parse one JSON object, amounts as Decimal.

    Raises:
        ValueError: the bytes are not UTF-8, not JSON, or no object.
    """
    parsed = json.loads(body.decode("utf-8"), parse_float=Decimal, parse_constant=_refuse_constant)
    if not isinstance(parsed, dict):
        raise ValueError("The body is JSON, but no object.")  # noqa: TRY004  # one kind for callers
    return parsed


def json_response(document: object, *, status: int = 200) -> Response:
    """Answer with a JSON document."""
    return Response(status=status, body=to_json(document))


def to_json(document: object) -> bytes:
    """Write JSON as QuickBooks does: amounts are numbers, UTF-8 is not escaped."""
    return json.dumps(document, default=_number, ensure_ascii=False, separators=(",", ":")).encode()


def _number(value: object) -> float | int:
    """Write an amount: recorded replies show `100.0`, `274.5` and, for nothing, `0`.

    Amounts hold at most 15 digits, which a double carries exactly; no arithmetic is done on it.
    """
    if not isinstance(value, Decimal):
        raise TypeError(f"{type(value).__name__} has no place in JSON.")
    return float(value) if value else 0


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON number.")
