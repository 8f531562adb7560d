"""One request out, one reply back, within one deadline: the only place where bytes leave.

Whatever the network does ends as one of three: a reply, `NotSent` when no byte left, or
`OutcomeUnknown` when some may have. What a reply means is not decided here.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import httpx

from qbo_client.bodies import BODY_LIMIT_BYTES
from qbo_client.errors import NotSent, OutcomeUnknown
from qbo_client.faults import intuit_tid
from qbo_client.verdict import facts_of
from qbo_client.wire import within

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from qbo_client.errors import About

# Intuit cuts a request off at 120 s; ours ends before a graceful stop's 30 s.
DEADLINE_SECONDS: Final = 25.0

# With these the status alone says what to do, even if the body never arrives whole.
_CLEAR_WITHOUT_BODY: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS)

# httpx raises these before the first byte of the request is written.
_BEFORE_BYTES: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
)


@dataclass(frozen=True)
class Reply:
    """A whole reply: status, headers (names in any case), and at most 4 MiB of body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def exchange(
    http: httpx.Client,
    request: httpx.Request,
    about: About,
    *,
    deadline_seconds: float = DEADLINE_SECONDS,
    before_send: Callable[[], None] | None = None,
    auth: httpx.Auth | None = None,
) -> Reply:
    """Send one request and read its whole reply.

    Args:
        http: best from `open_http`; with another client a server that drips its headers is held
            only by httpx's limit on single reads, the body always by the deadline.
        request: complete, with its headers.
        about: what errors shall say of it.
        deadline_seconds: for connecting, sending and reading together.
        before_send: asked before the request is handed over, and again after a connection had to
            be made for it; may raise NotSent.
        auth: signs the request, if given.

    Raises:
        NotSent: no byte left.
        OutcomeUnknown: bytes may have left, and no whole reply came.
    """
    with within(deadline_seconds) as ends_at:
        guard = _Guard(before_send, about, ends_at)
        guard.ask()
        request.extensions = {
            **request.extensions,
            "timeout": httpx.Timeout(max(ends_at - time.monotonic(), 0.0)).as_dict(),
            "trace": guard.watch,
        }
        try:
            response = http.send(request, auth=auth, follow_redirects=False, stream=True)
        except _BEFORE_BYTES as error:
            raise NotSent(**facts_of(about, detail=type(error).__name__)) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            # A redirect is not followed, but httpx reads the address it leads to all the same.
            raise OutcomeUnknown(**facts_of(about, detail=type(error).__name__)) from error
        return _read(response, about, ends_at)


class _Guard:
    """Asks `before_send`, again when a connection had to be made between asking and sending."""

    def __init__(
        self, before_send: Callable[[], None] | None, about: About, ends_at: float
    ) -> None:
        self._before_send = before_send
        self._about = about
        self._ends_at = ends_at
        self._connected_since = False

    def ask(self) -> None:
        if self._before_send is not None:
            self._before_send()
        if time.monotonic() > self._ends_at:
            raise NotSent(**facts_of(self._about, detail="The deadline passed before sending."))

    def watch(self, event: str, _info: object) -> None:
        # httpcore names its steps: https://www.encode.io/httpcore/extensions/#trace
        if event == "connection.connect_tcp.started":
            self._connected_since = True
        if event == "http11.send_request_headers.started" and self._connected_since:
            self.ask()


def _read(response: httpx.Response, about: About, ends_at: float) -> Reply:
    try:
        body = _bounded_body(response, ends_at)
    except (httpx.HTTPError, _Unreadable) as error:
        if response.status_code not in _CLEAR_WITHOUT_BODY:
            raise _unread(response, about, error) from error
        body = b""
    finally:
        response.close()
    return Reply(response.status_code, response.headers, body)


def _unread(response: httpx.Response, about: About, error: Exception) -> OutcomeUnknown:
    facts = facts_of(
        about,
        status=response.status_code,
        intuit_tid=intuit_tid(response.headers),
        detail=type(error).__name__,
    )
    return OutcomeUnknown(**facts)


class _Unreadable(Exception):
    """The body is compressed though we asked it not to be, too long, or too late."""


def _bounded_body(response: httpx.Response, ends_at: float) -> bytes:
    # We ask for no compression; a few kilobytes of it could become gigabytes.
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise _Unreadable
    body = bytearray()
    for piece in response.iter_bytes():
        body += piece
        if len(body) > BODY_LIMIT_BYTES or time.monotonic() > ends_at:
            raise _Unreadable
    return bytes(body)
