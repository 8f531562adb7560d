"""A QuickBooks that answers every write at once with what was asked for, and nothing else.

For measuring our side alone: in this process as an httpx transport, or over HTTP as an ASGI
application of the fewest lines. What it answers has the shape that the client and the workers
check; what the real one would refuse, it does not know.
"""

import itertools
import json
import os
from decimal import Decimal
from typing import Any, Final

import httpx

_NAMES: Final = {"customer": "Customer", "invoice": "Invoice", "payment": "Payment"}
# Several processes answer for one company, and an id is one object's.
_ids = itertools.count(os.getpid() * 1_000_000_000)


def transport() -> httpx.BaseTransport:
    """Give a transport that never leaves the process."""
    return httpx.MockTransport(_handle)


def answer(path: str, body: bytes) -> bytes:
    """Answer one write.

    Args:
        path: such as /v3/company/9000001/invoice.
        body: the JSON of the request.
    """
    name = _NAMES[path.rpartition("/")[2]]
    asked: dict[str, Any] = json.loads(body)
    token = int(asked.get("SyncToken", "-1")) + 1
    made = {
        "TotalAmt": _total(asked),
        **asked,
        "Id": asked.get("Id") or str(next(_ids)),
        "SyncToken": str(token),
    }
    if name == "Invoice":
        made["DocNumber"] = asked.get("DocNumber", "1")
        made["Balance"] = made["TotalAmt"]
    return json.dumps({name: made, "time": "2026-11-25T00:00:00Z"}).encode()


def _total(asked: dict[str, Any]) -> float:
    lines = asked.get("Line") or []
    return float(sum((Decimal(str(line.get("Amount", 0))) for line in lines), Decimal(0)))


def _handle(request: httpx.Request) -> httpx.Response:
    content = answer(request.url.path, request.content)
    return httpx.Response(200, content=content, headers={"content-type": "application/json"})


async def application(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401  # ASGI's own shapes
    """Answer over HTTP: an ASGI application."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    content = answer(scope["path"], body)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(content))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": content})
