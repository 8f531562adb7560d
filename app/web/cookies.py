"""The two cookies: who is signed in, and a launch that has not been confirmed yet.

`__Host-` binds a cookie to this host, over https, for every path; no other host can set it.
https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Set-Cookie#cookie_prefixes
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

SIGNED_IN: Final = "__Host-proline-qbo"
LAUNCHED: Final = "__Host-proline-qbo-launch"
LONGEST: Final = 128


def token_in(request: Request, name: str) -> str | None:
    """Return what a cookie holds, None if it cannot be one of ours."""
    value = request.cookies.get(name, "")
    return value if 0 < len(value) <= LONGEST and value.isascii() else None


def keep(response: Response, name: str, token: str) -> None:
    """Have the browser keep a token until it is closed; the session's own end is in the row."""
    # Lax, not Strict: the way back from QuickBooks' consent is a navigation from another site.
    response.set_cookie(name, token, secure=True, httponly=True, samesite="lax", path="/")


def drop(response: Response, name: str) -> None:
    """Have the browser forget a cookie."""
    response.delete_cookie(name, secure=True, httponly=True, samesite="lax", path="/")
