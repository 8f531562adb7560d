"""What every route passes: the host, the sign-in, the right, and, for a form, where it came from.

One place, so that no route can forget a part. A route is a plain function of what was asked; it
runs in a thread, since the database and QuickBooks are waited for there.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response

from access.people import Right
from access.sessions import Session, find_session
from app.web.asked import Asked
from app.web.cookies import SIGNED_IN, token_in
from app.web.failing import answer
from app.web.pages import message
from app.web.reading import Fields, Unreadable, read_form, read_query
from app.web.web import Web

Bare = Callable[[Request, Fields], Response]
"""A route that stands before the sign-in."""
Route = Callable[[Asked], Response]
Endpoint = Callable[[Request], Awaitable[Response]]

CSRF_FIELD: Final = "csrf"
Told = tuple[int, str, str]
"""Status, headline and sentence."""
SIGN_IN: Final[Told] = (
    401,
    "Open this page from ProLine",
    "You are not signed in here, or not any more. In ProLine choose Integrations, then QuickBooks.",
)
# Of a browser that tells it; "none" is a person who typed the address.
NOT_ELSEWHERE: Final = frozenset({"same-origin", "none", ""})


def bare(route: Bare) -> Endpoint:
    """Let a route be asked for by anybody; what was posted is read for it."""

    async def endpoint(request: Request) -> Response:
        try:
            sent = await read_form(request) if request.method == "POST" else Fields()
            read_query(request)
        except Unreadable as error:
            return message(request, 400, "That could not be read", str(error))
        return await run_sync(_answer, request, route, sent)

    return endpoint


def page(route: Route, right: Right = Right.LOOK, *, stranger: Told = SIGN_IN) -> Endpoint:
    """Let a route be asked for by whoever is signed in and has the right.

    A form counts only from a page that was rendered for this very session.

    Args:
        route: what answers.
        right: what it asks for.
        stranger: what whoever is not signed in is told instead.
    """

    def signed(request: Request, sent: Fields) -> Response:
        session = signed_in(request.app.state.web, request)
        if session is None:
            return message(request, *stranger)
        return _signed(request, session, route, right, sent)

    return bare(signed)


def _answer(request: Request, route: Bare, sent: Fields) -> Response:
    web: Web = request.app.state.web
    if request.headers.get("host", "") != web.host:
        return message(request, 421, "Another address", "This page is not served by that name.")
    return answer(request, lambda: route(request, sent))


def _signed(
    request: Request, session: Session, route: Route, right: Right, sent: Fields
) -> Response:
    web: Web = request.app.state.web
    if not session.person.may(right):
        return message(
            request,
            403,
            "Not allowed",
            "Your role in ProLine does not include this. Ask an administrator of your company.",
            session=session,
        )
    if request.method == "POST" and not from_our_page(web, request, session, sent):
        return message(
            request,
            403,
            "Nothing was changed",
            "The form did not come from your page as it is now. Go back, reload the page, and try"
            " again.",
            session=session,
        )
    asked = Asked(web, request, session, read_query(request), sent)
    return answer(request, lambda: route(asked), session)


def signed_in(web: Web, request: Request) -> Session | None:
    """Return the session of whoever asks; None: nobody is signed in."""
    token = token_in(request, SIGNED_IN)
    if token is None:
        return None
    with web.pool.connection() as connection:
        session = find_session(connection, token)
    return session if session is not None and session.confirmed else None


def from_our_page(web: Web, request: Request, session: Session, sent: Fields) -> bool:
    """Say whether a form is this session's: by its token, and by what the browser tells."""
    origin = request.headers.get("origin")
    if origin is not None and origin != web.origin:
        return False
    if request.headers.get("sec-fetch-site", "") not in NOT_ELSEWHERE:
        return False
    return session.is_csrf(sent.get(CSRF_FIELD))
