"""How often one address may try what needs no sign-in: launching, and coming back from consent.

Counted in this process's memory: with n processes it is n times as often, which ends guessing too.
"""

from collections.abc import Awaitable, Callable
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Final

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.requests import Request
from starlette.responses import Response

from app.web.pages import message

Endpoint = Callable[[Request], Awaitable[Response]]

TRIES: Final = parse("30/minute")


def whose(host: str) -> str:
    """Name whoever has an address: of version 6 a network of 64 bits is one household or office."""
    try:
        address = ip_address(host)
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, 64), strict=False))
    return str(address)


class Rates:
    """Counts the tries of each address."""

    def __init__(self, tries: RateLimitItem = TRIES) -> None:
        """Begin with none."""
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._tries = tries

    def limited(self, endpoint: Endpoint) -> Endpoint:
        """Let an endpoint be tried so often by one address, and say so to whoever goes beyond."""

        async def counted(request: Request) -> Response:
            if self._limiter.hit(self._tries, whose(request.client.host if request.client else "")):
                return await endpoint(request)
            refused = message(
                request, 429, "Too many tries", "Wait a minute, then open the page from ProLine."
            )
            refused.headers["Retry-After"] = str(self._tries.get_expiry())
            return refused

        return counted
