"""The little ProLine as a site of one page: its menu, its people, its buttons.

It is for whoever sits at this machine. It answers to its own address alone, so that no other site
can press a button, and it asks nobody to sign in.
"""

from typing import Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from demo.looking.buttons import Desk
from demo.looking.launches import COLLEAGUES, COMPANY, Colleague, Launcher
from demo.looking.template import PAGE

HOST: Final = "127.0.0.1"
FIRST: Final = next(iter(COLLEAGUES))


def little_site(url: str, desk: Desk, launcher: Launcher) -> Starlette:
    """Build the site at `url` over what the buttons act on."""

    def show(request: Request) -> Response:
        page = PAGE.render(
            company=COMPANY.name,
            colleague=_colleague(request),
            colleagues=COLLEAGUES.values(),
            in_proline=desk.in_proline(),
            in_quickbooks=desk.in_quickbooks(),
            said=list(desk.said),
            holdings=desk.holdings(),
        )
        return HTMLResponse(page, headers={"Cache-Control": "no-store"})

    def launch(request: Request) -> Response:
        link = launcher.link(_colleague(request))
        return RedirectResponse(link, 303, {"Cache-Control": "no-store"})

    def press(request: Request) -> Response:
        if request.headers.get("origin", url) != url:
            return PlainTextResponse("Only this page's own buttons are pressed.\n", 403)
        if not desk.press(request.path_params["word"]):
            return PlainTextResponse("There is no such button.\n", 404)
        return RedirectResponse(f"/?as={_colleague(request).word}", 303)

    return Starlette(
        routes=[
            Route("/", show, methods=["GET"]),
            Route("/integrations/quickbooks", launch, methods=["GET"]),
            Route("/press/{word}", press, methods=["POST"]),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[HOST])],
    )


def _colleague(request: Request) -> Colleague:
    return COLLEAGUES.get(request.query_params.get("as", FIRST), COLLEAGUES[FIRST])
