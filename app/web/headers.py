"""What every answer of the page says to the browser, whatever the route.

No inline script and none from elsewhere; no frame; no referrer for others, since addresses may hold
what only this page shall know; nothing kept in caches but the static files.
https://owasp.org/www-project-secure-headers/
"""

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

YEAR_SECONDS: Final = 31_536_000
STATIC: Final = "/static/"


class SecurityHeaders:
    """Adds the headers to each answer, also to errors."""

    def __init__(self, app: ASGIApp, *, consent_sites: str) -> None:
        """Stand before `app`; `consent_sites` are where Connect leads: a form may end there."""
        self._app = app
        self._policy = _policy(consent_sites)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the app does, and say what a browser may do with it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add(MutableHeaders(scope=message), scope["path"])
            await send(message)

        await self._app(scope, receive, sending)

    def _add(self, headers: MutableHeaders, path: str) -> None:
        headers["Content-Security-Policy"] = self._policy
        headers["X-Frame-Options"] = "DENY"
        headers["X-Content-Type-Options"] = "nosniff"
        # Within the page the origin is told, by which its forms are known; to others nothing is.
        headers.setdefault("Referrer-Policy", "same-origin")
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=()"
        headers["Strict-Transport-Security"] = f"max-age={YEAR_SECONDS}"
        if not path.startswith(STATIC):
            headers["Cache-Control"] = "no-store"


def _policy(consent_sites: str) -> str:
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            # Browsers hold this against what a form is redirected to as well.
            f"form-action 'self' {consent_sites}",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ]
    )
