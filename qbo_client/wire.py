"""The connection to QuickBooks: one deadline over all of a call, whatever the other side does.

httpx limits each read and write by itself, so a server that sends a byte now and then holds a call
for ever. Here every socket operation gets what is left of the whole call's time: connecting (all
addresses together), TLS, writing, headers and body. A deadline belongs to the thread that set it.

Weakness: resolving a host name is the operating system's and has its own limits (`resolv.conf`).
"""

from __future__ import annotations

import logging
import socket
import time
from contextlib import contextmanager
from contextvars import ContextVar
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, Final

import httpcore
import httpx

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable, Iterator

# One address that does not answer shall leave time for the next.
CONNECT_LIMIT_SECONDS: Final = 5.0

# What one send may take at most; the clock is looked at between them.
WRITE_PIECE_BYTES: Final = 16 * 1024

# Above the ten calls in flight a company may have, times the companies a process serves at once.
CONNECTIONS_LIMIT: Final = 100

# Short, so that a connection is seldom used again just as the other side closes it.
KEEPALIVE_SECONDS: Final = 15.0

_ends_at: ContextVar[float | None] = ContextVar("qbo_call_ends_at", default=None)


@contextmanager
def within(seconds: float) -> Iterator[float]:
    """Give all socket operations of this thread together so many seconds.

    Yields:
        The end on the monotonic clock.
    """
    ends_at = time.monotonic() + seconds
    before = _ends_at.set(ends_at)
    try:
        yield ends_at
    finally:
        _ends_at.reset(before)


def open_http(*, verify: ssl.SSLContext | None = None) -> httpx.Client:
    """Open the client that all calls to QuickBooks of a process go through; threads may share it.

    It follows no redirect, keeps no cookie (they would go from one company's call to another's)
    and uses no proxy of the environment. httpx writes every address at INFO, and a query's
    address holds customers' names, so that logger is raised to WARNING.
    """
    logging.getLogger("httpx").setLevel(logging.WARNING)
    http = httpx.Client(
        transport=DeadlineTransport(verify or httpx.create_ssl_context()),
        headers={"User-Agent": "proline-to-quickbooks"},
        follow_redirects=False,
        trust_env=False,
    )
    http.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return http


class DeadlineTransport(httpx.HTTPTransport):
    """httpx's own transport over sockets that keep the deadline of `within`."""

    def __init__(self, context: ssl.SSLContext) -> None:
        """Put a pool over our sockets in the place of httpx's (it offers no parameter for it)."""
        super().__init__(verify=context)
        self._pool = httpcore.ConnectionPool(
            ssl_context=context,
            max_connections=CONNECTIONS_LIMIT,
            keepalive_expiry=KEEPALIVE_SECONDS,
            network_backend=_DeadlineBackend(),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Make a call; where a redirect leads is of no use to us."""
        response = super().handle_request(request)
        # httpx would prepare the redirect it is not to follow, and may break over its address.
        response.headers.pop("location", None)
        return response


class _DeadlineBackend(httpcore.NetworkBackend):
    def __init__(self) -> None:
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        refusal: Exception = httpcore.ConnectError(f"{host} has no address.")
        for address in _addresses(host, port):
            limit = min(_left(timeout, httpcore.ConnectTimeout), CONNECT_LIMIT_SECONDS)
            try:
                return _DeadlineStream(
                    self._plain.connect_tcp(address, port, limit, local_address, socket_options)
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                refusal = error
        raise refusal


class _DeadlineStream(httpcore.NetworkStream):
    def __init__(self, plain: httpcore.NetworkStream) -> None:
        self._plain = plain

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._plain.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), WRITE_PIECE_BYTES):
            piece = buffer[start : start + WRITE_PIECE_BYTES]
            self._plain.write(piece, _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._plain.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        limit = _left(timeout, httpcore.ConnectTimeout)
        return _DeadlineStream(self._plain.start_tls(ssl_context, server_hostname, limit))

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - httpcore's signature
        return self._plain.get_extra_info(info)


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpcore.ConnectError(f"{host} cannot be resolved.") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _left(timeout: float | None, late: type[Exception]) -> float:
    ends_at = _ends_at.get()
    seconds = timeout if timeout is not None else CONNECT_LIMIT_SECONDS
    if ends_at is not None:
        seconds = min(seconds, ends_at - time.monotonic())
    if seconds <= 0:
        raise late("The deadline of the call has passed.")
    return seconds
