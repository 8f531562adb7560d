"""Where a fault of ours ends: logged with its traceback, and told without it."""

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog import get_logger

from app.web.pages import message

log = get_logger()


class LastResort:
    """Answers 500 with a page where a route failed; the one place that catches everything."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before the app."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the app does; if it fails before it has begun to, say that it failed."""
        begun = False

        async def sending(told: Message) -> None:
            nonlocal begun
            begun = True
            await send(told)

        try:
            await self._app(scope, receive, sending)
        except Exception as error:  # the boundary of a request, as an actor is of a message
            log.exception("page.failed", path=scope.get("path"), error=type(error).__name__)
            if begun or scope["type"] != "http":
                raise
            page = message(
                Request(scope, receive),
                500,
                "Something went wrong here",
                "The fault is ours, and it is noted. Try again; if it stays so, ask support.",
            )
            await page(scope, receive, send)
