"""Counts the page's answers by their status and how long each took; outermost, so it sees all."""

import time
from http import HTTPStatus
from typing import Final

from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECONDS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20)

page_answers = Counter("proline_qbo_page_answers", "Answers of the page, by status", ["status"])
page_answers.labels("500")  # a series that is not there yet cannot be seen to rise
page_seconds = Histogram("proline_qbo_page_seconds", "What an answer took", buckets=SECONDS)


class Counted:
    """Counts the answers of an app; one that breaks off before its first byte counts as 500."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before the app."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = int(HTTPStatus.INTERNAL_SERVER_ERROR)

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        began = time.perf_counter()
        try:
            await self._app(scope, receive, noted)
        finally:
            page_answers.labels(str(status)).inc()
            page_seconds.observe(time.perf_counter() - began)
